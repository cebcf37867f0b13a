"""The rolling window against a list of everything that ever happened."""

import math
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.core.histogram import bucket_of
from ai_dashboard.core.snapshot import SLICE_S, SLICES, Percentiles
from ai_dashboard.telemetry.answers import Answers
from ai_dashboard.telemetry.track import Track

WINDOW_S = SLICE_S * SLICES


def test_the_histograms_are_those_of_the_window() -> None:
    track = Track(0.0)
    track.add(0.0, Answers([(1.0, 0.1, 5)] * 3))
    track.add(WINDOW_S - 1, Answers([(2.0, None, 5)]))
    ttft, total = track.histograms(WINDOW_S - 1)
    assert (sum(ttft), sum(total), total[bucket_of(1.0)], total[bucket_of(2.0)]) == (3, 4, 3, 1)
    ttft, total = track.histograms(WINDOW_S + 1)
    assert (sum(ttft), sum(total)) == (0, 1)


@dataclass(frozen=True)
class Answer:
    at: float
    failed: bool
    total_s: float
    ttft_s: float | None
    tokens: int


@st.composite
def histories(draw: st.DrawFn) -> list[Answer]:
    now, answers = draw(st.floats(0, 1e6)), []
    for _ in range(draw(st.integers(0, 25))):
        now += draw(st.sampled_from((0.0, 0.7, 5.0, 33.0, 400.0, WINDOW_S - SLICE_S, WINDOW_S, 5 * WINDOW_S)))
        total = draw(st.floats(1e-3, 600))
        ttft = draw(st.none() | st.floats(1e-3, 1).map(total.__mul__))
        answers.append(Answer(now, draw(st.booleans()), total, ttft, draw(st.integers(0, 1000))))
    return answers


def index(at: float) -> int:
    return int(at // SLICE_S)


def replay(answers: list[Answer]) -> Track:
    track = Track(answers[0].at if answers else 0.0)
    for answer in answers:
        if answer.failed:
            track.add_failure(answer.at)
        else:
            track.add(answer.at, Answers([(answer.total_s, answer.ttft_s, answer.tokens)]))
    return track


def near(values: list[float]) -> object:
    """The percentiles of a list, as near as buckets allow."""
    if not values:
        return Percentiles()
    ranks = [max(1, math.ceil(len(values) * q)) - 1 for q in (0.5, 0.95, 0.99)]
    return pytest.approx([sorted(values)[rank] for rank in ranks], rel=0.032, abs=1e-6)


def parts(percentiles: Percentiles) -> object:
    if percentiles.p50 is None:
        return percentiles
    return [percentiles.p50, percentiles.p95, percentiles.p99]


@given(histories(), st.sampled_from((0.0, 4.0, 100.0, WINDOW_S - SLICE_S, WINDOW_S)))
def test_the_window_holds_what_a_recount_finds(answers: list[Answer], pause: float) -> None:
    track = replay(answers)
    now = (answers[-1].at if answers else 0.0) + pause
    ttft, total = track.percentiles(now)
    inside = [answer for answer in answers if index(answer.at) > index(now) - SLICES]
    good = [answer for answer in inside if not answer.failed]
    timed = [answer for answer in good if answer.ttft_s is not None]
    assert track.requests == len(inside)
    assert track.errors == len(inside) - len(good)
    assert track.tokens == sum(answer.tokens for answer in timed)
    assert track.generation_s == pytest.approx(sum(answer.total_s - (answer.ttft_s or 0) for answer in timed))
    assert parts(total) == near([answer.total_s for answer in good])
    assert parts(ttft) == near([answer.ttft_s for answer in timed if answer.ttft_s is not None])


@given(histories(), st.integers(1, SLICES))
def test_the_trend_is_that_of_each_slice(answers: list[Answer], points: int) -> None:
    track = replay(answers)
    now = answers[-1].at if answers else 0.0
    trend = track.trend(now, points)
    assert len(trend) == points
    for place, found in zip(range(index(now) - points + 1, index(now) + 1), trend, strict=True):
        values = sorted(answer.total_s for answer in answers if index(answer.at) == place and not answer.failed)
        assert found == (pytest.approx(values[math.ceil(len(values) * 0.95) - 1], rel=0.032) if values else None)


@given(histories())
def test_every_slice_of_the_window_is_counted(answers: list[Answer]) -> None:
    track = replay(answers)
    slices = (*track.closed(), track.current())
    assert [item.index for item in slices] == sorted({item.index for item in slices})
    assert sum(item.requests for item in slices) == track.requests
    assert sum(item.errors for item in slices) == track.errors
    assert slices[0].index > slices[-1].index - SLICES


def test_an_empty_window_leaves_no_residue() -> None:
    track = Track(0.0)
    for step in range(1000):
        track.add(step * 7.0, Answers([(0.3, 0.1, 1)]))
    track.roll(1000 * 7.0 + 2 * WINDOW_S)
    assert (track.requests, track.tokens, track.generation_s) == (0, 0, 0.0)
    assert track.percentiles(1000 * 7.0 + 2 * WINDOW_S) == (Percentiles(), Percentiles())


def test_a_failure_counts_and_its_time_does_not() -> None:
    track = Track(0.0)
    track.add_failure(1.0)
    assert (track.requests, track.errors, track.tokens) == (1, 1, 0)
    assert track.percentiles(1.0) == (Percentiles(), Percentiles())


def test_a_clock_that_steps_back_counts_in_the_slice_that_is_open() -> None:
    track = Track(100.0)
    track.add(100.0, Answers([(1.0, None, 0)]))
    track.add(3.0, Answers([(1.0, None, 0)]))
    assert track.current().requests == track.requests == 2
    assert track.closed() == ()


@given(st.lists(st.tuples(st.floats(1e-3, 600), st.none() | st.floats(1e-3, 1), st.integers(0, 99)), max_size=20))
def test_many_at_once_count_as_one_by_one(answers: list[tuple[float, float | None, int]]) -> None:
    together, singly = Track(0.0), Track(0.0)
    together.add(1.0, Answers(answers))
    for answer in answers:
        singly.add(1.0, Answers([answer]))
    assert together.current() == singly.current()
    assert together.percentiles(1.0) == singly.percentiles(1.0)
    assert together.tokens == singly.tokens
