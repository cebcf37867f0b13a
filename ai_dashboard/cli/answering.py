"""Answers of models on the command line: heard as they come, and what can be said of them afterwards."""

import os
import sys
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import field
from typing import TYPE_CHECKING, Any, TextIO, assert_never

from ai_dashboard.core.costs import dollars, money
from ai_dashboard.core.data import dataclass
from ai_dashboard.core.events import Text, Thinking, Usage
from ai_dashboard.core.playground import Answered, Refused, Routed, Told
from ai_dashboard.tui.format import NOTHING, duration

if TYPE_CHECKING:
    from ai_dashboard.core.control import ControlPort
    from ai_dashboard.core.playground import Question
    from ai_dashboard.core.records import RequestRecord

DIM, PLAIN = "\x1b[2m", "\x1b[0m"

JOINERS = "\u200c\u200d"
"""Not printable, and harmless: Persian, Hindi and emoji need them."""


@dataclass(slots=True)
class Answer:
    """What has come of one question so far."""

    asked: str
    pieces: list[str] = field(default_factory=list)
    thoughts: list[str] = field(default_factory=list)
    routed: Routed | None = None
    usage: Usage | None = None
    refused: Refused | None = None
    id: str = ""
    record: "RequestRecord | None" = None

    @property
    def text(self) -> str:
        """The answer itself."""
        return "".join(self.pieces)

    def take(self, told: Told) -> None:
        """Something more is known."""
        match told:
            case Routed():
                self.routed, self.id = told, told.id
            case Text(text=text):
                self.pieces.append(text)
            case Thinking(text=text):
                self.thoughts.append(text)
            case Usage():
                self.usage = told
            case Refused():
                self.refused = told
            case Answered(id=request_id, record=record):
                self.id, self.record = request_id, record
            case _:
                assert_never(told)


async def answered(
    port: "ControlPort", question: "Question", answer: Answer, hear: Callable[[Told], None] = lambda _: None
) -> None:
    """Ask, and put all that is told into `answer`; `hear` is told each piece, too. Raises `PortClosed`."""
    async with aclosing(port.ask(question)) as telling:
        async for told in telling:
            answer.take(told)
            hear(told)


def figures(answer: Answer) -> dict[str, str]:
    """Who, how fast and how much, in words."""
    record, usage = answer.record, answer.usage
    if record is not None and record.usage is not None:
        usage = record.usage
    speed = record.tokens_per_s if record is not None else None
    return {
        "provider": (record.provider if record is not None else answer.routed.provider if answer.routed else "")
        or NOTHING,
        "first": duration(record.ttft_s if record is not None else None),
        "total": duration(record.total_s if record is not None else None),
        "tok/s": f"{speed:.0f}" if speed is not None else NOTHING,
        "tokens": f"{usage.prompt_tokens:,}/{usage.completion_tokens:,}" if usage is not None else NOTHING,
        "cost": money(record.cost) if record is not None and record.cost is not None else NOTHING,
    }


def as_json(answer: Answer) -> dict[str, Any]:
    """The same for programs, with the answer."""
    record, usage = answer.record, answer.usage
    if record is not None and record.usage is not None:
        usage = record.usage
    routed = answer.routed
    return {
        "id": answer.id or None,
        "asked": answer.asked,
        "provider": record.provider if record is not None else routed.provider if routed is not None else None,
        "model": record.model if record is not None else routed.model if routed is not None else None,
        "text": answer.text,
        "thinking": "".join(answer.thoughts),
        "prompt_tokens": usage.prompt_tokens if usage is not None else None,
        "completion_tokens": usage.completion_tokens if usage is not None else None,
        "ttft_s": record.ttft_s if record is not None else None,
        "total_s": record.total_s if record is not None else None,
        "tokens_per_s": record.tokens_per_s if record is not None else None,
        "cost_usd": dollars(record.cost) if record is not None and record.cost is not None else None,
        "cached": routed.cached if routed is not None else None,
        "warnings": list(record.warnings) if record is not None else [],
        "error": answer.refused.message if answer.refused is not None else None,
    }


class Harmless:
    """Text for a terminal, piece by piece, without anything that it would obey: each such character becomes one that
    is seen, so a sequence that is split or never ends is covered as well. Lines and tabs stay."""

    def __init__(self) -> None:
        self._held = ""

    def __call__(self, text: str) -> str:
        """What may be written of it now: a carriage return waits for what follows."""
        text, self._held = self._held + text, ""
        if text.endswith("\r"):
            text, self._held = text[:-1], "\r"
        text = text.replace("\r\n", "\n")
        if text.isprintable():
            return text
        return "".join(letter if letter.isprintable() or letter in f"\n\t{JOINERS}" else "�" for letter in text)

    def end(self) -> str:
        """What was held back."""
        held, self._held = self._held, ""
        return "�" if held else ""


class Voice:
    """Writes an answer as it comes. On a terminal what the model thinks is shown as well, dim where colours may be."""

    def __init__(self, out: TextIO, *, terminal: bool, dims: bool) -> None:
        self._out = out
        self._terminal = terminal
        self._dims = dims
        self._harmless = Harmless()
        self._thinks = False
        self._fresh = True

    def hear(self, told: Told) -> None:
        """Write what there is to be read."""
        match told:
            case Thinking(text=text) if self._terminal and text:
                if not self._thinks:
                    self._thinks = True
                    self._out.write(DIM if self._dims else "[thinking] ")
                self._write(text)
            case Text(text=text) if text:
                self._thought()
                self._write(text)
            case _:
                return
        self._out.flush()

    def end(self) -> None:
        """The answer is over: what follows begins a line of its own."""
        if self._terminal:
            self._out.write(self._harmless.end())
        if self._thinks and self._dims:
            self._out.write(PLAIN)
        if not self._fresh:
            self._out.write("\n")
        self._thinks, self._fresh = False, True
        self._out.flush()

    def _thought(self) -> None:
        """The thinking is over, the answer begins."""
        if self._thinks:
            self._thinks = False
            self._out.write(f"{self._harmless.end()}{PLAIN if self._dims else ''}\n\n")
            self._fresh = True

    def _write(self, text: str) -> None:
        written = self._harmless(text) if self._terminal else text
        self._out.write(written)
        if written:
            self._fresh = written.endswith("\n")


def voice(out: TextIO) -> Voice:
    """The voice for an output, whatever it is."""
    terminal = out.isatty()
    dims = terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return Voice(out, terminal=terminal, dims=dims)


def prompt_from(word: str) -> str:
    """What is asked: the word itself, or all of standard input for `-`."""
    return sys.stdin.buffer.read().decode("utf-8", "replace").strip() if word == "-" else word
