"""A remembered plan is the plan that would be made now."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.core.errors import ModelNotFound
from ai_dashboard.core.plan import Plan, Requirements, RouteFacts
from ai_dashboard.core.snapshot import Health
from ai_dashboard.routing import planner
from ai_dashboard.routing.affinity import Affinity, Replica, key_of
from ai_dashboard.routing.experiments import Arm, Split
from ai_dashboard.routing.live import KnownProvider, KnownTarget, Live
from ai_dashboard.routing.plan import plan
from ai_dashboard.routing.planner import Planner
from ai_dashboard.routing.table import Table
from ai_dashboard.routing.turns import Turns

Compile = Callable[..., Table]
MakeLive = Callable[..., Live]

PROVIDERS = {
    "a": [{"name": "m", "context_length": 100}, "n"],
    "b": [{"name": "m", "context_length": 1000}],
    "c": {"models": [{"name": "m", "context_length": 10}], "status": "disabled"},
}
asks = st.builds(
    RouteFacts,
    st.sampled_from(("m", "n", "code", "a/x")),
    st.none() | st.just("code"),
    prompt_tokens=st.integers(0, 1200),
    max_tokens=st.sampled_from((0, 10)),
    stream=st.booleans(),
    needs=st.sampled_from((frozenset(), frozenset({"tools"}))),
    only=st.sampled_from((None, ("b",))),
    strategy=st.sampled_from((None, "direct", "quality_first")),
)


@dataclass(slots=True)
class Changing:
    """A provider whose figures move while a plan of it is remembered."""

    health: Health = Health.ACTIVE
    reason: str = ""
    models: tuple[str, ...] = ()
    in_flight: int = 0
    capacity: int | None = None
    draining: bool = False
    headroom: float | None = None
    cooldown_s: float = 0.0
    error_ratio: float = 0.0

    def target(self, model: str) -> KnownTarget:
        return KnownTarget()


def remembering_for(table: Table, **more: Any) -> Planner:  # noqa: ANN401 - whatever a planner takes
    return Planner(table, Random(1), **more)


def fresh(facts: RouteFacts, table: Table, live: Live) -> Plan:
    return plan(facts, table, live, now=0.0, turns=Turns(), chance=Random(1))


turns = st.lists(st.tuples(asks, st.none() | st.sampled_from(tuple(Health))), max_size=20)


@given(turns)
def test_whatever_was_asked_before(
    compiled: Compile, live: MakeLive, turns: list[tuple[RouteFacts, Health | None]]
) -> None:
    table = compiled(PROVIDERS, capabilities={"code": {"preferred_models": ["m"]}})
    remembering, now, version = remembering_for(table), live(), 0
    for facts, health in turns:
        if health is not None:
            now, version = live(a=health), version + 1
        assert remembering.plan(facts, now, version) == fresh(facts, table, now)


def test_a_plan_is_made_once_for_as_long_as_nothing_changes(compiled: Compile) -> None:
    remembering = remembering_for(compiled({"a": [{"name": "m", "context_length": 100}]}))
    first = remembering.plan(RouteFacts("m", prompt_tokens=5), {}, 1)
    assert remembering.plan(RouteFacts("m", prompt_tokens=100), {}, 1) is first
    assert remembering.plan(RouteFacts("m", prompt_tokens=101), {}, 1) is not first
    assert remembering.plan(RouteFacts("m"), {}, 2) is not first


def test_names_are_not_remembered_without_end(compiled: Compile, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planner, "MAX_REMEMBERED", 3)
    remembering = remembering_for(compiled({"a": []}))
    first = remembering.plan(RouteFacts("a/0"), {}, 1)
    assert remembering.plan(RouteFacts("a/0"), {}, 1) is first
    for number in range(1, 4):
        remembering.plan(RouteFacts(f"a/{number}"), {}, 1)
    assert remembering.plan(RouteFacts("a/0"), {}, 1) is not first


def test_a_name_that_nobody_knows_is_refused_each_time(compiled: Compile) -> None:
    remembering = remembering_for(compiled({"a": ["m"]}))
    for _ in range(2):
        with pytest.raises(ModelNotFound):
            remembering.plan(RouteFacts("unheard-of"), {}, 1)


@given(st.lists(st.tuples(st.integers(0, 3), st.sampled_from((None, 0.0, 0.5))), min_size=1, max_size=9))
def test_a_remembered_plan_does_not_outlast_what_its_provider_lets_through(
    compiled: Compile, figures: list[tuple[int, float | None]]
) -> None:
    table = compiled({"a": ["m"], "b": ["m"]})
    remembering, state = remembering_for(table), Changing(capacity=3)
    for in_flight, headroom in figures:
        state.in_flight, state.headroom = in_flight, headroom
        assert remembering.plan(RouteFacts("m"), {"a": state}, 1) == fresh(RouteFacts("m"), table, {"a": state})


@pytest.mark.parametrize(
    "facts",
    [
        RouteFacts("m", strategy="round_robin"),
        RouteFacts("m", strategy="weighted_round_robin"),
        RouteFacts("m", requirements=Requirements(max_cost=1.0)),
    ],
)
def test_what_changes_by_itself_is_not_remembered(facts: RouteFacts, compiled: Compile) -> None:
    remembering = remembering_for(compiled({"a": ["m"], "b": ["m"]}))
    assert remembering.plan(facts, {}, 1) is not remembering.plan(facts, {}, 1)


def test_a_rule_with_a_condition_is_asked_each_time(compiled: Compile) -> None:
    shares = [{"provider": "a", "condition": "length > 1000"}, {"provider": "b"}]
    remembering = remembering_for(compiled({"a": ["m"], "b": ["m"]}, load_balancing={"m": {"providers": shares}}))
    short, long = (
        RouteFacts("m", prompt_tokens=1, strategy="direct"),
        RouteFacts("m", prompt_tokens=900, strategy="direct"),
    )
    for _ in range(2):
        assert remembering.plan(short, {}, 1).attempts[0].provider == "b"
        assert remembering.plan(long, {}, 1).attempts[0].provider == "a"


def test_turns_go_on_in_the_next_table(compiled: Compile) -> None:
    table, turns = compiled({"a": ["m"], "b": ["m"]}), Turns()
    facts = RouteFacts("m", strategy="round_robin")
    planners = [remembering_for(table, turns=turns) for _ in range(4)]
    assert [it.plan(facts, {}, 1).attempts[0].provider for it in planners] == ["a", "b", "a", "b"]


def test_explaining_takes_nobodys_turn(compiled: Compile) -> None:
    remembering = remembering_for(compiled({"a": ["m"], "b": ["m"]}))
    facts = RouteFacts("m", strategy="round_robin")
    for expected in ("a", "b", "a"):
        for _ in range(2):
            assert remembering.explain(facts, {}).attempts[0].provider == expected
        assert remembering.plan(facts, {}, 1).attempts[0].provider == expected


def test_a_conversation_is_kept_where_it_was_and_others_are_not(compiled: Compile) -> None:
    affinity = Affinity()
    remembering = remembering_for(compiled({"a": ["m"], "b": ["m"]}), affinity=affinity)
    ours, theirs = RouteFacts("m", user="ours"), RouteFacts("m", user="theirs")
    first = remembering.plan(ours, {}, 1)
    affinity.served(key_of(ours), Replica("b", "m", "local"))
    affinity.served(key_of(theirs), Replica("a", "m", "local"))
    assert remembering.plan(ours, {}, 1).attempts[0].provider == "b"
    assert remembering.explain(ours, {}).notes == ("affinity: b served the last turn",)
    assert remembering.plan(theirs, {}, 1) is first
    assert remembering.plan(RouteFacts("m"), {}, 1) is first
    busy = {"b": KnownProvider(in_flight=2, capacity=2)}
    assert remembering.plan(ours, busy, 2).attempts[0].provider == "a"


def test_an_experiments_arm_is_planned_under_the_name_that_was_asked_for(compiled: Compile) -> None:
    splits = {"m": Split("trial", (Arm("only", "n", 1.0),), "user")}
    remembering = remembering_for(compiled({"a": ["m"], "b": ["n"]}), splits=splits)
    for made in (remembering.plan(RouteFacts("m"), {}, 1), remembering.explain(RouteFacts("m"), {})):
        assert (made.asked, [(it.provider, it.model) for it in made.attempts]) == ("m", [("b", "n")])
        assert made.notes == ("experiment trial: arm only (n)",)
    assert remembering.plan(RouteFacts("n"), {}, 1).notes == ()
