"""Cooldowns: as long as asked for, never shortened, and not upset by clocks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.routing.cooldown import JITTER, MAX_S, UNSAID_S, Cooldown


@pytest.mark.parametrize(("said", "lasts"), [(7.0, 7.0), (None, UNSAID_S), (0.0, 0.0), (1e9, MAX_S)])
def test_it_lasts_for_what_was_asked(said: float | None, lasts: float) -> None:
    cooldown = Cooldown()
    cooldown.begin(100.0, said, 0.0)
    assert cooldown.left_s(100.0) == lasts
    assert cooldown.left_s(100.0 + lasts) == 0.0


def test_a_running_cooldown_is_never_shortened() -> None:
    cooldown = Cooldown()
    cooldown.begin(100.0, 60.0, 0.0)
    cooldown.begin(110.0, 1.0, 0.0)
    assert cooldown.left_s(110.0) == 50.0
    cooldown.begin(110.0, 90.0, 0.0)
    assert cooldown.left_s(110.0) == 90.0


def test_chance_lengthens_it() -> None:
    cooldown = Cooldown()
    cooldown.begin(100.0, 10.0, 1.0)
    assert cooldown.left_s(100.0) == 10.0 * (1 + JITTER)


@given(
    st.lists(
        st.tuples(st.sampled_from([-3600.0, 0.0, 0.5, 10.0, 3600.0]), st.none() | st.floats(0, 1e6), st.floats(0, 1))
    )
)
def test_no_clock_makes_anybody_wait_for_longer_than_the_longest_cooldown(
    steps: list[tuple[float, float | None, float]],
) -> None:
    cooldown, now = Cooldown(), 10_000.0
    for passed, said, chance in steps:
        now += passed
        before = cooldown.left_s(now)
        cooldown.begin(now, said, chance)
        assert before <= cooldown.left_s(now) <= MAX_S * (1 + JITTER)
