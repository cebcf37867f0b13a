"""Figures, what they are worth, and how people read them."""

from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.core.plan import RouteFacts
from ai_dashboard.core.snapshot import Health
from ai_dashboard.routing.figures import closeness, dollars, health_of, latency_of, load_of, room_of, seconds, share
from ai_dashboard.routing.live import KnownProvider, KnownTarget
from ai_dashboard.routing.resolve import Route
from ai_dashboard.routing.table import Table
from ai_dashboard.routing.view import Eligible

Make = Callable[..., Eligible]


@pytest.fixture(scope="session")
def candidate(compiled: Callable[..., Table]) -> Make:
    entry = compiled({"p": {"models": ["m"], "rate_limits": {"max_concurrent": 4}}}).providers["p"]

    def candidate(live: KnownProvider, target: KnownTarget | None = None) -> Eligible:
        return Eligible(Route("p", "m", ""), entry, entry.models["m"], live, target or KnownTarget(), "")

    return candidate


@pytest.mark.parametrize(
    ("health", "success", "expected"),
    [
        (Health.ACTIVE, 1.0, 1.0),
        (Health.ACTIVE, 0.5, 0.5),
        (Health.CHECKING, 1.0, 0.9),
        (Health.DEGRADED, 0.5, 0.25),
        (Health.UNAVAILABLE, 1.0, 0.0),
    ],
)
def test_health_is_the_state_times_success(health: Health, success: float, expected: float, candidate: Make) -> None:
    assert health_of(candidate(KnownProvider(health), KnownTarget(success_ratio=success))) == expected


def test_latency_is_that_of_what_is_asked(candidate: Make) -> None:
    it = candidate(KnownProvider(), KnownTarget(ewma_ttft_s=0.2, ewma_total_s=3.0))
    assert latency_of(it, RouteFacts("m", stream=True)) == 0.2
    assert latency_of(it, RouteFacts("m")) == 3.0
    assert latency_of(candidate(KnownProvider()), RouteFacts("m")) is None


@pytest.mark.parametrize(
    ("live", "load", "room"),
    [
        (KnownProvider(in_flight=1), (1, 4), 0.75),  # the configuration's word where nothing else is known
        (KnownProvider(in_flight=1, capacity=2), (1, 2), 0.5),
        (KnownProvider(in_flight=1, headroom=0.1), (1, 4), 0.1),
        (KnownProvider(in_flight=9, capacity=2), (9, 2), 0.0),
    ],
)
def test_room_is_the_scarcer_of_places_and_rate_limit(
    live: KnownProvider, load: tuple[int, int], room: float, candidate: Make
) -> None:
    assert load_of(candidate(live)) == load
    assert room_of(candidate(live)) == room


@pytest.mark.parametrize(
    ("values", "unit", "expected"),
    [
        ([1.0, 2.0, 4.0], 0.0, [1.0, 0.5, 0.25]),
        ([0.0, 2.0], 0.0, [1.0, 0.0]),
        ([0.0, 0.01], 0.01, [1.0, 0.5]),
        ([None, 3.0], 0.0, [0.3, 1.0]),
        ([None, None], 0.0, [0.3, 0.3]),
        ([], 0.0, []),
    ],
)
def test_closeness(values: list[float | None], unit: float, expected: list[float]) -> None:
    assert closeness(values, unknown=0.3, unit=unit) == pytest.approx(expected)


@given(st.lists(st.floats(0, 1e12), min_size=1), st.floats(0, 10))
def test_closeness_is_a_share_and_keeps_the_order(values: list[float], unit: float) -> None:
    near = closeness(values, unknown=0.0, unit=unit)
    assert all(0 <= it <= 1 for it in near)
    assert near[values.index(min(values))] == 1
    ordered = [score for _, score in sorted(zip(values, near, strict=True))]
    assert all(one >= other - 1e-12 for one, other in pairwise(ordered))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (seconds(0.312), "0.31 s"),
        (seconds(None), "not known"),
        (dollars(0.0), "$0"),
        (dollars(0.000123), "$0.00012"),
        (dollars(0.0456), "$0.0456"),
        (dollars(12.5), "$12.5000"),
        (dollars(None), "not known"),
        (share(0.925), "92 %"),
        (share(None), "not known"),
    ],
)
def test_how_people_read_them(text: str, expected: str) -> None:
    assert text == expected
