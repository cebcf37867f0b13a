import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from ai_dashboard.tui.spark import gauge, sparkline


@pytest.mark.parametrize(
    ("values", "width", "text"),
    [
        ([], 3, "···"),
        ([None, None], 2, "··"),
        ([1, 1, 1], 3, "▃▃▃"),
        ([1, 1, 1, 1, 9], 5, "▂▂▂▂█"),
        ([0, 0], 2, "▁▁"),
        ([1, None, 3], 3, "▂·▅"),
    ],
)
def test_sparklines(values: list[float | None], width: int, text: str) -> None:
    assert sparkline(values, width) == text


@given(st.lists(st.one_of(st.none(), st.floats(-1, 1e6)), max_size=50), st.integers(0, 40))
def test_a_sparkline_has_its_width(values: list[float | None], width: int) -> None:
    assert cell_len(sparkline(values, width)) == width


@pytest.mark.parametrize(
    ("ratio", "text"),
    [(None, "▕    ▏"), (0, "▕    ▏"), (0.5, "▕██  ▏"), (0.53, "▕██▏ ▏"), (1, "▕████▏"), (7, "▕████▏")],
)
def test_gauges(ratio: float | None, text: str) -> None:
    assert gauge(ratio, 6) == text


def test_a_share_is_measured_against_the_whole() -> None:
    assert sparkline([0.0, 0.5, 1.0, 2.0], 4, top=1.0) == "▁▅██"
