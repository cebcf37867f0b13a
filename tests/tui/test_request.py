import pytest

from ai_dashboard.core.plan import RouteFacts
from ai_dashboard.tui.keys import KEYS, Scope
from ai_dashboard.tui.sanitise import UNSAFE
from ai_dashboard.tui.screens.request import RequestScreen
from ai_dashboard.tui.screens.routing import RoutingScreen
from tests.tui.conftest import Open
from tests.tui.fakes import PORTS, busy_port, hostile_port, record

SIZES = ((120, 40), (80, 24), (60, 15))

PRESSED = [
    key
    for one in KEYS
    if one.scope in {Scope.REQUEST, Scope.SCROLL} and one.id != "request.back"
    for key in one.keys.split(",")
]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("kind", PORTS)
async def test_every_key_on_every_size_with_every_picture(stage: Open, kind: str, size: tuple[int, int]) -> None:
    async with stage(PORTS[kind](), size) as on:
        for key in PRESSED:
            await on.home()
            await on.press("enter", key)
            assert on.fits(), key
            assert not any(UNSAFE.search(line) for line in on.lines()), key
        assert on.app.is_running


async def test_where_its_time_went_stands_on_one_axis(stage: Open) -> None:
    async with stage(busy_port()) as on:
        await on.press("down", "down", "enter")
        first, second, caller = on.line_with("1 openai"), on.line_with("2 vllm"), on.line_with("caller")
        assert first.index("░") == caller.index("░")
        assert second.index("░") > first.rindex("░") - 1
        assert second.rindex("█") == caller.rindex("█")


async def test_a_running_request_is_followed_to_its_end(stage: Open) -> None:
    async with stage(busy_port()) as on:
        await on.press("enter")
        assert "streaming by vllm" in on.text()
        on.port.finished.append(record(61, id="run-000003"))
        await on.look()
        assert "200 done by vllm" in on.text()


async def test_it_is_copied_and_planned_anew_from_here(stage: Open) -> None:
    port = busy_port()
    port.finished.append(record(61, dialect="anthropic", facts=RouteFacts("chat", tenant="acme")))
    async with stage(port) as on:
        await on.press("down", "down", "enter", "y")
        assert isinstance(on.app.screen, RequestScreen)
        assert "/v1/messages" in on.app.clipboard
        await on.press("Y")
        assert on.app.clipboard.startswith("from anthropic import Anthropic")
        await on.press("w")
        await on.pilot.pause()
        assert isinstance(on.app.screen, RoutingScreen)
        assert "chat tenant:acme stream" not in on.text()
        assert "chat tenant:acme" in on.text()


async def test_hostile_names_are_text(stage: Open) -> None:
    async with stage(hostile_port()) as on:
        await on.press("end", "enter")
        assert "␛]52;c" in on.text()
