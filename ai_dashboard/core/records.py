"""What happened to one request: the row in the request list and everything behind it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from ai_dashboard.core.events import Usage
from ai_dashboard.core.plan import Plan


class Stage(StrEnum):
    """How far a request has come."""

    WAITING = "waiting"
    STREAMING = "streaming"
    DONE = "done"
    FAILED = "failed"
    CUT = "cut"
    """The reply broke off after it had begun; the caller was told."""
    GONE = "gone"
    """The caller left before the reply was whole."""


AttemptKind = Literal["first", "fallback", "retry", "hedge", "continue"]
"""How it came to a try: it was the first, the one before failed, the same provider was asked again, a second one was
asked beside a slow first, or it goes on where another broke off."""


@dataclass(frozen=True, slots=True)
class AttemptRecord:
    """One try at one provider. Times are seconds from the start of the request; `error` is a code of the error tree.
    `paused_s` went by before it; `usage` is what it cost although its answer was not the one that was used."""

    provider: str
    model: str
    why: str
    started_s: float
    first_token_s: float | None
    ended_s: float
    status: int | None
    error: str | None
    message: str = ""
    kind: AttemptKind = "first"
    paused_s: float = 0.0
    usage: Usage | None = None


@dataclass(frozen=True, slots=True)
class RequestRecord:
    """One request, finished or as far as it has come. `at` is Unix time; durations are seconds from its arrival.

    `seq` numbers finished requests from 1 without gaps, and is 0 while the request runs. `status` is what the caller
    was sent, 0 while nothing was. `overhead_s` is the gateway's own share of the time to the first token. `warnings`
    say what the answer does not: what the provider could not be told, and that it did not hear the whole prompt.
    """

    seq: int
    id: str
    at: float
    dialect: str
    asked: str
    stream: bool
    stage: Stage
    status: int
    provider: str
    model: str
    ttft_s: float | None
    total_s: float
    overhead_s: float
    usage: Usage | None
    attempts: tuple[AttemptRecord, ...]
    plan: Plan | None
    error: str | None = None
    message: str = ""
    warnings: tuple[str, ...] = ()

    @property
    def fallback_from(self) -> str | None:
        """The provider that was tried first, when another one answered."""
        if len(self.attempts) > 1 and self.attempts[0].provider != self.provider:
            return self.attempts[0].provider
        return None


@dataclass(frozen=True, slots=True)
class RecordPage:
    """Finished requests in order. `next` is the `seq` to ask after; `lost` were overwritten before they were read."""

    records: tuple[RequestRecord, ...]
    next: int
    lost: int
