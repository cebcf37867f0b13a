"""Lately the fastest."""

from collections import Counter
from collections.abc import Callable

import pytest

from ai_dashboard.core.plan import Plan
from ai_dashboard.routing.live import KnownProvider, KnownTarget

PROVIDERS = {"a": ["m"], "b": ["m"], "c": ["m"]}


def measured(ttft_s: float | None, total_s: float | None = None, in_flight: int = 0) -> KnownProvider:
    return KnownProvider(
        in_flight=in_flight, targets={"m": KnownTarget(ewma_ttft_s=ttft_s, ewma_total_s=total_s or ttft_s)}
    )


@pytest.mark.parametrize("name", ["latency_based", "fastest_response"])
@pytest.mark.parametrize(("stream", "expected"), [(True, "bca"), (False, "cab")])
def test_streams_go_by_the_first_token_and_others_by_the_whole(
    name: str, stream: bool, expected: str, order: Callable[..., list[str]]
) -> None:
    live = {"a": measured(0.9, 2.0), "b": measured(0.3, 5.0), "c": measured(0.5, 1.0)}
    assert "".join(order(name, PROVIDERS, live, stream=stream)) == expected


def test_one_in_twenty_tries_another(firsts: Callable[..., list[str]]) -> None:
    live = {"a": measured(0.9), "b": measured(0.2), "c": measured(0.9)}
    picked = Counter(firsts("latency_based", PROVIDERS, live, times=4000, stream=True))
    assert picked["b"] / 4000 == pytest.approx(0.95, abs=0.01)
    assert min(picked["a"], picked["c"]) > 60


def test_who_was_never_measured_goes_first_until_something_is_on_its_way(order: Callable[..., list[str]]) -> None:
    known = {"a": measured(0.2), "b": measured(0.4)}
    assert order("latency_based", PROVIDERS, {**known, "c": measured(None)}, stream=True) == ["c", "a", "b"]
    busy = {**known, "c": measured(None, in_flight=1)}
    assert order("latency_based", PROVIDERS, busy, stream=True) == ["a", "b", "c"]


def test_among_many_equals_the_less_busy_of_two_goes_first(firsts: Callable[..., list[str]]) -> None:
    names = [f"p{number}" for number in range(10)]
    live = {name: measured(0.2 + number / 1000, in_flight=number % 5) for number, name in enumerate(names)}
    picked = Counter(firsts("latency_based", {name: ["m"] for name in names}, live, times=2000, stream=True))
    assert len(picked) == 10
    idle = sum(picked[name] for name in names if live[name].in_flight == 0)
    busiest = sum(picked[name] for name in names if live[name].in_flight == 4)
    assert idle > 5 * busiest


def test_what_it_rests_on_is_told(plans: Callable[..., list[Plan]]) -> None:
    (made,) = plans("latency_based", {"a": ["m"], "b": ["m"]}, {"a": measured(0.5), "b": measured(0.25)}, stream=True)
    assert [(it.provider, it.score, it.facts) for it in made.attempts] == [
        ("b", 1.0, (("ewma ttft", "0.25 s"),)),
        ("a", 0.5, (("ewma ttft", "0.50 s"),)),
    ]
