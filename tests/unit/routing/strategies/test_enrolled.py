"""What every strategy promises, whichever there are."""

from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.config.schema.mappings import STRATEGIES as CONFIGURABLE
from ai_dashboard.core.errors import CallerError
from ai_dashboard.core.plan import RouteFacts
from ai_dashboard.core.snapshot import Health
from ai_dashboard.routing.live import KnownProvider, KnownTarget, Live
from ai_dashboard.routing.plan import plan
from ai_dashboard.routing.strategies import STRATEGIES, strategy_named
from ai_dashboard.routing.table import Table
from ai_dashboard.routing.turns import Turns

NAMES = ("a", "b", "c", "d")
maybe = st.none() | st.floats(0, 100)
targets = st.builds(KnownTarget, ewma_ttft_s=maybe, ewma_total_s=maybe, p95_s=maybe, success_ratio=st.floats(0, 1))
states = st.builds(
    KnownProvider,
    health=st.sampled_from((Health.ACTIVE, Health.CHECKING, Health.DEGRADED)),
    in_flight=st.integers(0, 9),
    capacity=st.none() | st.integers(10, 20),
    headroom=st.none() | st.floats(0.01, 1),
    targets=st.fixed_dictionaries({"m": targets}),
)
entries = st.fixed_dictionaries(
    {"models": st.lists(st.fixed_dictionaries({"name": st.just("m")}, optional={"size": st.just("70B")}), max_size=1)},
    optional={"cost_per_1k_tokens": st.floats(0, 1), "weight": st.floats(0, 10)},
)
facts = st.builds(
    RouteFacts,
    st.just("m"),
    prompt_tokens=st.integers(0, 9000),
    max_tokens=st.integers(0, 900),
    stream=st.booleans(),
    weights=st.lists(st.tuples(st.sampled_from((*NAMES, "cost")), st.floats(0, 10)), max_size=3).map(tuple),
    strategy=st.sampled_from(sorted(STRATEGIES)),
)


def test_the_configuration_knows_them_by_the_same_names() -> None:
    assert set(STRATEGIES) == CONFIGURABLE


def test_a_wrong_name_is_told_with_the_nearest() -> None:
    with pytest.raises(CallerError) as caught:
        strategy_named("rond_robin")
    assert (caught.value.message, caught.value.hint) == (
        "there is no strategy 'rond_robin'",
        "did you mean round_robin?",
    )


@given(st.fixed_dictionaries(dict.fromkeys(NAMES, entries)), st.dictionaries(st.sampled_from(NAMES), states), facts)
def test_every_candidate_is_ordered_and_scores_never_rise(
    compiled: Callable[..., Table], providers: dict[str, Any], live: Live, facts: RouteFacts
) -> None:
    table, turns, chance = compiled({"z": ["m"], **providers}), Turns(), Random(1)
    for _ in range(3):
        made = plan(facts, table, live, now=0.0, turns=turns, chance=chance)
        wanted = sorted(name for name, entry in table.providers.items() if "m" in entry.models)
        assert sorted(it.provider for it in made.attempts) == wanted
        scores = [it.score for it in made.attempts]
        assert scores == sorted(scores, reverse=True)
        assert all(0 <= score <= 1 for score in scores)
        assert made.strategy == STRATEGIES[facts.strategy or ""].name


@given(
    st.sampled_from(sorted(STRATEGIES)),
    st.permutations(NAMES),
    st.dictionaries(st.sampled_from(NAMES), states, min_size=len(NAMES)),
    st.integers(0, 9000),
)
def test_a_permutation_of_candidates_changes_nothing_but_ties(
    compiled: Callable[..., Table], strategy: str, shuffled: list[str], live: Live, tokens: int
) -> None:
    """Whoever draws or takes turns is left out of it: what they do with equals is their purpose."""
    if STRATEGIES[strategy].name in {"direct", "privacy_first", "health_weighted", "latency_based"}:
        return
    asked = RouteFacts("m", prompt_tokens=tokens, strategy=strategy)
    ways = [
        plan(asked, compiled({name: ["m"] for name in names}), live, now=0.0, turns=Turns(), chance=Random(1))
        for names in (NAMES, shuffled)
    ]
    for one, other in zip(ways[0].attempts, ways[1].attempts, strict=True):
        assert one.score == other.score
        if [it.score for it in ways[0].attempts].count(one.score) == 1 and not _in_turn(strategy):
            assert one.provider == other.provider


def _in_turn(strategy: str) -> bool:
    return STRATEGIES[strategy].name in {
        "adaptive_weighted",
        "round_robin",
        "token_aware",
        "usage_based",
        "weighted_round_robin",
    }
