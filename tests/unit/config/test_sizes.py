import pytest

from ai_dashboard.config.sizes import size_range


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        ("< 8B", [1e9, 7.9e9], [8e9, 70e9]),
        ("<=8b", [8e9], [8.1e9]),
        ("> 13B", [13.5e9, 70e9], [13e9, 8e9]),
        (">= 13B", [13e9], [12e9]),
        ("8B - 13B", [8e9, 10e9, 13e9], [7e9, 14e9]),
        ("350M-1.5B", [350e6, 1.5e9], [349e6, 2e9]),
        ("8B to 13B", [9e9], [14e9]),
        ("8x7B", [56e9], [7e9]),
        ("8B", [8e9], [7e9, 9e9]),
    ],
)
def test_ranges(text: str, inside: list[float], outside: list[float]) -> None:
    sizes = size_range(text)
    assert sizes is not None
    assert [size for size in inside if size not in sizes] == []
    assert [size for size in outside if size in sizes] == []


@pytest.mark.parametrize("text", ["", "large", "< large", "8", "13B - 8B", "< 8B - 13B", "8B - ", "<", "8B 13B"])
def test_what_is_no_range(text: str) -> None:
    assert size_range(text) is None
