import pytest

from ai_dashboard.core.cache import CacheView
from ai_dashboard.core.history import Window
from ai_dashboard.tui.keys import KEYS, Scope
from ai_dashboard.tui.panels.queue_lines import QueueLines
from ai_dashboard.tui.screens.ask import ConfirmScreen
from ai_dashboard.tui.screens.cache import CacheScreen
from ai_dashboard.tui.screens.line import LineScreen
from ai_dashboard.tui.screens.requests import RequestsScreen
from tests.tui.conftest import Open
from tests.tui.fakes import PORTS, FakePort, busy, busy_port, empty_port, record, records
from tests.tui.stage import Stage


async def settle(on: Stage) -> None:
    """Until what was asked of the gateway is drawn."""
    await on.app.workers.wait_for_complete()
    await on.pilot.pause()


async def opened(on: Stage) -> CacheScreen:
    await on.press("6")
    await settle(on)
    assert isinstance(on.app.screen, CacheScreen)
    return on.app.screen


@pytest.mark.parametrize(
    ("kind", "size"), [("busy", (120, 40)), ("hostile", (80, 24)), ("empty", (60, 15)), ("stale", (40, 8))]
)
async def test_every_key_on_every_size_with_every_picture(stage: Open, kind: str, size: tuple[int, int]) -> None:
    async with stage(PORTS[kind](), size) as on:
        pressed = [one for one in KEYS if one.scope in {Scope.CACHE, Scope.VIEW, Scope.AWAY, Scope.SCROLL}]
        for key in [key for one in pressed for key in one.keys.split(",")]:
            if not isinstance(on.app.screen, CacheScreen):
                await opened(on)
            await on.press(key)
            assert on.fits(), key
            if isinstance(on.app.screen, (ConfirmScreen, LineScreen)):
                await on.press("escape")
        assert on.app.is_running


async def test_cache_and_queue_are_on_one_screen(stage: Open) -> None:
    async with stage(busy_port()) as on:
        await opened(on)
        for words in (
            "hit ratio · 5m",
            "hits 62.2 %",
            "saved   $1.12 and 14m20",
            "118/256 M",
            "Near misses · 48",
            "0.820 similarity",
            "wait  12 · oldest 4s",
            "▓ high 10",
            "anthropic · llama3.1:8b",
            "3/8 strained",
            "openai      holds llama3.1:8b",
        ):
            assert words in on.text(), words


@pytest.mark.parametrize("size", [(80, 24), (60, 15)])
async def test_small_screens_keep_what_matters(stage: Open, size: tuple[int, int]) -> None:
    async with stage(busy_port(), size) as on:
        await opened(on)
        for words in ("62.2 % of 5,194", "118/256 M", "wait  12", "anthropic · llama3", "▓▓"):
            assert words in on.text(), words


async def test_the_window_is_a_key_away_and_nothing_of_another_one_stays(stage: Open) -> None:
    async with stage(busy_port()) as on:
        await opened(on)
        for window in ("1h", "24h", "1m", "5m"):
            await on.press("w")
            await settle(on)
            assert f"hit ratio · {window}" in on.text()
            assert f"Queue · {window}" in on.text()
            assert f"in {window}" in on.line_with("saved   ")
        await on.press("W")
        await settle(on)
        assert "hit ratio · 1m" in on.text()


async def test_a_model_is_forgotten_once_it_is_named(stage: Open) -> None:
    port = busy_port()
    port.finished = [*records(5), record(6, asked="fast", cached="exact"), record(7, asked="chat", cached=None)]
    async with stage(port) as on:
        await opened(on)
        await on.press("i", "escape")
        assert port.forgotten == []
        await on.press("i")
        assert "fast" in on.text()  # the one that is answered from the cache most of all
        await on.press("backspace", "backspace", "backspace", "backspace", "enter")
        assert "write the name of a model" in on.text()
        await on.press(*"chat", "enter")
        await settle(on)
        assert port.forgotten == ["chat"]
        assert "forgotten: 4,312 answers of chat, 312 by meaning" in on.text()


async def test_everything_is_forgotten_after_a_question(stage: Open) -> None:
    port = busy_port()
    async with stage(port) as on:
        await opened(on)
        await on.press("I", "n")
        await settle(on)
        assert port.forgotten == []
        await on.press("I", "y")
        await settle(on)
        assert port.forgotten == [None]
        assert "Redis cannot be asked now" in on.text()


async def test_what_is_expired_is_cleared_after_a_question(stage: Open) -> None:
    port = busy_port()
    async with stage(port) as on:
        await opened(on)
        await on.press("x", "n")
        await on.press("x", "y")
        await settle(on)
        assert port.cleared == 1
        assert "cleared: 42 expired answers, 1 request past the deadline" in on.text()


async def test_a_cache_that_is_off_has_nothing_to_forget(stage: Open) -> None:
    async with stage(empty_port()) as on:
        screen = await opened(on)
        assert "the cache is off" in on.text()
        assert "nobody has waited since the start" in on.text()
        await on.press("i")
        assert on.app.screen is screen
        await on.press("I")
        assert on.app.screen is screen


async def test_enter_shows_the_requests_behind_a_line_and_behind_the_cache(stage: Open) -> None:
    async with stage(busy_port()) as on:
        await opened(on)
        await on.press("j", "enter")
        assert isinstance(on.app.screen, RequestsScreen)
        await on.pilot.pause()
        assert on.app.screen.requests.filter.text == 'provider:openai model:"llama3.1:8b"'
        await opened(on)
        await on.press("shift+tab", "enter")
        await on.pilot.pause()
        assert isinstance(on.app.screen, RequestsScreen)
        assert on.app.screen.requests.filter.text == "cached:*"


async def test_what_fails_is_said(stage: Open) -> None:
    port = busy_port()
    async with stage(port) as on:
        await opened(on)
        port.closed = "connection refused"
        for keys, words in ((("x", "y"), "not cleared: connection refused"), (("I", "y"), "not forgotten: connection")):
            await on.press(*keys)
            await settle(on)
            assert words in on.text()
        assert "62.2 % of 5,194" in on.text()  # the last figures stay


async def test_nothing_is_asked_while_another_screen_is_shown(stage: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    port, asked = busy_port(), list[Window]()
    known = FakePort.cache

    async def counted(self: FakePort, window: Window) -> CacheView:
        asked.append(window)
        return await known(self, window)

    monkeypatch.setattr(FakePort, "cache", counted)
    async with stage(port) as on:
        await opened(on)
        assert asked
        await on.home()
        before = len(asked)
        port.moving = True
        for _ in range(3):
            await on.look()
            await settle(on)
        assert len(asked) == before


async def test_the_cursor_stays_on_its_line_when_others_grow(stage: Open) -> None:
    async with stage(busy_port()) as on:
        screen = await opened(on)
        lines = screen.query_one(QueueLines)
        await on.press("j", "j")
        chosen = lines.selected
        assert chosen is not None
        port_picture = on.port.picture
        on.port.picture = busy(2, providers=tuple(reversed(port_picture.providers)))
        await on.look()
        await settle(on)
        assert lines.selected == chosen


async def test_the_overview_has_gauges_of_both(stage: Open) -> None:
    for size, words in (((120, 40), ("oldest 3s", "cache 63.0%")), ((80, 24), ("queue 12 · cache 63.0 %",))):
        async with stage(busy_port(), size) as on:
            assert all(it in on.text() for it in words)
