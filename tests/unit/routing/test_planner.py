"""A remembered plan is the plan that would be made now."""

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.core.errors import ModelNotFound
from ai_dashboard.core.plan import Plan, Requirements, RouteFacts
from ai_dashboard.core.snapshot import Health
from ai_dashboard.routing import planner
from ai_dashboard.routing.affinity import Conversations, conversation_of
from ai_dashboard.routing.experiments import Arm, Split
from ai_dashboard.routing.live import Conversation, KnownTarget, Live, Turn
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
    strategy=st.sampled_from((None, "direct", "quality_first", "cost_optimized", "context_based", "complexity_based")),
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
    others: int = 0
    slots: int | None = None
    max_loaded: int | None = None
    conversations: Conversations = field(default_factory=Conversations)

    def held_back(self, model: str) -> str | None:
        return None if self.max_loaded is None else f"waits for {model}"

    def turn(self, conversation: Conversation, model: str) -> Turn | None:
        return self.conversations.last(conversation, model)

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
    table = compiled(
        PROVIDERS,
        capabilities={"code": {"preferred_models": ["m"]}},
        load_balancing={"n": {"providers": ["a", {"provider": "b", "condition": "length > 1000 OR stream"}]}},
        routing_rules={"strategy": "direct"},
    )
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
    remembering = remembering_for(compiled({"a": ["m"], "b": ["m"]}))
    live = {"a": Changing(), "b": Changing()}
    ours, theirs = RouteFacts("m", user="ours", prompt_tokens=9), RouteFacts("m", user="theirs", prompt_tokens=9)

    def served(facts: RouteFacts, provider: str) -> None:
        conversation = conversation_of(facts)
        assert conversation is not None
        live[provider].conversations.served(conversation, "m", Turn("local", 1, 1.0))

    first = remembering.plan(ours, live, 1)
    served(ours, "b")
    served(theirs, "a")
    assert remembering.plan(ours, live, 1).attempts[0].provider == "b"
    assert remembering.explain(ours, live).notes == ("affinity: b served the last turn",)
    assert remembering.plan(theirs, live, 1) is first
    assert remembering.plan(RouteFacts("m"), live, 1) is first
    live["b"].in_flight = live["b"].capacity = 2
    assert remembering.plan(ours, live, 2).attempts[0].provider == "a"


def test_a_conversation_does_not_leave_its_plan_to_others(compiled: Compile) -> None:
    remembering = remembering_for(compiled({"a": ["m"], "b": ["m"]}))
    live = {"a": Changing(), "b": Changing()}
    live["b"].conversations.served(("", "user", "ann"), "m", Turn("local", 1, 1.0))
    assert remembering.plan(RouteFacts("m", user="ann"), live, 1).attempts[0].provider == "b"
    first = remembering.plan(RouteFacts("m"), live, 1)
    assert first.attempts[0].provider == "a"
    assert remembering.plan(RouteFacts("m"), live, 1) is first


@pytest.mark.parametrize("strategy", ["round_robin", "weighted_round_robin", "least_loaded"])
def test_turns_are_exact_although_the_field_is_remembered(strategy: str, compiled: Compile) -> None:
    remembering = remembering_for(compiled({"a": ["m"], "b": ["m"], "c": ["m"]}))
    picked = [remembering.plan(RouteFacts("m", strategy=strategy), {}, 1).attempts[0].provider for _ in range(300)]
    assert {name: picked.count(name) for name in "abc"} == {"a": 100, "b": 100, "c": 100}


def test_an_experiments_arm_is_planned_under_the_name_that_was_asked_for(compiled: Compile) -> None:
    splits = {"m": Split("trial", (Arm("only", "n", 1.0),), "user")}
    remembering = remembering_for(compiled({"a": ["m"], "b": ["n"]}), splits=splits)
    for made in (remembering.plan(RouteFacts("m"), {}, 1), remembering.explain(RouteFacts("m"), {})):
        assert (made.asked, [(it.provider, it.model) for it in made.attempts]) == ("m", [("b", "n")])
        assert made.notes == ("experiment trial: arm only (n)",)
    assert remembering.plan(RouteFacts("n"), {}, 1).notes == ()
