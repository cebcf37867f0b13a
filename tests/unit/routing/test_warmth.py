"""Loaded before cold, and cold by how long loading takes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.routing.live import KnownTarget
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


def test_warm_b_goes_before_cold_a() -> None:
    targets = {"a": COLD, "b": WARM}
    assert warm_first(["a", "b"], targets.__getitem__) == ["b", "a"]


def test_what_is_loaded_keeps_its_order_and_what_is_not_goes_by_load_time() -> None:
    targets = {
        "slow": COLD,
        "service": KnownTarget(),
        "quick": KnownTarget(warm=False, load_s=3),
        "tiny": KnownTarget(warm=False, load_s=0.9),
        "warm": WARM,
    }
    assert warm_first(list(targets), targets.__getitem__) == ["service", "tiny", "warm", "quick", "slow"]


@pytest.mark.parametrize(
    ("target", "said"),
    [
        (WARM, ("model", "loaded")),
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


@given(st.lists(targets))
def test_nobody_is_lost(items: list[KnownTarget]) -> None:
    assert sorted(map(id, warm_first(items, lambda it: it))) == sorted(map(id, items))
