"""Every reason for which a candidate is left out, in the words that people read."""

from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from ai_dashboard.core.plan import Requirements, RouteFacts
from ai_dashboard.core.snapshot import BreakerState, Health
from ai_dashboard.routing.eligibility import Sifted, is_full, sift
from ai_dashboard.routing.live import KnownProvider, KnownTarget
from ai_dashboard.routing.resolve import Route
from ai_dashboard.routing.table import Table
from ai_dashboard.routing.turns import Turns
from ai_dashboard.routing.view import View

Compile = Callable[..., Table]

ASKED = RouteFacts("m")
SUPPORTS = {"models": [{"name": "m", "supports": ["tools"]}]}
VECTORS = {"models": [{"name": "m", "supports": ["embeddings"]}]}
SMALL = {"models": [{"name": "m", "context_length": 1000}]}


def broken(breaker: BreakerState, share: float = 0.0, retry_in_s: float = 0.0) -> KnownProvider:
    return KnownProvider(targets={"m": KnownTarget(breaker=breaker, share=share, retry_in_s=retry_in_s)})


def sifted(
    compiled: Compile, entry: dict[str, Any], facts: RouteFacts, state: KnownProvider, *, draw: int = 1
) -> Sifted:
    table = compiled({"p": {"models": ["m"], **entry}})
    view = View("pool", {}, Turns(), Random(draw), 0.0, lambda _: 1.0)
    return sift((Route("p", "m", "a test"),), facts, table, {"p": state}, view, (), None)


@pytest.mark.parametrize(
    ("entry", "facts", "state", "reason"),
    [
        ({"status": "disabled"}, ASKED, KnownProvider(), "disabled"),
        ({"status": "template"}, ASKED, KnownProvider(), "template"),
        ({"requires_api_key": True}, ASKED, KnownProvider(), "no API key"),
        ({}, ASKED, KnownProvider(Health.DISABLED), "disabled_by_operator"),
        ({}, ASKED, KnownProvider(draining=True), "draining: it takes no new requests"),
        ({}, RouteFacts("m", only=("q", "r")), KnownProvider(), "not_asked_for: the caller wants q or r"),
        (SMALL, RouteFacts("m", prompt_tokens=900, max_tokens=101), KnownProvider(), "context 1001 > 1000"),
        (
            SUPPORTS,
            RouteFacts("m", needs=frozenset({"vision"})),
            KnownProvider(),
            "no_vision: its `supports` lists tools",
        ),
        (
            SUPPORTS | {"type": "openai_compatible"},
            RouteFacts("m", needs=frozenset({"json", "tools"})),
            KnownProvider(),
            "no_json: its `supports` lists tools",
        ),
        (VECTORS, ASKED, KnownProvider(), "no_chat: it makes embeddings and nothing else"),
        (
            {"type": "anthropic", "requires_api_key": False},
            RouteFacts("m", needs=frozenset({"embeddings"})),
            KnownProvider(),
            "no_embeddings: anthropic has none",
        ),
        (
            {"cost_per_1k_tokens": 1},
            RouteFacts("m", max_tokens=1000, requirements=Requirements(max_cost=0.5)),
            KnownProvider(),
            "max_cost: $1.0000 > $0.5000",
        ),
        ({}, ASKED, KnownProvider(cooldown_s=12.4), "cooldown: it asked to be left alone for another 12 s"),
        ({}, ASKED, KnownProvider(cooldown_s=0.2), "cooldown: it asked to be left alone for another moment"),
    ],
)
def test_what_nothing_overrides(
    entry: dict[str, Any], facts: RouteFacts, state: KnownProvider, reason: str, compiled: Compile
) -> None:
    found = sifted(compiled, entry, facts, state)
    assert [it.reason for it in found.excluded] == [reason]
    assert (found.eligible, found.recovering, found.aside) == ([], [], [])


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        (KnownProvider(Health.AUTH_FAILED, "HTTP 401"), "auth_failed: HTTP 401"),
        (KnownProvider(Health.UNAVAILABLE, "connection refused"), "unavailable: connection refused"),
        (KnownProvider(Health.UNAVAILABLE), "unavailable"),
        (broken(BreakerState.OPEN, retry_in_s=90), "breaker_open: it failed too often, tried again in 90 s"),
        (broken(BreakerState.OPEN), "breaker_open: it failed too often"),
        (KnownProvider(in_flight=4, capacity=4), "rate_limit: 4 of 4 requests are in flight"),
        (KnownProvider(headroom=0.0), "rate_limit: nothing is left for now"),
        (KnownProvider(max_loaded=1, held={"m": "waits for m"}), "swap: waits for m"),
        (KnownProvider(Health.UNAVAILABLE, max_loaded=1, held={"m": "waits for m"}), "unavailable"),
    ],
)
def test_what_speaks_against_it_now(state: KnownProvider, reason: str, compiled: Compile) -> None:
    found = sifted(compiled, {}, ASKED, state)
    assert [it.reason for it in found.aside] == [reason]
    assert (found.eligible, found.recovering, found.excluded) == ([], [], [])


@pytest.mark.parametrize(
    ("entry", "facts", "state"),
    [
        ({}, ASKED, KnownProvider()),
        ({}, ASKED, KnownProvider(Health.CHECKING)),
        ({}, ASKED, KnownProvider(Health.DEGRADED)),
        ({}, ASKED, KnownProvider(in_flight=3, capacity=4, headroom=0.01)),
        ({}, RouteFacts("m", only=("p",)), KnownProvider()),
        (SMALL, RouteFacts("m", prompt_tokens=900, max_tokens=100), KnownProvider()),
        (SUPPORTS, RouteFacts("m", needs=frozenset({"tools"})), KnownProvider()),
        # nothing is listed, so nothing is known to be missing
        ({}, RouteFacts("m", needs=frozenset({"vision", "thinking"})), KnownProvider()),
        # the engine holds every model to a schema
        (SUPPORTS | {"type": "vllm"}, RouteFacts("m", needs=frozenset({"json"})), KnownProvider()),
        (VECTORS, RouteFacts("m", needs=frozenset({"embeddings"})), KnownProvider()),
        ({}, ASKED, broken(BreakerState.PROBING, share=1.0)),
        ({}, ASKED, KnownProvider(max_loaded=1, held={"other": "waits for other"})),
    ],
)
def test_who_may_answer(entry: dict[str, Any], facts: RouteFacts, state: KnownProvider, compiled: Compile) -> None:
    found = sifted(compiled, entry, facts, state)
    assert [it.route.provider for it in found.eligible] == ["p"]
    assert (found.aside, found.recovering, found.excluded) == ([], [], [])


def test_it_is_worth_waiting_for_a_place_or_a_model_and_such_a_plan_does_not_last(compiled: Compile) -> None:
    for state, full in (
        (KnownProvider(max_loaded=1, held={"m": "waits for m"}), True),
        (KnownProvider(in_flight=1, capacity=1), True),
        (KnownProvider(headroom=0.0), False),
        (KnownProvider(Health.UNAVAILABLE, max_loaded=1, held={"m": "waits for m"}), False),
    ):
        (aside,) = sifted(compiled, {}, ASKED, state).aside
        assert is_full(aside) is full
    assert sifted(compiled, {}, ASKED, KnownProvider(max_loaded=1)).passing


def test_what_would_rule_a_candidate_out_at_any_time_is_counted(compiled: Compile) -> None:
    long = RouteFacts("m", prompt_tokens=2000)
    assert (found := sifted(compiled, SMALL, long, KnownProvider(draining=True))).windows == [1000]
    assert found.hopeless == 1
    for entry, facts, hopeless in (
        ({"status": "disabled"}, ASKED, 1),
        ({}, RouteFacts("m", only=("q",)), 1),
        (SUPPORTS, RouteFacts("m", needs=frozenset({"vision"})), 1),
    ):
        assert sifted(compiled, entry, facts, KnownProvider()).hopeless == hopeless
    assert sifted(compiled, {}, ASKED, KnownProvider(draining=True)).hopeless == 0


def test_who_recovers_takes_part_in_its_share(compiled: Compile) -> None:
    state = broken(BreakerState.RAMPING, share=0.25)
    found = [sifted(compiled, {}, ASKED, state, draw=draw) for draw in range(400)]
    assert all(len(it.eligible) + len(it.recovering) == 1 for it in found)
    assert sum(len(it.eligible) for it in found) / 400 == pytest.approx(0.25, abs=0.06)


def test_what_rules_out_for_good_is_told_before_what_passes(compiled: Compile) -> None:
    requirements = Requirements(local_only=True)
    away = {"base_url": "https://x.example.com"}
    found = sifted(compiled, away, RouteFacts("m", requirements=requirements), KnownProvider(cooldown_s=9))
    assert [it.reason for it in found.excluded] == ["local_only: it runs elsewhere"]
    assert (found.unmet, found.cooling) == (1, [])


def test_rules_of_other_rooms(compiled: Compile) -> None:
    table = compiled({"p": ["m"], "q": ["m"]})
    view = View("pool", {}, Turns(), Random(1), 0.0, lambda _: 1.0)

    def poor(facts: RouteFacts, provider: str, model: str) -> str | None:
        return f"budget: {facts.tenant} has nothing left for {model}" if provider == "p" else None

    routes = (Route("p", "m", ""), Route("q", "m", ""), Route("unheard-of", "m", ""))
    found = sift(routes, RouteFacts("m", tenant="acme"), table, {}, view, (poor,), None)
    assert [it.reason for it in found.excluded] == ["budget: acme has nothing left for m", "no such provider"]
    assert [it.route.provider for it in found.eligible] == ["q"]
