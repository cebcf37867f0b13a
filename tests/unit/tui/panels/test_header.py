from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.core.diagnostics import Diagnostic, Severity
from ai_dashboard.core.snapshot import SharedView
from ai_dashboard.tui.format import clock_time
from ai_dashboard.tui.ink import text_of, width_of
from ai_dashboard.tui.panels.header import draw, select
from ai_dashboard.tui.picture import Freshness, Picture
from tests.tui.fakes import NOW, busy, config, empty, gateway

LIVE = Picture(busy(), freshness=Freshness.LIVE)
ALERT = busy().alerts[0]
NOTED = replace(ALERT, key="noted", acked=True)
SILENT = replace(ALERT, key="silent", silenced_until=NOW + 60)


def line(picture: Picture, width: int = 160) -> str:
    [drawn] = draw(select(picture), width)
    return text_of(drawn)


def test_a_working_gateway_in_one_line() -> None:
    assert line(LIVE) == (
        " ai-dashboard ● LIVE │ :4000 up 3h12 │   4.4 req/s   2 in flight │ ⚠ 2 │ cfg #17 ⚠ │ adds 0.4ms"
    )


@pytest.mark.parametrize(
    ("picture", "words"),
    [
        (Picture(), "… CONNECTING"),
        (Picture(busy(), freshness=Freshness.STALE, age_s=72), "◌ STALE 1m12"),
        (Picture(busy(), freshness=Freshness.PAUSED, waiting=1_200), "‖ PAUSED +1,200"),
        (Picture(busy(gateway=gateway(simulated=True)), freshness=Freshness.LIVE), "● LIVE DEMO"),
        (Picture(busy(gateway=gateway(draining=True)), freshness=Freshness.LIVE), "DRAINING"),
        (Picture(empty(), freshness=Freshness.LIVE), "no alerts"),
        (Picture(busy(alerts=(ALERT, NOTED))), "│ ⚠ 1 · 1 noted │"),
        (Picture(busy(alerts=(NOTED, SILENT))), "│ 2 noted │"),
        (Picture(busy(), source="attached to http://gpu:4000"), "attached to http://gpu:4000"),
        (Picture(busy(config=config(usable=False))), "cfg #17 ✗ refused"),
        (Picture(busy(config=config(Diagnostic(Severity.ERROR, "a", 1, 1, "", "x")))), "cfg #17 ✗ errors"),
        (Picture(busy(config=config())), "cfg #17 ✓"),
        (Picture(busy(), freshness=Freshness.PAST, age_s=185), f"◀ {clock_time(busy().at)} −3m05s"),
        (Picture(busy(), freshness=Freshness.PAST, age_s=42), "−42s"),
        (Picture(busy(), freshness=Freshness.PAST, age_s=7_620), "−2h07m"),
        (Picture(busy(shared=SharedView("r:6379", True, "", 0.0, 2))), "redis ✓ 2 gateways"),
        (Picture(busy(shared=SharedView("r:6379", False, "refused", 0.0, 0))), "redis ◌ away"),
    ],
)
def test_what_the_header_says(picture: Picture, words: str) -> None:
    assert words in line(picture)


@given(st.integers(20, 200))
def test_what_matters_least_gives_way(width: int) -> None:
    [drawn] = draw(select(LIVE), width)
    assert width_of(drawn) <= width
    assert "● LIVE" in text_of(drawn)


def test_the_demo_label_outlives_everything_but_the_state() -> None:
    demo = Picture(busy(gateway=gateway(simulated=True)), freshness=Freshness.LIVE)
    assert line(demo, 20) == " ● LIVE DEMO │ :4000"
    assert line(demo, 12) == " ● LIVE DEMO"


def test_figures_stand_still_while_they_change() -> None:
    lines = [
        line(Picture(busy(gateway=gateway(rate=rate, in_flight=n)))) for rate, n in ((0.0, 0), (3.4, 9), (812, 120))
    ]
    assert len({text.index("req/s") for text in lines}) == 1
    assert len({text.index("in flight") for text in lines}) == 1


def test_a_first_minute_does_not_repaint_every_second() -> None:
    views = {select(Picture(busy(gateway=gateway(uptime_s=second)))) for second in (40.0, 41.0, 49.9)}
    assert len(views) == 1
