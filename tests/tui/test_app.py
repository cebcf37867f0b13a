import gc

import pytest
from textual.events import AppBlur, AppFocus

from ai_dashboard.tui.keys import KEYS, Scope
from ai_dashboard.tui.screens.config import ConfigScreen
from ai_dashboard.tui.screens.help import HelpScreen
from ai_dashboard.tui.screens.overview import OverviewScreen
from ai_dashboard.tui.screens.quit import QuitScreen
from ai_dashboard.tui.screens.request import RequestScreen
from tests.tui.conftest import Open
from tests.tui.fakes import PORTS, busy, busy_port, empty_port, gateway

SIZES = ((120, 40), (80, 24), (60, 15))

NOT_NOW = {"view.back", "welcome.demo", "app.hand_over", "travel.forth", "travel.mark_forth", "travel.live"}
"""Nothing is zoomed, filtered or past, and there is nobody to hand over to."""

PRESSED = [
    key
    for one in KEYS
    if one.scope in {Scope.OVERVIEW, Scope.LIST, Scope.VIEW, Scope.SCROLL, Scope.APP}
    and one.id not in {"app.quit", "requests.filter"}
    for key in one.keys.split(",")
]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("kind", PORTS)
async def test_every_key_on_every_size_with_every_picture(stage: Open, kind: str, size: tuple[int, int]) -> None:
    async with stage(PORTS[kind](), size) as on:
        for key in PRESSED:
            await on.press(key)
            assert on.fits(), key
            while not isinstance(on.app.screen, OverviewScreen):
                for inner in ("j", "end", "y", "d", "tab", "1", "enter"):
                    if isinstance(on.app.screen, (ConfigScreen, RequestScreen)):
                        await on.press(inner)
                        assert on.fits(), (key, inner)
                await on.home()
        assert on.app.is_running


@pytest.mark.parametrize("kind", PORTS)
async def test_a_storm_of_resizes(stage: Open, kind: str) -> None:
    sizes = [(200, 60), (20, 5), (120, 40), (60, 15), (199, 6), (21, 50), (80, 24)]
    async with stage(PORTS[kind](), (120, 40)) as on:
        for screen in ("none", "enter", "c", "question_mark"):
            if screen != "none":
                await on.press(screen)
            for size in sizes:
                await on.resize(*size)
            await on.home()


async def test_q_leaves_at_once_when_nobody_waits(stage: Open) -> None:
    async with stage(empty_port()) as on:
        await on.press("q")
        assert not on.app.is_running


async def test_q_asks_while_somebody_waits(stage: Open) -> None:
    async with stage(busy_port()) as on:
        await on.press("q")
        assert isinstance(on.app.screen, QuitScreen)
        assert "2 requests are in flight." in on.text()
        await on.press("n")
        assert isinstance(on.app.screen, OverviewScreen)
        await on.press("q", "escape", "q", "y")
        assert not on.app.is_running


@pytest.mark.parametrize("simulated", [True, False])
async def test_q_does_not_ask_for_a_simulation_or_a_gateway_that_stays(stage: Open, simulated: bool) -> None:
    port = busy_port()
    port.picture = busy(gateway=gateway(simulated=simulated))
    async with stage(port, quit_asks=simulated) as on:
        await on.press("q")
        assert not on.app.is_running


async def test_ctrl_c_tells_how_to_leave(stage: Open) -> None:
    async with stage(busy_port()) as on:
        await on.press("ctrl+c")
        assert "press q to quit" in on.text()


async def test_help_lists_the_keys_of_the_screen_beneath(stage: Open) -> None:
    async with stage(busy_port(), (120, 60)) as on:
        await on.press("question_mark")
        assert isinstance(on.app.screen, HelpScreen)
        for one in KEYS:
            here = {Scope.APP, Scope.OVERVIEW, Scope.LIST, Scope.VIEW, Scope.SCROLL, Scope.TRAVEL}
            expected = one.scope in here and one.id not in NOT_NOW
            assert (one.help in on.text()) == expected, one.id
        await on.press("escape")
        assert isinstance(on.app.screen, OverviewScreen)


@pytest.mark.parametrize("key", ["colon", "ctrl+p"])
async def test_the_palette_runs_what_it_finds(stage: Open, key: str) -> None:
    async with stage(busy_port()) as on:
        await on.press(key, *"metric")
        await on.app.workers.wait_for_complete()
        await on.press("enter")
        await on.pilot.pause()
        assert "Latency · whole answer" in on.text()


async def test_t_switches_between_dark_and_light(stage: Open) -> None:
    async with stage(busy_port()) as on:
        assert on.app.theme == "centre-dark"
        await on.press("t")
        assert on.app.theme == "centre-light"
        await on.press("t")
        assert on.app.theme == "centre-dark"


@pytest.mark.parametrize("theme", ["ansi-dark", "ansi-light", "textual-dark", "nord"])
async def test_textuals_own_themes_work_too(stage: Open, theme: str) -> None:
    async with stage(busy_port()) as on:
        on.app.theme = theme
        await on.press("c")
        assert "Who can answer." in on.text()


async def test_without_colour_states_are_still_words(stage: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with stage(busy_port()) as on:
        assert on.app.no_color
        assert "○ ollama" in on.text()
        assert "unavailable" in on.text()


async def test_an_unwatched_screen_looks_less_often(stage: Open) -> None:
    async with stage(busy_port()) as on:
        on.app.post_message(AppBlur())
        await on.pilot.pause()
        polled = on.port.polled
        for _ in range(8):
            on.app._tick()
            await on.app.workers.wait_for_complete()
        assert on.port.polled - polled <= 3
        on.app.post_message(AppFocus())
        await on.pilot.pause()
        polled = on.port.polled
        for _ in range(4):
            on.app._tick()
            await on.app.workers.wait_for_complete()
        assert on.port.polled - polled >= 4


async def test_what_stands_after_the_start_is_out_of_the_collectors_sight(stage: Open) -> None:
    before = gc.get_freeze_count()
    async with stage(busy_port()):
        assert gc.get_freeze_count() > before


async def test_a_panel_is_drawn_again_only_when_its_view_changed(stage: Open) -> None:
    async with stage(busy_port()) as on:
        panel = on.app.screen.query_one("#alerts")
        drawn = panel._lines  # type: ignore[attr-defined]
        on.port.moving = True
        await on.look()
        assert panel._lines is drawn  # type: ignore[attr-defined]
