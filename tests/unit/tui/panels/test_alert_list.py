from dataclasses import replace

from ai_dashboard.tui.ink import text_of, width_of
from ai_dashboard.tui.panels.alert_list import draw
from ai_dashboard.tui.panels.alerts import select
from ai_dashboard.tui.picture import Picture
from tests.tui.fakes import NOW, busy, empty


def test_what_nobody_has_seen_to_is_on_top_and_what_was_said_of_the_others_is_told() -> None:
    first, second = busy().alerts
    quiet = replace(first, silenced_until=NOW + 600)
    view = select(Picture(busy(alerts=(quiet, second))))
    heading, top, below = [text_of(line) for line in draw(view, 120)]
    assert view.open == (second,)
    assert "what to do" in heading
    assert "⚠ warning" in top
    assert "✗ silent" in below
    assert "noted" in text_of(draw(select(Picture(busy(alerts=(replace(first, acked=True),)))), 120)[1])


def test_each_line_fits_any_width() -> None:
    view = select(Picture(busy()))
    assert all(width_of(line) <= width for width in range(1, 130, 7) for line in draw(view, width))
    assert text_of(draw(select(Picture(empty())), 40)[0]) == "nothing to worry about"


def test_a_column_in_which_nothing_stands_leaves_its_room_to_the_others() -> None:
    first, second = busy().alerts
    bare = tuple(replace(one, hint="") for one in (first, second))
    assert text_of(draw(select(Picture(busy(alerts=bare))), 120)[0]).split() == ["level", "since", "what"]
    silent = (replace(bare[0], silenced_until=NOW + 60), bare[1])
    assert "until" in text_of(draw(select(Picture(busy(alerts=silent))), 120)[0])
