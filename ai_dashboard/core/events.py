"""What a reply consists of, whoever it comes from. A closed union: match it exhaustively with `assert_never`."""

from dataclasses import dataclass
from typing import Literal

FinishReason = Literal["stop", "length", "tool_calls", "content_filter"]


@dataclass(frozen=True, slots=True)
class Started:
    """The provider took the ask; nothing was said yet. `model` is the provider's own name for itself."""

    model: str


@dataclass(frozen=True, slots=True)
class Text:
    """A piece of the answer."""

    text: str


@dataclass(frozen=True, slots=True)
class Thinking:
    """A piece of the reasoning that precedes the answer."""

    text: str


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A tool call or a piece of one. `index` counts calls from 0; `arguments` is a piece of JSON text."""

    index: int
    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens. `cached_tokens` are part of `prompt_tokens`, `reasoning_tokens` part of `completion_tokens`.
    `estimated` when the provider did not say."""

    prompt_tokens: int
    completion_tokens: int
    cached_tokens: int = 0
    reasoning_tokens: int = 0
    estimated: bool = False


@dataclass(frozen=True, slots=True)
class Finished:
    """The provider's own word that the reply is whole."""

    reason: FinishReason


@dataclass(frozen=True, slots=True)
class Failed:
    """The provider reported an error inside the reply."""

    message: str


Event = Started | Text | Thinking | ToolCall | Usage | Finished | Failed
