import pytest

from ai_dashboard.tui.layout import SizeClass, size_class


@pytest.mark.parametrize(
    ("width", "height", "expected"),
    [
        (200, 60, SizeClass.WIDE),
        (120, 40, SizeClass.WIDE),
        (120, 24, SizeClass.MEDIUM),
        (80, 60, SizeClass.MEDIUM),
        (80, 24, SizeClass.MEDIUM),
        (60, 15, SizeClass.SMALL),
        (120, 10, SizeClass.SMALL),
        (39, 40, SizeClass.TINY),
        (20, 5, SizeClass.TINY),
    ],
)
def test_sizes(width: int, height: int, expected: SizeClass) -> None:
    assert size_class(width, height) is expected
