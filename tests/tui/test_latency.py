import pytest

from ai_dashboard.core.history import HistoryView, SeriesKey, Window
from ai_dashboard.tui.keys import KEYS, Scope
from ai_dashboard.tui.panels.latency_chart import LatencyChart
from ai_dashboard.tui.panels.latency_table import LatencyTable
from ai_dashboard.tui.screens.latency import LatencyScreen
from tests.tui.conftest import Open
from tests.tui.fakes import PORTS, busy, busy_port
from tests.tui.stage import Stage

SIZES = ((120, 40), (80, 24), (60, 15))


async def settle(on: Stage) -> None:
    """Until what was asked of the gateway is drawn."""
    await on.app.workers.wait_for_complete()
    await on.pilot.pause()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("kind", PORTS)
async def test_every_key_on_every_size_with_every_picture(stage: Open, kind: str, size: tuple[int, int]) -> None:
    async with stage(PORTS[kind](), size) as on:
        pressed = [one for one in KEYS if one.scope in {Scope.LATENCY, Scope.VIEW, Scope.AWAY, Scope.SCROLL}]
        for key in [key for one in pressed for key in one.keys.split(",")] * 2:
            await on.press("3", key)
            await settle(on)
            assert on.fits(), key
        assert on.app.is_running


async def test_the_busiest_model_is_in_the_chart_from_the_start(stage: Open) -> None:
    async with stage(busy_port()) as on:
        await on.press("3")
        await settle(on)
        assert "━ openai · llama3.1:8b  p50 ━  90ms" in on.text()
        assert "configuration #16, #17" in on.text()
        assert "tok/s" in on.text()


async def test_a_second_model_is_laid_over_the_first_and_taken_out_again(stage: Open) -> None:
    async with stage(busy_port()) as on:
        await on.press("3")
        await settle(on)
        await on.press("j", "enter")
        await settle(on)
        assert "° anthropic · llama3.1:8b  p50" in on.text()
        await on.press("j", "enter")
        await settle(on)
        assert "° vllm · llama3.1:8b  p50" in on.text()
        assert "━ openai · llama3.1:8b  p50" in on.text()
        await on.press("enter")
        await settle(on)
        assert "vllm · llama3.1:8b  p50" not in on.text()
        await on.press("home", "enter")
        await settle(on)
        assert "━ openai · llama3.1:8b  p50" in on.text()  # the last one stays


async def test_windows_measures_and_boxes_are_a_key_away(stage: Open) -> None:
    async with stage(busy_port()) as on:
        await on.press("3")
        for window in ("1h", "24h", "1m", "5m"):
            await on.press("w")
            await settle(on)
            assert f"Latency · last {window}" in on.text()
            assert f"over time · {window}" in on.text()
        await on.press("W")
        await settle(on)
        assert "Latency · last 1m" in on.text()
        await on.press("m")
        assert "Whole answer · over time" in on.text()
        await on.press("m")
        assert "Tokens/s · over time" in on.text()
        await on.press("b")
        assert "Tokens/s · spread" in on.text()
        assert "██ middle half" in on.text()


async def test_the_chart_is_drawn_again_only_when_its_figures_changed(stage: Open) -> None:
    async with stage(busy_port()) as on:
        await on.press("3")
        await settle(on)
        chart = on.app.screen.query_one(LatencyChart)
        drawn = chart._lines
        assert drawn
        on.port.picture = busy(1)  # a picture as before
        await on.look()
        await settle(on)
        assert chart._lines is drawn
        on.port.moving = True
        await on.look()
        await settle(on)
        assert chart._lines is not drawn


async def test_nothing_is_asked_while_another_screen_is_shown(stage: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    port = busy_port()
    asked: list[Window] = []
    history = port.history

    async def counted(window: Window, shown: tuple[SeriesKey, ...] = ()) -> HistoryView:
        asked.append(window)
        return await history(window, shown)

    monkeypatch.setattr(port, "history", counted)
    async with stage(port) as on:
        await on.press("3")
        await settle(on)
        assert asked
        await on.press("1")
        before = len(asked)
        port.moving = True
        for _ in range(3):
            await on.look()
            await settle(on)
        assert len(asked) == before


async def test_a_gateway_that_goes_away_leaves_the_last_figures(stage: Open) -> None:
    async with stage(busy_port()) as on:
        await on.press("3")
        await settle(on)
        on.port.closed = "connection refused"
        await on.press("j", "enter")
        await settle(on)
        await on.look()
        assert "◌ STALE" in on.lines()[0]
        assert "openai · llama3.1:8b" in on.text()


async def test_a_storm_of_resizes(stage: Open) -> None:
    async with stage(busy_port()) as on:
        await on.press("3", "b")
        await settle(on)
        for size in ((200, 60), (20, 5), (120, 40), (60, 15), (199, 6), (21, 50), (80, 24)):
            await on.resize(*size)
        assert isinstance(on.app.screen, LatencyScreen)
        assert on.app.screen.query_one(LatencyTable).selected is not None
