"""A conversation with one model: what was asked, what has come of it so far, and what is sent with the next question.

Time is an argument. What it holds is bounded: the oldest exchanges go first, from the screen and from what is sent.
"""

from dataclasses import field
from typing import assert_never

from ai_dashboard.core.data import dataclass
from ai_dashboard.core.events import Text, Thinking, Usage
from ai_dashboard.core.playground import Answered, Refused, Routed, Told, Turn
from ai_dashboard.core.records import RequestRecord
from ai_dashboard.tui.panels.playground_flow import Flow

MAX_EXCHANGES = 100
MAX_CHARS = 400_000
"""Of all exchanges of one conversation together."""


@dataclass(slots=True)
class Exchange:
    """One question and its answer. Times are seconds on the screen's own clock; `first_at` is when the first piece
    came, `ended_at` when it was over. `stopped`: the operator wanted no more."""

    question: Flow
    began_at: float
    answer: Flow = field(default_factory=Flow)
    thinking: Flow = field(default_factory=Flow)
    first_at: float | None = None
    ended_at: float | None = None
    routed: Routed | None = None
    usage: Usage | None = None
    refused: Refused | None = None
    record: RequestRecord | None = None
    stopped: bool = False

    @property
    def running(self) -> bool:
        """Whether more may come."""
        return self.ended_at is None

    @property
    def size(self) -> int:
        """Characters that are kept of it."""
        return len(self.question) + len(self.answer) + len(self.thinking)

    def take(self, told: Told, now: float) -> None:
        """Something more is known."""
        match told:
            case Routed():
                self.routed = told
            case Text(text=text):
                self.first_at = now if self.first_at is None else self.first_at
                self.answer.add(text)
            case Thinking(text=text):
                self.first_at = now if self.first_at is None else self.first_at
                self.thinking.add(text)
            case Usage():
                self.usage = told
            case Refused():
                self.refused = told
            case Answered(record=record):
                self.record = record
                self.end(now)
            case _:
                assert_never(told)

    def end(self, now: float) -> None:
        """Nothing more comes."""
        if self.ended_at is None:
            self.ended_at = now


class Talk:
    """The conversation. `forgotten` exchanges had to go."""

    def __init__(self, model: str) -> None:
        self.model = model
        self.exchanges: list[Exchange] = []
        self.forgotten = 0

    @property
    def last(self) -> Exchange | None:
        """The latest exchange."""
        return self.exchanges[-1] if self.exchanges else None

    @property
    def running(self) -> bool:
        """Whether an answer is coming."""
        return self.last is not None and self.last.running

    def ask(self, prompt: str, now: float) -> tuple[Turn, ...]:
        """Begin an exchange; all turns that are to be sent, this question the last. What nobody answered is not said
        again."""
        self._tidy()
        turns = [
            turn
            for it in self.exchanges
            if it.answer
            for turn in (Turn("user", it.question.text), Turn("assistant", it.answer.text))
        ]
        question = Flow()
        question.add(prompt)
        self.exchanges.append(Exchange(question, now))
        return (*turns, Turn("user", question.text))

    def _tidy(self) -> None:
        """Let the oldest go until what is left has room; the latest stays."""
        while len(self.exchanges) > 1 and (
            len(self.exchanges) >= MAX_EXCHANGES or sum(it.size for it in self.exchanges) > MAX_CHARS
        ):
            del self.exchanges[0]
            self.forgotten += 1

    def clear(self) -> None:
        """Begin anew."""
        self.exchanges.clear()
        self.forgotten = 0
