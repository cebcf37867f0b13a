"""What Anthropic's events mean to a tap: the first content, the usage, the finish and the end of a reply."""

from ai_dashboard.core.chat import Ask, JsonObject
from ai_dashboard.core.errors import UpstreamInvalid
from ai_dashboard.core.events import Usage
from ai_dashboard.dialects.anthropic.replies import EMPTY, error_in
from ai_dashboard.dialects.anthropic.usage import Counts, reason_of
from ai_dashboard.dialects.forms import Relay
from ai_dashboard.dialects.tap import SSE, StreamTap, WholeTap, late_object, object_in

_SAID_ALL = "end_turn"
"""The stop reason that is no answer when nothing was said before it. Every other one explains why nothing was."""


class MessagesGrammar:
    """Events of a message. The prompt's tokens come first and the answer's last, so both ends are noted."""

    __slots__ = ("_counts", "_stopped", "failure", "finish", "usage")

    def __init__(self) -> None:
        self.usage: Usage | None = None
        self.finish: str | None = None
        self.failure: str | None = None
        self._counts = Counts()
        self._stopped = False

    @property
    def whole(self) -> bool:
        return self._stopped or self.finish is not None

    def opens(self, data: bytes) -> bool:
        if not data.strip():
            return False
        event = object_in(data)
        match event.get("type"):
            case "message_start":
                message = event.get("message")
                if isinstance(message, dict):
                    self._note(message)
                return False
            case "content_block_start":
                return _says_something(event.get("content_block"))
            case "content_block_delta":
                return _says_something(event.get("delta"))
            case "message_delta":
                return self._ends(event)
            case "message_stop":
                raise UpstreamInvalid(EMPTY)
            case _:
                if (message := error_in(event)) is not None:
                    raise UpstreamInvalid(message)
                return False

    def closes(self, data: bytes) -> bool:
        """Enough is known once the stop reason was seen, or a piece of the answer like any other."""
        if (event := late_object(data)) is None:
            return False
        match event.get("type"):
            case "message_stop":
                self._stopped = True
            case "message_delta":
                self._note(event)
                delta = event.get("delta")
                self.finish = self.finish or (reason_of(delta.get("stop_reason")) if isinstance(delta, dict) else None)
                return self.finish is not None
            case "content_block_start" | "content_block_delta" | "content_block_stop":
                return True
            case _:
                self.failure = self.failure or error_in(event)
        return False

    def _ends(self, event: JsonObject) -> bool:
        self._note(event)
        delta = event.get("delta")
        if not isinstance(delta, dict) or reason_of(delta.get("stop_reason")) is None:
            return False
        if delta["stop_reason"] == _SAID_ALL:
            raise UpstreamInvalid(EMPTY)
        return True

    def _note(self, holder: JsonObject) -> None:
        if self._counts.note(holder.get("usage")):
            self.usage = self._counts.usage


def tap(ask: Ask) -> Relay:
    """The relay between a caller and a provider that both speak Messages."""
    return StreamTap(MessagesGrammar(), SSE) if ask.stream else WholeTap(read_whole)


def read_whole(reply: JsonObject) -> tuple[Usage | None, str | None]:
    """Usage and finish reason of a whole message. Raises `UpstreamInvalid` when it is an error, or empty."""
    if (message := error_in(reply)) is not None:
        raise UpstreamInvalid(message)
    content = reply.get("content")
    if not isinstance(content, list):
        raise UpstreamInvalid("the provider's answer is no message: it has no list of content blocks")
    finish = reason_of(reply.get("stop_reason"))
    if not any(map(_says_something, content)) and (finish is None or reply["stop_reason"] == _SAID_ALL):
        raise UpstreamInvalid(EMPTY)
    counts = Counts()
    counts.note(reply.get("usage"))
    return counts.usage, finish


def _says_something(piece: object) -> bool:
    """Whether a block or a piece of one holds anything but its kind: text, thinking, a call, or what we do not know."""
    return isinstance(piece, dict) and any(value for name, value in piece.items() if name != "type")
