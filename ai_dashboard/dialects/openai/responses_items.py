"""Input items of the Responses API, read into chat messages.

The API lists what chat keeps in one message: thinking, text and calls are items of their own. What belongs to one turn
of the assistant becomes one message, so that a call and its result stay neighbours.
"""

from ai_dashboard.core.chat import JsonObject
from ai_dashboard.core.errors import CallerError
from ai_dashboard.dialects.openai.responses_parts import content_of

SEAL = "ai-dashboard/"
"""What the encrypted content of our own reasoning items begins with: OpenAI could not decrypt them, and nobody else
could tell what OpenAI's mean."""

THINKING = SEAL + "thinking/"
REDACTED = SEAL + "redacted/"

_ROLES = frozenset({"user", "assistant", "system", "developer"})


def items_of(asked: object) -> list[JsonObject]:
    """The items of `input`, which may be a single text."""
    if asked is None:
        return []
    if isinstance(asked, str):
        return [{"type": "message", "role": "user", "content": asked}]
    if not isinstance(asked, list):
        raise CallerError("`input` is neither a string nor a list of items")
    for number, item in enumerate(asked):
        if not isinstance(item, dict):
            raise CallerError(f"`input[{number}]` is not an object")
    return asked


def messages_of(items: list[JsonObject], own: set[str]) -> list[JsonObject]:
    """The conversation that the items are. Names of items that only OpenAI can make sense of are added to `own`."""
    reading = _Reading(own)
    for number, item in enumerate(items):
        reading.add(item, f"input[{number}]")
    for message in reading.messages:
        if message["content"] is None and "tool_calls" not in message:
            message["content"] = ""  # only a call may stand without words
    return reading.messages


class _Reading:
    """The messages so far; `_turn` is the last of them while it is the assistant's."""

    def __init__(self, own: set[str]) -> None:
        self.messages: list[JsonObject] = []
        self._own = own
        self._turn: JsonObject | None = None

    def add(self, item: JsonObject, where: str) -> None:
        kind = item.get("type", "message")
        match kind:
            case "message":
                self._message(item, where)
            case "function_call":
                self._call(item, where)
            case "function_call_output":
                self._result(item, where)
            case "reasoning":
                self._reasoning(item)
            case str():
                self._own.add(f"input.{kind[:64]}")
            case _:
                raise CallerError(f"the `type` of `{where}` is not a string")

    def _message(self, item: JsonObject, where: str) -> None:
        role = item.get("role")
        if not isinstance(role, str) or role not in _ROLES:
            raise CallerError(f"`{where}` is not a message with a `role` of user, assistant, system or developer")
        content = content_of(item.get("content"), f"{where}.content", self._own)
        if role == "assistant":
            self._say(content)
            return
        self._turn = None
        self.messages.append({"role": role, "content": "" if content is None else content})

    def _say(self, content: str | list[JsonObject] | None) -> None:
        turn = self._assistant()
        if not content:
            return
        said = turn["content"]
        # A single text is the usual case, and a string is what every provider takes.
        match content:
            case [{"type": "text", "text": str(text), **marks}] if not marks:
                content = text
        turn["content"] = content if said is None else _parts(said) + _parts(content)

    def _call(self, item: JsonObject, where: str) -> None:
        call_id, name = item.get("call_id"), item.get("name")
        if not isinstance(call_id, str) or not isinstance(name, str):
            raise CallerError(f"`{where}` is a function call without `call_id` or `name`")
        arguments = item.get("arguments")
        if not isinstance(arguments, str):
            raise CallerError(f"`{where}.arguments` is not a string of JSON")
        call: JsonObject = {"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}
        if isinstance(extra := item.get("extra_content"), dict):
            call["extra_content"] = extra
        self._assistant().setdefault("tool_calls", []).append(call)

    def _result(self, item: JsonObject, where: str) -> None:
        call_id = item.get("call_id")
        if not isinstance(call_id, str):
            raise CallerError(f"`{where}` is the output of a function call without its `call_id`")
        content = content_of(item.get("output"), f"{where}.output", self._own)
        self._turn = None
        message: JsonObject = {"role": "tool", "tool_call_id": call_id, "content": "" if content is None else content}
        if isinstance(name := item.get("name"), str):
            message["name"] = name
        if item.get("is_error") is True:
            message["is_error"] = True
        self.messages.append(message)

    def _reasoning(self, item: JsonObject) -> None:
        turn = self._turn
        if turn is not None and turn["content"] is not None and "tool_calls" not in turn:
            self._turn = (
                None  # thinking after words begins anew; between calls it must not part them from their results
            )
        turn = self._assistant()
        text = "\n\n".join(_texts(item.get("summary")) or _texts(item.get("content")))
        sealed = item.get("encrypted_content")
        block: JsonObject | None = None
        if isinstance(sealed, str):
            if sealed.startswith(REDACTED):
                block = {"type": "redacted_thinking", "data": sealed.removeprefix(REDACTED)}
            elif signature := sealed.removeprefix(THINKING) if sealed.startswith(THINKING) else "":
                block = {"type": "thinking", "thinking": text, "signature": signature}
        if block is not None:
            turn.setdefault("thinking_blocks", []).append(block)
        if text:
            turn["reasoning_content"] = turn.get("reasoning_content", "") + text

    def _assistant(self) -> JsonObject:
        if self._turn is None:
            self._turn = {"role": "assistant", "content": None}
            self.messages.append(self._turn)
        return self._turn


def is_sealed(item: JsonObject) -> bool:
    """Whether it is thinking of another provider that we wrote as a reasoning item: OpenAI would refuse it."""
    sealed = item.get("encrypted_content")
    return item.get("type") == "reasoning" and isinstance(sealed, str) and sealed.startswith(SEAL)


def _texts(parts: object) -> list[str]:
    objects = [part for part in parts if isinstance(part, dict)] if isinstance(parts, list) else []
    return [text for part in objects if isinstance(text := part.get("text"), str)]


def _parts(content: str | list[JsonObject]) -> list[JsonObject]:
    return [{"type": "text", "text": content}] if isinstance(content, str) else content
