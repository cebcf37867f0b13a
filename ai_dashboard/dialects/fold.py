"""A reply, folded from its events. Whole replies are written from this in every dialect, so that a stream and a whole
reply cannot disagree on text, calls, usage or finish reason."""

from dataclasses import field
from typing import Any, assert_never

from ai_dashboard.core.data import dataclass
from ai_dashboard.core.events import (
    Event,
    Failed,
    Finished,
    Refusal,
    Signature,
    Started,
    Text,
    Thinking,
    ToolCall,
    Usage,
)  # fmt: skip


@dataclass(slots=True)
class ThinkingBlock:
    """One block of thinking; `signature` is "" where the provider gave none. A redacted block has only `redacted`."""

    text: str = ""
    signature: str = ""
    redacted: str = ""


@dataclass(slots=True)
class FoldedCall:
    """A whole tool call; `arguments` is JSON text, "{}" when the provider sent none."""

    id: str
    name: str
    arguments: str
    signature: str = ""


@dataclass(slots=True)
class Choice:
    """One answer."""

    texts: list[str] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    logprobs: list[dict[str, Any]] = field(default_factory=list)
    thinking: list[ThinkingBlock] = field(default_factory=list)
    calls: dict[int, FoldedCall] = field(default_factory=dict)
    finish: Finished | None = None
    _thinking_open: bool = False

    @property
    def text(self) -> str:
        return "".join(self.texts)

    @property
    def refusal(self) -> str:
        return "".join(self.refusals)

    @property
    def thoughts(self) -> str:
        """All that was shown of the thinking."""
        return "".join(block.text for block in self.thinking)

    @property
    def whole_calls(self) -> list[FoldedCall]:
        """The calls in the order of their indices."""
        calls = [self.calls[index] for index in sorted(self.calls)]
        for call in calls:
            call.arguments = call.arguments or "{}"
        return calls

    def add(self, event: Text | Refusal | Thinking | Signature | ToolCall | Finished) -> None:
        match event:
            case Text():
                self.texts.append(event.text)
                self.logprobs += event.logprobs
                self._thinking_open = False
            case Refusal():
                self.refusals.append(event.text)
            case Thinking():
                self._open_thinking().text += event.text
            case Signature():
                if event.redacted:
                    self.thinking.append(ThinkingBlock(redacted=event.data))
                else:
                    self._open_thinking().signature = event.data
                self._thinking_open = False
            case ToolCall():
                self._thinking_open = False
                self._add_call(event)
            case Finished():
                self.finish = event
            case _:
                assert_never(event)

    def _open_thinking(self) -> ThinkingBlock:
        if not self._thinking_open:
            self.thinking.append(ThinkingBlock())
            self._thinking_open = True
        return self.thinking[-1]

    def _add_call(self, piece: ToolCall) -> None:
        call = self.calls.get(piece.index)
        if call is None:
            self.calls[piece.index] = FoldedCall(piece.id, piece.name, piece.arguments, piece.signature)
        else:
            call.arguments += piece.arguments
            call.signature = call.signature or piece.signature


class Fold:
    """Takes a reply's events in, in order."""

    def __init__(self) -> None:
        self.model = ""
        self.usage: Usage | None = None
        self._choices: dict[int, Choice] = {}

    @property
    def choices(self) -> list[Choice]:
        """All answers in the order of their numbers; at least one."""
        return [self._choices[number] for number in sorted(self._choices)] or [Choice()]

    def add(self, event: Event) -> None:
        match event:
            case Started():
                self.model = event.model
            case Usage():
                self.usage = event
            case Failed():
                pass  # whoever reads the events ends the reply
            case Text() | Refusal() | Thinking() | Signature() | ToolCall() | Finished():
                choice = self._choices.get(event.choice)
                if choice is None:
                    choice = self._choices[event.choice] = Choice()
                choice.add(event)
            case _:
                assert_never(event)
