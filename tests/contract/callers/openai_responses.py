"""The official `openai` client: the Responses API."""

import json
from collections.abc import AsyncIterator, Mapping
from inspect import signature
from types import MappingProxyType
from typing import Any

import openai
from openai.types.responses import Response, ResponseStreamEvent, ResponseUsage

from ai_dashboard.core.chat import JsonObject
from tests.contract.callers.base import Door, NoWord, Past, Spent, Tally, Told, Wish, no_word
from tests.contract.callers.openai_chat import ERRORS, client_at, data_url


class OpenAIResponses:
    """Responses. `finish` is the status, or the reason for being incomplete."""

    title = "`openai`: responses"
    words: Mapping[str, str] = MappingProxyType(
        {
            "stop": "completed",
            "length": "max_output_tokens",
            "tool_calls": "completed",
            "content_filter": "content_filter",
        }
    )
    errors = ERRORS
    failures: type[Exception] = openai.APIError

    def __init__(self, door: Door) -> None:
        self.door = door
        self._client = client_at(door)
        self._known = signature(self._client.responses.create).parameters

    def status_of(self, error: Exception) -> int:
        return error.status_code if isinstance(error, openai.APIStatusError) else 0

    async def ask(self, wish: Wish) -> Told:
        tally = Tally()
        if wish.stream:
            async for _ in self.stream(wish, tally):
                pass
            return tally.told()
        reply: Response = await self._client.responses.create(**self._options(wish))
        for item in reply.output:
            match item.type:
                case "message":
                    parts = [part for part in item.content if part.type == "output_text"]
                    tally.texts += [part.text for part in parts]
                    tally.scored += sum(len(part.logprobs or ()) for part in parts)
                case "reasoning":
                    tally.thoughts += [part.text for part in item.summary]
                case "function_call":
                    tally.called(item.call_id, item.name, json.loads(item.arguments))
                case _:
                    raise AssertionError(f"an item of type {item.type}")
        _end(reply, tally)
        return tally.told()

    async def stream(self, wish: Wish, tally: Tally) -> AsyncIterator[None]:
        stream: openai.AsyncStream[ResponseStreamEvent] = await self._client.responses.create(
            stream=True, **self._options(wish)
        )
        async with stream:
            async for event in stream:
                match event.type:
                    case "response.output_text.delta":
                        tally.texts.append(event.delta)
                        tally.scored += len(event.logprobs)
                    case "response.reasoning_summary_text.delta":
                        tally.thoughts.append(event.delta)
                    case "response.output_item.added" if event.item.type == "function_call":
                        tally.call(event.output_index, event.item.call_id, event.item.name)
                    case "response.function_call_arguments.delta":
                        tally.arguments(event.output_index, event.delta)
                    case "response.completed" | "response.incomplete":
                        _end(event.response, tally)
                    case _:
                        pass
                yield

    async def complete(self, model: str, prompt: str, *, stream: bool) -> Told:
        raise NoWord("prompts without messages are for completions")

    async def embed(self, model: str, texts: list[str]) -> list[list[float]]:
        raise NoWord("embeddings are an API of their own, in the table above")

    async def models(self) -> list[str]:
        raise NoWord("the list of models is an API of its own, in the table above")

    async def model(self, name: str) -> str:
        raise NoWord("the list of models is an API of its own, in the table above")

    async def count(self, wish: Wish) -> int:
        raise NoWord("only OpenAI itself counts the tokens of a response beforehand (`/v1/responses/input_tokens`)")

    async def close(self) -> None:
        await self._client.close()

    def _options(self, wish: Wish) -> dict[str, Any]:
        self._refuse(wish)
        options: dict[str, Any] = {
            "model": wish.model,
            "input": _items(wish),
            "extra_headers": {**self.door.extra, **wish.headers},
            "extra_body": {"x_own_field": 1} if wish.own else {},
        }
        if wish.previous:
            options["previous_response_id"] = wish.previous
        if wish.functions:
            options["tools"] = [
                {"type": "function", "name": tool.name, "description": tool.description, "parameters": tool.parameters}
                for tool in wish.functions
            ]
        if wish.choice:
            options["tool_choice"] = wish.choice
        if wish.schema is not None:
            schema = {"type": "json_schema", "name": "answer", "schema": wish.schema, "strict": True}
            options["text"] = {"format": schema}
        if wish.any_json:
            options["text"] = {"format": {"type": "json_object"}}
        if wish.think:
            options["reasoning"] = {"effort": "high", "summary": "auto"}
        if wish.max_tokens:
            options["max_output_tokens"] = wish.max_tokens
        if wish.temperature is not None:
            options["temperature"] = wish.temperature
        if wish.logprobs:
            options |= {"include": ["message.output_text.logprobs"], "top_logprobs": 2}
        return options

    def _refuse(self, wish: Wish) -> None:
        """What the Responses API has no words for."""
        nowhere = (
            (bool(wish.stop), "stop", "the Responses API has no stop sequences"),
            (wish.seed is not None, "seed", "the Responses API takes no seed"),
            (wish.answers != 1, "n", "the Responses API gives one answer"),
        )
        for wanted, word, reason in nowhere:
            if wanted:
                raise no_word(reason, known=self._known, word=word)


def _items(wish: Wish) -> list[JsonObject]:
    items: list[JsonObject] = [{"role": "system", "content": text} for text in wish.system]
    parts: list[JsonObject] = [{"type": "input_text", "text": wish.question}] if wish.question else []
    if wish.mark:
        parts[0]["prompt_cache_breakpoint"] = {"mode": "explicit"}
    if wish.image:
        parts.append({"type": "input_image", "image_url": data_url(wish.image), "detail": "auto"})
    if wish.image_url:
        parts.append({"type": "input_image", "image_url": wish.image_url, "detail": "auto"})
    if parts:
        items.append({"role": "user", "content": parts})
    return items + (_past(wish.past) if wish.past else [])


def _past(past: Past) -> list[JsonObject]:
    said = (
        past.native
        if past.native is not None
        else [
            {"type": "function_call", "call_id": call.id, "name": call.name, "arguments": json.dumps(call.arguments)}
            for call in past.calls
        ]
    )
    results = [
        {"type": "function_call_output", "call_id": call.id, "output": result}
        for call, result in zip(past.calls, past.results, strict=True)
    ]
    return [*said, *results]


def _end(reply: Response, tally: Tally) -> None:
    incomplete = reply.incomplete_details
    tally.finish = (incomplete and incomplete.reason) or reply.status or ""
    tally.model, tally.id, tally.spent = reply.model, reply.id, _spent(reply.usage)
    tally.native = [item.model_dump(exclude_none=True) for item in reply.output]


def _spent(usage: ResponseUsage | None) -> Spent | None:
    if usage is None:
        return None
    return Spent(usage.input_tokens, usage.output_tokens, usage.input_tokens_details.cached_tokens)
