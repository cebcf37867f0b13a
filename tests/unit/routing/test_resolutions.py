"""A remembered resolution is the one that would be found now."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.core.errors import ModelNotFound
from ai_dashboard.core.plan import RouteFacts
from ai_dashboard.routing import resolutions
from ai_dashboard.routing.live import KnownProvider, Live
from ai_dashboard.routing.resolutions import Resolutions
from ai_dashboard.routing.resolve import resolve
from ai_dashboard.routing.table import Table

Compile = Callable[..., Table]

RULES = {
    "patterns": [{"pattern": "^p-", "provider": "a", "fallback": "b"}],
    "capabilities": {"code": {"preferred_models": ["m", "b"]}},
    "load_balancing": {
        "m": {
            "providers": [
                {"provider": "a", "condition": "length > 1000"},
                {"provider": "b", "condition": "stream OR request_count > 3"},
                "c",
            ]
        }
    },
    "routing_rules": {
        "request_metadata_routing": {"long": {"provider": "c", "condition": "prompt_tokens > 5000"}},
        "default_provider": "a",
    },
    "fallback_chains": {"default": ["n"]},
}

asks = st.builds(
    RouteFacts,
    st.sampled_from(("m", "n", "p-1", "code", "c/x", "other")),
    st.none() | st.just("code"),
    prompt_tokens=st.sampled_from((0, 200, 300, 6000)),
    stream=st.booleans(),
    task=st.none() | st.just("code"),
)
states = st.builds(
    KnownProvider, in_flight=st.sampled_from((0, 4)), models=st.sampled_from(((), ("n",), ("n", "other")))
)


@pytest.fixture(scope="module")
def table(compiled: Compile) -> Table:
    return compiled({"a": ["m"], "b": ["m", "n"], "c": ["m"]}, **RULES)


@given(st.lists(st.tuples(asks, st.fixed_dictionaries({"b": states})), max_size=20))
def test_whatever_was_asked_before(table: Table, turns: list[tuple[RouteFacts, Live]]) -> None:
    remembering = Resolutions(table)
    for facts, live in turns:
        remembering.listed_anew(live)
        assert remembering.of(facts, live) == resolve(facts, table, live)


def test_the_same_answers_lead_to_the_very_same(table: Table) -> None:
    remembering = Resolutions(table)
    short, long = RouteFacts("m", prompt_tokens=1), RouteFacts("m", prompt_tokens=300)
    first, second = remembering.of(short, {}), remembering.of(long, {})
    assert [it.provider for it in first.routes if not it.steps_in] == ["c"]
    assert [it.provider for it in second.routes if not it.steps_in] == ["a", "c"]
    assert remembering.of(RouteFacts("m", prompt_tokens=2), {}) is first
    assert remembering.of(RouteFacts("m", prompt_tokens=400), {}) is second


def test_it_is_forgotten_when_somebody_lists_other_models(table: Table) -> None:
    remembering, live = Resolutions(table), {"c": KnownProvider(models=("z",))}
    remembering.listed_anew(live)
    first = remembering.of(RouteFacts("p-1"), live)
    remembering.listed_anew({"c": KnownProvider(models=("z",), in_flight=3)})
    assert remembering.of(RouteFacts("p-1"), live) is first
    remembering.listed_anew({"c": KnownProvider(models=("z", "y"))})
    assert remembering.of(RouteFacts("p-1"), live) is not first


def test_names_are_not_remembered_without_end(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resolutions, "MAX_REMEMBERED", 3)
    remembering = Resolutions(table)
    first = remembering.of(RouteFacts("p-0"), {})
    for number in range(1, 4):
        remembering.of(RouteFacts(f"p-{number}"), {})
    assert remembering.of(RouteFacts("p-0"), {}) is not first


def test_a_name_that_nobody_knows_is_refused_each_time(compiled: Compile) -> None:
    remembering = Resolutions(compiled({"a": ["m"]}))
    for _ in range(2):
        with pytest.raises(ModelNotFound):
            remembering.of(RouteFacts("unheard-of"), {})
