from dataclasses import dataclass, field, replace

import pytest
from textual.widgets import Input

from ai_dashboard.core.errors import ModelNotFound
from ai_dashboard.core.plan import Candidate, Excluded, Plan, RouteFacts
from ai_dashboard.core.snapshot import BreakerState, Health, TargetView
from ai_dashboard.tui.keys import KEYS, Scope
from ai_dashboard.tui.panels.planned import PlannedPanel
from ai_dashboard.tui.panels.routes import RoutesPanel
from ai_dashboard.tui.sanitise import UNSAFE
from ai_dashboard.tui.screens.overview import OverviewScreen
from tests.tui.conftest import Open
from tests.tui.fakes import NOW, PORTS, FakePort, busy, empty_port, hostile_port, provider, record, stale_port
from tests.tui.stage import Stage

SIZES = ((120, 40), (80, 24), (60, 15))

PRESSED = [
    key
    for one in KEYS
    if one.scope in {Scope.ROUTING, Scope.VIEW, Scope.SCROLL}
    for key in one.keys.split(",")
    if key != "slash"
]

VLLM = TargetView("qwen3-32b", BreakerState.OPEN, retry_in_s=19.0, ewma_ttft_s=0.088)


@dataclass
class Planning(FakePort):
    """A gateway that plans, and remembers what it was asked."""

    asked: list[RouteFacts] = field(default_factory=list)

    async def explain(self, facts: RouteFacts) -> Plan:
        self._door()
        self.asked.append(facts)
        if facts.model == "nobody":
            raise ModelNotFound("there is no model “nobody”")
        first = Candidate("openai", "gpt-5-mini", "preferred", 0.93)
        second = Candidate("vllm", "qwen3-32b", "fallback of openai", 0.71, facts=(("ewma ttft", "0.31 s"),))
        attempts = (second, first) if facts.tenant == "acme" else (first, second)
        left_out = (Excluded("ollama", "llama3.1:8b", "unavailable: connection refused"),)
        return Plan(facts.model, "capabilities.general_chat", attempts, left_out, "latency_based", ("affinity: none",))


def planning() -> Planning:
    """Three requests in four for `chat`, one for what nobody has; the breaker of one model is open."""
    finished = [record(seq, asked="nobody" if seq % 4 == 0 else "chat") for seq in range(1, 41)]
    providers = (
        provider("openai", local=False, models=("gpt-5-mini",)),
        provider("vllm", Health.DEGRADED, models=("qwen3-32b",), targets=(VLLM,)),
        provider("ollama", Health.UNAVAILABLE, models=("llama3.1:8b",)),
    )
    return Planning(busy(providers=providers), finished)


async def opened(on: Stage) -> None:
    """Go to the screen, and wait for its plans."""
    await on.press("5")
    await settled(on)


async def settled(on: Stage) -> None:
    """Wait until the gateway has answered and what it said is drawn."""
    await on.app.workers.wait_for_complete()
    await on.pilot.pause()


def tree_of(on: Stage) -> RoutesPanel:
    return on.app.screen.query_one(RoutesPanel)


@pytest.mark.parametrize("size", [*SIZES, (20, 5)])
@pytest.mark.parametrize("kind", PORTS)
async def test_every_key_on_every_size_with_every_picture(stage: Open, kind: str, size: tuple[int, int]) -> None:
    async with stage(PORTS[kind](), size) as on:
        await opened(on)
        for key in PRESSED:
            await on.press("5", key)
            if key == "a":
                await on.press("x", "tab", "escape")
            await settled(on)
            assert on.fits(), key
            assert not any(UNSAFE.search(line) for line in on.lines()), key
        assert on.app.is_running


@pytest.mark.parametrize("size", SIZES)
async def test_models_lead_to_candidates_with_state_and_share(stage: Open, size: tuple[int, int]) -> None:
    async with stage(planning(), size) as on:
        await opened(on)
        text = on.text()
        for words in ("chat", "75", "├ 1 ● active", "vllm", "◐ degraded", "100%"):
            assert words in text
        assert on.fits()


async def test_the_tree_says_why(stage: Open) -> None:
    async with stage(planning()) as on:
        await opened(on)
        assert "general_chat · latency_based" in on.line_with("chat")
        assert "breaker open, 19s left" in on.line_with("├ 2")
        assert "88ms" in on.line_with("├ 2")
        assert "it is down: connection refused" in on.line_with("└ ✗")
        assert "there is no model “nobody”" in on.text()
        heading, head, branch = on.line_with("share"), on.line_with("75%"), on.line_with("100%")
        assert heading.index("share") + 5 == head.index("75%") + 3 == branch.index("100%") + 4


async def test_the_cursor_goes_from_route_to_route_and_the_plan_follows(stage: Open) -> None:
    async with stage(planning()) as on:
        await opened(on)
        planned = on.app.screen.query_one(PlannedPanel)
        assert tree_of(on).selected == planned.shown.asked == "chat"
        assert "ewma ttft 0.31 s" in on.text()
        await on.press("j")
        assert tree_of(on).selected == planned.shown.asked == "nobody"
        await on.press("end")
        assert tree_of(on).selected == "qwen3-32b"
        await on.press("home")
        assert tree_of(on).selected == "chat"
        await on.press("pagedown")
        assert tree_of(on).selected != "chat"
        await on.press("pageup", "pageup", "pageup")
        assert tree_of(on).selected == "chat"


async def test_the_selected_route_is_in_sight_wherever_the_cursor_goes(stage: Open) -> None:
    async with stage(planning(), (80, 24)) as on:
        await opened(on)
        for key in ("j", "j", "j", "j", "k", "end", "home"):
            await on.press(key)
            name = tree_of(on).selected
            assert name is not None
            assert any(line.startswith(f"│ {name} ") for line in on.lines()[1:15]), key


async def test_facts_are_typed_and_planned_while_typing(stage: Open) -> None:
    async with stage(planning()) as on:
        await opened(on)
        await on.press("a")
        assert on.app.screen.query_one(Input).value == "chat "
        assert "tab tokens:" in on.text()
        await on.press(*"ten", "tab", *"acme tokens:9000 x-priority:high")
        await settled(on)
        port = on.port
        assert isinstance(port, Planning)
        assert port.asked[-1] == RouteFacts(
            "chat", prompt_tokens=9_000, tenant="acme", headers=(("x-priority", "high"),)
        )
        await on.press("enter")
        assert "chat tokens:9000 tenant:acme x-priority:high" in on.text()
        plan = on.text()[on.text().index("Why") :]
        assert plan.index("qwen3-32b") < plan.index("gpt-5-mini")
        await on.press("escape")
        assert "tenant:acme" not in on.text()


async def test_what_makes_no_sense_is_told_below_the_line(stage: Open) -> None:
    async with stage(planning()) as on:
        await opened(on)
        await on.press("a", *"tokens:many ")
        on.app.screen.query_one(Input).value = "chat tokens:many"
        await settled(on)
        assert "✗ tokens: “many” is no number of tokens" in on.text()
        await on.press("escape")
        assert on.app.screen.focused is tree_of(on)


async def test_a_model_that_nobody_has_is_told_as_a_caller_is(stage: Open) -> None:
    async with stage(planning()) as on:
        await opened(on)
        await on.press("a", "ctrl+u", *"nobody", "enter")
        await settled(on)
        assert "there is no model “nobody”" in on.text()


async def test_a_small_screen_shows_the_plan_in_place_of_the_tree(stage: Open) -> None:
    async with stage(planning(), (60, 15)) as on:
        await opened(on)
        assert not on.app.screen.query_one(PlannedPanel).display
        await on.press("enter")
        assert "Plan" in on.text()
        assert not tree_of(on).display
        await on.press("escape")
        assert tree_of(on).display
        await on.press("escape")
        assert isinstance(on.app.screen, OverviewScreen)


async def test_plans_are_asked_for_again_when_something_stands_out_or_time_has_passed(stage: Open) -> None:
    async with stage(planning()) as on:
        await opened(on)
        port = on.port
        assert isinstance(port, Planning)
        before = len(port.asked)
        for at, health, again in (
            (NOW + 2, Health.DEGRADED, False),
            (NOW + 3, Health.ACTIVE, True),
            (NOW + 9, Health.ACTIVE, True),
        ):
            providers = tuple(replace(it, health=health) if it.name == "vllm" else it for it in port.picture.providers)
            port.picture = replace(port.picture, version=port.picture.version + 1, at=at, providers=providers)
            await on.look()
            await settled(on)
            assert (len(port.asked) > before) == again, at
            before = len(port.asked)


async def test_a_gateway_that_goes_away_keeps_the_last_plans_on_the_screen(stage: Open) -> None:
    async with stage(planning()) as on:
        await opened(on)
        on.port.closed = "connection refused"
        await on.look()
        await settled(on)
        assert "├ 1 ● active" in on.text()
        await on.press("a", *"tokens:1", "enter")
        await settled(on)
        assert "the gateway does not answer" in on.text()


async def test_without_models_it_says_so(stage: Open) -> None:
    async with stage(empty_port()) as on:
        await opened(on)
        assert "no models: no provider lists any, and nothing was asked" in on.text()
    async with stage(stale_port()) as on:
        await opened(on)
        assert "asking the gateway …" in on.text()


async def test_hostile_names_are_text(stage: Open) -> None:
    async with stage(hostile_port()) as on:
        await opened(on)
        assert "␛]52;c" in on.text()


async def test_the_mouse_selects_and_opens(stage: Open) -> None:
    async with stage(planning()) as on:
        await opened(on)
        y = next(y for y, line in enumerate(on.lines()) if line.startswith("│ nobody "))
        await on.pilot.click(offset=(4, y))
        await on.pilot.pause()
        assert tree_of(on).selected == "nobody"
        await on.pilot.click(offset=(4, y))
        await on.pilot.pause()
        assert on.app.screen.focused is on.app.screen.query_one(PlannedPanel)
