"""How requests fare after a reload, compared with how they did before.

Only requests that began on the new configuration count, and only those whose callers waited for the end. Where nothing
was asked before, nobody can say that it was fine, and nothing is decided.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from ai_dashboard.core.records import RequestRecord, Stage


@dataclass(frozen=True, slots=True)
class Probation:
    """What is waited for: `wanted` requests after number `since`, without `earlier`, whose ids are those that were
    running then. `before` is the share that failed until then."""

    since: int
    earlier: frozenset[str]
    wanted: int
    limit: float
    before: float

    def failed(self, records: Iterable[RequestRecord]) -> float | None:
        """The share of the first `wanted` requests that failed; None until there are as many."""
        new = [it for it in records if it.seq > self.since and it.id not in self.earlier and counts(it)][: self.wanted]
        return failed(new) if len(new) == self.wanted else None

    def is_worse(self, share: float) -> bool:
        """Whether so many failures are the new configuration's doing."""
        return share > self.limit >= self.before


def begun(
    records: Iterable[RequestRecord], running: Iterable[str], *, since: int, wanted: int, limit: float
) -> Probation | None:
    """The watch over a configuration that is in force from now on; None when there is none to be kept. `records` are
    those of the latest requests."""
    latest = [record for record in records if counts(record)][-wanted:] if wanted else []
    return Probation(since, frozenset(running), wanted, limit, failed(latest)) if latest else None


def counts(record: RequestRecord) -> bool:
    """Whether a request says something about the configuration: not when its caller went away."""
    return record.stage is not Stage.GONE


def failed(records: list[RequestRecord]) -> float:
    """The share that ended with an error."""
    return sum(record.error is not None for record in records) / len(records)
