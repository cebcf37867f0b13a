import shlex

import pytest
from textual.widgets import Input

from ai_dashboard.tui.ink import text_of
from ai_dashboard.tui.panels.providers import ProvidersPanel
from ai_dashboard.tui.panels.requests import RequestsPanel
from ai_dashboard.tui.screens.overview import OverviewScreen
from ai_dashboard.tui.screens.request import RequestScreen
from tests.tui.conftest import Open
from tests.tui.fakes import busy, busy_port, empty_port, gateway, record, records, stale_port

SIZES = ((120, 40), (80, 24), (60, 15))


def list_of(on: object) -> RequestsPanel:
    return on.app.screen.query_one(RequestsPanel)  # type: ignore[attr-defined,no-any-return]


@pytest.mark.parametrize("size", SIZES)
async def test_a_working_day(stage: Open, size: tuple[int, int]) -> None:
    async with stage(busy_port(), size) as on:
        text = on.text()
        for words in ("● LIVE", ":4000", "ollama", "unavailable", "vllm", "degraded", "openai", "qwen3-32b", "q Quit"):
            assert words in text
        assert on.fits()


@pytest.mark.parametrize("size", SIZES)
async def test_a_simulation_is_labelled(stage: Open, size: tuple[int, int]) -> None:
    port = busy_port()
    port.picture = busy(gateway=gateway(simulated=True))
    async with stage(port, size) as on:
        assert "DEMO" in on.lines()[0]


@pytest.mark.parametrize("size", SIZES)
async def test_a_first_run_teaches(stage: Open, size: tuple[int, int]) -> None:
    async with stage(empty_port(), size) as on:
        text = on.text()
        assert "ai-dashboard --demo" in text
        assert "curl -s http://127.0.0.1:4000/v1/chat/completions" in text
        assert on.fits()


@pytest.mark.parametrize("size", SIZES)
async def test_a_gateway_that_goes_away_stays_readable(stage: Open, size: tuple[int, int]) -> None:
    async with stage(busy_port(), size) as on:
        on.port.closed = "connection refused"
        await on.look()
        assert "◌ STALE" in on.lines()[0]
        assert "ollama" in on.text()
        assert "connection refused · trying again" in on.text()
        on.port.closed = ""
        await on.look()
        assert "● LIVE" in on.lines()[0]


async def test_a_gateway_that_never_was_is_waited_for(stage: Open) -> None:
    async with stage(stale_port()) as on:
        assert "… CONNECTING" in on.lines()[0]
        assert "is gone · trying again" in on.text()


async def test_columns_stand_under_their_titles(stage: Open) -> None:
    async with stage(busy_port()) as on:
        title, row = on.line_with("in/out"), on.line_with("812/240")
        assert row.index("812/240") + 3 == title.index("in/out") + 2
        assert row.index(" 200 ") + 4 == title.index(" st ") + 3
        assert row.index("qwen3-32b") == title.index("model")
        heading, worst = on.line_with("err %"), on.line_with("unavailable")
        assert worst.index(" 100 ") + 4 == heading.index("err %") + 5


async def test_moving_stops_following_and_the_cursor_keeps_its_request(stage: Open) -> None:
    async with stage(busy_port()) as on:
        await on.press("j", "down", "j")
        chosen = list_of(on).selected
        assert chosen is not None
        assert not list_of(on).follow
        on.port.moving = True
        await on.look()
        assert list_of(on).selected == chosen
        assert "▸ " in on.line_with(chosen.id[-6:])
        await on.press("f")
        assert list_of(on).follow
        assert list_of(on).selected == list_of(on).view.rows[0]  # type: ignore[union-attr]


async def test_the_list_scrolls_to_both_ends(stage: Open) -> None:
    async with stage(busy_port()) as on:
        await on.press("end")
        assert list_of(on).selected == record(1)
        assert record(1).id in on.text() or record(1).id[-6:] in on.text()
        await on.press("pageup")
        assert list_of(on).selected != record(1)
        await on.press("home", "k")
        assert list_of(on).follow
        await on.press("pagedown")
        assert not list_of(on).follow


async def test_a_filter_is_typed_kept_and_dropped(stage: Open) -> None:
    async with stage(busy_port()) as on:
        await on.press("slash", "q", "0", "0", "backspace", "backspace", "backspace")
        assert on.app.screen.query_one(Input).value == ""
        await on.press("0", "0", "0", "0", "3", "c", "enter")
        assert "/00003c 1 match" in on.text()
        assert list_of(on).selected == record(60)
        await on.press("escape")
        assert "match" not in on.text()
        await on.press("slash", "x", "x", "x")
        assert "no request matches “xxx”" in on.text()
        await on.press("escape")
        assert list_of(on).filter.text == ""


async def test_enter_opens_and_escape_comes_back(stage: Open) -> None:
    async with stage(busy_port()) as on:
        await on.press("down", "down", "enter")
        assert isinstance(on.app.screen, RequestScreen)
        for words in ("Request req-00003c", "Attempts", "upstream_error", "Plan", "left out: it is down"):
            assert words in on.text()
        await on.press("escape")
        assert isinstance(on.app.screen, OverviewScreen)


async def test_y_copies_a_runnable_command(stage: Open) -> None:
    async with stage(busy_port()) as on:
        await on.press("y")
        words = shlex.split(on.app.clipboard)
        assert words[0] == "curl"
        assert "http://127.0.0.1:4000/v1/chat/completions" in words
        assert "copied: curl" in on.text()
        await on.press("enter", "y")
        assert "copied: curl" in on.text()


async def test_space_freezes_the_picture(stage: Open) -> None:
    async with stage(busy_port()) as on:
        on.port.moving = True
        await on.press("space")
        await on.look()
        assert "‖ PAUSED +1" in on.lines()[0]
        assert "Requests · 60" in on.text()
        await on.press("space")
        assert "● LIVE" in on.lines()[0]
        assert "Requests · 61" in on.text()


async def test_s_sorts_the_providers(stage: Open) -> None:
    async with stage(busy_port()) as on:
        table = on.app.screen.query_one(ProvidersPanel)
        await on.press("s")
        assert "s sort: name" in on.text()
        names = [text_of(line).split()[1] for line in table.lines(78, 6)[1:]]
        assert names == ["anthropic", "gemini", "ollama", "openai", "vllm"]


async def test_m_changes_the_metric(stage: Open) -> None:
    async with stage(busy_port()) as on:
        assert "Latency · first token" in on.text()
        await on.press("m")
        assert "Latency · whole answer" in on.text()


async def test_z_gives_a_panel_the_whole_screen(stage: Open) -> None:
    async with stage(busy_port()) as on:
        await on.press("shift+tab", "z")
        assert "Alerts" in on.text()
        assert "─ Providers" not in on.text()
        assert on.fits()
        await on.press("escape")
        assert "─ Providers" in on.text()


async def test_tab_goes_round_the_panels(stage: Open) -> None:
    async with stage(busy_port()) as on:
        seen = []
        for _ in range(7):
            await on.press("tab")
            assert on.app.screen.focused is not None
            seen.append(on.app.screen.focused.id)
        assert seen == ["providers", "host", "gauges", "latency", "money", "alerts", "requests"]


async def test_a_long_table_can_be_scrolled(stage: Open) -> None:
    port = busy_port()
    port.picture = busy(providers=port.picture.providers * 4)
    async with stage(port) as on:
        table = on.app.screen.query_one(ProvidersPanel)
        table.focus()
        await on.press("end")
        assert table.top > 0
        await on.press("home", "j", "pagedown", "k", "pageup")
        assert table.top == 0


async def test_r_probes_and_looks_at_once(stage: Open) -> None:
    async with stage(busy_port()) as on:
        polled = on.port.polled
        await on.press("r")
        await on.app.workers.wait_for_complete()
        await on.pilot.pause()
        assert on.port.refreshed == 1
        assert on.port.polled > polled
        assert "probed 5 providers" in on.text()


async def test_the_mouse_selects_and_opens(stage: Open) -> None:
    async with stage(busy_port()) as on:
        top = list_of(on).content_region.y
        await on.pilot.click("#requests", offset=(10, top - list_of(on).region.y + 4))
        assert list_of(on).selected == record(59)
        await on.pilot.click("#requests", offset=(10, top - list_of(on).region.y + 4))
        await on.pilot.pause()
        assert isinstance(on.app.screen, RequestScreen)


async def test_the_footer_can_be_clicked(stage: Open) -> None:
    async with stage(busy_port()) as on:
        await on.pilot.click("#footer", offset=(on.lines()[-1].index("? Help") + 1, 0))
        await on.pilot.pause()
        assert on.app.screen.id is None
        assert "Everywhere" in on.text()


async def test_thousands_of_requests_are_at_hand(stage: Open) -> None:
    port = busy_port()
    port.finished = records(6_000)
    async with stage(port) as on:
        assert "Requests · 5,000" in on.text()
        assert "1,000 passed unseen" in on.text()
        await on.press("end")
        assert list_of(on).selected == record(1_001)
