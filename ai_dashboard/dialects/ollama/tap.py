"""What Ollama's lines mean to a tap: the first content, the counts, and the line that ends the reply."""

from ai_dashboard.core.chat import Ask, JsonObject
from ai_dashboard.core.errors import UpstreamInvalid
from ai_dashboard.core.events import Usage
from ai_dashboard.dialects.forms import Relay
from ai_dashboard.dialects.ollama.lines import (
    NOTHING_TO_SAY,
    error_in,
    finish_of,
    is_last,
    message_of,
    says_something,
    usage_of,
)  # fmt: skip
from ai_dashboard.dialects.tap import NDJSON, StreamTap, WholeTap, late_object, object_in

EMPTY = "the provider's answer is empty"


class OllamaGrammar:
    """Lines of `/api/chat` and `/api/generate`."""

    __slots__ = ("_called", "_opened", "failure", "finish", "usage", "whole")

    def __init__(self) -> None:
        self.usage: Usage | None = None
        self.finish: str | None = None
        self.failure: str | None = None
        self.whole = False
        self._opened = False
        self._called = False

    def opens(self, data: bytes) -> bool:
        if not data:
            return False
        self._opened = _is_answer(object_in(data))
        return self._opened

    def closes(self, data: bytes) -> bool:
        """The last line tells all but one thing: whether the one before it, or itself, holds calls."""
        if (line := late_object(data)) is None:
            return False
        if not self._opened:
            # A reply of a single line without a newline was never held against `opens`.
            self._opened = _is_answer(line)
        self.failure = self.failure or error_in(line)
        self._called = self._called or bool(message_of(line).get("tool_calls"))
        if not is_last(line):
            if self._called and self.finish == "stop":
                self.finish = "tool_calls"
            return self.whole
        self.whole = True
        self.usage = usage_of(line)
        self.finish = finish_of(line, called=self._called)
        return self._called


def tap(ask: Ask) -> Relay:
    """The relay between a caller and a provider that both speak `/api/chat`, or both `/api/generate`."""
    return StreamTap(OllamaGrammar(), NDJSON) if ask.stream else WholeTap(read_whole)


def read_whole(reply: JsonObject) -> tuple[Usage | None, str | None]:
    """Usage and finish reason of a whole reply. Raises `UpstreamInvalid` when it is an error, or empty."""
    if not _is_answer(reply):
        raise UpstreamInvalid(EMPTY)
    return usage_of(reply), finish_of(reply, called=bool(message_of(reply).get("tool_calls")))


def _is_answer(line: JsonObject) -> bool:
    """Whether a line answers something. Raises `UpstreamInvalid` for an error, and for an end before any answer."""
    if (message := error_in(line)) is not None:
        raise UpstreamInvalid(message)
    if says_something(line):
        return True
    if not is_last(line):
        return False
    if line.get("done_reason") in ("length", *NOTHING_TO_SAY):
        return True
    raise UpstreamInvalid(EMPTY)
