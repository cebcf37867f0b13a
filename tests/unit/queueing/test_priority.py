"""How urgent, and how that grows."""

import pytest

from ai_dashboard.queueing.priority import Priority, priority_of, promoted_at


@pytest.mark.parametrize(
    ("text", "priority"),
    [
        ("high", Priority.HIGH),
        ("BULK", Priority.BULK),
        ("4", Priority.CRITICAL),
        ("5", None),
        ("now", None),
        ("", None),
    ],
)
def test_levels_go_by_name_or_number(text: str, priority: Priority | None) -> None:
    assert priority_of(text) is priority


def test_each_level_takes_as_long_as_the_one_before_and_nothing_rises_above_the_top() -> None:
    assert promoted_at(100.0, Priority.BULK, 0, 30) == 130
    assert promoted_at(100.0, Priority.BULK, 2, 30) == 190
    assert promoted_at(100.0, Priority.HIGH, 3, 30) == 130
    assert promoted_at(100.0, Priority.LOW, 4, 30) is None
