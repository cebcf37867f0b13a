"""How requests fare after a reload, compared with how they did before.

Only requests that began on the new configuration count, and only those whose callers waited for the end. Where nothing
was asked before, the providers' health speaks instead: a request that fails counts where the configuration before would
have sent it to a provider that was well. Where nobody was well either, nobody can say that it was fine, and nothing is
decided.
"""

from collections.abc import Callable, Iterable

from ai_dashboard.core.data import dataclass
from ai_dashboard.core.errors import CallerError
from ai_dashboard.core.records import RequestRecord, Stage
from ai_dashboard.core.snapshot import Health
from ai_dashboard.gateway.whatif import EvenChance
from ai_dashboard.routing.live import Live
from ai_dashboard.routing.planner import Planner
from ai_dashboard.routing.table import Table

WELL = frozenset({Health.ACTIVE, Health.DEGRADED})

Went = Callable[[RequestRecord], frozenset[str]]
"""Whom the configuration before would have asked."""


@dataclass(frozen=True, slots=True)
class Probation:
    """What is waited for: `wanted` requests after number `since`, without `earlier`, whose ids are those that were
    running then. `before` is the share that failed until then, None where nobody had asked; then `well` are the
    providers that were, and `went` tells who of them would have been asked."""

    since: int
    earlier: frozenset[str]
    wanted: int
    limit: float
    before: float | None
    well: frozenset[str]
    went: Went

    def failed(self, records: Iterable[RequestRecord]) -> float | None:
        """The share of the first `wanted` requests that failed; None until there are as many."""
        new = [it for it in records if it.seq > self.since and it.id not in self.earlier and counts(it)][: self.wanted]
        if len(new) < self.wanted:
            return None
        return failed(new) if self.before is not None else sum(map(self._was_spoilt, new)) / len(new)

    def is_worse(self, share: float) -> bool:
        """Whether so many failures are the new configuration's doing."""
        return share > self.limit and (self.before is None or self.before <= self.limit)

    def reason(self, share: float, number: int) -> str:
        """Why configuration `number` is taken back."""
        said = f"{share:.0%} of {self.wanted} requests failed on configuration {number}"
        if self.before is not None:
            return f"{said}, {self.before:.0%} before it"
        return f"{said}; nobody had asked before it, but whom they would have gone to was well"

    def _was_spoilt(self, record: RequestRecord) -> bool:
        """Whether a request failed that would have gone to somebody who was well."""
        return record.error is not None and not self.well.isdisjoint(self.went(record))


def begun(
    records: Iterable[RequestRecord],
    running: Iterable[str],
    *,
    since: int,
    wanted: int,
    limit: float,
    well: frozenset[str],
    went: Went,
) -> Probation | None:
    """The watch over a configuration that is in force from now on; None when there is none to be kept. `records` are
    those of the latest requests."""
    latest = [record for record in records if counts(record)][-wanted:] if wanted else []
    if not wanted or not (latest or well):
        return None
    return Probation(since, frozenset(running), wanted, limit, failed(latest) if latest else None, well, went)


def went_by(table: Table, live: Live) -> Went:
    """Whom a table sends requests to when everybody is well."""
    planner = Planner(table, EvenChance())

    def went(record: RequestRecord) -> frozenset[str]:
        if record.facts is None:
            return frozenset()
        try:
            return frozenset(candidate.provider for candidate in planner.explain(record.facts, live).attempts)
        except CallerError:
            return frozenset()

    return went


def counts(record: RequestRecord) -> bool:
    """Whether a request says something about the configuration: not when its caller went away."""
    return record.stage is not Stage.GONE


def failed(records: list[RequestRecord]) -> float:
    """The share that ended with an error."""
    return sum(record.error is not None for record in records) / len(records)
