"""Who is left out and why, and what holds for every plan there can be."""

from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.core.errors import CallerError, ModelNotFound, UnknownCapability
from ai_dashboard.core.plan import Candidate, Excluded, Plan, Requirements, RouteFacts
from ai_dashboard.core.snapshot import BreakerState, Health
from ai_dashboard.routing.live import KnownProvider, KnownTarget, Live, Turn
from ai_dashboard.routing.plan import ALL_DOWN, MOST_DOWN, decide
from ai_dashboard.routing.resolve import resolve
from ai_dashboard.routing.strategies import STRATEGIES
from ai_dashboard.routing.table import Table
from ai_dashboard.routing.turns import Turns

Compile = Callable[..., Table]
MakeLive = Callable[..., Live]

SMALL = {"name": "m", "context_length": 1000}
DOWN = (Health.UNAVAILABLE, Health.AUTH_FAILED)
OPEN = KnownProvider(targets={"m": KnownTarget(breaker=BreakerState.OPEN)})
RAMPING = KnownProvider(targets={"m": KnownTarget(breaker=BreakerState.RAMPING, share=0.1)})
FOUR = {"a": ["m"], "b": ["m"], "c": ["m"], "d": ["m"]}


def plan(facts: RouteFacts, table: Table, live: Live, *, seed: int = 1) -> Plan:
    """A plan of a gateway that has just begun."""
    return decide(facts, table, live, now=0.0, turns=Turns(), chance=Random(seed)).plan


def lasts(facts: RouteFacts, table: Table, live: Live) -> bool:
    return decide(facts, table, live, now=0.0, turns=Turns(), chance=Random(1)).lasting


def tried(made: Plan) -> str:
    return "".join(it.provider for it in made.attempts)


def test_a_plan_without_trouble(compiled: Compile) -> None:
    table = compiled({"a": ["m"], "b": ["m"], "c": ["m"]})
    found = plan(RouteFacts("m"), table, {})
    assert (found.asked, found.rule, found.excluded) == ("m", "listing", ())
    assert found.attempts == (
        Candidate("a", "m", "lists the model", 1.0, "local"),
        Candidate("b", "m", "lists the model", 0.5, "local"),
        Candidate("c", "m", "lists the model", 0.333, "local"),
    )


def test_whoever_is_left_out_has_a_reason(compiled: Compile, live: MakeLive) -> None:
    table = compiled({"first": [SMALL], "second": ["m"], "third": ["m"]})
    now = live(second=(Health.UNAVAILABLE, "connection refused"))
    found = plan(RouteFacts("m", prompt_tokens=1001), table, now)
    assert tried(found) == "third"
    assert found.excluded == (
        Excluded("first", "m", "context 1001 > 1000"),
        Excluded("second", "m", "unavailable: connection refused"),
    )


def test_when_nothing_is_up_everything_that_may_answer_is_tried(compiled: Compile, live: MakeLive) -> None:
    table = compiled({"a": ["m"], "off": {"models": ["m"], "status": "disabled"}, "b": ["m"]})
    found = plan(RouteFacts("m"), table, live(a=Health.UNAVAILABLE, b=Health.AUTH_FAILED))
    assert [candidate.provider for candidate in found.attempts] == ["a", "b"]
    assert all(candidate.why.endswith("last resort, nothing else is up") for candidate in found.attempts)
    assert found.notes == (ALL_DOWN,)
    assert found.excluded == (Excluded("off", "m", "disabled"),)


def test_a_plan_may_be_empty(compiled: Compile) -> None:
    table = compiled({"off": {"models": ["m"], "status": "disabled"}})
    found = plan(RouteFacts("m"), table, {})
    assert found.attempts == ()
    assert found.excluded == (Excluded("off", "m", "disabled"),)


def test_a_name_that_nobody_knows_has_no_plan(compiled: Compile) -> None:
    with pytest.raises(ModelNotFound):
        plan(RouteFacts("m"), compiled({"a": ["n"]}), {})


# ── panic ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("down", "expected", "panic"),
    [
        ({}, "abcd", False),
        ({"a": OPEN}, "bcd", False),
        ({"a": OPEN, "c": OPEN}, "bd", False),
        ({"a": OPEN, "b": KnownProvider(Health.UNAVAILABLE), "c": OPEN}, "da", True),
        ({"a": KnownProvider(Health.AUTH_FAILED), "b": KnownProvider(Health.UNAVAILABLE), "c": OPEN}, "dc", True),
        ({"a": KnownProvider(headroom=0), "b": OPEN, "c": OPEN}, "da", True),
    ],
)
def test_at_most_half_is_set_aside(
    down: dict[str, KnownProvider], expected: str, panic: bool, compiled: Compile
) -> None:
    found = plan(RouteFacts("m"), compiled(FOUR), down)
    assert tried(found) == expected
    assert found.notes == ((MOST_DOWN,) if panic else ())
    assert len(found.excluded) == 4 - len(found.attempts) <= 2


def test_when_all_are_bad_the_least_bad_goes_first(compiled: Compile) -> None:
    down = {
        "a": KnownProvider(Health.AUTH_FAILED, "HTTP 401"),
        "b": KnownProvider(Health.UNAVAILABLE, error_ratio=0.9),
        "c": KnownProvider(Health.UNAVAILABLE, error_ratio=0.2),
        "d": OPEN,
    }
    found = plan(RouteFacts("m"), compiled(FOUR), down)
    assert tried(found) == "dcba"
    assert found.attempts[-1].facts == (("against it", "auth_failed: HTTP 401"),)


def test_whoever_asked_to_be_left_alone_is_left_alone_even_then(compiled: Compile) -> None:
    table = compiled({"a": ["m"], "b": ["m"]})
    tired = {"a": KnownProvider(cooldown_s=30.0), "b": KnownProvider(cooldown_s=9.0)}
    found = plan(RouteFacts("m"), table, tired)
    assert (found.attempts, found.retry_after_s, found.unmet) == ((), 9.0, False)
    assert plan(RouteFacts("m"), table, {**tired, "a": OPEN}).retry_after_s is None


def test_who_recovers_stands_behind_the_others_in_the_rest_of_its_requests(compiled: Compile) -> None:
    table, recovering = compiled({"a": ["m"], "b": ["m"]}), {"a": RAMPING}
    orders = [tried(plan(RouteFacts("m"), table, recovering, seed=seed)) for seed in range(300)]
    assert set(orders) == {"ab", "ba"}
    assert orders.count("ab") / 300 == pytest.approx(0.1, abs=0.05)
    behind = next(
        made for seed in range(9) if tried(made := plan(RouteFacts("m"), table, recovering, seed=seed)) == "ba"
    )
    assert behind.attempts[-1].facts == (("recovers", "takes 10 % of its traffic"),)
    assert behind.excluded == ()


# ── who chooses ──────────────────────────────────────────────────────────────────────────────────────────────────────

BUSY = {"a": KnownProvider(in_flight=9), "b": KnownProvider(in_flight=1)}


def test_the_requests_own_strategy_then_that_of_the_configuration_then_list_order(compiled: Compile) -> None:
    providers = {"a": ["m"], "b": ["m"]}
    usual = compiled(providers, routing_rules={"strategy": "least_loaded"})
    assert (tried(plan(RouteFacts("m"), compiled(providers), BUSY)), tried(plan(RouteFacts("m"), usual, BUSY))) == (
        "ab",
        "ba",
    )
    assert plan(RouteFacts("m"), usual, BUSY).strategy == "least_loaded"
    assert tried(plan(RouteFacts("m", strategy="direct"), usual, BUSY)) == "ab"


def test_a_strategy_that_there_is_not(compiled: Compile) -> None:
    with pytest.raises(CallerError, match="'best'"):
        plan(RouteFacts("m", strategy="best"), compiled({"a": ["m"]}), {})


def test_whoever_steps_in_is_not_chosen_among(compiled: Compile) -> None:
    table = compiled(
        {"a": ["m"], "b": ["m"], "c": ["n"]}, fallback_chains={"m": ["c/n"]}, exact_matches={"m": {"provider": "a"}}
    )
    live = {**BUSY, "c": KnownProvider()}
    assert tried(plan(RouteFacts("m", strategy="least_loaded"), table, live)) == "ac"


def test_a_shared_load_is_exact(compiled: Compile) -> None:
    shares = [{"provider": "a", "weight": 0.7}, {"provider": "b", "weight": 0.3}]
    table = compiled({"a": ["m"], "b": ["m"]}, load_balancing={"m": {"providers": shares}})
    turns, chance = Turns(), Random(1)
    picked = [
        decide(RouteFacts("m"), table, {}, now=0.0, turns=turns, chance=chance).plan.attempts[0].provider
        for _ in range(1000)
    ]
    assert (picked.count("a"), picked.count("b")) == (700, 300)


def test_a_conversation_stays_where_its_cache_is_warm(compiled: Compile) -> None:
    table, facts = compiled(FOUR), RouteFacts("m", user="ann")
    turns = {(("", "user", "ann"), "m"): Turn("local", 10, 1.0)}
    found = plan(facts, table, {"c": KnownProvider(turns=turns)})
    assert tried(found) == "cabd"
    assert found.notes == ("affinity: c served the last turn",)
    assert [it.score for it in found.attempts] == [1.0, 1.0, 0.5, 0.25]
    overloaded = {"c": KnownProvider(in_flight=4, capacity=4, turns=turns)}
    assert tried(plan(facts, table, overloaded)) == "abd"
    assert plan(facts, table, {"a": KnownProvider(turns=turns)}).notes == ()


def test_what_is_loaded_goes_before_what_is_not(compiled: Compile) -> None:
    cold = KnownProvider(targets={"m": KnownTarget(warm=False, load_s=18)})
    warm = KnownProvider(targets={"m": KnownTarget(warm=True)})
    found = plan(RouteFacts("m"), compiled(FOUR), {"a": cold, "b": warm})
    assert tried(found) == "bacd"
    assert found.notes == ("warm first: b has m loaded; a takes 18.0 s",)
    assert [it.facts for it in found.attempts[:2]] == [(("model", "loaded"),), (("model", "cold, 18.0 s to load"),)]


# ── what the caller insists on ───────────────────────────────────────────────────────────────────────────────────────

DEAR = {"base_url": "https://x.example.com", "models": ["m"], "cost_per_1k_tokens": 1.0}


def test_when_only_requirements_are_in_the_way_the_plan_says_so(compiled: Compile) -> None:
    table = compiled({"dear": DEAR, "off": {"models": ["m"], "status": "disabled"}})
    found = plan(RouteFacts("m", max_tokens=1000, requirements=Requirements(max_cost=0.5)), table, {})
    assert (found.attempts, found.unmet) == ((), True)
    assert found.excluded == (Excluded("dear", "m", "max_cost: $1.0000 > $0.5000"), Excluded("off", "m", "disabled"))


def test_whoever_meets_them_is_tried_although_it_is_down(compiled: Compile) -> None:
    table = compiled({"dear": DEAR, "home": ["m"]})
    facts = RouteFacts("m", requirements=Requirements(local_only=True))
    found = plan(facts, table, {"home": KnownProvider(Health.UNAVAILABLE)})
    assert (tried(found), found.unmet) == ("home", False)
    assert not plan(facts, table, {"home": KnownProvider(cooldown_s=5.0)}).unmet


# ── what lasts ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("facts", "live", "lasting"),
    [
        (RouteFacts("m"), {}, True),
        (RouteFacts("m"), {"a": KnownProvider(Health.UNAVAILABLE)}, True),
        (RouteFacts("m"), {"a": KnownProvider(Health.UNAVAILABLE), "b": KnownProvider(Health.UNAVAILABLE)}, False),
        (RouteFacts("m"), {"a": KnownProvider(cooldown_s=1.0)}, False),
        (RouteFacts("m"), {"a": OPEN}, False),
        (RouteFacts("m"), {"a": RAMPING}, False),
        (RouteFacts("m"), {"a": KnownProvider(headroom=0.0)}, False),
        (RouteFacts("m", requirements=Requirements(local_only=True)), {}, False),
        (RouteFacts("m", strategy="round_robin"), {}, False),
        (RouteFacts("m", strategy="hybrid"), {}, False),
    ],
)
def test_what_rests_on_nothing_that_changes_by_itself_lasts(
    facts: RouteFacts, live: Live, lasting: bool, compiled: Compile
) -> None:
    assert lasts(facts, compiled({"a": ["m"], "b": ["m"]}), live) is lasting


# ── whatever the operator wrote ──────────────────────────────────────────────────────────────────────────────────────

NAMES = ("a", "b", "c")
MODELS = ("m", "n", "n:latest", "x:70b")
names, models = st.sampled_from(NAMES), st.sampled_from(MODELS)
entries = st.fixed_dictionaries(
    {
        "status": st.sampled_from(("active", "active", "disabled", "template")),
        "requires_api_key": st.sampled_from((False, False, True)),
        "models": st.lists(
            st.fixed_dictionaries(
                {"name": models},
                optional={"context_length": st.sampled_from((100, 10_000)), "supports": st.just(["tools"])},
            ),
            max_size=3,
        ),
    },
    optional={"base_url": st.just("https://x.example.com"), "cost_per_1k_tokens": st.just(0.5)},
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
troubles = st.builds(
    KnownProvider,
    health=st.sampled_from(tuple(Health)),
    models=st.lists(models, max_size=2).map(tuple),
    in_flight=st.integers(0, 3),
    capacity=st.none() | st.integers(1, 3),
    draining=st.booleans(),
    headroom=st.none() | st.sampled_from((0.0, 0.5)),
    cooldown_s=st.sampled_from((0.0, 0.0, 7.0)),
    error_ratio=st.floats(0, 1),
    targets=st.dictionaries(
        models,
        st.builds(
            KnownTarget, st.sampled_from(tuple(BreakerState)), st.sampled_from((0.0, 0.3, 1.0)), p95_s=st.floats(0, 9)
        ),
    ),
)
states = st.dictionaries(names, troubles)
wishes = st.none() | st.builds(
    Requirements,
    max_cost=st.none() | st.sampled_from((0.0, 1.0)),
    max_latency_ms=st.none() | st.integers(0, 9000).map(float),
    min_quality=st.none() | st.sampled_from(("low", "medium", "high")),
    local_only=st.booleans(),
)
asks = st.builds(
    RouteFacts,
    models | st.sampled_from(("code", "a/m", "b/other", "unheard-of", "org/c")),
    st.none() | st.just("code"),
    prompt_tokens=st.sampled_from((0, 90, 9000)),
    max_tokens=st.sampled_from((0, 50)),
    needs=st.sampled_from((frozenset(), frozenset({"tools"}), frozenset({"embeddings"}))),
    strategy=st.none() | st.sampled_from(sorted(STRATEGIES)),
    requirements=wishes,
    only=st.none() | st.lists(names, max_size=2).map(tuple),
)


@given(st.fixed_dictionaries(dict.fromkeys(NAMES, entries)), mappings, states, asks)
def test_what_holds_for_every_plan(
    compiled: Compile, providers: dict[str, Any], rules: dict[str, Any], live: Live, facts: RouteFacts
) -> None:
    table = compiled(providers, **rules)
    try:
        found = plan(facts, table, live)
    except (ModelNotFound, UnknownCapability):
        return
    attempts = [(candidate.provider, candidate.model) for candidate in found.attempts]
    left_out = [(item.provider, item.model) for item in found.excluded]
    wanted = [(route.provider, route.model) for route in resolve(facts, table, live).routes]

    assert len(set(attempts + left_out)) == len(attempts + left_out)
    assert set(attempts + left_out) >= set(wanted) >= set(attempts)
    assert [pair for pair in left_out if pair in wanted] == [pair for pair in wanted if pair in left_out]
    assert all(item.reason for item in found.excluded)
    assert found.too_long is None or (not attempts and found.too_long[0] > found.too_long[1])
    assert [item.score for item in found.attempts] == sorted((item.score for item in found.attempts), reverse=True)
    assert plan(facts, table, live) == found
    for provider, model in attempts:
        check_that_it_may_answer(provider, model, facts, table, live)
    check_who_is_set_aside(found, live)


def check_that_it_may_answer(provider: str, model: str, facts: RouteFacts, table: Table, live: Live) -> None:
    """Whatever strategy, panic or fallback brought it into the plan."""
    entry, state = table.providers[provider], live.get(provider, KnownProvider())
    listed = entry.models.get(model)
    window = listed.context_length if listed is not None else None
    assert entry.barred is None
    assert state.health is not Health.DISABLED
    assert (state.draining, state.cooldown_s) == (False, 0)
    assert window is None or facts.prompt_tokens + facts.max_tokens <= window
    assert listed is None or not listed.supports or facts.needs <= listed.supports
    assert facts.only is None or provider in facts.only
    assert facts.strategy != "privacy_first" or entry.keeps(model)
    if (wanted := facts.requirements) is not None:
        p95_s = state.target(model).p95_s
        assert entry.keeps(model) or not wanted.local_only
        assert wanted.max_latency_ms is None or p95_s is None or p95_s * 1000 <= wanted.max_latency_ms


def check_who_is_set_aside(found: Plan, live: Live) -> None:
    """At most half of those that may answer, and everybody is tried before a plan is empty."""
    words = ("unavailable", "auth_failed", "breaker_open", "rate_limit")
    aside = [item for item in found.excluded if item.reason.startswith(words)]
    assert len(aside) <= len(found.attempts)
    assert (found.retry_after_s is not None) <= (not found.attempts)
    if found.notes == (ALL_DOWN,):
        assert aside == []
