from ai_dashboard.core.history import Mark, Window
from ai_dashboard.tui.windows import marked_steps, time_axis


def test_an_axis_says_how_far_back_it_goes_and_ends_now() -> None:
    for window in Window:
        axis = time_axis(window)
        assert axis.labels[0] == window.value
        assert axis.labels[-1] == "now"
        assert (axis.at[0], axis.at[-1]) == (0, window.points - 1)


def test_configurations_stand_at_the_step_in_which_they_came_and_older_ones_nowhere() -> None:
    marks = [Mark(at, number) for number, at in enumerate((1_000.0, 9_700.0, 10_000.0))]
    assert marked_steps(marks, 10_000.0, Window.FIVE) == ((Window.FIVE.points - 1, 2),)
    assert marked_steps(marks, 10_000.0, Window.HOUR) == ((54, 1), (59, 2))
    assert [number for _, number in marked_steps(marks, 10_000.0, Window.DAY)] == [0, 1, 2]
