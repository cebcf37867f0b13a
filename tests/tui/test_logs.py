from dataclasses import replace

import pytest
from textual.screen import ModalScreen

from ai_dashboard.core.snapshot import Alert, AlertLevel
from ai_dashboard.tui.keys import KEYS, Scope
from ai_dashboard.tui.panels.alert_list import AlertList
from ai_dashboard.tui.panels.alerts import AlertsPanel
from ai_dashboard.tui.panels.log_tail import LogTail
from ai_dashboard.tui.screens.config import ConfigScreen
from ai_dashboard.tui.screens.line import LineScreen
from ai_dashboard.tui.screens.logs import LogsScreen
from ai_dashboard.tui.screens.provider import ProviderScreen
from ai_dashboard.tui.screens.request import RequestScreen
from ai_dashboard.tui.screens.requests import RequestsScreen
from tests.tui.conftest import Open
from tests.tui.fakes import NOW, PORTS, busy, busy_port, provider
from tests.tui.stage import Stage

KEYS_HERE = [key for one in KEYS if one.scope in (Scope.LOGS, Scope.SCROLL, Scope.VIEW) for key in one.keys.split(",")]
ALERT_KEYS = [key for one in KEYS if one.scope is Scope.ALERTS for key in one.keys.split(",")]


async def settle(on: Stage) -> None:
    """Until what was asked of the gateway is drawn."""
    await on.pilot.pause()
    await on.app.workers.wait_for_complete()
    await on.pilot.pause()


async def logs(on: Stage, *keys: str) -> None:
    """The screen of logs, and these keys on it."""
    await on.press("9")
    await settle(on)
    await on.press(*keys)


def tail(on: Stage) -> LogTail:
    return on.app.screen.query_one(LogTail)


@pytest.mark.parametrize(
    ("kind", "size"),
    [("busy", (120, 40)), ("hostile", (80, 24)), ("empty", (60, 15)), ("stale", (60, 15)), ("busy", (40, 8))],
)
async def test_every_key_on_every_size_with_every_picture(stage: Open, kind: str, size: tuple[int, int]) -> None:
    async with stage(PORTS[kind](), size) as on:
        await logs(on)
        for key in KEYS_HERE:
            await on.press(key)
            assert on.fits(), key
            if not isinstance(on.app.screen, LogsScreen) or on.app.screen.bar.is_open:
                await on.press("escape")
                await logs(on)
        for key in ALERT_KEYS:
            on.app.screen.query_one(AlertList).focus()
            await on.press(key)
            await on.pilot.pause()
            assert on.fits(), key
            if isinstance(on.app.screen, ModalScreen):
                await on.press("escape")
            await on.home()
            await logs(on)
        assert on.app.is_running


async def test_the_newest_event_is_at_the_bottom_with_what_it_knows(stage: Open) -> None:
    async with stage(busy_port()) as on:
        await logs(on)
        assert "Log · 40" in on.text()
        line = on.line_with("bad gateway 40")
        for words in ("· info", "llm_call_failed", "vllm", "qwen3-32b", "backend=vllm", "412ms", "000028"):
            assert words in line
        assert "f following" in on.text()
        assert tail(on).selected == tail(on).store.kept[-1]


async def test_a_level_shows_only_what_matters_as_much(stage: Open) -> None:
    async with stage(busy_port()) as on:
        await logs(on, "l", "l")
        assert "warning and above" in on.text()
        assert "· info" not in on.text()
        assert {event.level for event in tail(on).view.rows or ()} == {"warning", "error"}  # type: ignore[union-attr]
        await on.press("l", "l")
        assert len(tail(on).view.rows or ()) == 40  # type: ignore[union-attr]


async def test_words_filter_while_they_are_typed_and_escape_drops_them(stage: Open) -> None:
    async with stage(busy_port()) as on:
        await logs(on, "slash", *"GATEWAY", "space", "minus", "4", "enter")
        assert "/GATEWAY -4 " in on.text()
        assert {event.seq for event in tail(on).view.rows or ()} == {  # type: ignore[union-attr]
            seq for seq in range(1, 41) if "4" not in f"{seq} req-{seq:06x}"
        }
        await on.press("escape")
        assert isinstance(on.app.screen, LogsScreen)
        assert "match" not in on.text()
        await on.press("escape")
        assert not isinstance(on.app.screen, LogsScreen)


async def test_who_moves_stays_with_an_event_until_following_again(stage: Open) -> None:
    async with stage(busy_port()) as on:
        await logs(on, "k", "k")
        selected = tail(on).selected
        assert selected is not None
        assert selected.seq == 38
        on.port.picture = busy(2)
        await on.look()
        await settle(on)
        assert tail(on).selected == selected
        await on.press("f")
        assert tail(on).selected == tail(on).store.kept[-1]


async def test_nothing_is_asked_while_the_picture_is_paused(stage: Open) -> None:
    async with stage(busy_port()) as on:
        await logs(on, "space")
        on.port.picture = replace(busy(2), providers=())
        await on.look()
        await settle(on)
        assert "Log · 40" in on.text()


async def test_an_event_leads_to_its_request_else_to_its_provider(stage: Open) -> None:
    async with stage(busy_port()) as on:
        await logs(on, "enter")
        assert isinstance(on.app.screen, RequestScreen)
        assert "req-000028" in on.text()
    port = busy_port()
    port.finished = []
    async with stage(port) as on:
        await logs(on, "enter")
        assert isinstance(on.app.screen, ProviderScreen)


async def test_an_alert_is_noted_opened_again_and_silenced(stage: Open) -> None:
    async with stage(busy_port()) as on:
        await logs(on, "tab", "a")
        await settle(on)
        assert on.port.alerted == [("down:ollama", "ack", 60.0)]
        assert "Alerts · 1 · 1 noted" in on.text()
        assert "⚠ 1" in on.lines()[0]
        assert "noted" in on.line_with("ollama is unavailable")
        await on.press("a")
        await settle(on)
        assert on.port.alerted[1:] == [("down:ollama", "reopen", 60.0)]
        await on.press("S")
        await on.pilot.pause()
        assert isinstance(on.app.screen, LineScreen)
        await on.press("x", "enter")
        assert "write minutes" in on.text()
        await on.press(*["backspace"] * 3, *"15", "enter")
        await settle(on)
        assert on.port.alerted[2:] == [("down:ollama", "silence", 15.0)]
        assert "silent" in on.line_with("ollama is unavailable")


@pytest.mark.parametrize("where", ["logs", "overview"])
async def test_an_alert_leads_to_the_requests_that_caused_it(stage: Open, where: str) -> None:
    port = busy_port()
    port.picture = busy(alerts=(Alert("provider:openai:degraded", AlertLevel.WARNING, NOW, "slow", "", "openai"),))
    async with stage(port) as on:
        if where == "logs":
            await logs(on, "tab")
        else:
            on.app.screen.query_one(AlertsPanel).focus()
        await on.press("enter")
        await settle(on)
        assert isinstance(on.app.screen, RequestsScreen)
        assert on.app.screen.requests.filter.text == "failed:openai"
        assert on.app.screen.requests.view is not None
        assert len(on.app.screen.requests.view.rows) == 17  # a quarter of sixty, and two that are in flight


async def test_an_alert_that_no_request_caused_leads_to_the_provider_or_the_files(stage: Open) -> None:
    port = busy_port()
    port.picture = busy(
        providers=(provider("vllm"), provider("gemini")),
        alerts=(
            Alert("provider:gemini:auth", AlertLevel.CRITICAL, NOW, "gemini refuses our key", "", "gemini"),
            Alert("config:attention", AlertLevel.WARNING, NOW, "not taken up"),
            Alert("redis:down", AlertLevel.INFO, NOW, "Redis is not there"),
        ),
    )
    async with stage(port) as on:
        await logs(on, "tab", "enter")
        await settle(on)
        assert isinstance(on.app.screen, ProviderScreen)
        await on.press("escape", "j", "enter")
        await on.pilot.pause()
        assert isinstance(on.app.screen, ConfigScreen)
        await on.home()
        await logs(on, "j", "enter")
        await on.pilot.pause()
        assert "no screen shows more of it" in on.text()


async def test_changes_and_the_state_of_their_record_are_shown(stage: Open) -> None:
    async with stage(busy_port()) as on:
        await logs(on)
        assert "Audit · ✓ whole · 2 entries" in on.text()
        assert "config.commit" in on.line_with("providers.yaml")
    async with stage(PORTS["empty"]()) as on:
        await logs(on)
        assert "keeps no record of changes" in on.text()


async def test_a_gateway_that_goes_away_is_told_and_nothing_breaks(stage: Open) -> None:
    async with stage(busy_port()) as on:
        await logs(on, "tab")
        on.port.closed = "connection refused"
        await on.press("a")
        await settle(on)
        assert "not done: connection refused" in on.text()
        await on.look()
        assert "◌ STALE" in on.lines()[0]
        assert "bad gateway 40" in on.text()
