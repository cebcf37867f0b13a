"""Loaded before cold, and cold by how long loading takes."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.routing.affinity import SLACK
from ai_dashboard.routing.live import KnownProvider, KnownTarget
from ai_dashboard.routing.resolve import Route
from ai_dashboard.routing.table import Table
from ai_dashboard.routing.view import Eligible, Scored
from ai_dashboard.routing.warmth import (
    GUESSED_LOAD_S,
    UNKNOWN,
    fact,
    load_s_left,
    starts_in_s,
    warm_first,
    warmth,
)  # fmt: skip

COLD = KnownTarget(warm=False, load_s=18, ewma_ttft_s=0.5)
WARM = KnownTarget(warm=True, load_s=18, ewma_ttft_s=0.4)
SERVICE = KnownTarget()
QUICK = KnownTarget(warm=False, load_s=3)
TINY = KnownTarget(warm=False, load_s=0.9)

Rank = Callable[..., list[Scored]]


@pytest.mark.parametrize(
    ("target", "load_s", "starts_s", "local", "elsewhere"),
    [
        (WARM, 0, 0.4, 1.0, 1.0),
        (COLD, 18, 18.5, 0.1, 0.1),
        (KnownTarget(warm=False, load_s=2), 2, 2, 0.5, 0.5),
        (KnownTarget(warm=False), GUESSED_LOAD_S, GUESSED_LOAD_S, 2 / 17, 2 / 17),
        (KnownTarget(warm=True), 0, None, 1.0, 1.0),
        (KnownTarget(ewma_ttft_s=0.3), 0, 0.3, UNKNOWN, 1.0),
        (KnownTarget(), 0, None, UNKNOWN, 1.0),
    ],
)
def test_how_soon_a_model_begins(
    target: KnownTarget, load_s: float, starts_s: float | None, local: float, elsewhere: float
) -> None:
    assert (load_s_left(target), starts_in_s(target)) == (load_s, starts_s)
    assert (warmth(target, local=True), warmth(target, local=False)) == (local, elsewhere)


@pytest.fixture(scope="module")
def rank(compiled: Callable[..., Table]) -> Rank:
    """`rank(target, (target, model, in_flight), …)`: providers `0`, `1`, … with these, best first."""

    def rank(*targets: KnownTarget | tuple[KnownTarget, str, int]) -> list[Scored]:
        entry = compiled({"p": ["m"]}).providers["p"]
        items = []
        for place, it in enumerate(targets):
            target, model, in_flight = it if isinstance(it, tuple) else (it, "m", 0)
            live = KnownProvider(in_flight=in_flight)
            items.append(Scored(Eligible(Route(str(place), model, ""), entry, None, live, target, ""), 1 / (place + 1)))
        return items

    return rank


def names(ranked: list[Scored]) -> str:
    return "".join(it.candidate.route.provider for it in ranked)


@pytest.mark.parametrize(
    ("targets", "order"),
    [
        ((COLD, WARM), "10"),
        ((COLD, COLD, QUICK), "201"),
        ((COLD, SERVICE, WARM), "210"),
        ((COLD, SERVICE), "01"),
        ((TINY, WARM), "01"),
        ((WARM, COLD), "01"),
        ((COLD, (WARM, "m", SLACK + 1)), "01"),
        ((COLD, (WARM, "m", SLACK)), "10"),
    ],
    ids=[
        "warm B before cold A", "shortest load first", "a service keeps its place", "nobody goes behind a service",
        "what loads in no time", "nothing to do", "too busy to wait for", "busy",
    ],
)  # fmt: skip
def test_who_goes_first(rank: Rank, targets: tuple[KnownTarget, ...], order: str) -> None:
    found, why = warm_first(rank(*targets), one_model=False)
    assert names(found) == order
    assert (why is not None) is (order[0] != "0")
    assert [it.score for it in found] == sorted((it.score for it in found), reverse=True)


def test_where_the_order_means_which_model_is_better_only_the_same_model_changes_places(rank: Rank) -> None:
    given = rank((COLD, "large", 0), (WARM, "small", 0), (WARM, "large", 0))
    assert names(warm_first(given, one_model=True)[0]) == "210"
    assert names(warm_first(given, one_model=False)[0]) == "120"


def test_the_plan_says_why(rank: Rank) -> None:
    found, why = warm_first(rank(COLD, WARM), one_model=True)
    assert why == "warm first: 1 has m loaded; 0 takes 18.5 s"
    assert [it.facts for it in found] == [(("model", "loaded"),), (("model", "cold, 18.0 s to load"),)]
    assert warm_first(rank(COLD, QUICK), one_model=True)[1] == "warm first: 1 loads m in less time; 0 takes 18.5 s"


@pytest.mark.parametrize(
    ("target", "said"),
    [
        (WARM, ("model", "loaded")),
        (KnownTarget(warm=True, in_vram=1.0), ("model", "loaded")),
        (KnownTarget(warm=True, in_vram=0.6), ("model", "loaded, 60 % of it in VRAM")),
        (COLD, ("model", "cold, 18.0 s to load")),
        (KnownTarget(warm=False), ("model", "cold")),
        (KnownTarget(), None),
    ],
)
def test_what_people_read(target: KnownTarget, said: tuple[str, str] | None) -> None:
    assert fact(target) == said


targets = st.builds(KnownTarget, warm=st.sampled_from((None, True, False)), load_s=st.none() | st.floats(0, 600))


@given(targets, st.booleans())
def test_warmth_is_a_share(target: KnownTarget, local: bool) -> None:
    assert 0 < warmth(target, local=local) <= 1


@given(st.lists(targets), st.booleans())
def test_nobody_is_lost_and_scores_never_rise(rank: Rank, items: list[KnownTarget], one_model: bool) -> None:
    found, _ = warm_first(rank(*items), one_model=one_model)
    assert sorted(names(found)) == sorted(names(rank(*items)))
    assert [it.score for it in found] == [it.score for it in rank(*items)]
    for place, target in enumerate(items):
        if target.warm is None:
            assert found[place].candidate.target is target
