from dataclasses import replace

import pytest

from ai_dashboard.core.snapshot import Alert, AlertLevel
from ai_dashboard.tui.format import clock_time
from ai_dashboard.tui.ink import text_of, width_of
from ai_dashboard.tui.panels.notice import draw, select
from ai_dashboard.tui.picture import Picture
from tests.tui.fakes import NOW, busy, empty

AT = clock_time(NOW)
QUIET = busy(alerts=())


def line(picture: Picture, said: str = "", width: int = 120) -> str:
    return text_of(draw(select(picture, said), width)[0])


@pytest.mark.parametrize(
    ("picture", "text"),
    [
        (Picture(), " connecting to the gateway"),
        (Picture(busy(), problem="refused"), " ✗ refused · trying again"),
        (
            Picture(busy()),
            f" {AT} ✗ critical ollama is unavailable: connection refused · start it: ollama serve",
        ),
        (Picture(busy(alerts=(Alert("a", AlertLevel.INFO, NOW, "news"),))), f" {AT} · info news"),
        (Picture(QUIET), f" {AT} ollama: connection refused"),
        (Picture(empty()), " config: no folder: defaults, and local servers on 11434, 8000, 8080, 8001"),
        (Picture(replace(empty(), config=replace(empty().config, origin=""))), " "),
    ],
)
def test_the_most_important_news(picture: Picture, text: str) -> None:
    assert line(picture) == text


def test_what_was_just_done_comes_first() -> None:
    assert line(Picture(busy(), problem="refused"), "copied") == " copied"


@pytest.mark.parametrize("width", [1, 5, 20, 60, 200])
def test_it_fits(width: int) -> None:
    assert width_of(draw(select(Picture(busy())), width)[0]) <= width


def test_what_can_be_done_is_said_whole_or_not_at_all() -> None:
    whole = line(Picture(busy()))
    assert whole.endswith(" · start it: ollama serve")
    assert line(Picture(busy()), width=len(whole) - 1) == whole.removesuffix(" · start it: ollama serve")
