"""The official `ollama` client: chat, generate, embed, list, show."""

from base64 import b64encode
from collections.abc import AsyncIterator, Mapping
from inspect import signature
from types import MappingProxyType
from typing import Any

import httpx
import ollama
from ollama import ChatResponse, GenerateResponse, Options

from ai_dashboard.core.chat import JsonObject
from tests.contract.callers.base import Door, NoWord, Past, Spent, Tally, Told, Wish, no_word


class Ollama:
    """Chat."""

    title = "`ollama`: chat"
    words: Mapping[str, str] = MappingProxyType(
        {"stop": "stop", "length": "length", "tool_calls": "stop", "content_filter": "content_filter"}
    )
    errors: Mapping[int, type[Exception]] = MappingProxyType(
        dict.fromkeys((400, 401, 403, 404, 413, 429, 502, 503), ollama.ResponseError)
    )
    failures: type[Exception] = ollama.ResponseError

    def __init__(self, door: Door) -> None:
        self.door = door

        async def keep(response: httpx.Response) -> None:
            door.headers = dict(response.headers)

        async def add(request: httpx.Request) -> None:
            request.headers.update({**door.extra, **self._headers})

        self._headers: Mapping[str, str] = {}
        self._client = ollama.AsyncClient(
            host=door.url,
            headers={"authorization": f"Bearer {door.key}"},
            event_hooks={"request": [add], "response": [keep]},
            verify=False,
            trust_env=False,
        )
        self._known = signature(self._client.chat).parameters

    def status_of(self, error: Exception) -> int:
        return error.status_code if isinstance(error, ollama.ResponseError) else 0

    async def ask(self, wish: Wish) -> Told:
        tally = Tally()
        if wish.stream:
            async for _ in self.stream(wish, tally):
                pass
            return tally.told()
        reply: ChatResponse = await self._client.chat(**self._options(wish))
        _add(reply, tally)
        tally.native = reply.message
        return tally.told()

    async def stream(self, wish: Wish, tally: Tally) -> AsyncIterator[None]:
        stream = await self._client.chat(stream=True, **self._options(wish))
        async for line in stream:
            _add(line, tally)
            yield

    async def complete(self, model: str, prompt: str, *, stream: bool) -> Told:
        tally = Tally()
        options = {"num_predict": 20}
        if stream:
            async for line in await self._client.generate(model=model, prompt=prompt, options=options, stream=True):
                _add_generated(line, tally)
        else:
            _add_generated(await self._client.generate(model=model, prompt=prompt, options=options), tally)
        return tally.told()

    async def embed(self, model: str, texts: list[str]) -> list[list[float]]:
        reply = await self._client.embed(model=model, input=texts)
        return [list(vector) for vector in reply.embeddings]

    async def models(self) -> list[str]:
        return [model.model or "" for model in (await self._client.list()).models]

    async def model(self, name: str) -> str:
        shown = await self._client.show(name)
        return str((shown.modelinfo or {}).get("general.basename"))

    async def count(self, wish: Wish) -> int:
        raise no_word("Ollama's API does not count tokens beforehand", known=dir(self._client), word="count_tokens")

    async def close(self) -> None:
        await self._client.close()  # type: ignore[no-untyped-call]

    def _options(self, wish: Wish) -> dict[str, Any]:
        self._refuse(wish)
        self._headers = wish.headers
        said = {
            "stop": list(wish.stop) or None,
            "num_predict": wish.max_tokens or None,
            "temperature": wish.temperature,
            "seed": wish.seed,
            "num_gpu": 1 if wish.own else None,
        }
        options: dict[str, Any] = {"model": wish.model, "messages": _messages(wish)}
        if chosen := {name: value for name, value in said.items() if value is not None}:
            options["options"] = chosen
        if wish.functions:
            options["tools"] = [
                {
                    "type": "function",
                    "function": {"name": tool.name, "description": tool.description, "parameters": tool.parameters},
                }
                for tool in wish.functions
            ]
        if wish.schema is not None or wish.any_json:
            options["format"] = wish.schema or "json"
        if wish.think:
            options["think"] = "high"
        if wish.logprobs:
            options |= {"logprobs": True, "top_logprobs": 2}
        return options

    def _refuse(self, wish: Wish) -> None:
        """What the client has no words for."""
        if wish.image_url:
            raise NoWord("Ollama's client sends images as data: a text is the path of a file")
        nowhere = (
            (wish.choice, "tool_choice", "Ollama leaves the choice of a tool to the model"),
            (wish.answers != 1, "n", "Ollama gives one answer"),
            (wish.mark, "cache_control", "Ollama's client has no mark for what is to be cached"),
            (bool(wish.previous), "previous_response_id", "Ollama's chats do not go on from a reply"),
        )
        for wanted, word, reason in nowhere:
            if wanted:
                raise no_word(reason, known=[*self._known, *Options.model_fields], word=word)


def _messages(wish: Wish) -> list[Any]:
    messages: list[Any] = [{"role": "system", "content": text} for text in wish.system]
    asked: JsonObject = {"role": "user", "content": wish.question}
    if wish.image:
        asked["images"] = [b64encode(wish.image).decode()]
    return [*messages, asked, *(_past(wish.past) if wish.past else ())]


def _past(past: Past) -> list[Any]:
    calls = [{"function": {"name": call.name, "arguments": call.arguments}} for call in past.calls]
    results = [
        {"role": "tool", "tool_name": call.name, "content": result}
        for call, result in zip(past.calls, past.results, strict=True)
    ]
    return [past.native or {"role": "assistant", "content": "", "tool_calls": calls}, *results]


def _add(line: ChatResponse, tally: Tally) -> None:
    tally.model = line.model or ""
    tally.texts.append(line.message.content or "")
    tally.thoughts.append(line.message.thinking or "")
    tally.scored += len(line.logprobs or ())
    for call in line.message.tool_calls or ():
        tally.called("", call.function.name, dict(call.function.arguments))
    _end(line, tally)


def _add_generated(line: GenerateResponse, tally: Tally) -> None:
    tally.texts.append(line.response or "")
    _end(line, tally)


def _end(line: ChatResponse | GenerateResponse, tally: Tally) -> None:
    if line.done:
        tally.finish = line.done_reason or ""
        if line.prompt_eval_count is not None and line.eval_count is not None:
            tally.spent = Spent(line.prompt_eval_count, line.eval_count)
