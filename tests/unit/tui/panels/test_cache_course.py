from dataclasses import replace

from ai_dashboard.core.cache import CacheFigures, CacheStep, CacheView
from ai_dashboard.core.history import Mark, Window
from ai_dashboard.tui.ink import text_of, width_of
from ai_dashboard.tui.panels.cache_course import draw, select, totals
from tests.tui.answers import cached
from tests.tui.fakes import busy

CACHE = cached(busy(), Window.FIVE)
STEPS = (CacheStep(3, 3, 1, 4), CacheStep(0, 0, 0, 2))


def test_a_ratio_is_of_what_was_looked_up() -> None:
    view = select(replace(CACHE, steps=STEPS, marks=()), Window.FIVE)
    assert (view.ratio, view.ratio_alike, view.asked) == (0.4, 0.1, 10)
    assert view.hits[-4:] == (0.5, None, None, 0.0)
    assert view.alike[-4:] == (0.125, None, None, 0.0)
    assert len(view.hits) == Window.FIVE.points
    assert totals(STEPS) == (3, 1, 10)


def test_steps_beyond_the_window_are_not_drawn_elsewhere() -> None:
    view = select(replace(CACHE, steps=(CacheStep(Window.FIVE.points, 1, 0, 0), *STEPS)), Window.FIVE)
    assert [share for share in view.hits if share is not None] == [0.5, 0.0]


def test_the_legend_says_all_of_the_window_and_when_the_configuration_changed() -> None:
    marked = replace(CACHE, steps=STEPS, marks=(Mark(CACHE.at - 10, 17),))
    lines = draw(select(marked, Window.FIVE), 110, 12)
    assert "hits 40.0 %" in text_of(lines[0])
    assert "by meaning 10.0 %" in text_of(lines[0])
    assert "of 10 that were looked up" in text_of(lines[0])
    assert "configuration #17" in text_of(lines[0])
    assert text_of(lines[1]).startswith("100┤")
    assert text_of(lines[-1]).split() == ["5m", "2m30", "now"]


def test_a_cache_without_meanings_has_one_line() -> None:
    exact_only = replace(CACHE, figures=replace(CACHE.figures, semantic=None), steps=(CacheStep(0, 3, 0, 1),))
    view = select(exact_only, Window.FIVE)
    assert view.alike == ()
    assert "by meaning" not in text_of(draw(view, 110, 12)[0])


def test_too_little_room_leaves_the_legend() -> None:
    assert len(draw(select(CACHE, Window.FIVE), 60, 4)) == 1


def test_where_there_is_no_course_it_says_why() -> None:
    off, on = (CacheView(Window.HOUR, 0.0, CacheFigures(enabled=it)) for it in (False, True))
    assert text_of(draw(select(None, Window.HOUR), 80, 9)[0]) == "waiting for the gateway"
    assert "the cache is off" in text_of(draw(select(off, Window.HOUR), 80, 9)[0])
    assert text_of(draw(select(on, Window.HOUR), 80, 9)[0]) == "nothing was looked up in the last 1h"


def test_every_size_holds_it() -> None:
    view = select(CACHE, Window.FIVE)
    for width, height in ((5, 3), (31, 8), (70, 12), (130, 20)):
        lines = draw(view, width, height)
        assert len(lines) <= height
        assert all(width_of(line) <= width for line in lines)
