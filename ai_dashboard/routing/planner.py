"""Plans, remembered for as long as nothing that they rest on has changed.

Where nobody recovers or cools down, who may answer follows from the name that was asked for, the table, and who is
well; of the request itself only its size, its wishes and what conditions make of it matter. So one field of candidates
serves every request with the same wishes that fits the smallest window in it, and where the order is always the same,
one plan. The rest are planned singly.
"""

from collections.abc import Sequence
from types import MappingProxyType

from ai_dashboard.core.data import dataclass
from ai_dashboard.core.plan import Plan, RouteFacts
from ai_dashboard.routing.affinity import conversation_of, last_of
from ai_dashboard.routing.eligibility import Bar
from ai_dashboard.routing.experiments import Splits, assign
from ai_dashboard.routing.live import Live, ProviderLive
from ai_dashboard.routing.plan import Field, decide, order, survey, view_for
from ai_dashboard.routing.resolutions import Resolutions
from ai_dashboard.routing.resolve import Resolution
from ai_dashboard.routing.table import Table
from ai_dashboard.routing.turns import Turns
from ai_dashboard.routing.view import Chance

MAX_REMEMBERED = 1024
"""Names remembered at one time. Names come from callers, so there must be an end to them."""

NO_EXPERIMENTS: Splits = MappingProxyType({})

_Key = tuple[object, ...]
"""All of the facts but the size of a request, and what only conditions read."""


@dataclass(slots=True)
class _Known:
    field: Field
    room: float
    """Tokens, prompt and answer together, up to which it holds: above the smallest window other reasons count."""
    states: tuple[ProviderLive, ...]
    """Those of the attempts. It holds while none of them has used up what it lets through."""
    lasts: bool
    """The order is always the same, unless an earlier turn of a conversation changes it."""
    plan: Plan | None = None
    """In that order."""

    def holds(self, facts: RouteFacts) -> bool:
        """Whether a request finds the same field."""
        if facts.prompt_tokens + facts.max_tokens > self.room:
            return False
        for state in self.states:
            if state.headroom == 0 or ((capacity := state.capacity) is not None and state.in_flight >= capacity):
                return False
        return True

    def undisturbed(self, facts: RouteFacts) -> bool:
        """Whether nobody goes in front because of an earlier turn."""
        chosen = self.field.chosen
        if len(chosen) < 2 or (conversation := conversation_of(facts)) is None:
            return True
        last = last_of(chosen, conversation, facts)
        if last is None or self.plan is None:
            return last is None
        first = self.plan.attempts[0]
        return (first.provider, first.model) == last.key


class Planner:
    """`plan()` for one table, with everything that outlives a request. `turns` are those of the planner of the table
    before, where there was one: they go on. What `bars` say may change with the version only."""

    def __init__(
        self,
        table: Table,
        chance: Chance,
        *,
        turns: Turns | None = None,
        splits: Splits = NO_EXPERIMENTS,
        bars: Sequence[Bar] = (),
    ) -> None:
        self.turns = turns if turns is not None else Turns()
        self._table = table
        self._chance = chance
        self._splits = splits
        self._bars = bars
        self._version = -1
        self._resolutions = Resolutions(table)
        self._known: dict[_Key, _Known] = {}
        self._varying: dict[tuple[_Key, int], _Known] = {}

    def plan(self, facts: RouteFacts, live: Live, version: int, now: float = 0.0, bar: Bar | None = None) -> Plan:
        """As `routing.plan.plan`, which decides whatever is not remembered. `version` is any number that changes with
        everything in `live` that does not change by itself: health, models, breakers, what is drained or loaded, the
        beginning of a cooldown, which object holds the state of a model. What `bar` says is for this request alone."""
        if self._splits and (arm := assign(self._splits, facts, self._chance.random)) is not None:
            return arm.noted(self._plan(arm.facts(facts), live, version, now, bar), facts.model)
        return self._plan(facts, live, version, now, bar)

    def explain(self, facts: RouteFacts, live: Live, now: float = 0.0, bar: Bar | None = None) -> Plan:
        """The plan that such a request would get now, without taking anybody's turn."""
        arm = assign(self._splits, facts, self._chance.random) if self._splits else None
        asked = facts if arm is None else arm.facts(facts)
        turns, chance = self.turns.copied(), self._chance
        bars = self._bars if bar is None else (*self._bars, bar)
        made = decide(asked, self._table, live, now=now, turns=turns, chance=chance, bars=bars).plan
        return made if arm is None else arm.noted(made, facts.model)

    def _plan(self, facts: RouteFacts, live: Live, version: int, now: float, bar: Bar | None) -> Plan:
        if bar is not None:
            bars = (*self._bars, bar)
            turns, chance = self.turns, self._chance
            return decide(facts, self._table, live, now=now, turns=turns, chance=chance, bars=bars).plan
        if version != self._version:
            self._forget()
            self._resolutions.listed_anew(live)
            self._version = version
        key = (
            facts.model, facts.capability, facts.task, facts.needs, facts.only, facts.strategy, facts.tenant,
            facts.residency, facts.requirements, facts.weights,
        )  # fmt: skip
        known = self._known.get(key)
        resolution: Resolution | None = None
        if known is None:
            resolution = self._resolutions.of(facts, live)
            if resolution.asked:
                known = self._varying.get((key, id(resolution)))
        if known is None or not known.holds(facts):
            return self._anew(key, resolution or self._resolutions.of(facts, live), facts, live, now)
        if known.plan is not None and known.undisturbed(facts):
            return known.plan
        field = known.field
        view = view_for(facts, field.resolution, self._table, now=now, turns=self.turns, chance=self._chance)
        made = order(field, facts, self._table, live, view)
        if known.lasts and known.plan is None and known.undisturbed(facts):
            known.plan = made
        return made

    def _anew(self, key: _Key, resolution: Resolution, facts: RouteFacts, live: Live, now: float) -> Plan:
        table = self._table
        view = view_for(facts, resolution, table, now=now, turns=self.turns, chance=self._chance)
        field = survey(facts, resolution, table, live, view, self._bars)
        made = order(field, facts, table, live, view)
        if not field.lasting:
            return made
        names = dict.fromkeys(it.provider for it in made.attempts)
        states = tuple([live[name] for name in names if name in live])
        lasts = field.rests_on_nothing_else and table.regions.faster_by_s is None
        known = _Known(field, resolution.room, states, lasts)
        if known.holds(facts):
            if lasts and known.undisturbed(facts):
                known.plan = made
            if len(self._known) + len(self._varying) >= MAX_REMEMBERED:
                self._forget()
            if resolution.asked:
                self._varying[key, id(resolution)] = known
            else:
                self._known[key] = known
        return made

    def _forget(self) -> None:
        self._known.clear()
        self._varying.clear()
