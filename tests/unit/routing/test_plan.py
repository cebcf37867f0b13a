"""Who is left out and why, and what holds for every plan there can be."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.core.errors import ModelNotFound
from ai_dashboard.core.plan import Candidate, Excluded, RouteFacts
from ai_dashboard.core.snapshot import Health
from ai_dashboard.routing.plan import plan
from ai_dashboard.routing.resolve import resolve
from ai_dashboard.routing.table import Live, Table

Compile = Callable[..., Table]
MakeLive = Callable[..., Live]

SMALL = {"name": "m", "context_length": 1000}
DOWN = (Health.UNAVAILABLE, Health.AUTH_FAILED)


def test_a_plan_without_trouble(compiled: Compile) -> None:
    table = compiled({"a": ["m"], "b": ["m"], "c": ["m"]})
    found = plan(RouteFacts("m"), table, {})
    assert (found.asked, found.rule, found.excluded) == ("m", "listing", ())
    assert found.attempts == (
        Candidate("a", "m", "lists the model", 1.0),
        Candidate("b", "m", "lists the model", 0.5),
        Candidate("c", "m", "lists the model", 0.333),
    )


@pytest.mark.parametrize(
    ("entry", "facts", "state", "reason"),
    [
        ({"status": "disabled"}, RouteFacts("m"), Health.ACTIVE, "disabled"),
        ({"status": "template"}, RouteFacts("m"), Health.ACTIVE, "template"),
        ({"requires_api_key": True}, RouteFacts("m"), Health.ACTIVE, "no API key"),
        ({}, RouteFacts("m", prompt_tokens=1001), Health.ACTIVE, "context 1001 > 1000"),
        ({}, RouteFacts("m", prompt_tokens=900, max_tokens=101), Health.ACTIVE, "context 1001 > 1000"),
        ({}, RouteFacts("m", prompt_tokens=900, max_tokens=100), Health.ACTIVE, None),
        ({}, RouteFacts("m"), (Health.UNAVAILABLE, "connection refused"), "unavailable: connection refused"),
        ({}, RouteFacts("m"), (Health.AUTH_FAILED, "HTTP 401"), "auth_failed: HTTP 401"),
        ({}, RouteFacts("m"), Health.UNAVAILABLE, "unavailable"),
        ({}, RouteFacts("m"), Health.DEGRADED, None),
        ({}, RouteFacts("m"), Health.CHECKING, None),
        ({"status": "disabled"}, RouteFacts("m"), Health.UNAVAILABLE, "disabled"),
    ],
)
def test_who_is_left_out(
    entry: dict[str, Any], facts: RouteFacts, state: object, reason: str | None, compiled: Compile, live: MakeLive
) -> None:
    table = compiled({"first": {"models": [SMALL], **entry}, "second": ["m"]})
    found = plan(facts, table, live(first=state))
    attempts = [candidate.provider for candidate in found.attempts]
    assert attempts == (["first", "second"] if reason is None else ["second"])
    assert found.excluded == (() if reason is None else (Excluded("first", "m", reason),))


def test_when_nothing_is_up_everything_that_may_answer_is_tried(compiled: Compile, live: MakeLive) -> None:
    table = compiled({"a": ["m"], "off": {"models": ["m"], "status": "disabled"}, "b": ["m"]})
    found = plan(RouteFacts("m"), table, live(a=Health.UNAVAILABLE, b=Health.AUTH_FAILED))
    assert [candidate.provider for candidate in found.attempts] == ["a", "b"]
    assert all(candidate.why.endswith("last resort, nothing else is up") for candidate in found.attempts)
    assert found.excluded == (Excluded("off", "m", "disabled"),)


def test_a_plan_may_be_empty(compiled: Compile) -> None:
    table = compiled({"off": {"models": ["m"], "status": "disabled"}})
    found = plan(RouteFacts("m"), table, {})
    assert found.attempts == ()
    assert found.excluded == (Excluded("off", "m", "disabled"),)


def test_a_name_that_nobody_knows_has_no_plan(compiled: Compile) -> None:
    with pytest.raises(ModelNotFound):
        plan(RouteFacts("m"), compiled({"a": ["n"]}), {})


# ── whatever the operator wrote ──────────────────────────────────────────────────────────────────────────────────────

NAMES = ("a", "b", "c")
MODELS = ("m", "n", "n:latest", "x:70b")
names, models = st.sampled_from(NAMES), st.sampled_from(MODELS)
entries = st.fixed_dictionaries(
    {
        "status": st.sampled_from(("active", "active", "disabled", "template")),
        "requires_api_key": st.sampled_from((False, False, True)),
        "models": st.lists(
            st.fixed_dictionaries({"name": models}, optional={"context_length": st.sampled_from((100, 10_000))}),
            max_size=3,
        ),
    }
)
rules = st.fixed_dictionaries(
    {"provider": names}, optional={"backend_model": models, "fallback": st.none() | names | models}
)
links = st.lists(names | models | st.builds("{}/{}".format, names, models), max_size=4)
mappings = st.fixed_dictionaries(
    {},
    optional={
        "exact_matches": st.dictionaries(models, rules, max_size=2),
        "patterns": st.lists(rules.map(lambda rule: {"pattern": "70b|^c", **rule}), max_size=1),
        "capabilities": st.dictionaries(
            st.sampled_from(("code", "m")),
            st.fixed_dictionaries(
                {"preferred_models": links},
                optional={
                    "fallback": names,
                    "provider": names,
                    "min_context": st.just(5000),
                    "min_model_size": st.just("7B"),
                },
            ),
            max_size=2,
        ),
        "fallback_chains": st.dictionaries(models | st.just("default"), links, max_size=3),
        "routing_rules": st.fixed_dictionaries({"default_provider": names}),
    },
)
states = st.dictionaries(
    names,
    st.sampled_from(tuple(Health)) | st.lists(models, max_size=2) | st.tuples(st.sampled_from(DOWN), st.just("why")),
)
asks = st.builds(
    RouteFacts,
    models | st.sampled_from(("code", "a/m", "b/other", "unheard-of", "org/c")),
    st.none() | st.just("code"),
    prompt_tokens=st.sampled_from((0, 90, 9000)),
    max_tokens=st.sampled_from((0, 50)),
)


@given(st.fixed_dictionaries(dict.fromkeys(NAMES, entries)), mappings, states, asks)
def test_what_holds_for_every_plan(
    compiled: Compile,
    live: MakeLive,
    providers: dict[str, Any],
    rules: dict[str, Any],
    health: dict[str, Any],
    facts: RouteFacts,
) -> None:
    table, now = compiled(providers, **rules), live(**health)
    try:
        found = plan(facts, table, now)
    except ModelNotFound:
        return
    tried = [(candidate.provider, candidate.model) for candidate in found.attempts]
    left_out = [(item.provider, item.model) for item in found.excluded]
    wanted = [(route.provider, route.model) for route in resolve(facts, table, now).routes]

    assert sorted(tried + left_out) == sorted(wanted)
    assert len(set(wanted)) == len(wanted)
    assert tried == [pair for pair in wanted if pair in tried]
    assert left_out == [pair for pair in wanted if pair in left_out]
    assert all(item.reason for item in found.excluded)
    assert [item.score for item in found.attempts] == sorted((item.score for item in found.attempts), reverse=True)
    assert plan(facts, table, now) == found

    for provider, model in tried:
        entry = table.providers[provider]
        window = entry.models[model].context_length if model in entry.models else None
        assert entry.barred is None
        assert window is None or facts.prompt_tokens + facts.max_tokens <= window
    down = [pair for pair in tried if pair[0] in now and now[pair[0]].health in DOWN]
    assert down in ([], tried)
