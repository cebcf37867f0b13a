"""What one line of Ollama's stream says; a whole reply is one such line. Any value may have any type."""

from ai_dashboard.core.chat import JsonObject
from ai_dashboard.core.events import FinishReason, Usage
from ai_dashboard.dialects.refusals import repeatable

NOTHING_TO_SAY = ("load", "unload")
"""Reasons to end without a word: the ask had no prompt, and only put the model into memory or out of it."""

_SAYING = ("response", "image", "_debug_info")
"""Fields of a line, beside its message, in which something is answered."""


def error_in(line: JsonObject) -> str | None:
    """The message of an error that is reported inside a reply."""
    match line.get("error"):
        case None | "" | False:
            return None
        case str(message) | {"message": str(message)}:
            return repeatable(message)
        case _:
            return "the provider reported an error without a message"


def message_of(line: JsonObject) -> JsonObject:
    """A chat's message; in the form of `/api/generate` the line itself has what else a message has."""
    message = line.get("message")
    return message if isinstance(message, dict) else line


def says_something(line: JsonObject) -> bool:
    """Whether a line holds text, thinking, a call, or anything else of an answer."""
    message = message_of(line)
    return any(map(message.get, ("content", "thinking", "tool_calls"))) or any(map(line.get, _SAYING))


def is_last(line: JsonObject) -> bool:
    """Whether the provider says that its reply is whole."""
    return line.get("done") is True or "_debug_info" in line


def usage_of(line: JsonObject) -> Usage | None:
    """The counts of the last line, None when it has none. A prompt that was in the cache as a whole is not counted by
    older servers."""
    if "eval_count" not in line and "prompt_eval_count" not in line:
        return None
    return Usage(_count(line, "prompt_eval_count"), _count(line, "eval_count"))


def finish_of(line: JsonObject, *, called: bool) -> FinishReason:
    """Why the last line ended the reply; `called` when it holds calls. Servers before 0.1.45 give no reason."""
    match line.get("done_reason"):
        case "length":
            return "length"
        case "content_filter":
            return "content_filter"
        case _:
            return "tool_calls" if called else "stop"


def _count(line: JsonObject, name: str) -> int:
    value = line.get(name)
    return value if isinstance(value, int) and value > 0 else 0
