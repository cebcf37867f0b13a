"""The playground: models asked the same, side by side, through the port."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field

import pytest
from textual.widgets import Input

from ai_dashboard.core import records as history
from ai_dashboard.core.control import PortClosed
from ai_dashboard.core.events import Text
from ai_dashboard.core.playground import Question, Refused, Routed, Told, Turn
from ai_dashboard.core.records import RequestRecord
from ai_dashboard.tui.keys import KEYS, Scope
from ai_dashboard.tui.panels.playground_answer import AnswerPanel
from ai_dashboard.tui.panels.playground_prompt import MAX_CHARS, PromptBox
from ai_dashboard.tui.sanitise import UNSAFE
from ai_dashboard.tui.screens.overview import OverviewScreen
from ai_dashboard.tui.screens.playground import PlaygroundScreen
from ai_dashboard.tui.screens.request import RequestScreen
from tests.tui.conftest import Open
from tests.tui.fakes import PORTS, FakePort, busy, busy_port, empty_port, record, records
from tests.tui.stage import Stage

OWN = [key for one in KEYS if one.scope is Scope.PLAYGROUND for key in one.keys.split(",")]
PRESSED = OWN + [key for one in KEYS if one.scope in {Scope.VIEW, Scope.SCROLL} for key in one.keys.split(",")]


@dataclass
class Holding(FakePort):
    """A gateway whose answers go no further than their first words until they are let go."""

    go: asyncio.Event = field(default_factory=asyncio.Event)
    closed_by: list[str] = field(default_factory=list)

    async def ask(self, question: Question) -> AsyncGenerator[Told, None]:
        self.questions.append(question)
        try:
            yield Routed("held", "vllm", question.model)
            yield Text("Once upon")
            await self.go.wait()
            yield Text(" a time")
        finally:
            self.closed_by.append(question.model)

    async def record(self, id_prefix: str) -> RequestRecord:
        return record(1, id=id_prefix, stage=history.Stage.GONE, cost=1_000_000)


def holding() -> Holding:
    return Holding(busy(), records(4))


async def settled(on: Stage) -> None:
    """Wait until every answer is told and painted."""
    await on.app.workers.wait_for_complete()
    for panel in on.app.screen.query(AnswerPanel):
        panel.paint()
    await on.pilot.pause()


async def asked(on: Stage, text: str = "Hi") -> None:
    """Type a question and send it."""
    prompt(on).focus()
    await on.press(*text, "enter")
    await settled(on)


def prompt(on: Stage) -> PromptBox:
    return on.app.screen.query_one(PromptBox)


async def chosen(on: Stage, line: str) -> None:
    """Type whom to ask."""
    await on.press("ctrl+o", "ctrl+u")
    on.app.screen.query_one(Input).value = line
    await on.press("enter")


@pytest.mark.parametrize("kind", PORTS)
async def test_every_key_on_every_size_with_every_picture(stage: Open, kind: str) -> None:
    async with stage(PORTS[kind](), (120, 40)) as on:
        await on.press("p")
        await chosen(on, "a b c d")
        await on.press("x", "ctrl+j", "y", "up", "down", "enter")
        await settled(on)
        for size in ((120, 40), (80, 24), (60, 15)):
            await on.resize(*size)
            for key in PRESSED if (kind, size) == ("busy", (60, 15)) else OWN:
                if not isinstance(on.app.screen, PlaygroundScreen):
                    await on.press("p")
                on.app.screen.query(AnswerPanel).first().focus()
                await on.press(key)
                assert on.fits(), (size, key)
                assert kind != "hostile" or not any(UNSAFE.search(line) for line in on.lines()), (size, key)
        await on.resize(20, 5)
        assert on.app.is_running


async def test_one_answer_takes_the_whole_body_when_it_is_zoomed(stage: Open) -> None:
    async with stage(busy_port()) as on:
        await on.press("p")
        await chosen(on, "a b")
        await on.press("escape", "right", "z")
        first, second, *_ = on.app.screen.query(AnswerPanel)
        assert (first.size.width, second.size.width > 100) == (0, True)
        await on.press("z")
        assert first.size.width == second.size.width > 50


@pytest.mark.parametrize("size", [(120, 40), (60, 15)])
async def test_a_question_is_answered_with_who_how_fast_and_at_what_price(stage: Open, size: tuple[int, int]) -> None:
    async with stage(busy_port(), size) as on:
        await on.press("p")
        await asked(on)
        text = on.text()
        for words in ("› Hi", "Hm.", "Hello there.", "88ms first · 1.21s", "812/240 tok", "vllm qwen3-32b"):
            assert words in text
        assert on.port.questions == [Question("chat", (Turn("user", "Hi"),))]
        assert prompt(on).text == ""


async def test_the_conversation_goes_on_and_is_begun_anew(stage: Open) -> None:
    async with stage(busy_port()) as on:
        await on.press("p")
        await asked(on)
        await asked(on, "And?")
        assert on.port.questions[-1].turns == (
            Turn("user", "Hi"),
            Turn("assistant", "Hello there."),
            Turn("user", "And?"),
        )
        await on.press("escape", "x")
        assert "Hello there." not in on.text()
        await asked(on)
        assert len(on.port.questions[-1].turns) == 1


async def test_up_to_four_models_stand_beside_each_other(stage: Open) -> None:
    async with stage(busy_port()) as on:
        await on.press("p")
        await chosen(on, 'a:8b b c d temperature:0.2 max:9 system:"be brief"')
        await asked(on)
        turns = (Turn("user", "Hi"),)
        assert on.port.questions == [Question(model, turns, "be brief", 0.2, 9) for model in ("a:8b", "b", "c", "d")]
        assert on.line_with("a:8b").count("╭") == 4
        assert on.line_with("Hello there.").count("Hello there.") == 4
        await chosen(on, "b")
        assert [it.model for it in on.port.questions] == ["a:8b", "b", "c", "d"]
        assert on.line_with("Hello there.").count("Hello there.") == 1  # what b said is kept
        assert on.line_with("╭─ b").count("╭") == 1


async def test_names_are_completed_and_what_makes_no_sense_is_said(stage: Open) -> None:
    async with stage(busy_port()) as on:
        await on.press("p", "ctrl+o", "ctrl+u", *"qwe")
        await settled(on)
        await on.press("tab")
        assert on.app.screen.query_one(Input).value == "qwen2.5-coder:7b"
        await on.press(*" max:x", "enter")
        assert "max: “x” is no number of tokens" in on.text()
        await on.press("escape")
        assert on.app.screen.focused is prompt(on)
        assert "╭─ chat" in on.text()  # as it was


async def test_esc_stops_the_answers_and_tells_what_they_cost(stage: Open) -> None:
    port = holding()
    async with stage(port) as on:
        await on.press("p")
        await chosen(on, "a b")
        await on.press(*"Hi", "enter")
        await on.pilot.pause(0.15)
        assert "Once upon" in on.text()
        await on.press("?", "enter")
        assert "an answer is still coming" in on.text()
        assert len(port.questions) == 2
        await on.press("escape")
        await settled(on)
        assert sorted(port.closed_by) == ["a", "b"]
        text = on.text()
        assert "stopped · 88ms first" in text
        assert "$0.001" in text
        assert "a time" not in text
        await on.press("escape", "escape")
        assert isinstance(on.app.screen, OverviewScreen)


async def test_an_answer_goes_on_while_another_screen_is_shown(stage: Open) -> None:
    port = holding()
    async with stage(port) as on:
        await on.press("p", *"Hi", "enter")
        await on.home()
        port.go.set()
        await settled(on)
        await on.press("p")
        assert "Once upon a time" in on.text()


async def test_time_is_told_once_a_second_and_nothing_else_moves(stage: Open) -> None:
    port = holding()
    async with stage(port) as on:
        now = 100.0
        await on.press("p")
        screen = on.app.screen
        assert isinstance(screen, PlaygroundScreen)
        screen._now = lambda: now
        await on.press(*"Hi", "enter")
        await on.pilot.pause(0.15)
        before = on.text()
        await on.pilot.pause(0.15)
        assert on.text() == before
        now = 107.0
        port.picture = busy(port.picture.version + 1)
        await on.look()
        assert "… 7s · vllm" in on.text()


@dataclass
class Failing(FakePort):
    """A gateway that refuses, or is gone in the middle."""

    gone: bool = False

    async def ask(self, question: Question) -> AsyncGenerator[Told, None]:
        if self.gone:
            yield Text("Once")
            raise PortClosed("the gateway is gone")
        yield Refused(404, "there is no model 'chat'")


@pytest.mark.parametrize(("gone", "words"), [(True, "✗ the gateway is gone"), (False, "✗ there is no model 'chat'")])
async def test_what_goes_wrong_stands_where_the_answer_would(stage: Open, gone: bool, words: str) -> None:
    async with stage(Failing(busy(), records(4), gone=gone)) as on:
        await on.press("p")
        await asked(on)
        assert words in on.text()
        await asked(on, "?")
        assert on.app.is_running


async def test_the_request_is_inspected_and_the_answer_copied(stage: Open) -> None:
    async with stage(busy_port()) as on:
        await on.press("p")
        await asked(on)
        await on.press("escape", "y")
        assert on.app.clipboard == "Hello there."
        await on.press("enter")
        screen = on.app.screen
        assert isinstance(screen, RequestScreen)
        assert screen.chosen().id == on.port.finished[-1].id
        await on.press("escape")
        assert isinstance(on.app.screen, PlaygroundScreen)


async def test_what_is_copied_can_be_pasted_anywhere(stage: Open) -> None:
    port = busy_port()
    port.told = (Text("a\tb\n\x1b]52;c;"), Text("eA==\x07"))
    async with stage(port) as on:
        await on.press("p")
        await asked(on)
        await on.press("escape", "y")
        assert on.app.clipboard == "a\tb\n␛]52;c;eA==␇"


async def test_questions_are_brought_back_and_have_several_lines(stage: Open) -> None:
    async with stage(busy_port()) as on:
        await on.press("p")
        await on.press("a", "ctrl+j", "b", "enter")
        await settled(on)
        assert on.port.questions[0].turns[-1].text == "a\nb"
        await on.press("c", "up")
        assert prompt(on).text == "a\nb"
        await on.press("down")
        assert prompt(on).text == "c"
        prompt(on).text = ""
        await on.press("space", "enter")
        assert len(on.port.questions) == 1


async def test_a_long_answer_stays_at_its_end_until_somebody_scrolls(stage: Open) -> None:
    port = busy_port()
    port.told = tuple(Text(f"line {number}\n") for number in range(100))
    async with stage(port) as on:
        await on.press("p")
        await asked(on)
        assert "line 99" in on.text()
        await on.press("escape", "home")
        assert "line 99" not in on.text()
        assert "› Hi" in on.text()
        await on.press("end")
        assert "line 99" in on.text()


async def test_a_small_screen_shows_one_answer_at_a_time(stage: Open) -> None:
    async with stage(busy_port(), (60, 15)) as on:
        await on.press("p")
        await chosen(on, "a b")
        shown = [panel for panel in on.app.screen.query(AnswerPanel) if panel.display and panel.size.height]
        assert [panel.talk.model for panel in shown] == ["a"]
        await on.press("escape", "right")
        shown = [panel for panel in on.app.screen.query(AnswerPanel) if panel.display and panel.size.height]
        assert [panel.talk.model for panel in shown] == ["b"]


async def test_without_any_model_it_says_what_to_do(stage: Open) -> None:
    async with stage(empty_port()) as on:
        await on.press("p", "a", "enter")
        assert "no model is chosen: ^o chooses" in on.text()
        prompt(on).text = "x" * MAX_CHARS
        prompt(on).post_message(PromptBox.TooLong())
        await on.pilot.pause()
        assert "that is too long" in on.text()
