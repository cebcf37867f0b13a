import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from ai_dashboard.core.control import ProposalView
from ai_dashboard.tui.editor.checks import Answer, Checks, Question
from tests.tui.fakes import FakePort, empty

PROMPT_S = 5.0


@dataclass
class SlowPort(FakePort):
    """Answers when it is let."""

    asked: list[str] = field(default_factory=list)
    began: asyncio.Event = field(default_factory=asyncio.Event)
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    at_once: int = 0
    most_at_once: int = 0

    async def propose(self, file: str, text: str, base: str | None = None) -> ProposalView:
        self.asked.append(text)
        self.began.set()
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await self.gate.wait()
            return await super().propose(file, text, base)
        finally:
            self.at_once -= 1


def question(text: str) -> Question:
    return Question("a.yaml", text, "base")


@asynccontextmanager
async def checking(port: FakePort, answers: "asyncio.Queue[Answer]") -> AsyncIterator[Checks]:
    checks = Checks(port, answers.put_nowait, quiet_s=0.0)
    async with asyncio.timeout(PROMPT_S), asyncio.TaskGroup() as group:
        running = group.create_task(checks.run())
        yield checks
        running.cancel()


async def test_one_question_at_a_time_and_only_the_latest_counts() -> None:
    port, answers = SlowPort(empty()), asyncio.Queue[Answer]()
    async with checking(port, answers) as checks:
        checks.ask(question("a"))
        await port.began.wait()
        for text in ("ab", "abc", "abcd"):
            checks.ask(question(text))
        port.gate.set()
        answer = await answers.get()
        assert not checks.waiting
    assert answer.question.text == "abcd"
    assert answers.empty()
    assert (port.asked, port.most_at_once) == (["a", "abcd"], 1)


async def test_keys_in_quick_succession_are_one_question() -> None:
    port, answers = SlowPort(empty()), asyncio.Queue[Answer]()
    port.gate.set()
    async with checking(port, answers) as checks:
        for text in ("a", "ab", "abc"):
            checks.ask(question(text))
        await answers.get()
    assert port.asked == ["abc"]


async def test_leaving_cancels_the_question() -> None:
    port, answers = SlowPort(empty()), asyncio.Queue[Answer]()
    async with checking(port, answers) as checks:
        checks.ask(question("a"))
        await port.began.wait()
    assert (port.at_once, answers.empty()) == (0, True)


async def test_a_gateway_that_is_gone_is_an_answer_too() -> None:
    port, answers = FakePort(empty(), closed="gone"), asyncio.Queue[Answer]()
    async with checking(port, answers) as checks:
        checks.ask(question("a"))
        answer = await answers.get()
    assert (answer.view, answer.problem) == (None, "gone")
