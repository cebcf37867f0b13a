"""A remembered plan is the plan that would be made now."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.core.errors import ModelNotFound
from ai_dashboard.core.plan import RouteFacts
from ai_dashboard.core.snapshot import Health
from ai_dashboard.routing import planner
from ai_dashboard.routing.plan import plan
from ai_dashboard.routing.planner import Planner
from ai_dashboard.routing.table import Live, Table

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
)
turns = st.lists(st.tuples(asks, st.none() | st.sampled_from(tuple(Health))), max_size=20)


@given(turns)
def test_whatever_was_asked_before(
    compiled: Compile, live: MakeLive, turns: list[tuple[RouteFacts, Health | None]]
) -> None:
    table = compiled(PROVIDERS, capabilities={"code": {"preferred_models": ["m"]}})
    remembering, now, version = Planner(table), live(), 0
    for facts, health in turns:
        if health is not None:
            now, version = live(a=health), version + 1
        assert remembering.plan(facts, now, version) == plan(facts, table, now)


def test_a_plan_is_made_once_for_as_long_as_nothing_changes(compiled: Compile) -> None:
    remembering = Planner(compiled({"a": [{"name": "m", "context_length": 100}]}))
    first = remembering.plan(RouteFacts("m", prompt_tokens=5), {}, 1)
    assert remembering.plan(RouteFacts("m", prompt_tokens=100), {}, 1) is first
    assert remembering.plan(RouteFacts("m", prompt_tokens=101), {}, 1) is not first
    assert remembering.plan(RouteFacts("m"), {}, 2) is not first


def test_names_are_not_remembered_without_end(compiled: Compile, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planner, "MAX_REMEMBERED", 3)
    remembering = Planner(compiled({"a": []}))
    first = remembering.plan(RouteFacts("a/0"), {}, 1)
    assert remembering.plan(RouteFacts("a/0"), {}, 1) is first
    for number in range(1, 4):
        remembering.plan(RouteFacts(f"a/{number}"), {}, 1)
    assert remembering.plan(RouteFacts("a/0"), {}, 1) is not first


def test_a_name_that_nobody_knows_is_refused_each_time(compiled: Compile) -> None:
    remembering = Planner(compiled({"a": ["m"]}))
    for _ in range(2):
        with pytest.raises(ModelNotFound):
            remembering.plan(RouteFacts("unheard-of"), {}, 1)
