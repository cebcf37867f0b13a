import pytest

from ai_dashboard.core.costs import dollars
from ai_dashboard.tui import failing
from ai_dashboard.tui.ink import text_of

SECRET = "sk-0123456789abcdef"


def test_kind_and_place_are_told_and_nothing_of_what_was_at_hand() -> None:
    with pytest.raises(TypeError) as failure:
        dollars({"key": SECRET})  # type: ignore[arg-type]
    said = failing.failed(failure.value)
    assert said.startswith("This panel cannot be drawn: TypeError at core/costs.py:")
    assert SECRET not in said


def test_an_error_of_somebody_else_has_no_place_here() -> None:
    assert failing.failed(ValueError(SECRET)) == "This panel cannot be drawn: ValueError at elsewhere."


def test_it_is_said_in_whatever_room_there_is() -> None:
    lines = failing.draw("This panel cannot be drawn: KeyError at panels/x.py:1.", 20)
    assert all(len(text_of(line)) <= 20 for line in lines)
    assert text_of(lines[0]).startswith("✗ This panel")
