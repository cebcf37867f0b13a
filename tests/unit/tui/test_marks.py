from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.core.snapshot import Alert, AlertLevel, BreakerState, TargetView
from ai_dashboard.tui.ink import text_of
from ai_dashboard.tui.marks import GLYPH, Happening, Kind, legend, news, on_axis, placed
from tests.tui.fakes import NOW, busy, config, gateway, provider

CONFIG = Happening(10.0, Kind.CONFIG, "configuration #2")
BREAKER = Happening(10.2, Kind.BREAKER, "breaker of a/m open", "a")
ALERT = Happening(10.4, Kind.ALERT, "a is unavailable", "a")


def with_breaker(state: BreakerState) -> TargetView:
    return TargetView("m", state)


def test_what_changed_between_two_pictures_stands_out() -> None:
    before = busy(1, alerts=(), providers=(provider("a", targets=(with_breaker(BreakerState.CLOSED),)),))
    alert = Alert("down:a", AlertLevel.CRITICAL, NOW + 7, "a is unavailable", provider="a")
    news_of_config = Alert("config", AlertLevel.INFO, NOW, "taken up")
    after = busy(
        2,
        alerts=(alert, news_of_config),
        config=config(number=18),
        providers=(provider("a", targets=(with_breaker(BreakerState.OPEN), TargetView("new"))),),
    )
    assert list(news(before, after)) == [
        Happening(NOW + 7, Kind.ALERT, "a is unavailable", "a"),
        Happening(after.at, Kind.CONFIG, "configuration #18"),
        Happening(after.at, Kind.BREAKER, "breaker of a/m open", "a"),
    ]
    assert list(news(after, replace(after, version=3))) == []


def test_of_the_first_picture_and_of_another_gateway_only_alerts_are_news() -> None:
    open_now = busy(2, config=config(number=5), providers=(provider("a", targets=(with_breaker(BreakerState.OPEN),)),))
    assert {mark.kind for mark in news(None, open_now)} == {Kind.ALERT}
    other = busy(1, gateway=gateway(pid=8), alerts=())
    assert {mark.kind for mark in news(other, open_now)} == {Kind.ALERT}


def test_of_several_in_one_place_the_most_urgent_shows() -> None:
    assert placed([ALERT, CONFIG, BREAKER], 0.0, 100.0, 10) == {1: ALERT}
    assert placed([CONFIG, BREAKER], 0.0, 100.0, 10) == {1: BREAKER}
    assert placed([CONFIG], 10.5, 100.0, 10) == {}
    assert placed([CONFIG], 0.0, 10.0, 10) == {9: CONFIG}
    assert placed([CONFIG], 10.0, 10.0, 10) == {}


def test_marks_stand_on_the_axis_beside_its_labels() -> None:
    line = on_axis("─15m───now", {0: CONFIG, 3: ALERT, 9: BREAKER})
    assert text_of(line) == "⚠15m──○now"
    assert GLYPH[Kind.BREAKER] in line


@given(st.dictionaries(st.integers(0, 29), st.sampled_from([CONFIG, BREAKER, ALERT])), st.integers(30, 40))
def test_an_axis_stays_as_wide_as_it_was(marks: dict[int, Happening], width: int) -> None:
    axis = "─" * 8 + "10m" + "─" * (width - 14) + "now"
    text = text_of(on_axis(axis, marks))
    assert len(text) == len(axis)
    assert text.endswith("now")
    assert "10m" in text


def test_the_legend_names_each_kind_once() -> None:
    assert text_of(legend([ALERT, ALERT, CONFIG])) == "   # configuration   ⚠ alert ×2"
    assert legend([]) == []


def test_the_glyphs_differ_without_colour() -> None:
    assert len({glyph for glyph, _ in GLYPH.values()}) == len(Kind)
