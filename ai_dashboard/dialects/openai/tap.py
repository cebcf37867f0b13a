"""What OpenAI's events mean to a tap: the first content, the usage, the finish and the end of a stream or a reply."""

import re
from typing import Any

from ai_dashboard.core.chat import Ask, JsonObject
from ai_dashboard.core.errors import UpstreamInvalid
from ai_dashboard.core.events import Usage
from ai_dashboard.dialects.forms import Relay
from ai_dashboard.dialects.refusals import repeatable
from ai_dashboard.dialects.sse import data_of
from ai_dashboard.dialects.tap import SSE, Hidden, StreamTap, WholeTap, late_object, object_in

DONE = b"[DONE]"
EMPTY = "the provider's answer is empty"


class ChatGrammar:
    """Events of chat completions and of the older completions."""

    __slots__ = ("_done", "_finishes", "failure", "finish", "usage")

    def __init__(self) -> None:
        self.usage: Usage | None = None
        self.finish: str | None = None
        self.failure: str | None = None
        self._done = False
        self._finishes: dict[str, str | None] = {}

    @property
    def whole(self) -> bool:
        return self._done or (bool(self._finishes) and None not in self._finishes.values())

    def opens(self, data: bytes) -> bool:
        if not data.strip():
            return False  # some servers keep the line alive with empty events
        if data == DONE:
            raise UpstreamInvalid(EMPTY)
        event = object_in(data)
        if (message := error_in(event)) is not None:
            raise UpstreamInvalid(message)
        for choice in choices_of(event):
            finish = finish_of(choice)
            if _says_something(choice) or finish not in (None, "stop"):
                return True
            if finish == "stop":
                raise UpstreamInvalid(EMPTY)
        return False

    def closes(self, data: bytes) -> bool:
        """Enough is known once the end was seen, the reason for it, and a piece of the answer like any other."""
        if data == DONE:
            self._done = True
            return False
        if (event := late_object(data)) is None:
            return False
        self.failure = self.failure or error_in(event)
        self.usage = self.usage or usage_of(event.get("usage"))
        ordinary = False
        for choice in choices_of(event):
            finish = finish_of(choice)
            self.finish = self.finish or finish
            index = repr(choice.get("index", 0))
            self._finishes[index] = self._finishes.get(index) or finish
            ordinary = finish is None
        return ordinary and self._done and self.finish is not None


def tap(ask: Ask) -> Relay:
    """The relay between a caller and a provider that both speak chat completions, or both the older completions."""
    if not ask.stream:
        return WholeTap(read_whole)
    return StreamTap(ChatGrammar(), SSE, None if ask.include_usage else _USAGE_EVENT)


def read_whole(reply: JsonObject) -> tuple[Usage | None, str | None]:
    """Usage and finish reason of a whole reply. Raises `UpstreamInvalid` when it is an error, or empty."""
    if (message := error_in(reply)) is not None:
        raise UpstreamInvalid(message)
    choices = choices_of(reply)
    if not choices:
        raise UpstreamInvalid("the provider's answer has no choices")
    finish = finish_of(choices[0])
    if finish in (None, "stop") and not any(map(_says_something, choices)):
        raise UpstreamInvalid(EMPTY)
    return usage_of(reply.get("usage")), finish


def usage_of(value: object) -> Usage | None:
    """OpenAI's usage object, or None when it is none."""
    if not isinstance(value, dict):
        return None
    prompt, completion = _positive(value.get("prompt_tokens")), _positive(value.get("completion_tokens"))
    of_prompt, of_completion = value.get("prompt_tokens_details"), value.get("completion_tokens_details")
    if not of_prompt and not of_completion:
        return Usage(prompt, completion)
    return Usage(
        prompt,
        completion,
        cached_tokens=_count(of_prompt, "cached_tokens"),
        reasoning_tokens=_count(of_completion, "reasoning_tokens"),
        cache_write_tokens=_count(of_prompt, "cache_write_tokens"),
        input_audio_tokens=_count(of_prompt, "audio_tokens"),
        output_audio_tokens=_count(of_completion, "audio_tokens"),
        input_image_tokens=_count(of_prompt, "image_tokens"),
        output_image_tokens=_count(of_completion, "image_tokens"),
    )


def error_in(event: dict[str, Any]) -> str | None:
    """The message of an error that is reported inside a reply."""
    if not (error := event.get("error")):
        return None
    message = error.get("message") if isinstance(error, dict) else error
    return repeatable(message) if isinstance(message, str) else "the provider reported an error without a message"


def choices_of(event: dict[str, Any]) -> list[dict[str, Any]]:
    """The choices of a chunk or of a reply, whatever else is among them."""
    choices = event.get("choices")
    return [choice for choice in choices if isinstance(choice, dict)] if isinstance(choices, list) else []


def finish_of(choice: dict[str, Any]) -> str | None:
    """Why a choice ended; some providers send an empty reason with every piece, which is none."""
    finish = choice.get("finish_reason")
    return finish if isinstance(finish, str) and finish else None


def _count(holder: object, name: str) -> int:
    return _positive(holder.get(name)) if isinstance(holder, dict) else 0


def _positive(value: object) -> int:
    return value if isinstance(value, int) and value > 0 else 0


def _says_something(choice: dict[str, Any]) -> bool:
    """Whether a piece or a message holds content, a tool call, thinking or a refusal: anything but the role."""
    said = choice.get("delta", choice.get("message"))
    if not isinstance(said, dict):
        return bool(choice.get("text"))
    if said.get("content"):
        return True
    return any(value for name, value in said.items() if name != "role")


def _is_usage_only(event: bytes) -> bool:
    if not _USAGE.search(event) or not (data := data_of(event)):
        return False
    body = late_object(data)
    return body is not None and not body.get("choices") and not body.get("error") and "usage" in body


_USAGE = re.compile(rb'"usage"\s*:\s*\{')
_USAGE_EVENT = Hidden(_USAGE, _is_usage_only)
