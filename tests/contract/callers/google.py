"""The official `google-genai` client: content, embeddings, models, counts of tokens."""

from collections.abc import AsyncIterator, Mapping
from inspect import signature
from types import MappingProxyType
from typing import Any

import httpx2
from google import genai
from google.genai import errors as raised
from google.genai import types

from tests.contract.callers.base import Door, Past, Spent, Tally, Told, Wish, no_word


class Google:
    """Content."""

    title = "`google-genai`: content"
    words: Mapping[str, str] = MappingProxyType(
        {"stop": "STOP", "length": "MAX_TOKENS", "tool_calls": "STOP", "content_filter": "SAFETY"}
    )
    errors: Mapping[int, type[Exception]] = MappingProxyType(
        dict.fromkeys((400, 401, 403, 404, 413, 429), raised.ClientError)
        | dict.fromkeys((502, 503), raised.ServerError)
    )
    failures: type[Exception] = raised.APIError

    def __init__(self, door: Door) -> None:
        self.door = door

        async def keep(response: httpx2.Response) -> None:
            door.headers = dict(response.headers)

        self._http = httpx2.AsyncClient(event_hooks={"response": [keep]}, verify=False, trust_env=False)
        self._client = genai.Client(
            api_key=door.key,
            vertexai=False,
            http_options=types.HttpOptions(base_url=door.url, httpx_async_client=self._http),
        )
        self._models = self._client.aio.models

    def status_of(self, error: Exception) -> int:
        return error.code if isinstance(error, raised.APIError) else 0

    async def ask(self, wish: Wish) -> Told:
        tally = Tally()
        if wish.stream:
            async for _ in self.stream(wish, tally):
                pass
            return tally.told()
        reply = await self._models.generate_content(
            model=wish.model, contents=_contents(wish), config=self._config(wish)
        )
        _add(reply, tally)
        tally.native = reply.candidates[0].content if reply.candidates else None
        return tally.told()

    async def stream(self, wish: Wish, tally: Tally) -> AsyncIterator[None]:
        stream = await self._models.generate_content_stream(
            model=wish.model, contents=_contents(wish), config=self._config(wish)
        )
        async for chunk in stream:
            _add(chunk, tally)
            yield

    async def complete(self, model: str, prompt: str, *, stream: bool) -> Told:
        raise no_word("Google's API has no prompts without contents", known=dir(self._models), word="generate_text")

    async def embed(self, model: str, texts: list[str]) -> list[list[float]]:
        contents: list[Any] = list(texts)
        reply = await self._models.embed_content(model=model, contents=contents)
        return [list(one.values or ()) for one in reply.embeddings or ()]

    async def models(self) -> list[str]:
        return [(model.name or "").removeprefix("models/") async for model in await self._models.list()]

    async def model(self, name: str) -> str:
        return ((await self._models.get(model=name)).name or "").removeprefix("models/")

    async def count(self, wish: Wish) -> int:
        counted = await self._models.count_tokens(model=wish.model, contents=wish.question)
        return counted.total_tokens or 0

    async def close(self) -> None:
        await self._http.aclose()
        self._client.close()

    def _config(self, wish: Wish) -> types.GenerateContentConfig:
        known = [*types.GenerateContentConfig.model_fields, *signature(self._models.generate_content).parameters]
        if wish.mark:
            raise no_word("Google's client has no mark for what is to be cached", known=known, word="cache_control")
        if wish.previous:
            raise no_word("contents do not go on from a reply", known=known, word="previous_response_id")
        config = types.GenerateContentConfig(
            http_options=types.HttpOptions(
                headers={**self.door.extra, **wish.headers}, extra_body={"xOwnField": 1} if wish.own else None
            ),
            system_instruction=list(wish.system) or None,
            stop_sequences=list(wish.stop) or None,
            max_output_tokens=wish.max_tokens or None,
            temperature=wish.temperature,
            seed=wish.seed,
            candidate_count=wish.answers if wish.answers != 1 else None,
        )
        if wish.functions:
            declared = [
                types.FunctionDeclaration(
                    name=tool.name, description=tool.description, parameters_json_schema=tool.parameters
                )
                for tool in wish.functions
            ]
            config.tools = [types.Tool(function_declarations=declared)]
        if wish.choice:
            mode = types.FunctionCallingConfigMode({"required": "ANY", "none": "NONE"}[wish.choice])
            config.tool_config = types.ToolConfig(function_calling_config=types.FunctionCallingConfig(mode=mode))
        if wish.schema is not None or wish.any_json:
            config.response_mime_type = "application/json"
            config.response_json_schema = wish.schema
        if wish.think:
            config.thinking_config = types.ThinkingConfig(include_thoughts=True, thinking_budget=4096)
        if wish.logprobs:
            config.response_logprobs, config.logprobs = True, 2
        return config


def _contents(wish: Wish) -> list[Any]:
    parts = [types.Part.from_text(text=wish.question)]
    if wish.image:
        parts.append(types.Part.from_bytes(data=wish.image, mime_type="image/png"))
    if wish.image_url:
        parts.append(types.Part.from_uri(file_uri=wish.image_url, mime_type="image/png"))
    return [types.Content(role="user", parts=parts), *(_past(wish.past) if wish.past else ())]


def _past(past: Past) -> list[types.Content]:
    calls = [types.Part.from_function_call(name=call.name, args=call.arguments) for call in past.calls]
    results = [
        types.Part(
            function_response=types.FunctionResponse(id=call.id or None, name=call.name, response={"output": result})
        )
        for call, result in zip(past.calls, past.results, strict=True)
    ]
    return [past.native or types.Content(role="model", parts=calls), types.Content(role="user", parts=results)]


def _add(chunk: types.GenerateContentResponse, tally: Tally) -> None:
    tally.model = chunk.model_version or tally.model
    tally.id = chunk.response_id or tally.id
    for candidate in chunk.candidates or ():
        scores = candidate.logprobs_result
        tally.scored += len((scores and scores.chosen_candidates) or ())
        if candidate.index:
            said = (candidate.content and candidate.content.parts) or ()
            tally.other(candidate.index, "".join(part.text or "" for part in said))
            continue
        for part in (candidate.content and candidate.content.parts) or ():
            if part.function_call is not None:
                call = part.function_call
                tally.called(call.id, call.name, call.args)
            elif part.text:
                (tally.thoughts if part.thought else tally.texts).append(part.text)
        if candidate.finish_reason is not None:
            tally.finish = candidate.finish_reason.value
    usage = chunk.usage_metadata
    if usage is not None and usage.candidates_token_count is not None:
        completion = usage.candidates_token_count + (usage.thoughts_token_count or 0)
        tally.spent = Spent(usage.prompt_token_count or 0, completion, usage.cached_content_token_count or 0)
