from dataclasses import replace

from ai_dashboard.core.history import Window
from ai_dashboard.core.snapshot import QueueGauge
from ai_dashboard.tui.ink import text_of, width_of
from ai_dashboard.tui.panels.queue_course import draw, glance, select
from tests.tui.answers import waiting
from tests.tui.fakes import busy, empty

QUEUE = waiting(busy(), Window.FIVE)


def test_it_says_who_waits_how_long_and_what_became_of_others() -> None:
    lines = [text_of(line) for line in draw(select(QUEUE, Window.FIVE), 90)]
    assert lines[0] == "wait  12 · oldest 4s · done in 42s"
    assert lines[1].startswith("5m    ")
    assert lines[1].endswith(" most 12")
    assert lines[2].strip() == "240 served · 30 shed · 0 late"
    assert "▓ high 10" in lines[3]
    assert lines[-1] == "room  1,000 a line and level"


def test_while_nobody_knows_the_end_it_says_so() -> None:
    assert "done nobody knows when" in text_of(draw(select(replace(QUEUE, drain_s=None), Window.FIVE), 90)[0])


def test_an_empty_queue_is_a_flat_line() -> None:
    lines = [text_of(line) for line in draw(select(waiting(empty(), Window.HOUR), Window.HOUR), 60)]
    assert lines[0] == "wait  0 · nobody waits"
    assert set(lines[1].removeprefix("1h").removesuffix(" most 0").strip()) == {"▁"}
    assert text_of(draw(select(None, Window.HOUR), 60)[0]) == "waiting for the gateway"


def test_every_width_holds_it() -> None:
    for width in range(3, 100, 7):
        assert all(width_of(line) <= width for line in draw(select(QUEUE, Window.FIVE), width)), width


def test_of_the_past_there_is_at_least_what_the_picture_holds() -> None:
    gauge = QueueGauge(3, 9.0, None, 2, 1, (0, 3, 1))
    lines = [text_of(line) for line in draw(glance(gauge, "no more"), 90)]
    assert lines[0] == "wait  3 · oldest 9s · done nobody knows when"
    assert lines[1].startswith("15m   ")
    assert lines[2:] == ["2 shed · 1 late", "no more"]
