from dataclasses import replace
from typing import Any

import pytest
from textual.screen import Screen

from ai_dashboard.core.snapshot import BreakerState, Health, TargetView
from ai_dashboard.tui.keys import KEYS, Scope
from ai_dashboard.tui.panels.provider_card import ProviderCard
from ai_dashboard.tui.panels.provider_table import ProviderTable
from ai_dashboard.tui.screens.ask import ConfirmScreen
from ai_dashboard.tui.screens.overview import OverviewScreen
from ai_dashboard.tui.screens.provider import ProviderScreen
from ai_dashboard.tui.screens.providers import ProvidersScreen
from tests.tui.conftest import Open
from tests.tui.fakes import PORTS, FakePort, busy, busy_port, provider
from tests.tui.stage import Stage

SIZES = ((120, 40), (80, 24), (60, 15))


def keys(*scopes: Scope) -> list[str]:
    return [key for one in KEYS if one.scope in scopes for key in one.keys.split(",")]


def table(on: Stage) -> ProviderTable:
    return on.app.screen.query_one(ProviderTable)


def showing(on: Stage, kind: type[Screen[Any]]) -> bool:
    return isinstance(on.app.screen, kind)


async def settle(on: Stage) -> None:
    """Until what was asked of the gateway is drawn."""
    await on.app.workers.wait_for_complete()
    await on.pilot.pause()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("kind", PORTS)
async def test_every_key_on_every_size_with_every_picture(stage: Open, kind: str, size: tuple[int, int]) -> None:
    async with stage(PORTS[kind](), size) as on:
        for key in keys(Scope.PROVIDERS, Scope.OPERATE, Scope.VIEW, Scope.AWAY, Scope.SCROLL):
            await on.press("2", key)
            assert on.fits(), key
            if showing(on, ProviderScreen):
                for inner in keys(Scope.PROVIDER, Scope.OPERATE, Scope.SCROLL):
                    await on.press(inner)
                    await settle(on)
                    assert on.fits(), (key, inner)
                    if showing(on, ConfirmScreen):
                        await on.press("y")
                        await settle(on)
                        assert on.fits(), (key, inner)
                    if not showing(on, ProviderScreen):
                        await on.press("2", "enter")
            await on.home()
        assert on.app.is_running


@pytest.mark.parametrize("size", SIZES)
async def test_all_providers_are_on_the_screen_and_the_selected_one_in_short(
    stage: Open, size: tuple[int, int]
) -> None:
    async with stage(busy_port(), size) as on:
        await on.press("2")
        for words in ("openai", "anthropic", "vllm", "ollama", "gemini", "auth failed"):
            assert words in on.text()
        await on.press("j", "j")
        assert table(on).selected == "vllm"
        assert "p95 3.1s is 4 × usual" in on.text()
        assert on.app.screen.query_one(ProviderCard).view.name == "vllm"  # type: ignore[union-attr]


async def test_the_cursor_keeps_its_provider_when_the_order_changes(stage: Open) -> None:
    async with stage(busy_port()) as on:
        await on.press("2", "end")
        chosen = table(on).selected
        await on.press("s")
        assert table(on).selected == chosen
        assert "sort: name" in on.text()


async def test_a_provider_that_goes_away_leaves_the_cursor_on_another(stage: Open) -> None:
    async with stage(busy_port()) as on:
        await on.press("2", "end")
        on.port.picture = busy(2, providers=(provider("only"),))
        await on.look()
        assert table(on).selected == "only"
        assert "only" in on.lines()[-15] or "╭─ only" in on.text()


async def test_more_providers_than_lines_scroll_under_their_heading(stage: Open) -> None:
    port = busy_port()
    port.picture = busy(providers=tuple(provider(f"p{number:02}") for number in range(40)))
    async with stage(port, (80, 24)) as on:
        await on.press("2", "end")
        assert table(on).selected == "p39"
        assert "▸" not in on.text()
        assert "p39" in on.text()
        assert "state" in on.lines()[2]
        await on.press("pageup")
        assert table(on).selected != "p39"


async def test_enter_shows_one_provider_and_escape_comes_back_to_it(stage: Open) -> None:
    port = busy_port()
    target = TargetView("llama3.1:8b", BreakerState.OPEN, retry_in_s=19.0, reason="HTTP 500")
    port.picture = busy(providers=(provider("a"), provider("vllm", Health.DEGRADED, targets=(target,))))
    async with stage(port) as on:
        await on.press("2")
        await on.press("home", "enter")
        await settle(on)
        assert isinstance(on.app.screen, ProviderScreen)
        for words in (
            "Provider vllm",
            "○ OPEN",
            "19.0s",
            "└ HTTP 500",
            "vllm.service active",
            "1h00 ago",
            "62.0 % left",
        ):
            assert words in on.text(), words
        assert on.port.serviced == [("vllm", None)]
        await on.press("m")
        assert "Whole answer" in on.text()
        await on.press("escape")
        assert isinstance(on.app.screen, ProvidersScreen)
        assert table(on).selected == "vllm"


async def test_nothing_is_done_before_somebody_says_yes(stage: Open) -> None:
    async with stage(busy_port()) as on:
        await on.press("2", "d")
        assert "Drain?" in on.text()
        await on.press("n")
        assert on.port.operated == []
        name = table(on).selected
        await on.press("x", "y")
        await settle(on)
        assert on.port.operated == [(name, "disable")]
        assert f"disable: {name} is unavailable" in on.text()


async def test_only_what_makes_sense_is_offered(stage: Open) -> None:
    port = busy_port()
    off = provider("off", Health.DISABLED, reason="disabled in providers.yaml")
    port.picture = busy(providers=(provider("drained", Health.DRAINING, wish="drained"), off, provider("well")))
    async with stage(port) as on:
        await on.press("2", "home")
        offered = {}
        for _ in range(3):
            offered[table(on).selected] = on.lines()[-1]
            await on.press("j")
        assert "Ask again" not in offered["well"]
        assert "d Drain" in offered["well"]
        assert "a Ask again" in offered["drained"]
        assert "d Drain" not in offered["drained"]
        assert "Reset" not in offered["off"]
        await on.press("end")
        await on.press("a", "d", "x", "b")
        assert not isinstance(on.app.screen, ConfirmScreen)


async def test_a_service_is_moved_where_one_is_named(stage: Open) -> None:
    async with stage(busy_port()) as on:
        await on.press("2", "j", "j", "enter")
        await settle(on)
        assert "X Stop" in on.lines()[-1]
        assert "S Start" not in on.lines()[-1]  # it runs
        await on.press("R")
        assert "systemctl --user restart vllm.service" in on.text()
        await on.press("y")
        await settle(on)
        assert on.port.serviced[-1] == ("vllm", "restart")
        assert "vllm.service: restart: active" in on.text()


async def test_a_gateway_that_goes_away_is_told_and_nothing_breaks(stage: Open) -> None:
    async with stage(busy_port()) as on:
        await on.press("2", "j", "b")
        on.port.closed = "connection refused"
        await on.press("y")
        await settle(on)
        assert "not done: connection refused" in on.text()
        await on.press("enter")
        await settle(on)
        assert "asking the gateway" in on.text()
        await on.look()
        assert "◌ STALE" in on.lines()[0]


async def test_a_provider_that_is_gone_from_the_configuration_says_so(stage: Open) -> None:
    async with stage(busy_port()) as on:
        await on.press("2", "enter")
        await settle(on)
        on.port.picture = replace(busy(2), providers=())
        await on.look()
        assert "not in the configuration any more" in on.text()


async def test_a_click_selects_and_another_one_opens(stage: Open) -> None:
    async with stage(busy_port()) as on:
        await on.press("2")
        await on.pilot.click("#provider-table", offset=(10, 3))
        chosen = table(on).selected
        assert chosen == "gemini"
        await on.pilot.click("#provider-table", offset=(10, 3))
        await on.pilot.pause()
        assert isinstance(on.app.screen, ProviderScreen)


async def test_numbers_and_clicks_switch_screens_which_stay_as_they_were(stage: Open) -> None:
    async with stage(busy_port()) as on:
        assert "1 Overview  2 Providers" in on.lines()[1]
        await on.press("2", "j", "3")
        assert "Latency · last" in on.text()
        await on.press("2")
        assert table(on).selected == "gemini"
        await on.press("enter", "1")
        assert isinstance(on.app.screen, OverviewScreen)
        assert len(on.app.screen_stack) == 1
        await on.pilot.click("#screens", offset=(on.lines()[1].index("Providers"), 0))
        await on.pilot.pause()
        assert isinstance(on.app.screen, ProvidersScreen)
        await on.press("escape")
        assert isinstance(on.app.screen, OverviewScreen)


async def test_a_screen_that_comes_back_knows_the_news_and_the_size(stage: Open) -> None:
    port: FakePort = busy_port()
    async with stage(port) as on:
        await on.press("2", "1")
        port.picture = busy(2, providers=(provider("newcomer"),))
        await on.look()
        await on.resize(60, 15)
        await on.press("2")
        assert "newcomer" in on.text()
        assert on.app.screen.has_class("-small")
        assert on.fits()
