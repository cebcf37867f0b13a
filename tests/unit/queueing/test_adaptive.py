"""The limit that is found out: against providers of known capacity, and rule by rule."""

import pytest

from ai_dashboard.queueing.adaptive import ENOUGH, LEAST, Adaptive


def settle(capacity: int, clients: int = 500, rounds: int = 2000) -> list[int]:
    """The limits that come about at a provider whose answers begin after 0.2 s, later the more it has beyond its
    capacity, with a quiet minute first and then always so many clients."""
    adaptive, seen, now = Adaptive(), [], 0.0
    for _ in range(300):
        now += 0.2
        adaptive.answered(0.2, 1, now)
    for _ in range(rounds):
        out = min(adaptive.places or clients, clients)
        ttft_s = 0.2 * max(1.0, out / capacity)
        now += ttft_s
        for _ in range(out):
            adaptive.answered(ttft_s, out, now)
        seen.append(adaptive.places or clients)
    return seen


@pytest.mark.parametrize("capacity", [4, 16, 64, 150])
def test_it_settles_near_what_the_provider_bears(capacity: int) -> None:
    late = settle(capacity)[-500:]
    assert capacity <= max(late) <= 3 * capacity
    assert min(late) >= capacity / 2


def test_a_provider_that_bears_everything_is_never_limited() -> None:
    assert set(settle(1000)) == {500}


def test_one_that_is_not_in_use_does_not_grow() -> None:
    adaptive = Adaptive(limit=10.0)
    for second in range(10_000):
        adaptive.answered(0.2, 1, float(second))
    assert adaptive.limit == 10.0


def test_a_refusal_shrinks_it_once_for_all_that_was_sent_before() -> None:
    adaptive = Adaptive()
    adaptive.refused(30, sent_at=1.0, now=5.0)
    once = adaptive.limit
    assert once == pytest.approx(20, abs=0.2)
    adaptive.refused(29, sent_at=4.9, now=5.1)
    assert adaptive.limit == once
    adaptive.refused(20, sent_at=5.2, now=6.0)
    assert adaptive.places == 13


def test_there_is_always_one_place() -> None:
    adaptive = Adaptive()
    for at in range(1000):
        adaptive.refused(1, sent_at=float(at), now=float(at))
    assert adaptive.limit == LEAST
    assert adaptive.places == 1


def test_a_limit_that_has_grown_beyond_use_is_none_any_more() -> None:
    adaptive = Adaptive(limit=ENOUGH - 1)
    for _ in range(1100):
        adaptive.answered(0.2, 1000, 1.0)
    assert adaptive.limit is None


@pytest.mark.parametrize("busy", [False, True])
def test_answers_that_come_later_for_good_become_the_usual(busy: bool) -> None:
    adaptive = Adaptive()

    def answer(ttft_s: float, seconds: range) -> None:
        for second in seconds:
            adaptive.answered(ttft_s, (adaptive.places or 32) if busy else 1, float(second))

    answer(0.2, range(100))
    answer(2.0, range(100, 120))
    assert adaptive.strained
    assert (adaptive.limit is None) is not busy
    answer(2.0, range(120, 3000))
    assert not adaptive.strained


def test_a_few_milliseconds_more_are_no_strain() -> None:
    adaptive = Adaptive()
    for second in range(100):
        adaptive.answered(0.002, 8, float(second))
    for second in range(100, 120):
        adaptive.answered(0.02, 80, float(second))
    assert not adaptive.strained
    assert adaptive.limit is None
