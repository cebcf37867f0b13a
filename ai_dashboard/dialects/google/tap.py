"""What Google's events mean to a tap: the first content, the usage, the finish and the end of a stream or a reply."""

from ai_dashboard.core.chat import Ask, JsonObject
from ai_dashboard.core.errors import UpstreamInvalid
from ai_dashboard.core.events import Usage
from ai_dashboard.dialects.forms import Relay
from ai_dashboard.dialects.google.replies import (
    EMPTY,
    REASONS,
    blocked,
    candidates_of,
    error_in,
    gave_up,
    parts_of,
    says_something,
    stop_of,
    usage_of,
)  # fmt: skip
from ai_dashboard.dialects.tap import SSE, StreamTap, WholeTap, late_object, object_in


class GenerateGrammar:
    """Events of generateContent: each is a reply of its own, with the next parts of the answer. There is no last event;
    the answer is whole when each candidate has said why it ended."""

    __slots__ = ("_called", "_counted", "_ended", "failure", "finish", "usage")

    def __init__(self) -> None:
        self.usage: Usage | None = None
        self.finish: str | None = None
        self.failure: str | None = None
        self._called = False
        self._counted = False
        self._ended: dict[str, bool] = {}

    @property
    def whole(self) -> bool:
        return bool(self._ended) and all(self._ended.values())

    def opens(self, data: bytes) -> bool:
        if not data.strip():
            return False
        event = object_in(data)
        if (message := error_in(event)) is not None:
            raise UpstreamInvalid(message)
        self.usage = usage_of(event) or self.usage
        return _answered(candidates_of(event)) or blocked(event)

    def closes(self, data: bytes) -> bool:
        """Enough is known once every candidate has ended, with the usage and a piece of the answer like any other."""
        if (event := late_object(data)) is None:
            return False
        self.failure = self.failure or error_in(event)
        if not self._counted and (usage := usage_of(event)) is not None:
            self._counted = True
            self.usage = usage
        candidates = candidates_of(event)
        if not candidates and blocked(event):
            self._ended["0"] = True
            self.finish = self.finish or "content_filter"
        ordinary = False
        for place, candidate in enumerate(candidates):
            stop = stop_of(candidate)
            index = repr(candidate.get("index", place))
            self._ended[index] = self._ended.get(index, False) or stop is not None
            self._called = self._called or any("functionCall" in part for part in parts_of(candidate))
            if stop is not None:
                self._end(candidate, stop)
            ordinary = ordinary or stop is None
        if self._called and self.finish == "stop":
            self.finish = "tool_calls"
        return ordinary and self.whole and self._counted

    def _end(self, candidate: JsonObject, stop: str) -> None:
        reason = REASONS.get(stop)
        if reason is None:
            self.failure = self.failure or gave_up(candidate, stop)
        self.finish = self.finish or reason


def tap(ask: Ask) -> Relay:
    """The relay between a caller and a provider that both speak generateContent."""
    return StreamTap(GenerateGrammar(), SSE) if ask.stream else WholeTap(read_whole)


def read_whole(reply: JsonObject) -> tuple[Usage | None, str | None]:
    """Usage and finish reason of a whole reply. Raises `UpstreamInvalid` when it is an error, or empty."""
    if (message := error_in(reply)) is not None:
        raise UpstreamInvalid(message)
    candidates = candidates_of(reply)
    if not candidates:
        if blocked(reply):
            return usage_of(reply), "content_filter"
        raise UpstreamInvalid("the provider's answer has no candidates")
    if not _answered(candidates):
        raise UpstreamInvalid(EMPTY)
    reason = REASONS.get(stop_of(candidates[0]) or "")
    if reason == "stop" and any("functionCall" in part for part in parts_of(candidates[0])):
        reason = "tool_calls"
    return usage_of(reply), reason


def _answered(candidates: list[JsonObject]) -> bool:
    """Whether a candidate says something, or why it does not. Raises `UpstreamInvalid` for the end of an empty answer,
    or of one that went wrong before anything of it was said."""
    if any(says_something(part) for candidate in candidates for part in parts_of(candidate)):
        return True
    for candidate in candidates:
        match stop_of(candidate):
            case None:
                pass
            case "STOP":
                raise UpstreamInvalid(EMPTY)
            case stop if stop in REASONS:
                return True
            case stop:
                raise UpstreamInvalid(gave_up(candidate, stop))
    return False
