"""What a gateway tells of itself while it runs: events, what an operator does about alerts, and who changed what."""

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum
from typing import Literal, TypeAlias

from ai_dashboard.core.data import dataclass

Fact: TypeAlias = str | int | float | bool | None


class LogLevel(StrEnum):
    """How much an event matters, the least first."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"

    @property
    def rank(self) -> int:
        """Its place among the levels: greater matters more."""
        return _RANK[self]


_RANK = {level: rank for rank, level in enumerate(LogLevel)}


@dataclass(frozen=True, slots=True)
class LogEvent:
    """One thing that happened. `seq` numbers what is remembered from 1 without gaps, `at` is Unix time; `context` has
    what only this kind of event knows. No secret and nothing of a prompt is in it."""

    seq: int
    at: float
    level: LogLevel
    event: str
    message: str = ""
    model: str | None = None
    provider: str | None = None
    latency_ms: float | None = None
    cache_hit: bool | None = None
    request_id: str | None = None
    context: Mapping[str, Fact] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LogEvents:
    """Events in order. `next` is the `seq` to ask after; `lost` were overwritten before they were read. `dropped` were
    never remembered, and `unwritten` did not get to where lines go, since the start. `level` is the least that is told;
    `file` is where lines are kept, empty when they are not."""

    events: tuple[LogEvent, ...]
    next: int
    lost: int
    dropped: int = 0
    unwritten: int = 0
    level: LogLevel = LogLevel.INFO
    file: str = ""


AlertAction = Literal["ack", "silence", "reopen"]
"""What an operator may do about an alert: take note of it for as long as its cause lasts, hear nothing of it for some
minutes however often it comes back, or take either back."""


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One change that somebody made. `at` is Unix time; `before` and `after` are hashes or states."""

    seq: int
    at: float
    what: str
    subject: str
    who: str
    where: str
    why: str
    before: str
    after: str
    details: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AuditTrail:
    """The newest entries, oldest first, of `total` that there are. `problems` say what is not as it was written,
    `notes` what crashes have left, which is accounted for; `waiting` entries could not be written yet. `kept` is False
    where nothing is put on record at all."""

    kept: bool
    entries: tuple[AuditEntry, ...] = ()
    total: int = 0
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    waiting: int = 0
