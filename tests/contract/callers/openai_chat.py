"""The official `openai` client: chat completions, completions, embeddings, models."""

import json
from base64 import b64encode
from collections.abc import AsyncIterator, Mapping
from inspect import signature
from types import MappingProxyType
from typing import Any

import httpx2
import openai
from openai.types import CompletionUsage
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from openai.types.chat.chat_completion import Choice
from openai.types.chat.chat_completion_chunk import Choice as ChunkChoice

from ai_dashboard.core.chat import JsonObject
from tests.contract.callers.base import Door, NoWord, Past, Spent, Tally, Told, Wish, no_word

ERRORS: Mapping[int, type[Exception]] = MappingProxyType({
    400: openai.BadRequestError,
    401: openai.AuthenticationError,
    403: openai.PermissionDeniedError,
    404: openai.NotFoundError,
    413: openai.APIStatusError,
    429: openai.RateLimitError,
    502: openai.InternalServerError,
    503: openai.InternalServerError,
})  # fmt: skip


def client_at(door: Door) -> openai.AsyncOpenAI:
    """The client, its replies' headers kept."""

    async def keep(response: httpx2.Response) -> None:
        door.headers = dict(response.headers)

    http = httpx2.AsyncClient(event_hooks={"response": [keep]}, verify=False, trust_env=False)
    return openai.AsyncOpenAI(base_url=f"{door.url}/v1", api_key=door.key, max_retries=0, http_client=http)


class OpenAIChat:
    """Chat completions."""

    title = "`openai`: chat completions"
    words: Mapping[str, str] = MappingProxyType(
        {name: name for name in ("stop", "length", "tool_calls", "content_filter")}
    )
    errors = ERRORS
    failures: type[Exception] = openai.APIError

    def __init__(self, door: Door) -> None:
        self.door = door
        self._client = client_at(door)

    def status_of(self, error: Exception) -> int:
        return error.status_code if isinstance(error, openai.APIStatusError) else 0

    async def ask(self, wish: Wish) -> Told:
        tally = Tally()
        if wish.stream:
            async for _ in self.stream(wish, tally):
                pass
            return tally.told()
        reply: ChatCompletion = await self._client.chat.completions.create(**self._options(wish))
        message = reply.choices[0].message
        tally.texts.append(message.content or "")
        tally.thoughts.append(getattr(message, "reasoning_content", ""))
        for call in message.tool_calls or ():
            assert call.type == "function"
            tally.called(call.id, call.function.name, json.loads(call.function.arguments))
        for number, choice in enumerate(reply.choices):
            if number:
                tally.other(number, choice.message.content)
            tally.scored += _scored(choice)
        tally.finish, tally.model, tally.id = reply.choices[0].finish_reason, reply.model, reply.id
        tally.spent = _spent(reply.usage)
        tally.native = message.model_dump(exclude_none=True)
        return tally.told()

    async def stream(self, wish: Wish, tally: Tally) -> AsyncIterator[None]:
        options = self._options(wish)
        stream: openai.AsyncStream[ChatCompletionChunk] = await self._client.chat.completions.create(
            stream=True, stream_options={"include_usage": True}, **options
        )
        async with stream:
            async for chunk in stream:
                tally.model, tally.id = chunk.model, chunk.id
                tally.spent = _spent(chunk.usage) or tally.spent
                for choice in chunk.choices:
                    delta = choice.delta
                    tally.scored += _scored(choice)
                    if choice.index:
                        tally.other(choice.index, delta.content)
                        continue
                    tally.texts.append(delta.content or "")
                    tally.thoughts.append(getattr(delta, "reasoning_content", ""))
                    for piece in delta.tool_calls or ():
                        function = piece.function
                        if piece.id:
                            tally.call(piece.index, piece.id, function.name if function else None)
                        tally.arguments(piece.index, function.arguments if function else None)
                    tally.finish = choice.finish_reason or tally.finish
                yield

    async def complete(self, model: str, prompt: str, *, stream: bool) -> Told:
        tally = Tally()
        if stream:
            async with await self._client.completions.create(
                model=model, prompt=prompt, max_tokens=20, stream=True, stream_options={"include_usage": True}
            ) as pieces:
                async for piece in pieces:
                    tally.texts += [choice.text for choice in piece.choices]
                    tally.finish = next((choice.finish_reason for choice in piece.choices), "") or tally.finish
                    tally.spent = _spent(piece.usage) or tally.spent
        else:
            reply = await self._client.completions.create(model=model, prompt=prompt, max_tokens=20)
            tally.texts.append(reply.choices[0].text)
            tally.finish, tally.spent = reply.choices[0].finish_reason, _spent(reply.usage)
        return tally.told()

    async def embed(self, model: str, texts: list[str]) -> list[list[float]]:
        reply = await self._client.embeddings.create(model=model, input=texts)
        return [item.embedding for item in reply.data]

    async def models(self) -> list[str]:
        return [model.id async for model in self._client.models.list()]

    async def model(self, name: str) -> str:
        return (await self._client.models.retrieve(name)).id

    async def count(self, wish: Wish) -> int:
        raise NoWord("chat completions have no way to count tokens beforehand")

    async def close(self) -> None:
        await self._client.close()

    def _options(self, wish: Wish) -> dict[str, Any]:
        if wish.previous:
            create = signature(self._client.chat.completions.create).parameters
            raise no_word("chat completions do not go on from a reply", known=create, word="previous_response_id")
        extra = {"x_own_field": 1} if wish.own else {}
        options: dict[str, Any] = {
            "model": wish.model,
            "messages": _messages(wish),
            "extra_headers": {**self.door.extra, **wish.headers},
            "extra_body": extra,
        }
        if wish.functions:
            options["tools"] = [
                {
                    "type": "function",
                    "function": {"name": tool.name, "description": tool.description, "parameters": tool.parameters},
                }
                for tool in wish.functions
            ]
        if wish.choice:
            options["tool_choice"] = wish.choice
        return options | _settings(wish)


def _settings(wish: Wish) -> dict[str, Any]:
    """How to answer."""
    options: dict[str, Any] = {}
    if wish.schema is not None:
        schema = {"name": "answer", "schema": wish.schema, "strict": True}
        options["response_format"] = {"type": "json_schema", "json_schema": schema}
    if wish.any_json:
        options["response_format"] = {"type": "json_object"}
    if wish.think:
        options["reasoning_effort"] = "high"
    if wish.logprobs:
        options |= {"logprobs": True, "top_logprobs": 2}
    said = {
        "stop": list(wish.stop) or None,
        "max_completion_tokens": wish.max_tokens or None,
        "temperature": wish.temperature,
        "seed": wish.seed,
        "n": wish.answers if wish.answers != 1 else None,
    }
    return options | {name: value for name, value in said.items() if value is not None}


def _messages(wish: Wish) -> list[JsonObject]:
    messages: list[JsonObject] = [{"role": "system", "content": text} for text in wish.system]
    parts: list[JsonObject] = [{"type": "text", "text": wish.question}]
    if wish.mark:
        parts[0]["cache_control"] = {"type": "ephemeral"}
    if wish.image:
        parts.append({"type": "image_url", "image_url": {"url": data_url(wish.image)}})
    if wish.image_url:
        parts.append({"type": "image_url", "image_url": {"url": wish.image_url}})
    plain = len(parts) == 1 and not wish.mark
    messages.append({"role": "user", "content": wish.question if plain else parts})
    return messages + (_past(wish.past) if wish.past else [])


def _past(past: Past) -> list[JsonObject]:
    calls = [
        {
            "id": call.id,
            "type": "function",
            "function": {"name": call.name, "arguments": json.dumps(call.arguments)},
        }
        for call in past.calls
    ]
    said = past.native or {"role": "assistant", "content": None, "tool_calls": calls}
    results = [
        {"role": "tool", "tool_call_id": call.id, "content": result}
        for call, result in zip(past.calls, past.results, strict=True)
    ]
    return [said, *results]


def data_url(image: bytes) -> str:
    return f"data:image/png;base64,{b64encode(image).decode()}"


def _scored(choice: Choice | ChunkChoice) -> int:
    return len((choice.logprobs and choice.logprobs.content) or ())


def _spent(usage: CompletionUsage | None) -> Spent | None:
    if usage is None:
        return None
    cached = usage.prompt_tokens_details.cached_tokens if usage.prompt_tokens_details else 0
    return Spent(usage.prompt_tokens, usage.completion_tokens, cached or 0)
