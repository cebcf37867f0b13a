"""Requests as they are written down, and as they are read again long after."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from ai_dashboard.core.data import dataclass
from ai_dashboard.core.events import Usage
from ai_dashboard.core.plan import Plan
from ai_dashboard.core.records import AttemptRecord, Stage

JsonObject = dict[str, object]


class LogEntry(NamedTuple):
    """One finished request as it is written down: what of its record is kept, and what that does not say. `cost` is in
    nano-dollars, None when nobody knows; `stages` are seconds by the name of what they were spent on; the bodies are as
    they came and went. A tuple, since thousands a second are made."""

    id: str
    at: float
    tenant: str
    key_id: str
    dialect: str
    method: str
    path: str
    asked: str
    provider: str
    model: str
    stage: Stage
    status: int
    stream: bool
    ttft_s: float | None
    total_s: float
    overhead_s: float
    usage: Usage | None
    cost: int | None
    error: str | None
    message: str
    warnings: tuple[str, ...]
    stages: Mapping[str, float]
    attempts: Sequence[AttemptRecord]
    plan: Plan | None
    cached: str | None = None
    request_body: bytes | None = None
    response_body: bytes | None = None


@dataclass(frozen=True, slots=True)
class LoggedRequest:
    """One row. `number` grows by one with each request; `cost` is in dollars; `cached` says how an answer was known
    before (`exact`, `semantic`), None where it was not. `attempts` and `plan` are as they were
    written, whichever version wrote them; `plan` and the bodies are left out of lists."""

    number: int
    id: str
    at: float
    tenant: str
    key_id: str
    dialect: str
    method: str
    path: str
    asked: str
    provider: str
    model: str
    stage: str
    status: int
    stream: bool
    ttft_s: float | None
    total_s: float
    overhead_s: float
    prompt_tokens: int | None
    completion_tokens: int | None
    cached_tokens: int | None
    reasoning_tokens: int | None
    estimated: bool
    cost: float | None
    error: str | None
    message: str
    warnings: tuple[str, ...]
    stages: dict[str, float]
    attempts: tuple[JsonObject, ...]
    cached: str | None = None
    plan: JsonObject | None = None
    request_body: str | None = None
    response_body: str | None = None


@dataclass(frozen=True, slots=True)
class LogPage:
    """Some rows, oldest first. `last` is the `number` to ask after for newer ones, `first` the one to ask before for
    older ones; `more` says that there are more of them in the direction that was asked."""

    requests: tuple[LoggedRequest, ...]
    first: int
    last: int
    more: bool


@dataclass(frozen=True, slots=True)
class LogState:
    """How the log is doing. `lost` were never written: too many waited, or the file did not take them."""

    enabled: bool
    path: str
    rows: int
    bytes: int
    oldest_at: float | None
    written: int
    waiting: int
    lost: int
    trouble: str
