"""What a caller of Anthropic's dialect asks for. What the service refuses and a gateway may get wrong is refused."""

from base64 import b64encode
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

from ai_dashboard.core.chat import JsonObject
from ai_dashboard.demo.behaviour import THINKING_TOKENS, Ask, Tool
from ai_dashboard.demo.server import Refusal, read_limit, read_model, text_of

MIN_BUDGET = 1024
"""Tokens of thinking that the service wants to be given at least."""


def read_messages_ask(body: JsonObject, *, whole: bool = True) -> Ask:
    """The ask. `whole`: with everything that an answer needs; counting tokens needs less. Raises `Refusal`."""
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages or not all(isinstance(message, dict) for message in messages):
        raise _invalid("messages: must be a list with at least one message")
    max_tokens = read_limit(body.get("max_tokens"))
    if whole and max_tokens is None:
        raise _invalid("max_tokens: Field required")
    _check_signatures(messages)
    choice = body.get("tool_choice")
    wanted = choice.get("type") if isinstance(choice, dict) else None
    tools = _tools(body)
    if wanted == "none":
        tools = ()
    elif wanted == "tool" and isinstance(choice, dict):
        tools = tuple(tool for tool in tools if tool.name == choice.get("name"))
    said = [text_of(body.get("system")), *(_said(message) for message in messages)]
    asked = [text_of(message.get("content")) for message in messages if message.get("role") == "user"]
    return Ask(
        model=read_model(body),
        prompt="\n".join(said),
        question=next((text for text in reversed(asked) if text), ""),
        stream=body.get("stream") is True,
        max_tokens=max_tokens,
        tools=tools,
        must_call=wanted in ("any", "tool"),
        tool_result=_result(messages[-1]),
        thinking=_thinking(body.get("thinking"), max_tokens),
        wants_cache=_is_marked(body),
    )


def signature_of(thinking: str) -> str:
    """The proof that thinking is our own; like the real one it is checked when it comes back."""
    return b64encode(sha256(f"simulated {thinking}".encode()).digest()).decode()


def _tools(body: JsonObject) -> tuple[Tool, ...]:
    offered = body.get("tools") or []
    if not isinstance(offered, list):
        raise _invalid("tools: must be a list")
    tools = []
    for number, tool in enumerate(offered):
        match tool:
            case {"name": str(name), "input_schema": dict(schema)}:
                tools.append(Tool(name, schema))
            case {"name": str(), "type": str(kind)} if kind != "custom":
                pass  # a tool of the service's own, which nothing here would run
            case _:
                raise _invalid(f"tools.{number}: must have a name and an input_schema")
    return tuple(tools)


def _thinking(wanted: object, max_tokens: int | None) -> int:
    match wanted:
        case {"type": "enabled", "budget_tokens": int(budget)}:
            if budget < MIN_BUDGET:
                raise _invalid(f"thinking.enabled.budget_tokens: must be at least {MIN_BUDGET}")
            if max_tokens is not None and budget >= max_tokens:
                raise _invalid("max_tokens: must be greater than thinking.budget_tokens")
            return THINKING_TOKENS["high"]
        case {"type": "adaptive"}:
            return THINKING_TOKENS["medium"]
        case None | {"type": "disabled"}:
            return 0
        case _:
            raise _invalid("thinking: must be enabled with budget_tokens, adaptive or disabled")


def _is_marked(body: JsonObject) -> bool:
    """Whether the caller wants a part of its prompt kept in the cache."""
    contents = [body.get("system"), body.get("tools"), *(message.get("content") for message in body["messages"])]
    return any("cache_control" in block for content in contents for block in _blocks(content))


def _check_signatures(messages: list[dict[str, Any]]) -> None:
    for number, message in enumerate(messages):
        for place, block in enumerate(_blocks(message.get("content"))):
            if block.get("type") != "thinking":
                continue
            if block.get("signature") != signature_of(str(block.get("thinking"))):
                raise _invalid(f"messages.{number}.content.{place}: Invalid `signature` in `thinking` block")


def _result(message: dict[str, Any]) -> str | None:
    """What tools have answered, when that is the last message."""
    results = [block for block in _blocks(message.get("content")) if block.get("type") == "tool_result"]
    return "\n".join(text_of(block.get("content")) for block in results) if results else None


def _said(message: dict[str, Any]) -> str:
    """All text of a message, results of tools included."""
    return "\n".join(filter(None, (text_of(message.get("content")), _result(message))))


def _blocks(content: object) -> Iterator[dict[str, Any]]:
    return (block for block in content if isinstance(block, dict)) if isinstance(content, list) else iter(())


def _invalid(message: str) -> Refusal:
    return Refusal(400, "invalid_request", message)
