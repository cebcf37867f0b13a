"""By chance, the healthier the likelier."""

from collections import Counter
from collections.abc import Callable

import pytest

from ai_dashboard.core.snapshot import Health
from ai_dashboard.routing.live import KnownProvider, KnownTarget

PROVIDERS = {"a": ["m"], "b": ["m"], "c": ["m"]}
LIVE = {
    "a": KnownProvider(),
    "b": KnownProvider(Health.DEGRADED),
    "c": KnownProvider(Health.DEGRADED, targets={"m": KnownTarget(success_ratio=0.0)}),
}
TIMES = 4000


def test_shares_follow_health_and_nobody_is_given_up(firsts: Callable[..., list[str]]) -> None:
    picked = Counter(firsts("health_weighted", PROVIDERS, LIVE, times=TIMES))
    total = 1.0 + 0.5 + 0.05
    for name, weight in (("a", 1.0), ("b", 0.5), ("c", 0.05)):
        assert picked[name] / TIMES == pytest.approx(weight / total, abs=0.02)


def test_chance_is_given(firsts: Callable[..., list[str]]) -> None:
    one, again = (firsts("health_weighted", PROVIDERS, LIVE, times=20, seed=7) for _ in range(2))
    assert one == again
    assert one != firsts("health_weighted", PROVIDERS, LIVE, times=20, seed=8)
