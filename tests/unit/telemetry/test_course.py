from operator import add

from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.core.history import Window
from ai_dashboard.telemetry.course import Course, Growth


def test_what_is_counted_adds_up_and_the_most_stays_the_most() -> None:
    course = Course(add, max)
    for now, figures in ((100.0, (1, 7)), (104.9, (2, 3)), (105.0, (4, 5))):
        course.add(now, figures)
    assert list(course.steps(106.0, Window.FIVE)) == [(1, (3, 7)), (0, (4, 5))]
    assert course.together(106.0, Window.HOUR) == (7, 7)


def test_steps_in_which_nothing_happened_are_left_out() -> None:
    course = Course(add)
    course.add(0.0, (1,))
    course.add(7.0, (0,))
    course.add(20.0, (2,))
    assert list(course.steps(21.0, Window.MINUTE)) == [(4, (1,)), (0, (2,))]


def test_a_window_ends_where_it_says() -> None:
    course = Course(add)
    course.add(2.0, (1,))
    assert [course.together(61.0, window) for window in Window] == [(0,), (1,), (1,), (1,)]
    assert [course.together(301.0, window) for window in Window] == [(0,), (0,), (1,), (1,)]
    assert [course.together(86_401.0, window) for window in Window] == [(0,)] * 4


def test_the_last_steps_are_a_part_of_a_window() -> None:
    course = Course(add)
    for minute in range(20):
        course.add(minute * 60.0, (1,))
    assert course.together(19 * 60.0, Window.HOUR, last=15) == (15,)
    assert course.together(19 * 60.0, Window.HOUR) == (20,)


def test_a_clock_that_goes_back_a_step_loses_nothing() -> None:
    course = Course(add)
    course.add(100.0, (1,))
    course.add(99.0, (1,))
    assert course.together(100.0, Window.MINUTE) == (2,)


@given(st.lists(st.tuples(st.floats(0, 100_000), st.integers(0, 9)), min_size=1, max_size=200))
def test_every_window_holds_what_was_counted_in_it_whatever_the_step(counted: list[tuple[float, int]]) -> None:
    counted.sort()
    course, now = Course(add), counted[-1][0]
    for at, number in counted:
        course.add(at, (number,))
    for window in Window:
        newest = now // window.step_s
        inside = sum(number for at, number in counted if at // window.step_s > newest - window.points)
        assert course.together(now, window) == (inside,)
        backs = [back for back, _ in course.steps(now, window)]
        assert backs == sorted(set(backs), reverse=True)
        assert not backs or 0 <= min(backs) <= max(backs) < window.points


def test_growth_is_what_has_come_since_the_last_look() -> None:
    growth = Growth(5, 0)
    assert growth.since(7, 0) == (2, 0)
    assert growth.since(7, 3) == (0, 3)


def test_a_counter_that_began_anew_takes_nothing_away() -> None:
    growth = Growth(9)
    assert growth.since(2) == (0,)
    assert growth.since(5) == (3,)
