"""The algorithm against a list of everything that was ever let through."""

from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from ai_dashboard.core.tenancy import Rate
from ai_dashboard.tenancy.gcra import NEVER, Level, Mark

RATES = st.builds(Rate, st.integers(1, 50), st.sampled_from((1.0, 60.0, 3600.0)), st.integers(1, 60))
STEPS = st.sampled_from((0.0, 0.001, 0.02, 0.5, 1.0, 7.0, 72.0, 3600.0))


@given(rate=RATES, steps=st.lists(st.tuples(STEPS, st.integers(1, 5)), max_size=60), start=st.floats(0, 1e7))
def test_it_decides_as_a_bucket_that_drips_does(rate: Rate, steps: list[tuple[float, int]], start: float) -> None:
    """The oracle keeps what is left as a number and fills it up drop by drop."""
    level, now, left = Level(rate), start, float(rate.burst)
    for step, amount in steps:
        now += step
        left = min(rate.burst, left + step / rate.interval_s)
        wait = level.wait_s(now, amount)
        if amount > rate.burst:
            assert wait == NEVER
            continue
        if abs(left - amount) < 1e-4:  # nearer than the rounding of either of the two
            continue
        assert (wait == 0) == (left >= amount)
        if wait:
            assert abs(wait - (amount - left) * rate.interval_s) < 1e-3
            assert level.wait_s(now + wait, amount) == 0
        else:
            level.take(now, amount)
            left -= amount


@dataclass
class Reservation:
    at: float
    reserved: int
    mark: Mark
    used: int | None = None


@given(
    rate=RATES,
    steps=st.lists(
        st.tuples(STEPS, st.integers(1, 8), st.sampled_from(("take", "settle")), st.floats(0, 1)), max_size=80
    ),
)
@settings(max_examples=300)
def test_no_window_ever_sees_more_than_a_burst_and_what_came_back_meanwhile(
    rate: Rate, steps: list[tuple[float, int, str, float]]
) -> None:
    """Whatever is reserved and given back: what was used in truth stays below it in every window."""
    level, now = Level(rate), 0.0
    done: list[Reservation] = []
    for step, amount, what, share in steps:
        now += step
        if what == "take":
            if level.wait_s(now, amount) == 0:
                done.append(Reservation(now, amount, level.take(now, amount)))
        elif pending := [it for it in done if it.used is None]:
            chosen = pending[int(share * (len(pending) - 1))]
            chosen.used = int(share * chosen.reserved)
            level.correct(now, chosen.mark, chosen.used - chosen.reserved)
    for first, begins in enumerate(done):
        used = 0
        for it in done[first:]:
            used += it.reserved if it.used is None else it.used
            assert used <= rate.burst + (it.at - begins.at) / rate.interval_s + 1e-3


def test_what_was_not_used_can_be_used_at_once() -> None:
    rate = Rate(100, 60, 100)
    level = Level(rate)
    mark = level.take(0, 100)
    assert level.wait_s(0, 1) > 0
    level.correct(0, mark, -90)
    assert (level.left(0).remaining, level.wait_s(0, 90)) == (90, 0)


def test_what_was_used_beyond_the_estimate_is_owed() -> None:
    rate = Rate(60, 60, 60)
    level = Level(rate)
    mark = level.take(0, 10)
    level.correct(0, mark, 70)
    assert level.left(0).remaining == 0
    assert level.wait_s(0, 1) == 21
    assert level.left(21).remaining == 1


def test_a_debt_is_no_longer_than_two_bursts() -> None:
    rate = Rate(60, 60, 60)
    level = Level(rate)
    level.correct(0, level.take(0, 1), 10_000)
    assert level.taken_s(0) == 120


def test_a_clock_that_is_set_back_keeps_nobody_out_for_long_and_one_set_forward_gives_one_burst() -> None:
    rate = Rate(10, 1, 10)
    level = Level(rate)
    level.take(1_000_000, 10)
    back = 1_000_000 - 3600
    assert level.wait_s(back, 1) <= 2 * 1.0
    assert level.wait_s(back + 2, 1) <= 2 * 1.0
    forward = 1_000_000 + 3600
    assert level.left(forward).remaining == 10


def test_giving_back_counts_what_others_gave_back_before() -> None:
    """The second reservation has moved to where the first was, and has come back by itself by then."""
    rate = Rate(1, 1, 20)
    level = Level(rate)
    first, second = level.take(0, 10), level.take(0, 10)
    level.correct(5, first, -10)
    level.take(16, 10)
    level.correct(17, second, -10)
    assert level.left(17).remaining == 11


def test_a_mark_of_a_level_that_was_forgotten_gives_nothing_back() -> None:
    rate = Rate(10, 10, 10)
    level = Level(rate, shift_s=3)
    mark = level.take(0, 5)
    other = Level(rate)
    other.take(0, 5)
    other.correct(0, mark, -5)
    assert other.left(0).remaining == 5


@given(rate=RATES, times=st.integers(1, 60))
def test_exactly_a_burst_comes_through_at_once(rate: Rate, times: int) -> None:
    level, through = Level(rate), 0
    for _ in range(rate.burst + times):
        if level.wait_s(12345.678, 1) == 0:
            level.take(12345.678, 1)
            through += 1
        assert level.left(12345.678).remaining == rate.burst - through
    assert through == rate.burst
