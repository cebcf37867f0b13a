"""The official `anthropic` client: messages, models, counts of tokens."""

from base64 import b64encode
from collections.abc import AsyncIterator, Mapping
from inspect import signature
from types import MappingProxyType
from typing import Any

import anthropic
import httpx2
from anthropic.types import Message, RawMessageStreamEvent, Usage

from ai_dashboard.core.chat import JsonObject
from tests.contract.callers.base import Door, Past, Spent, Tally, Told, Wish, no_word

ROOM = 2000
"""What the client must say: how long an answer may be."""


class Anthropic:
    """Messages."""

    title = "`anthropic`: messages"
    words: Mapping[str, str] = MappingProxyType(
        {"stop": "end_turn", "length": "max_tokens", "tool_calls": "tool_use", "content_filter": "refusal"}
    )
    errors: Mapping[int, type[Exception]] = MappingProxyType({
        400: anthropic.BadRequestError,
        401: anthropic.AuthenticationError,
        403: anthropic.PermissionDeniedError,
        404: anthropic.NotFoundError,
        413: anthropic.ContentTooLargeError,
        429: anthropic.RateLimitError,
        502: anthropic.InternalServerError,
        503: anthropic.OverloadedError,
    })  # fmt: skip
    failures: type[Exception] = anthropic.APIError

    def __init__(self, door: Door) -> None:
        self.door = door

        async def keep(response: httpx2.Response) -> None:
            door.headers = dict(response.headers)

        http = httpx2.AsyncClient(event_hooks={"response": [keep]}, verify=False, trust_env=False)
        self._client = anthropic.AsyncAnthropic(base_url=door.url, api_key=door.key, max_retries=0, http_client=http)
        self._known = signature(self._client.messages.create).parameters

    def status_of(self, error: Exception) -> int:
        return error.status_code if isinstance(error, anthropic.APIStatusError) else 0

    async def ask(self, wish: Wish) -> Told:
        tally = Tally()
        if wish.stream:
            async for _ in self.stream(wish, tally):
                pass
            return tally.told()
        reply: Message = await self._client.messages.create(**self._options(wish))
        for block in reply.content:
            match block.type:
                case "text":
                    tally.texts.append(block.text)
                case "thinking":
                    tally.thoughts.append(block.thinking)
                case "tool_use":
                    tally.called(block.id, block.name, block.input)
                case _:
                    raise AssertionError(f"a block of type {block.type}")
        tally.finish, tally.model, tally.id = reply.stop_reason or "", reply.model, reply.id
        tally.spent = _spent(reply.usage)
        tally.native = {
            "role": "assistant",
            "content": [block.model_dump(exclude_none=True) for block in reply.content],
        }
        return tally.told()

    async def stream(self, wish: Wish, tally: Tally) -> AsyncIterator[None]:
        stream: anthropic.AsyncStream[RawMessageStreamEvent] = await self._client.messages.create(
            stream=True, **self._options(wish)
        )
        opened = Spent(0, 0)
        async with stream:
            async for event in stream:
                match event.type:
                    case "message_start":
                        tally.model, tally.id = event.message.model, event.message.id
                        opened = _spent(event.message.usage)
                    case "content_block_start" if event.content_block.type == "tool_use":
                        tally.call(event.index, event.content_block.id, event.content_block.name)
                    case "content_block_delta":
                        _add(event.delta, event.index, tally)
                    case "message_delta":
                        tally.finish = event.delta.stop_reason or ""
                        tally.spent = _final(event.usage, opened)
                    case _:
                        pass
                yield

    async def complete(self, model: str, prompt: str, *, stream: bool) -> Told:
        raise no_word("Anthropic's API has no prompts without messages", known=dir(self._client), word="completions")

    async def embed(self, model: str, texts: list[str]) -> list[list[float]]:
        raise no_word("Anthropic's API has no embeddings", known=dir(self._client), word="embeddings")

    async def models(self) -> list[str]:
        return [model.id async for model in self._client.models.list()]

    async def model(self, name: str) -> str:
        return (await self._client.models.retrieve(name)).id

    async def count(self, wish: Wish) -> int:
        counted = await self._client.messages.count_tokens(
            model=wish.model, messages=[{"role": "user", "content": wish.question}]
        )
        return counted.input_tokens

    async def close(self) -> None:
        await self._client.close()

    def _options(self, wish: Wish) -> dict[str, Any]:
        self._refuse(wish)
        options: dict[str, Any] = {
            "model": wish.model,
            "messages": _messages(wish),
            "max_tokens": wish.max_tokens or ROOM,
            "extra_headers": {**self.door.extra, **wish.headers},
            "extra_body": {"x_own_field": 1} if wish.own else {},
        }
        if wish.system:
            options["system"] = [{"type": "text", "text": text} for text in wish.system]
        if wish.functions:
            options["tools"] = [
                {"name": tool.name, "description": tool.description, "input_schema": tool.parameters}
                for tool in wish.functions
            ]
        if wish.choice:
            options["tool_choice"] = {"type": {"required": "any"}.get(wish.choice, wish.choice)}
        if wish.schema is not None:
            options["output_config"] = {"format": {"type": "json_schema", "schema": wish.schema}}
        if wish.think:
            options["thinking"] = {"type": "adaptive", "display": "summarized"}
            options["output_config"] = {"effort": "high"}
        if wish.stop:
            options["stop_sequences"] = list(wish.stop)
        return options

    def _refuse(self, wish: Wish) -> None:
        """What this version of the API has no words for."""
        nowhere = (
            (wish.temperature is not None, "temperature", "this version of Anthropic's API takes no sampling"),
            (wish.seed is not None, "seed", "Anthropic's API takes no seed"),
            (wish.answers != 1, "n", "Anthropic's API gives one answer"),
            (wish.logprobs, "logprobs", "Anthropic's API has no log probabilities"),
            (wish.any_json, "response_format", "Anthropic's API gives JSON by a schema only"),
            (bool(wish.previous), "previous_response_id", "messages do not go on from a reply"),
        )
        for wanted, word, reason in nowhere:
            if wanted:
                raise no_word(reason, known=self._known, word=word)


def _messages(wish: Wish) -> list[JsonObject]:
    blocks: list[JsonObject] = []
    if wish.image:
        source = {"type": "base64", "media_type": "image/png", "data": b64encode(wish.image).decode()}
        blocks.append({"type": "image", "source": source})
    if wish.image_url:
        blocks.append({"type": "image", "source": {"type": "url", "url": wish.image_url}})
    blocks.append({"type": "text", "text": wish.question})
    if wish.mark:
        blocks[-1]["cache_control"] = {"type": "ephemeral"}
    messages: list[JsonObject] = [{"role": "user", "content": blocks}]
    return messages + (_past(wish.past) if wish.past else [])


def _past(past: Past) -> list[JsonObject]:
    calls = [{"type": "tool_use", "id": call.id, "name": call.name, "input": call.arguments} for call in past.calls]
    results = [
        {"type": "tool_result", "tool_use_id": call.id, "content": result}
        for call, result in zip(past.calls, past.results, strict=True)
    ]
    return [past.native or {"role": "assistant", "content": calls}, {"role": "user", "content": results}]


def _add(delta: Any, index: int, tally: Tally) -> None:  # noqa: ANN401 - a union of nine of the client's classes
    match delta.type:
        case "text_delta":
            tally.texts.append(delta.text)
        case "thinking_delta":
            tally.thoughts.append(delta.thinking)
        case "input_json_delta":
            tally.arguments(index, delta.partial_json)
        case _:
            pass


def _spent(usage: Usage) -> Spent:
    cached = usage.cache_read_input_tokens or 0
    prompt = usage.input_tokens + cached + (usage.cache_creation_input_tokens or 0)
    return Spent(prompt, usage.output_tokens, cached)


def _final(usage: Any, opened: Spent) -> Spent:  # noqa: ANN401 - its class has other names in other versions
    """The last figures; what the last event leaves out was said by the first."""
    if usage.input_tokens is None:
        return Spent(opened.prompt, usage.output_tokens, opened.cached)
    return _spent(usage)
