"""How urgent, and how that grows."""

import pytest

from ai_dashboard.queueing.priority import Priority, due_at, priority_of, promoted_at


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


@pytest.mark.parametrize(
    ("priority", "deadline", "due"),
    [
        (Priority.CRITICAL, None, 100),
        (Priority.HIGH, None, 130),
        (Priority.BULK, None, 220),
        (Priority.BULK, 120.0, 110),
        (Priority.HIGH, 900.0, 130),
    ],
)
def test_a_request_is_overdue_at_the_top_or_with_half_of_its_time_gone(
    priority: Priority, deadline: float | None, due: float
) -> None:
    assert due_at(100.0, priority, deadline, 30) == due
