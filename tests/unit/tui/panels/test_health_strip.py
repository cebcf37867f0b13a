from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.core.history import HealthChange
from ai_dashboard.core.snapshot import Health
from ai_dashboard.tui.ink import text_of, width_of
from ai_dashboard.tui.marks import Happening, Kind
from ai_dashboard.tui.panels.health_strip import draw, states

UP, DOWN = Health.ACTIVE, Health.UNAVAILABLE


def test_each_part_shows_what_was_worst_in_it() -> None:
    changes = [HealthChange(1, UP, ""), HealthChange(24, DOWN, "x"), HealthChange(26, UP, "")]
    assert states(changes, 0, 50, 5) == [UP, UP, DOWN, UP, UP]


def test_a_change_right_at_the_edge_belongs_to_what_follows() -> None:
    changes = [HealthChange(0, UP, ""), HealthChange(20, DOWN, ""), HealthChange(30, UP, "")]
    assert states(changes, 0, 40, 4) == [UP, UP, DOWN, UP]


def test_what_came_before_the_strip_still_holds() -> None:
    assert states([HealthChange(-100, DOWN, "")], 0, 10, 3) == [DOWN] * 3
    assert states([], 0, 10, 3) == [Health.CHECKING] * 3


@given(
    st.lists(st.tuples(st.floats(0, 100), st.sampled_from(Health)), max_size=20).map(lambda it: sorted(it)),
    st.integers(1, 120),
)
def test_no_failure_is_lost_however_narrow_the_strip(raw: list[tuple[float, Health]], cells: int) -> None:
    changes = [HealthChange(at, health, "") for at, health in raw]
    found = states(changes, 0, 100, cells)
    assert len(found) == cells
    assert (DOWN in found) == any(health is DOWN for _, health in raw)


def test_the_latest_changes_are_told_newest_first_in_their_place() -> None:
    changes = [HealthChange(1_000.0 + index, UP if index % 2 else DOWN, f"reason {index}") for index in range(9)]
    lines = draw(changes, 900.0, 1_100.0, 60)
    assert [text_of(line).split()[-1] for line in lines[2:]] == ["8", "7", "6", "5"]
    assert all(width_of(line) <= 60 for line in lines)
    assert text_of(lines[1]).startswith("3m20 ago")
    assert width_of(lines[0]) == width_of(lines[1]) == 60


def test_a_strip_never_shows_more_than_a_day() -> None:
    lines = draw([], 0.0, 10 * 86_400.0, 60)
    assert text_of(lines[1]).startswith("1d00 ago")


def test_what_stood_out_is_on_the_axis() -> None:
    marks = [Happening(50.0, Kind.CONFIG, "configuration #2"), Happening(500.0, Kind.ALERT, "later")]
    axis = text_of(draw([HealthChange(0, UP, "")], 0, 100, 40, marks=marks)[1])
    assert axis == "1m40 ago ───────────#─────────────── now"
