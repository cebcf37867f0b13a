"""Plans, remembered for as long as nothing that they rest on has changed.

A plan follows from the name that was asked for, the table, and who is well; of the request itself only its size
matters. So the plan of a name serves every request that fits the smallest window in it; the rest are planned singly.
"""

from dataclasses import dataclass

from ai_dashboard.core.plan import Plan, RouteFacts
from ai_dashboard.routing.plan import plan
from ai_dashboard.routing.table import Live, Table

MAX_REMEMBERED = 4096
"""Names remembered at one time. Names come from callers, so there must be an end to them."""


@dataclass(frozen=True, slots=True)
class _Known:
    plan: Plan
    room: float
    """Tokens, prompt and answer together, up to which the plan holds."""


class Planner:
    """`plan()` for one table. `version` is any number that changes whenever something in `live` does."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._version = -1
        self._known: dict[tuple[str, str | None], _Known] = {}

    def plan(self, facts: RouteFacts, live: Live, version: int) -> Plan:
        """As `routing.plan.plan`, which decides whatever is not remembered. Raises `ModelNotFound`."""
        if version != self._version or len(self._known) >= MAX_REMEMBERED:
            self._known.clear()
            self._version = version
        key = (facts.model, facts.capability)
        known = self._known.get(key)
        needed = facts.prompt_tokens + facts.max_tokens
        if known is not None and needed <= known.room:
            return known.plan
        fresh = plan(facts, self._table, live)
        room = self._room(fresh)
        if needed <= room:
            self._known[key] = _Known(fresh, room)
        return fresh

    def _room(self, made: Plan) -> float:
        """The smallest window among all candidates, those that were left out included: above it the reasons change."""
        named = [(it.provider, it.model) for it in made.attempts] + [(it.provider, it.model) for it in made.excluded]
        windows = (self._window(provider, model) for provider, model in named)
        return min((window for window in windows if window is not None), default=float("inf"))

    def _window(self, provider: str, model: str) -> int | None:
        entry = self._table.providers[provider].models.get(model) if provider in self._table.providers else None
        return entry.context_length if entry is not None else None
