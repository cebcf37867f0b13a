import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from ai_dashboard.tui import format as fmt


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "–"),
        (-0.1, "0.0ms"),
        (0.0004, "0.4ms"),
        (0.00994, "9.9ms"),
        (0.00999, "10ms"),
        (0.088, "88ms"),
        (0.9994, "999ms"),
        (0.9996, "1.00s"),
        (1.21, "1.21s"),
        (9.996, "10.0s"),
        (12.14, "12.1s"),
        (59.96, "1m00"),
        (200, "3m20"),
        (3_599.6, "1h00"),
        (11_520, "3h12"),
        (86_399.9, "1d00"),
        (97 * 3_600, "4d01"),
        (120 * 86_400, "120d"),
    ],
)
def test_durations(seconds: float | None, text: str) -> None:
    assert fmt.duration(seconds) == text


@given(st.floats(0, 1e12))
def test_a_duration_never_needs_more_than_five_cells(seconds: float) -> None:
    assert cell_len(fmt.duration(seconds)) <= 5


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (None, "–"),
        (0, "0"),
        (7, "7"),
        (2_314, "2,314"),
        (9_999, "9,999"),
        (12_345, "12.3k"),
        (999_960, "1.0M"),
        (4.5e9, "4.5G"),
    ],
)
def test_counts(number: float | None, text: str) -> None:
    assert fmt.count(number) == text


@given(st.integers(0, 10**11))
def test_a_count_never_needs_more_than_five_cells(number: int) -> None:
    assert len(fmt.count(number)) <= 5


@pytest.mark.parametrize(("per_unit", "text"), [(0, "0"), (3.44, "3.4"), (0.04, "0.0"), (120.2, "120"), (99.96, "100")])
def test_rates(per_unit: float, text: str) -> None:
    assert fmt.rate(per_unit) == text


@pytest.mark.parametrize(("ratio", "text"), [(None, "–"), (0, "0"), (0.002, "0.2"), (0.9996, "100"), (1, "100")])
def test_percents(ratio: float | None, text: str) -> None:
    assert fmt.percent(ratio) == text


@pytest.mark.parametrize(
    ("used", "total", "text"),
    [
        (118 * 1024**3, 139 * 1024**3, "118/139 G"),
        (300 * 1024**2, 4 * 1024**3, "0.3/4.0 G"),
        (100 * 1024**2, 512 * 1024**2, "100/512 M"),
        (2 * 1024**4, 12 * 1024**4, "2/12 T"),
        (None, 1, "–"),
        (1, None, "–"),
    ],
)
def test_sizes(used: int | None, total: int | None, text: str) -> None:
    assert fmt.size_pair(used, total) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (None, "–"), (0, "0"), (999, "999"), (1000, "1.0K"), (10_300, "10K"), (5 * 1024**3, "5.0G"),
        (1023 * 1024**2, "1.0G"), (139 * 1024**3, "139G"), (3 * 1024**4, "3.0T"), (5_000 * 1024**4, "5000T"),
    ],
)  # fmt: skip
def test_one_size(number: float | None, text: str) -> None:
    assert fmt.size(number) == text


def test_the_time_of_day_has_a_fixed_width() -> None:
    assert re.fullmatch(r"\d\d:\d\d:\d\d", fmt.clock_time(1_790_000_000.0))


@pytest.mark.parametrize(("number", "text"), [(1, "1 request"), (0, "0 requests"), (1_200, "1,200 requests")])
def test_plurals(number: int, text: str) -> None:
    assert fmt.plural(number, "request") == text


@pytest.mark.parametrize(
    ("nano", "text"),
    [
        (None, "–"),
        (0, "0"),
        (1, "<.0001"),
        (50_000, "0.0001"),
        (400_000, "0.0004"),
        (1_200_000_000, "1.2000"),
        (12_500_000_000, "12.50"),
        (9_999_950_000, "10.00"),
        (420_000_000_000, "420"),
        (999_999_000_000_000, "999999"),
    ],
)
def test_what_was_spent_fits_its_column(nano: int | None, text: str) -> None:
    assert fmt.spent(nano) == text
    assert len(text) <= 6


@pytest.mark.parametrize(
    ("dollars", "text"),
    [
        (None, "–"),
        (0.0, "$0"),
        (0.00001, "<$.0001"),
        (0.0004, "$0.0004"),
        (0.00995, "$0.01"),
        (12.5, "$12.50"),
        (-3.456, "−$3.46"),
        (-0.00001, "−<$.0001"),
        (1_234.5, "$1,234.50"),
        (9_999.99, "$9,999.99"),
        (12_345.0, "$12.3k"),
    ],
)
def test_dollars_fit_their_column(dollars: float | None, text: str) -> None:
    assert fmt.usd(dollars) == text
    assert len(text.removeprefix("−")) <= 9
