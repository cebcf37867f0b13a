import json
from dataclasses import replace
from pathlib import Path

import pytest
from textual.widgets import Input

from ai_dashboard.core.plan import RouteFacts
from ai_dashboard.tui.keys import KEYS, Scope
from ai_dashboard.tui.panels.requests import SORTS, RequestsPanel
from ai_dashboard.tui.sanitise import UNSAFE
from ai_dashboard.tui.screens.ask import ConfirmScreen
from ai_dashboard.tui.screens.compare import CompareScreen
from ai_dashboard.tui.screens.line import LineScreen
from ai_dashboard.tui.screens.overview import OverviewScreen
from ai_dashboard.tui.screens.requests import RequestsScreen
from ai_dashboard.tui.screens.routing import RoutingScreen
from tests.tui.conftest import Open
from tests.tui.fakes import PORTS, busy_port, empty_port, hostile_port, record, records
from tests.tui.stage import Stage

SIZES = ((120, 40), (80, 24), (60, 15))

PRESSED = [
    key
    for one in KEYS
    if one.scope in {Scope.INSPECTOR, Scope.LIST, Scope.VIEW, Scope.SCROLL} and one.id != "requests.filter"
    for key in one.keys.split(",")
]


def list_of(on: Stage) -> RequestsPanel:
    return on.app.screen.query_one(RequestsPanel)


async def typed(on: Stage, path: str) -> None:
    """Answer the question for a file."""
    on.app.screen.query_one(Input).value = path
    await on.press("enter")
    await on.pilot.pause()


async def written(on: Stage) -> None:
    """Wait until the file is written, or is not."""
    await on.app.workers.wait_for_complete()
    await on.pilot.pause()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("kind", PORTS)
async def test_every_key_on_every_size_with_every_picture(stage: Open, kind: str, size: tuple[int, int]) -> None:
    async with stage(PORTS[kind](), size) as on:
        for key in PRESSED:
            await on.press("4", key)
            assert on.fits(), key
            assert not any(UNSAFE.search(line) for line in on.lines()), key
            if isinstance(on.app.screen, LineScreen):
                await on.press("escape")
        assert on.app.is_running


@pytest.mark.parametrize("size", [*SIZES, (20, 5)])
async def test_its_other_screens_fit_everywhere(stage: Open, size: tuple[int, int]) -> None:
    async with stage(hostile_port(), size) as on:
        await on.press("4", "end", "m", "k", "m")
        assert isinstance(on.app.screen, CompareScreen)
        for key in ("j", "end", "pageup", "question_mark", "escape", "t"):
            await on.press(key)
            assert on.fits(), key
            assert not any(UNSAFE.search(line) for line in on.lines()), key
        await on.resize(80, 24)
        await on.press("4", "e")
        assert isinstance(on.app.screen, LineScreen)
        assert on.fits()


@pytest.mark.parametrize("size", SIZES)
async def test_the_list_has_the_whole_screen(stage: Open, size: tuple[int, int]) -> None:
    async with stage(busy_port(), size) as on:
        await on.press("4")
        assert isinstance(on.app.screen, RequestsScreen)
        assert "Requests · 60" in on.text() or size == (60, 15)
        assert "qwen3-32b" in on.text()


async def test_a_first_run_teaches_here_too(stage: Open) -> None:
    async with stage(empty_port()) as on:
        await on.press("4")
        assert "curl -s http://127.0.0.1:4000/v1/chat/completions" in on.text()


async def test_a_filter_by_fields_is_typed_with_help(stage: Open) -> None:
    async with stage(busy_port()) as on:
        await on.press("4", "slash")
        assert "tab provider:" in on.text()
        await on.press("t", "r", "i", "e")
        assert "tab tried: every provider that was asked" in on.text()
        await on.press("tab", "o", "tab")
        assert on.app.screen.query_one(Input).value == "tried:openai"
        assert "17 of 62 requests match" in on.line_with("requests match")
        await on.press("enter")
        assert "/tried:openai 17 match" in on.text()
        await on.press("j", "j")
        assert list_of(on).selected == record(60)


async def test_what_is_wrong_with_a_filter_is_told_below_it_and_the_list_stays(stage: Open) -> None:
    async with stage(busy_port()) as on:
        await on.press("4", "slash", *"kind:first")
        on.app.screen.query_one(Input).value = "kind:first total:9"
        await on.pilot.pause()
        assert "✗ total: “9” is no time; write >200ms, <=1.5s, >2m or 1s..3s" in on.text()
        assert "/kind:first 62 match" in on.text()
        await on.press("escape")
        assert list_of(on).filter.text == ""


async def test_s_goes_through_the_orders(stage: Open) -> None:
    port = busy_port()
    port.finished[10] = replace(port.finished[10], total_s=99.0)
    async with stage(port) as on:
        await on.press("4", "j", "s")
        assert "slowest first" in on.text()
        assert list_of(on).selected == port.finished[10]
        for _ in range(len(SORTS) - 1):
            await on.press("s")
        assert "first" not in on.lines()[2]


async def test_a_marked_request_is_compared_with_another(stage: Open) -> None:
    async with stage(busy_port()) as on:
        await on.press("4", "end", "m")
        assert "marked req-000001" in on.text()
        assert "◆ 000001" in on.lines()[2]
        await on.press("m")
        assert "req-000001 is no longer marked" in on.text()
        await on.press("m", "k", "k", "k", "m")
        assert isinstance(on.app.screen, CompareScreen)
        for words in ("req-000001 and req-000004", "capabilities.general_chat", "Waterfall of the second"):
            assert words in on.text()
        await on.press("escape", "escape")
        assert list_of(on).marked is None
        await on.press("escape")
        assert isinstance(on.app.screen, OverviewScreen)


async def test_the_line_below_a_filter_counts_what_comes(stage: Open) -> None:
    async with stage(busy_port()) as on:
        await on.press("4", "slash", *"qwen3")
        assert "61 of 62 requests match" in on.text()
        on.port.finished.append(record(61))
        await on.look()
        assert "62 of 63 requests match" in on.text()


async def test_what_is_compared_goes_on(stage: Open) -> None:
    async with stage(busy_port()) as on:
        await on.press("4", "m", "end", "m")
        assert "– streaming" in on.text()
        on.port.finished.append(record(61, id="run-000003", status=200))
        await on.look()
        assert "– streaming" not in on.text()


async def test_y_copies_a_command_and_shift_y_a_program(stage: Open) -> None:
    async with stage(busy_port()) as on:
        await on.press("4", "end", "y")
        assert on.app.clipboard.startswith("curl -sN http://127.0.0.1:4000/v1/chat/completions")
        await on.press("Y")
        assert on.app.clipboard.startswith("from openai import OpenAI")
        assert "copied as Python, for the openai client" in on.text()


async def test_a_request_is_asked_again_of_another_model(stage: Open) -> None:
    port = busy_port()
    port.keeps_bodies = True
    async with stage(port) as on:
        await on.press("4", "end", "R")
        assert isinstance(on.app.screen, LineScreen)
        assert "req-000001 goes through the gateway once more" in on.text()
        await typed(on, "")
        assert "✗ write the name of a model" in on.text()
        await typed(on, "gpt-5")
        await written(on)
        assert port.replayed == [("req-000001", "gpt-5")]
        assert "asked again as req-00003d: status 200" in on.text()


async def test_why_a_request_cannot_be_asked_again_is_told(stage: Open) -> None:
    async with stage(busy_port(), (200, 40)) as on:
        await on.press("4", "end", "enter", "R", "enter")
        await written(on)
        assert on.port.replayed == [("req-000001", "")]
        assert "not asked again: what was asked is not kept" in on.text()
        await on.press("R", "escape")
        await written(on)
        assert len(on.port.replayed) == 1


async def test_w_asks_where_the_request_would_go_now(stage: Open) -> None:
    port = busy_port()
    port.finished[0] = replace(port.finished[0], facts=RouteFacts("chat", tenant="acme", prompt_tokens=9_000))
    async with stage(port) as on:
        await on.press("4", "end", "w")
        await on.pilot.pause()
        assert isinstance(on.app.screen, RoutingScreen)
        assert "chat tokens:9000 tenant:acme" in on.text()
        assert "as request req-000001" in on.text()
        await on.press("4", "enter", "w")
        assert isinstance(on.app.screen, RoutingScreen)


async def test_the_list_is_written_to_a_file(stage: Open, tmp_path: Path) -> None:
    async with stage(busy_port()) as on:
        await on.press("4", "slash", *"tried:openai id:req*", "enter", "e")
        assert isinstance(on.app.screen, LineScreen)
        assert "15 requests: .har" in on.text()
        await typed(on, str(tmp_path / "some.har"))
        await written(on)
        archive = json.loads((tmp_path / "some.har").read_text())
        assert len(archive["log"]["entries"]) == 15
        assert "wrote 15 requests to" in on.text()


async def test_no_file_is_replaced_unless_that_is_said(stage: Open, tmp_path: Path) -> None:
    place = tmp_path / "some.jsonl"
    place.write_text("mine")
    async with stage(busy_port()) as on:
        await on.press("4", "e")
        await typed(on, str(place))
        assert isinstance(on.app.screen, ConfirmScreen)
        await on.press("n")
        await written(on)
        assert "nothing was written" in on.text()
        assert place.read_text() == "mine"
        await on.press("e")
        await typed(on, str(place))
        await on.press("y")
        await written(on)
        assert len(place.read_text().splitlines()) == 62


async def test_a_path_that_cannot_be_is_told_while_it_is_typed(stage: Open, tmp_path: Path) -> None:
    async with stage(busy_port()) as on:
        await on.press("4", "e")
        await typed(on, str(tmp_path / "no" / "some.har"))
        assert isinstance(on.app.screen, LineScreen)
        assert "✗ there is no folder" in on.text()
        await on.press("escape")
        assert isinstance(on.app.screen, RequestsScreen)


async def test_a_disk_that_refuses_is_told(stage: Open, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def refuse(*_args: object, **_named: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("ai_dashboard.tui.screens.requests.write", refuse)
    async with stage(busy_port(), (200, 40)) as on:
        await on.press("4", "e")
        await typed(on, str(tmp_path / "some.har"))
        await written(on)
        assert "nothing was written to" in on.text()
        assert "Permission denied" in on.text()


async def test_thousands_of_requests_are_filtered(stage: Open) -> None:
    port = busy_port()
    port.finished = records(5_000)
    async with stage(port) as on:
        await on.press("4", "slash", *"kind:first -tried:openai status:2xx fallback")
        assert "0 of 5,002 requests match" in on.text()
        await on.press("escape", "slash", *"tried:openai ttft:<1s", "enter")
        assert "1,251 match" in on.text()
