"""Material for hostile callers and providers: a rich ask in every caller's form, what a form calls an error and an end,
ways to spoil JSON, and a gateway in front of providers of all dialects that is driven without `await`."""

import asyncio
import copy
import json
from collections.abc import Iterable, Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import uvloop

from ai_dashboard.core.chat import DialectName, JsonObject
from ai_dashboard.transport.http1 import Exchange
from tests.integration.gateway.scene import JSON_TYPE, House, Play, Script, house

AT_ONCE = 8
KINDS = ("openai", "openai_compatible", "anthropic", "google", "ollama")
"""The providers, each called what it is; its model is its name with `-m`."""
EMBED_KINDS = ("openai", "openai_compatible", "google", "ollama")

Path = tuple[str | int, ...]

# ── asks ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

PNG = "iVBORw0KGgo="
SCHEMA: JsonObject = {
    "type": "object",
    "properties": {"city": {"type": "string", "enum": ["a"]}, "n": {"anyOf": [{"type": "integer"}, {"type": "null"}]}},
    "required": ["city"],
    "additionalProperties": False,
}
FUNCTION: JsonObject = {"name": "f", "description": "d", "parameters": SCHEMA, "strict": True}
CALL: JsonObject = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"city":"a"}'}}

CHAT: JsonObject = {
    "messages": [
        {"role": "system", "content": "s"},
        {"role": "user", "name": "n", "content": [
            {"type": "text", "text": "t", "cache_control": {"type": "ephemeral"}},
            {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}", "detail": "low"}},
        ]},
        {"role": "assistant", "content": "a", "refusal": None, "reasoning_content": "r", "tool_calls": [CALL],
         "thinking_blocks": [{"type": "thinking", "thinking": "t", "signature": "s"}]},
        {"role": "tool", "tool_call_id": "c1", "content": [{"type": "text", "text": "x"}], "is_error": True},
    ],
    "tools": [{"type": "function", "function": FUNCTION}],
    "tool_choice": {"type": "function", "function": {"name": "f"}}, "parallel_tool_calls": True,
    "functions": None, "function_call": None, "stream": False, "stream_options": {"include_usage": True},
    "temperature": 0.5, "top_p": 0.9, "top_k": 4, "min_p": 0.1, "repeat_penalty": 1.1, "seed": 1, "stop": ["a"],
    "max_tokens": 100, "max_completion_tokens": 100, "n": 1, "logprobs": True, "top_logprobs": 2, "logit_bias": {},
    "presence_penalty": 0.1, "frequency_penalty": 0.1, "reasoning_effort": "low",
    "response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": SCHEMA, "strict": True}},
    "thinking": {"type": "enabled", "budget_tokens": 2000}, "user": "u", "metadata": {"a": "b"}, "capability": None,
    "strict": False, "keep_alive": "5m", "options": {"num_ctx": 4096}, "service_tier": "flex",
}  # fmt: skip

RESPONSES: JsonObject = {
    "input": [
        {"role": "user", "content": "x"},
        {"type": "message", "role": "user", "content": [
            {"type": "input_text", "text": "x"},
            {"type": "input_image", "image_url": f"data:image/png;base64,{PNG}", "detail": "auto"},
        ]},
        {"type": "reasoning", "id": "r", "summary": [{"type": "summary_text", "text": "x"}], "encrypted_content": "AA"},
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "x", "annotations": []}]},
        {"type": "function_call", "call_id": "c1", "name": "f", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "c1", "output": [{"type": "input_text", "text": "x"}]},
    ],
    "instructions": "i", "tools": [{"type": "function", **FUNCTION}, {"type": "web_search"}],
    "tool_choice": {"type": "function", "name": "f"}, "parallel_tool_calls": True, "temperature": 1, "top_p": 1,
    "max_output_tokens": 10, "text": {"format": {"type": "json_schema", "name": "x", "schema": SCHEMA},
                                      "verbosity": "low"},
    "reasoning": {"effort": "low", "summary": "auto"}, "stream": False, "store": True, "metadata": {"a": "b"},
    "include": ["reasoning.encrypted_content"], "truncation": "auto", "top_logprobs": 1,
    "previous_response_id": None, "conversation": None, "prompt": None,
}  # fmt: skip

MESSAGES: JsonObject = {
    "max_tokens": 3000, "system": [{"type": "text", "text": "s", "cache_control": {"type": "ephemeral"}}],
    "messages": [
        {"role": "user", "content": [
            {"type": "text", "text": "x"},
            {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}},
        ]},
        {"role": "assistant", "content": [
            {"type": "thinking", "thinking": "t", "signature": "s"}, {"type": "text", "text": "x"},
            {"type": "tool_use", "id": "c1", "name": "f", "input": {"city": 1}},
        ]},
        {"role": "user", "content": [
            {"type": "tool_result", "tool_use_id": "c1", "content": [{"type": "text", "text": "x"}], "is_error": True},
        ]},
    ],
    "tools": [{"name": "f", "description": "d", "input_schema": SCHEMA, "type": "custom"}],
    "tool_choice": {"type": "tool", "name": "f", "disable_parallel_tool_use": True}, "temperature": 1, "top_p": 0.5,
    "top_k": 4, "stop_sequences": ["a"], "stream": False, "thinking": {"type": "enabled", "budget_tokens": 1024},
    "output_config": {"effort": "low", "format": {"type": "json_schema", "schema": SCHEMA}},
    "metadata": {"user_id": "u"}, "service_tier": "auto", "capability": None, "strict": False,
}  # fmt: skip

GENERATE: JsonObject = {
    "contents": [
        {"role": "user", "parts": [{"text": "x"}, {"inlineData": {"mimeType": "image/png", "data": PNG}}]},
        {"role": "model", "parts": [
            {"text": "t", "thought": True, "thoughtSignature": "AAAA"},
            {"functionCall": {"id": "c1", "name": "f", "args": {"city": 1}}, "thoughtSignature": "AAAA"},
        ]},
        {"role": "user", "parts": [{"functionResponse": {"id": "c1", "name": "f", "response": {"output": "x"}}}]},
    ],
    "systemInstruction": {"role": "system", "parts": [{"text": "x"}]},
    "tools": [{"functionDeclarations": [{"name": "f", "description": "d", "parameters": {
        "type": "OBJECT", "required": ["city"],
        "properties": {"city": {"type": "STRING", "nullable": True, "format": "enum", "enum": ["a"]},
                       "l": {"type": "ARRAY", "items": {"type": "NUMBER"}, "minItems": "1"}},
    }}]}],
    "toolConfig": {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["f"]}},
    "safetySettings": [{"category": "X", "threshold": "Y"}],
    "generationConfig": {
        "temperature": 1, "topP": 0.5, "topK": 3, "maxOutputTokens": 10, "candidateCount": 1, "stopSequences": ["a"],
        "seed": 1, "responseLogprobs": True, "logprobs": 2, "responseMimeType": "application/json",
        "responseSchema": {"type": "OBJECT"}, "responseJsonSchema": SCHEMA, "responseModalities": ["TEXT"],
        "thinkingConfig": {"includeThoughts": True, "thinkingBudget": 1024, "thinkingLevel": "LOW"},
    },
    "serviceTier": "flex", "capability": None, "strict": False,
}  # fmt: skip

OPTIONS: JsonObject = {"num_ctx": 4096, "temperature": 0.1, "top_k": 3, "stop": ["a"], "num_predict": 10, "num_gpu": 1}
OLLAMA_CHAT: JsonObject = {
    "messages": [
        {"role": "system", "content": "s"}, {"role": "user", "content": "x", "images": [PNG]},
        {"role": "assistant", "content": "x", "thinking": "t",
         "tool_calls": [{"function": {"name": "f", "arguments": {"city": 1}}}]},
        {"role": "tool", "tool_name": "f", "content": "x"},
    ],
    "tools": [{"type": "function", "function": FUNCTION}], "format": SCHEMA, "options": OPTIONS, "stream": False,
    "think": "low", "keep_alive": "5m", "logprobs": True, "top_logprobs": 2, "capability": None, "strict": False,
}  # fmt: skip

TEXT: JsonObject = {
    "prompt": ["a"], "suffix": "s", "max_tokens": 3, "temperature": 1, "n": 1, "stream": False, "logprobs": 2,
    "echo": False, "stop": "x", "best_of": 1, "logit_bias": {"1": 1}, "stream_options": {"include_usage": True},
}  # fmt: skip
OLLAMA_TEXT: JsonObject = {
    "prompt": "p", "suffix": "s", "images": [PNG], "system": "s", "template": "t", "context": [1], "raw": False,
    "format": "json", "options": OPTIONS, "stream": False, "think": True, "keep_alive": 10,
}  # fmt: skip
UNIFIED: JsonObject = {
    "messages": [{"role": "user", "content": "x"}], "provider": "auto", "fallback": True, "task": None,
    "requirements": {"vision": False, "min_context": 10}, "stream": False,
}  # fmt: skip
EMBEDDED: JsonObject = {"content": {"parts": [{"text": "x"}]}, "taskType": "T", "title": "t", "outputDimensionality": 3}


@dataclass(frozen=True, slots=True)
class Door:
    """A way in: whose form is spoken there, a rich ask, and who can answer it. The path names the model where the body
    does not."""

    path: str
    dialect: DialectName
    ask: JsonObject
    kinds: tuple[str, ...] = KINDS

    def at(self, model: str) -> str:
        return self.path.format(model=model)

    def asking(self, model: str) -> JsonObject:
        """The ask for a model."""
        return self.ask if "{model}" in self.path or "requests" in self.ask else {"model": model} | self.ask


DOORS: tuple[Door, ...] = (
    Door("/v1/chat/completions", "openai", CHAT),
    Door("/v1/completions", "openai", TEXT),
    Door("/v1/responses", "openai", RESPONSES),
    Door("/v1/embeddings", "openai", {"input": ["a", "b"], "dimensions": 3, "encoding_format": "base64"}, EMBED_KINDS),
    Door("/v1/messages", "anthropic", MESSAGES),
    Door("/v1/messages/count_tokens", "anthropic", MESSAGES),
    Door("/v1beta/models/{model}:generateContent", "google", GENERATE),
    Door("/v1/models/{model}:streamGenerateContent?alt=sse", "google", GENERATE),
    Door("/v1beta/models/{model}:countTokens", "google", {"generateContentRequest": GENERATE}),
    Door("/v1beta/models/{model}:embedContent", "google", EMBEDDED, EMBED_KINDS),
    Door("/v1beta/models/{model}:batchEmbedContents", "google", {"requests": [EMBEDDED, EMBEDDED]}, EMBED_KINDS),
    Door("/api/chat", "ollama", OLLAMA_CHAT),
    Door("/api/generate", "ollama", OLLAMA_TEXT),
    Door(
        "/api/embed",
        "ollama",
        {"input": ["a", "b"], "truncate": True, "options": OPTIONS, "dimensions": 3},
        EMBED_KINDS,
    ),
    Door("/api/embeddings", "ollama", {"prompt": "x", "options": OPTIONS, "keep_alive": "5m"}, EMBED_KINDS),
    Door("/api/show", "ollama", {"verbose": True}),
    Door("/api/ai/chat", "openai", UNIFIED),
    Door("/api/ai/generate", "openai", UNIFIED | {"fallback": ["ollama"]}),
    Door("/v1/chat/batch", "openai", {"requests": [CHAT | {"model": "openai-m"}], "max_concurrency": 2}),
)

# ── what is heard of it ──────────────────────────────────────────────────────────────────────────────────────────────


def check_error(dialect: str, error: Any, status: int | None = None) -> None:  # noqa: ANN401 - parsed JSON
    """It is what this dialect calls an error, and says something."""
    match dialect, error:
        case ("openai", {"error": {"message": str(text), "type": str(), "code": str()}}):
            pass
        case ("anthropic", {"type": "error", "error": {"type": str(), "message": str(text)}, "request_id": str()}):
            pass
        case ("google", {"error": {"code": int(code), "message": str(text), "status": str()}}):
            assert status in (None, code)
        case ("ollama", {"error": str(text)}):
            pass
        case _:
            raise AssertionError(f"no error of {dialect}: {error!r:.300}")
    assert text
    assert len(text) < 4000
    assert "Traceback" not in text


# ── spoiling JSON ────────────────────────────────────────────────────────────────────────────────────────────────────


def nested(levels: int) -> JsonObject:
    """Objects in objects."""
    value: JsonObject = {}
    for _ in range(levels):
        value = {"a": value}
    return value


ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 1.5, 1e308, 2**53, 2**63, 2**64, -(2**63) - 1, 10**40, "", " ", "x", "\x00", "\r\nx: y",
    "é\u2028😀", "9" * 5000, "[]", [], {}, [None], [[]], [{}], [1], ["x"], {"": {}}, {"type": "x"}, {"type": []},
    {"type": "text"}, {"type": "text", "text": None}, {"role": "user"}, {"message": "boom"}, "stop", "error",
    nested(240),
)  # fmt: skip


def paths(value: object, at: Path = ()) -> Iterator[Path]:
    """Every place in a value, the value itself first."""
    yield at
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from paths(inner, (*at, name))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from paths(inner, (*at, number))


def value_at(value: Any, at: Path) -> Any:  # noqa: ANN401 - JSON
    """What is at that place."""
    for step in at:
        value = value[step]
    return value


def replaced(value: Any, at: Path, by: object) -> Any:  # noqa: ANN401 - JSON
    """The value with something else at that place."""
    if not at:
        return by
    changed = copy.copy(value)
    changed[at[0]] = replaced(value[at[0]], at[1:], by)
    return changed


def without(value: Any, at: Path) -> Any:  # noqa: ANN401 - JSON
    """The value without what is at that place."""
    changed = copy.copy(value)
    if len(at) == 1:
        del changed[at[0]]
    else:
        changed[at[0]] = without(value[at[0]], at[1:])
    return changed


def written(value: object) -> bytes:
    """As JSON, with integers of any size."""
    return json.dumps(value).encode()


# ── the stage ────────────────────────────────────────────────────────────────────────────────────────────────────────

PATIENT: JsonObject = {
    "health": {"interval_s": 3600, "attempts": 1, "timeout_s": 2},
    "breaker": {"failures": 1_000_000},
    "retries": {"max": 0},
}


async def _lists(exchange: Exchange) -> None:
    exchange.reply(200, [JSON_TYPE], b'{"data": [], "models": []}')


class Stage:
    """A gateway in front of one provider of every kind, on a loop of its own that runs while something is asked."""

    def __init__(self, runner: asyncio.Runner, gateway: House) -> None:
        self._runner = runner
        self.house = gateway

    def post(self, path: str, body: bytes) -> httpx.Response:
        """One ask, read to its end."""
        return self._runner.run(self._post(path, body))

    def post_all(self, asks: Iterable[tuple[str, bytes]]) -> list[httpx.Response]:
        """Many of them, some at one time; in the order in which they were asked."""
        return self._runner.run(self._post_all([*asks]))

    async def _post(self, path: str, body: bytes) -> httpx.Response:
        return await self.house.http.post(path, content=body, headers={"content-type": "application/json"})

    async def _post_all(self, asks: list[tuple[str, bytes]]) -> list[httpx.Response]:
        replies: list[httpx.Response | None] = [None] * len(asks)
        waiting = iter(enumerate(asks))

        async def one_after_the_other() -> None:
            for number, (path, body) in waiting:
                replies[number] = await self._post(path, body)

        async with asyncio.TaskGroup() as group:
            for _ in range(AT_ONCE):
                group.create_task(one_after_the_other())
        return [reply for reply in replies if reply is not None]


@contextmanager
def stage(script: Script) -> Iterator[Stage]:
    """The gateway, listening, and providers that all answer like this."""
    plays = {kind: Play(script) for kind in KINDS}
    for play in plays.values():
        play.listing = _lists
    entries = {kind: {"type": kind, "api_key": "k", "models": [f"{kind}-m"]} for kind in KINDS}
    stack = AsyncExitStack()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        scene = house(plays, entries=entries, settings=PATIENT)
        try:
            yield Stage(runner, runner.run(stack.enter_async_context(scene)))
        finally:
            runner.run(stack.aclose())
