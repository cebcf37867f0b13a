"""Plans, remembered for as long as nothing that they rest on has changed.

Where nobody takes turns, is drawn, recovers or cools down, a plan follows from the name that was asked for, the table,
and who is well; of the request itself only its size and its wishes matter. So one plan serves every request with the
same wishes that fits the smallest window in it; the rest are planned singly.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from types import MappingProxyType

from ai_dashboard.core.plan import Plan, RouteFacts
from ai_dashboard.routing.affinity import Affinity, Replica, key_of
from ai_dashboard.routing.eligibility import Bar, spent_by
from ai_dashboard.routing.experiments import Splits, assign
from ai_dashboard.routing.live import Live, ProviderLive
from ai_dashboard.routing.plan import Decision, decide
from ai_dashboard.routing.table import Table
from ai_dashboard.routing.turns import Turns
from ai_dashboard.routing.view import Chance

MAX_REMEMBERED = 4096
"""Names remembered at one time. Names come from callers, so there must be an end to them."""

NO_EXPERIMENTS: Splits = MappingProxyType({})

_Key = tuple[object, ...]
"""All of the facts but the size of a request, and what only conditions read."""


@dataclass(frozen=True, slots=True)
class _Known:
    plan: Plan
    room: float
    """Tokens, prompt and answer together, up to which the plan holds."""
    states: tuple[ProviderLive, ...]
    """Those of the attempts. The plan holds while none of them has used up what it lets through."""


class Planner:
    """`plan()` for one table, with everything that outlives a request. `turns` and `affinity` may be shared with the
    planner of the table before, whose turns go on; without `affinity` conversations are not kept together. What `bars`
    say may change with the version only."""

    def __init__(
        self,
        table: Table,
        chance: Chance,
        *,
        turns: Turns | None = None,
        splits: Splits = NO_EXPERIMENTS,
        affinity: Affinity | None = None,
        bars: Sequence[Bar] = (),
    ) -> None:
        self._table = table
        self._chance = chance
        self._turns = turns if turns is not None else Turns()
        self._splits = splits
        self._affinity = affinity
        self._bars = bars
        self._version = -1
        self._known: dict[_Key, _Known] = {}

    def plan(self, facts: RouteFacts, live: Live, version: int, now: float = 0.0) -> Plan:
        """As `routing.plan.plan`, which decides whatever is not remembered. `version` is any number that changes with
        everything in `live` that does not change by itself: health, models, breakers, what is drained, the beginning of
        a cooldown."""
        if self._splits and (arm := assign(self._splits, facts, self._chance.random)) is not None:
            return arm.noted(self._plan(arm.facts(facts), live, version, now), facts.model)
        return self._plan(facts, live, version, now)

    def explain(self, facts: RouteFacts, live: Live, now: float = 0.0) -> Plan:
        """The plan that such a request would get now, without taking anybody's turn."""
        arm = assign(self._splits, facts, self._chance.random) if self._splits else None
        asked = facts if arm is None else arm.facts(facts)
        made = self._decide(asked, live, now, self._turns.copied(), self._last(asked)).plan
        return made if arm is None else arm.noted(made, facts.model)

    def _plan(self, facts: RouteFacts, live: Live, version: int, now: float) -> Plan:
        if version != self._version or len(self._known) >= MAX_REMEMBERED:
            self._known.clear()
            self._version = version
        key = (
            facts.model, facts.capability, facts.task, facts.needs, facts.only, facts.strategy, facts.tenant,
            facts.residency, facts.requirements, facts.weights,
        )  # fmt: skip
        last = self._last(facts) if self._affinity is not None else None
        known = self._known.get(key)
        if known is not None and facts.prompt_tokens + facts.max_tokens <= known.room:
            for state in known.states:
                if state.headroom == 0 or ((capacity := state.capacity) is not None and state.in_flight >= capacity):
                    break
            else:
                if last is None or _leads(last, known.plan):
                    return known.plan
        made = self._decide(facts, live, now, self._turns, last)
        if made.lasting and last is None:
            self._remember(key, facts, made.plan, live)
        return made.plan

    def _decide(self, facts: RouteFacts, live: Live, now: float, turns: Turns, last: Replica | None) -> Decision:
        return decide(facts, self._table, live, now=now, turns=turns, chance=self._chance, bars=self._bars, last=last)

    def _last(self, facts: RouteFacts) -> Replica | None:
        return self._affinity.last(key_of(facts)) if self._affinity is not None else None

    def _remember(self, key: _Key, facts: RouteFacts, made: Plan, live: Live) -> None:
        room = self._room(made)
        states = tuple([live[name] for name in dict.fromkeys(it.provider for it in made.attempts) if name in live])
        if facts.prompt_tokens + facts.max_tokens <= room and not any(spent_by(state) for state in states):
            self._known[key] = _Known(made, room, states)

    def _room(self, made: Plan) -> float:
        """The smallest window among all candidates, those that were left out included: above it the reasons change."""
        named = [(it.provider, it.model) for it in made.attempts] + [(it.provider, it.model) for it in made.excluded]
        windows = (self._window(provider, model) for provider, model in named)
        return min((window for window in windows if window is not None), default=float("inf"))

    def _window(self, provider: str, model: str) -> int | None:
        entry = self._table.providers[provider].models.get(model) if provider in self._table.providers else None
        return entry.context_length if entry is not None else None


def _leads(last: Replica, known: Plan) -> bool:
    """Whether whoever served the last turn would not change anything in front."""
    first = known.attempts[0] if known.attempts else None
    return first is not None and (first.provider, first.model, first.region) == last
