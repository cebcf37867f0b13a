"""Histories lose nothing on the way from fine to coarse, forget what is too old, and stay small."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.core.history import HistoryView, SeriesKey, SeriesView, Window
from ai_dashboard.telemetry.answers import Answers
from ai_dashboard.telemetry.history import MAX_MARKS, MAX_SERIES, TIERS, History

M = SeriesKey("vllm", "qwen3")
WALL = 1_790_000_000.0


def view(history: History, now: float, window: Window, *shown: SeriesKey) -> HistoryView:
    return history.view(now, WALL + now, window, shown)


def one(history: History, now: float, window: Window, key: SeriesKey = M) -> SeriesView:
    return next(it for it in view(history, now, window, key).series if it.key == key)


def test_an_answer_is_seen_at_once_in_every_window() -> None:
    history = History()
    history.add(7.0, M, Answers([(1.0, 0.1, 91)]), failures=1)
    for window in Window:
        series = one(history, 7.5, window)
        assert (series.requests, series.errors, series.tokens) == (2, 1, 91)
        assert series.total.p50 == pytest.approx(1.0, rel=0.04)
        assert series.ttft.p99 == pytest.approx(0.1, rel=0.04)
        assert series.per_token.p50 == pytest.approx(0.01, rel=0.04)
        assert [(point.index, point.requests) for point in series.points] == [(0, 2)]


def test_what_came_in_one_piece_says_nothing_of_speed() -> None:
    history = History()
    history.add(0.0, M, Answers([(1.0, 1.0, 500), (1.0, 0.9999, 500), (1.0, None, 5), (1.0, 0.5, 1)]), failures=0)
    series = one(history, 0.0, Window.FIVE)
    assert series.per_token.p50 is None
    assert series.ttft.p50 is not None


@given(
    times=st.lists(st.floats(0, 86_000), min_size=1, max_size=60).map(sorted),
    later=st.floats(0, 90_000),
)
def test_every_window_holds_exactly_what_is_young_enough(times: list[float], later: float) -> None:
    history = History()
    for at in times:
        history.add(at, M, Answers([(0.5, 0.2, 10)]), failures=0)
    now = times[-1] + later
    for window in Window:
        newest = int(now // window.step_s)
        young = [at for at in times if int(at // window.step_s) > newest - window.points]
        found = [it for it in view(history, now, window, M).series if it.key == M]
        assert sum(it.requests for it in found) == len(young)
        points = {point.index: point.requests for it in found for point in it.points}
        expected: dict[int, int] = {}
        for at in young:
            back = newest - int(at // window.step_s)
            expected[back] = expected.get(back, 0) + 1
        assert points == expected


def test_percentiles_of_a_long_window_are_those_of_all_its_answers() -> None:
    history = History()
    values = [0.01 * 1.01**index for index in range(600)]
    for index, value in enumerate(values):
        history.add(index * 6.0, M, Answers([(value, value / 2, 10)]), failures=0)
    series = one(history, 3_599.0, Window.HOUR)
    assert series.requests == 600
    assert series.total.p95 == pytest.approx(values[math.ceil(0.95 * 600) - 1], rel=0.04)
    assert series.ttft.p5 == pytest.approx(values[29] / 2, rel=0.04)


def test_models_of_a_provider_are_merged_and_the_busiest_comes_first() -> None:
    history = History()
    other = SeriesKey("vllm", "other")
    history.add(1.0, M, Answers([(1.0, 0.1, 5)] * 3), failures=0)
    history.add(1.0, other, Answers([(2.0, 0.2, 5)]), failures=0)
    history.add(1.0, SeriesKey("openai", "gpt"), Answers([(2.0, 0.2, 5)] * 2), failures=0)
    seen = view(history, 2.0, Window.HOUR, SeriesKey("vllm"))
    assert [(it.key.provider, it.key.model, it.requests) for it in seen.series] == [
        ("vllm", "", 4), ("vllm", "qwen3", 3), ("openai", "", 2), ("openai", "gpt", 2), ("vllm", "other", 1),
    ]  # fmt: skip
    merged = seen.series[0]
    assert [point.requests for point in merged.points] == [4]
    assert merged.total.p95 == pytest.approx(2.0, rel=0.04)
    assert all(not it.points for it in seen.series[1:])


def test_a_whole_provider_is_the_same_however_often_it_was_looked_at() -> None:
    watched, unwatched = History(), History()
    both = SeriesKey("vllm")
    for at in range(0, 900, 3):
        for history in (watched, unwatched):
            key = M if at % 2 else SeriesKey("vllm", "other")
            history.add(float(at), key, Answers([(0.1 + at / 300, 0.1, 20)]), failures=at % 5 == 0)
        view(watched, float(at), Window.HOUR, both)
        view(watched, float(at), Window.FIVE, both)
    for window in (Window.FIVE, Window.HOUR):
        assert view(watched, 901.0, window, both) == view(unwatched, 901.0, window, both)
    assert view(watched, 901.0, Window.HOUR, SeriesKey("nobody")).series == view(watched, 901.0, Window.HOUR).series


def test_a_model_that_nobody_asks_any_more_makes_room() -> None:
    history = History()
    for number in range(MAX_SERIES + 3):
        history.add(float(number), SeriesKey("p", f"m{number}"), Answers([(1.0, 0.1, 5)]), failures=0)
        history.add(float(number), SeriesKey("p", "m0"), Answers([(1.0, 0.1, 5)]), failures=0)
    kept = {it.key.model for it in view(history, 60.0, Window.HOUR).series}
    assert len(kept) == MAX_SERIES + 1  # and all of the provider's together
    assert {"m0", f"m{MAX_SERIES + 2}"} <= kept
    assert "m1" not in kept


def test_slices_do_not_grow_without_end() -> None:
    history = History()
    for at in range(0, 200_000, 4):
        history.add(float(at), M, Answers([(0.5, 0.1, 5)]), failures=0)
    series = history._series[M]
    assert [len(tier.closed) for tier in series._tiers] == [length - 1 for _, length in TIERS]
    assert [sum(it.requests for it in tier.closed) for tier in series._tiers] == [
        tier.sum.requests for tier in series._tiers
    ]


def test_marks_are_those_of_the_window_and_not_too_many() -> None:
    history = History()
    for number in range(MAX_MARKS + 10):
        history.mark(WALL + number, number)
    marks = view(history, 200.0, Window.HOUR).marks
    assert [mark.number for mark in marks] == [*range(10, MAX_MARKS + 10)]
    assert [mark.number for mark in view(history, 120.0, Window.MINUTE).marks] == [*range(60, MAX_MARKS + 10)]


def test_windows_follow_each_other() -> None:
    assert [window.next for window in Window] == [Window.FIVE, Window.HOUR, Window.DAY, Window.MINUTE]
