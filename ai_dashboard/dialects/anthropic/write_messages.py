"""Canonical messages, written as Anthropic's turns.

Turns alternate, and what follows a turn with calls begins with the result of each of them. Results that are missing are
made up as errors (a caller may have given a call up); results of calls that nobody made are refused.
"""

import orjson

from ai_dashboard.core.chat import JsonObject
from ai_dashboard.core.data import dataclass
from ai_dashboard.core.errors import CallerError
from ai_dashboard.dialects.anthropic.ids import PlainIds
from ai_dashboard.dialects.anthropic.read_parts import name_of
from ai_dashboard.dialects.anthropic.write_parts import blocks_of, text_blocks

NO_RESULT = "This call was not answered."
OPENING = "(The assistant opens the conversation.)"

_KNOWN = frozenset({
    "role", "content", "tool_calls", "tool_call_id", "thinking_blocks", "refusal", "is_error", "cache_control",
    # Nothing is lost with these: thinking counts only with its signature, in `thinking_blocks`; the others are marks
    # that the provider of the turn put there for itself, or for the caller.
    "reasoning_content", "reasoning", "reasoning_details", "extra_content", "annotations",
})  # fmt: skip


@dataclass(slots=True)
class Written:
    """System prompts and turns, as blocks."""

    system: list[JsonObject]
    turns: list[JsonObject]

    @property
    def calls_without_thinking(self) -> bool:
        """Whether the turn that is going on has calls, and no thinking before them."""
        called = next((turn for turn in reversed(self.turns) if turn["role"] == "assistant"), None)
        if called is None or self.turns[-1]["role"] == "assistant" or not _holds(self.turns[-1], "tool_result"):
            return False
        return called["content"][0]["type"] not in ("thinking", "redacted_thinking")


def write_messages(messages: list[JsonObject], warnings: list[str]) -> Written:
    """Everything that was said. System prompts go first, wherever they stood: most models take them nowhere else."""
    conversation = _Conversation(warnings)
    system: list[JsonObject] = []
    for number, message in enumerate(messages):
        where = f"messages[{number}]"
        lost = {name for name in message.keys() - _KNOWN if message[name] is not None}
        if message["role"] == "tool":
            lost.discard("name")  # its id says whose result it is
        warnings += [
            f"`{name_of(name)}` of a message is left out: Anthropic has no such field" for name in sorted(lost)
        ]
        match message["role"]:
            case "system" | "developer":
                system += _prompt(message, where, warnings)
            case "user":
                conversation.user(message, where)
            case "assistant":
                conversation.assistant(message, where)
            case "tool":
                conversation.result(message, where)
            case _:
                raise CallerError(f"`{where}.role` is none of system, developer, user, assistant and tool")
    turns = conversation.end()
    if not turns:
        if not system:
            raise CallerError("`messages` say nothing: all of them are empty")
        warnings.append("the last system prompt is sent as the user's message: Anthropic answers to nothing else")
        turns = [{"role": "user", "content": [system.pop()]}]
    if turns[0]["role"] == "assistant":
        warnings.append("a short user message is put first: Anthropic's conversations begin with the user")
        turns.insert(0, {"role": "user", "content": text_blocks(OPENING)})
    return Written(system, turns)


def _prompt(message: JsonObject, where: str, warnings: list[str]) -> list[JsonObject]:
    blocks = blocks_of(message.get("content"), f"{where}.content", warnings)
    texts = [block for block in blocks if block["type"] == "text"]
    if len(texts) < len(blocks):
        warnings.append(f"images and files of `{where}` are left out: Anthropic's system prompts are text")
    return _marked(texts, message)


@dataclass(slots=True)
class _Call:
    """A call of the latest turn: its id as it came and as it is written, and its result once that was found."""

    given: str
    written: str
    result: JsonObject | None = None


class _Conversation:
    def __init__(self, warnings: list[str]) -> None:
        self._warnings = warnings
        self._turns: list[JsonObject] = []
        self._ids = PlainIds("call")
        self._calls: list[_Call] = []
        self._said: list[JsonObject] = []

    def user(self, message: JsonObject, where: str) -> None:
        self._said += _marked(blocks_of(message.get("content"), f"{where}.content", self._warnings), message)

    def assistant(self, message: JsonObject, where: str) -> None:
        self._answer()
        blocks = _thinking(message.get("thinking_blocks"))
        blocks += blocks_of(message.get("content"), f"{where}.content", self._warnings)
        if isinstance(refusal := message.get("refusal"), str):
            blocks += text_blocks(refusal)
        calls = message.get("tool_calls") or []
        if not isinstance(calls, list):
            raise CallerError(f"`{where}.tool_calls` is not a list")
        for number, call in enumerate(calls):
            blocks.append(self._use(call, f"{where}.tool_calls[{number}]"))
        self._add("assistant", _marked(blocks, message))

    def result(self, message: JsonObject, where: str) -> None:
        call_id = message.get("tool_call_id")
        open_calls = [call for call in self._calls if call.result is None]
        # Some callers have no ids at all; their results come in the order of the calls.
        found = next((call for call in open_calls if not call_id or call.given == call_id), None)
        if found is None:
            raise CallerError(
                f"`{where}` is the result of a tool call that the assistant's message before it does not have",
                hint="send each call and its result together",
            )
        block: JsonObject = {"type": "tool_result", "tool_use_id": found.written}
        if content := blocks_of(message.get("content"), f"{where}.content", self._warnings):
            plain = len(content) == 1 and content[0].keys() == {"type", "text"}
            block["content"] = content[0]["text"] if plain else content
        if message.get("is_error") is True:
            block["is_error"] = True
        found.result = _marked([block], message)[0]

    def end(self) -> list[JsonObject]:
        self._answer()
        if self._turns and self._turns[-1]["role"] == "assistant":
            last = self._turns[-1]["content"][-1]
            if last["type"] == "text":
                last["text"] = last["text"].rstrip()  # Anthropic goes on from this text, and refuses blanks at its end
        return self._turns

    def _answer(self) -> None:
        """End the user's turn: the results first, in the order of the calls."""
        blocks: list[JsonObject] = []
        for call in self._calls:
            if call.result is None:
                self._warnings.append("a tool call without a result is given an error as one: Anthropic wants one each")
                call.result = {
                    "type": "tool_result",
                    "tool_use_id": call.written,
                    "content": NO_RESULT,
                    "is_error": True,
                }
            blocks.append(call.result)
        self._add("user", blocks + self._said)
        self._calls, self._said = [], []

    def _add(self, role: str, blocks: list[JsonObject]) -> None:
        if not blocks:
            return
        if self._turns and self._turns[-1]["role"] == role:
            self._turns[-1]["content"] += blocks
        else:
            self._turns.append({"role": role, "content": blocks})

    def _use(self, call: object, where: str) -> JsonObject:
        match call:
            case {"function": {"name": str(name), **function}, **rest} if name:
                given = rest.get("id")
                known = _Call(given if isinstance(given, str) else "", "")
                known.written = self._ids.of(known.given)
                self._calls.append(known)
                arguments = _arguments(function.get("arguments"), name)
                return {"type": "tool_use", "id": known.written, "name": name, "input": arguments}
            case _:
                raise CallerError(f"`{where}` has no function with a name")


def _arguments(arguments: object, name: str) -> JsonObject:
    if isinstance(arguments, str):
        try:
            arguments = orjson.loads(arguments or "{}")
        except orjson.JSONDecodeError:
            raise CallerError(f"the arguments of the tool call {name!r} are not JSON") from None
    if arguments is None:
        return {}
    if not isinstance(arguments, dict):
        raise CallerError(f"the arguments of the tool call {name!r} are not a JSON object")
    return arguments


def _thinking(blocks: object) -> list[JsonObject]:
    """Thinking with its proof. Without one it is another provider's, which Anthropic refuses."""
    written: list[JsonObject] = []
    for block in blocks if isinstance(blocks, list) else ():
        match block:
            case {"type": "thinking", "thinking": str(thinking), "signature": str(signature)} if signature:
                written.append({"type": "thinking", "thinking": thinking, "signature": signature})
            case {"type": "redacted_thinking", "data": str(data)} if data:
                written.append({"type": "redacted_thinking", "data": data})
            case _:
                pass
    return written


def _marked(blocks: list[JsonObject], message: JsonObject) -> list[JsonObject]:
    """A message's own cache mark stands at its last block; thinking cannot have one."""
    mark = message.get("cache_control")
    if isinstance(mark, dict) and blocks and blocks[-1]["type"] not in ("thinking", "redacted_thinking"):
        blocks[-1]["cache_control"] = mark
    return blocks


def _holds(turn: JsonObject, kind: str) -> bool:
    return any(block["type"] == kind for block in turn["content"])
