import math
from fnmatch import fnmatchcase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.tui.query_values import Bounds, duration_bounds, like, number_bounds

LETTERS = st.text("ab:", max_size=8)


@pytest.mark.parametrize(
    ("text", "within", "without"),
    [
        ("200", [200], [199, 201]),
        ("=200", [200], [199, 201]),
        (">=400", [400, 504], [399]),
        (">400", [401], [400]),
        ("<=400", [400, 0], [401]),
        ("<400", [399], [400]),
        ("400..499", [400, 499], [399, 500]),
        ("4xx", [400, 499], [399, 500]),
        ("5XX", [500], [499]),
        ("0.5", [0.5], [0.4]),
    ],
)
def test_numbers(text: str, within: list[float], without: list[float]) -> None:
    bounds = number_bounds(text)
    assert isinstance(bounds, Bounds)
    assert all(bounds.holds(value) for value in within)
    assert not any(bounds.holds(value) for value in without)


@pytest.mark.parametrize(
    ("text", "within", "without"),
    [
        (">2s", [2.01], [2.0]),
        (">=1.5s", [1.5], [1.49]),
        ("<150ms", [0.149], [0.15]),
        ("<=1m", [60], [60.1]),
        (">1h", [3601], [3600]),
        ("1s..3S", [1, 3], [0.9, 3.1]),
    ],
)
def test_times(text: str, within: list[float], without: list[float]) -> None:
    bounds = duration_bounds(text)
    assert isinstance(bounds, Bounds)
    assert all(bounds.holds(value) for value in within)
    assert not any(bounds.holds(value) for value in without)


@pytest.mark.parametrize("text", ["", "abc", ">", "=>4", "4x", "xxx", "0xx", "1..", "..2", "1...2", "-1", "1e9", "²"])
def test_what_is_no_number_is_told_with_what_would_be(text: str) -> None:
    told = number_bounds(text)
    assert isinstance(told, str)
    assert f"“{text}” is no number; write 200, 4xx, >=400 or 400..499" == told


@pytest.mark.parametrize("text", ["", "2", ">2", "2 s", "2d", ">s", "1s..", "ms"])
def test_what_is_no_time_is_told_with_what_would_be(text: str) -> None:
    told = duration_bounds(text)
    assert isinstance(told, str)
    assert told.startswith(f"“{text}” is no time; write >200ms")


@pytest.mark.parametrize("text", ["2s", "=2s", "1s..1s"])
def test_nothing_takes_exactly_so_long(text: str) -> None:
    told = duration_bounds(text)
    assert isinstance(told, str)
    assert told.startswith("nothing takes exactly")


def test_what_is_not_known_is_within_nothing() -> None:
    assert not Bounds().holds(None)
    assert Bounds().holds(math.inf)


@given(st.text("ab:*", max_size=8), LETTERS)
def test_a_pattern_means_what_a_shell_says(pattern: str, text: str) -> None:
    assert like(pattern)(text) == (text != "" and fnmatchcase(text, pattern))


def test_a_pattern_with_many_stars_takes_no_time() -> None:
    assert not like("*a" * 200 + "b")("a" * 20_000)


def test_other_signs_of_a_shell_are_plain() -> None:
    assert like("a[b]?")("a[b]?")
    assert not like("a?")("ab")
