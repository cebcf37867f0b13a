from ai_dashboard.core.queue import LineView


def line(per_minute: float, **waiting: int) -> LineView:
    return LineView("gpu", "m", waiting, 0.0, 0, 0, 0, per_minute)


def test_a_line_is_as_long_as_all_of_its_levels() -> None:
    assert line(1.0, HIGH=2, BULK=3).depth == 5


def test_a_line_is_through_when_all_have_been_served_at_its_pace() -> None:
    assert line(30.0, NORMAL=15).drain_s == 30.0
    assert line(0.0, NORMAL=0).drain_s == 0.0


def test_of_a_line_that_does_not_move_nobody_knows_when() -> None:
    assert line(0.0, NORMAL=1).drain_s is None
