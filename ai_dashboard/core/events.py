"""What a reply consists of, whoever it comes from. A closed union: match it exhaustively with `assert_never`.

`choice` counts answers from 0, for callers who asked for several (`n`). The order within a choice is the provider's.
`Usage` may come at any time, several times (the last one holds); after the last `Finished` only `Usage` may come.
"""

from typing import Any, Literal

from ai_dashboard.core.data import dataclass

FinishReason = Literal["stop", "length", "tool_calls", "content_filter"]


@dataclass(frozen=True, slots=True)
class Started:
    """The provider took the ask; nothing was said yet. `model` is the provider's own name for itself."""

    model: str


@dataclass(frozen=True, slots=True)
class Text:
    """A piece of the answer. `logprobs` are OpenAI's objects, one a token, when they were asked for."""

    text: str
    choice: int = 0
    logprobs: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Refusal:
    """A piece of the words in which the model declines."""

    text: str
    choice: int = 0


@dataclass(frozen=True, slots=True)
class Thinking:
    """A piece of the reasoning that precedes the answer."""

    text: str
    choice: int = 0


@dataclass(frozen=True, slots=True)
class Signature:
    """The end of a block of thinking: the provider's proof that the block is its own, to be sent back unchanged.
    `redacted`: the whole block is in `data`, encrypted, and nothing of it was shown."""

    data: str
    redacted: bool = False
    choice: int = 0


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A tool call or a piece of one. `index` counts a choice's calls from 0; `arguments` is a piece of JSON text. The
    first piece has `id` and `name`; `signature` is Google's mark that has to come back with the call's result."""

    index: int
    id: str
    name: str
    arguments: str
    choice: int = 0
    signature: str = ""


# A value like the others, and never changed. But one is made for every request, and to make a frozen one takes three
# times as long.
@dataclass(slots=True, unsafe_hash=True)
class Usage:
    """Tokens. `cached_tokens`, `cache_write_tokens`, `input_audio_tokens` and `input_image_tokens` are part of
    `prompt_tokens`; `reasoning_tokens`, `output_audio_tokens` and `output_image_tokens` part of `completion_tokens`.
    `estimated` when the provider did not say."""

    prompt_tokens: int
    completion_tokens: int
    cached_tokens: int = 0
    reasoning_tokens: int = 0
    estimated: bool = False
    cache_write_tokens: int = 0
    input_audio_tokens: int = 0
    output_audio_tokens: int = 0
    input_image_tokens: int = 0
    output_image_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Finished:
    """The provider's own word that a choice is whole. `stop_sequence` is the one that ended it, where one did and the
    provider said which."""

    reason: FinishReason
    choice: int = 0
    stop_sequence: str | None = None


@dataclass(frozen=True, slots=True)
class Failed:
    """The provider reported an error inside the reply."""

    message: str


Event = Started | Text | Refusal | Thinking | Signature | ToolCall | Usage | Finished | Failed
