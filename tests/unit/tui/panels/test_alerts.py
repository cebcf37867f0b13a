from ai_dashboard.core.snapshot import Alert, AlertLevel
from ai_dashboard.tui.ink import text_of, width_of
from ai_dashboard.tui.panels.alerts import LEVEL, draw, select
from ai_dashboard.tui.picture import Picture
from tests.tui.fakes import NOW, busy, empty


def test_the_most_urgent_comes_first_then_the_newest() -> None:
    levels = (AlertLevel.INFO, AlertLevel.WARNING, AlertLevel.CRITICAL)
    alerts = [Alert(f"{level}{at}", level, NOW + at, "x") for at in (1, 2) for level in levels]
    keys = [alert.key for alert in select(Picture(busy(alerts=tuple(alerts)))).alerts]
    assert keys == ["critical2", "critical1", "warning2", "warning1", "info2", "info1"]


def test_each_says_what_to_do() -> None:
    lines = [text_of(line) for line in draw(select(Picture(busy())), 34)]
    assert lines[0].startswith("✗ critical ")
    assert lines[1:4] == ["  ollama is unavailable:", "  connection refused", "  start it: ollama serve"]
    assert lines[4].startswith("⚠ warning ")
    assert all(width_of(line) <= 34 for line in draw(select(Picture(busy())), 34))


def test_levels_differ_without_colour() -> None:
    assert len({glyph for glyph, _, _ in LEVEL.values()}) == len(AlertLevel)


def test_peace_is_said() -> None:
    assert text_of(draw(select(Picture(empty())), 34)[0]) == "nothing to worry about"
    assert text_of(draw(select(Picture()), 34)[0]) == "waiting for the gateway"
