"""Asks the gateway what a text would mean, once nobody has typed for a moment: one question at a time, and only the
answer to the latest one counts."""

import asyncio
from collections.abc import Callable

from ai_dashboard.core.control import ControlPort, ProposalView
from ai_dashboard.core.data import dataclass
from ai_dashboard.tui.feed import Unreachable, reason

PATIENCE_S = 30.0


@dataclass(frozen=True, slots=True)
class Question:
    """A file with this text in it."""

    file: str
    text: str
    base: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What it would mean; or the `problem` because of which nobody knows."""

    question: Question
    view: ProposalView | None = None
    problem: str = ""


class Checks:
    """`run` it for as long as the editor is open, and `ask` at every key. A question is asked once there was none for
    `quiet_s`."""

    def __init__(self, port: ControlPort, publish: Callable[[Answer], None], *, quiet_s: float) -> None:
        self._port = port
        self._publish = publish
        self._quiet_s = quiet_s
        self._asked = asyncio.Event()
        self._wanted: Question | None = None
        self._due = 0.0

    @property
    def waiting(self) -> bool:
        """Whether an answer is still to come."""
        return self._wanted is not None

    def ask(self, question: Question) -> None:
        """Ask about this text soon, and forget about the one before."""
        self._wanted = question
        self._due = asyncio.get_running_loop().time() + self._quiet_s
        self._asked.set()

    async def run(self) -> None:
        """Answer until cancelled."""
        while True:
            await self._asked.wait()
            await self._quiet()
            self._asked.clear()
            question = self._wanted
            if question is None:
                continue
            answer = await answered(self._port, question)
            if question is self._wanted:
                self._wanted = None
                self._publish(answer)

    async def _quiet(self) -> None:
        now = asyncio.get_running_loop().time
        while True:
            left = self._due - now()
            if left <= 0:
                return
            await asyncio.sleep(left)


async def answered(port: ControlPort, question: Question) -> Answer:
    """The answer to one question, now."""
    try:
        async with asyncio.timeout(PATIENCE_S):
            return Answer(question, await port.propose(question.file, question.text, question.base))
    except Unreachable as failure:
        return Answer(question, problem=reason(failure))
