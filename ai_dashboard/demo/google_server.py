"""A simulated server in Google's dialect: content whole and streamed, function calls, thoughts, embeddings."""

import re
from base64 import b64encode
from collections.abc import Awaitable, Callable
from functools import partial
from hashlib import sha256

import orjson

from ai_dashboard.core.chat import JsonObject
from ai_dashboard.demo.behaviour import Ask, Script
from ai_dashboard.demo.google_read import get, read_generate_ask, text_in
from ai_dashboard.demo.prose import tokens_of
from ai_dashboard.demo.server import (
    SIMULATED,
    Refusal,
    Route,
    SimulatedServer,
    find_model,
    read_limit,
    read_object,
    reply_json,
)
from ai_dashboard.transport.http1 import Exchange

_PATH = re.compile(r"/v1(?:beta)?/models(?:/(?P<model>[^/:]+)(?::(?P<method>\w+))?)?")

_STATUSES = {404: "NOT_FOUND", 429: "RESOURCE_EXHAUSTED", 500: "INTERNAL", 503: "UNAVAILABLE"}
"""What Google calls the cause, by status; everything else is the request's own fault."""

_FINISHES = {"stop": "STOP", "length": "MAX_TOKENS", "tool_calls": "STOP"}

_Method = Callable[[Exchange, str], Awaitable[None]]


class GoogleServer(SimulatedServer):
    """Speaks the Gemini API, under `/v1beta` and `/v1`. Keys are not looked at: there is nothing to protect."""

    def routes(self) -> dict[tuple[str, str], Route]:
        return {}

    def find(self, method: str, path: str) -> Route | None:
        """Here the model is in the path, and what is wanted of it."""
        found = _PATH.fullmatch(path)
        if found is None:
            return None
        model, wanted = found["model"], found["method"]
        if method == "GET":
            return None if wanted else partial(self._model, model=model) if model else self._models
        methods: dict[str | None, _Method] = {
            "generateContent": self._generate,
            "streamGenerateContent": self._generate,
            "countTokens": self._count_tokens,
            "embedContent": self._embed,
            "batchEmbedContents": self._embed_batch,
        }
        answer = methods.get(wanted)
        return None if answer is None else lambda exchange: answer(exchange, model)

    def error(self, refusal: Refusal) -> JsonObject:
        error: JsonObject = {
            "code": refusal.status,
            "message": refusal.message,
            "status": _STATUSES.get(refusal.status, "INVALID_ARGUMENT"),
        }
        if refusal.retry_after_s:
            kind = "type.googleapis.com/google.rpc.RetryInfo"
            error["details"] = [{"@type": kind, "retryDelay": f"{refusal.retry_after_s}s"}]
        return {"error": error}

    def read_ask(self, body: JsonObject) -> Ask:
        return read_generate_ask(body, "", stream=False)

    async def reply_whole(self, exchange: Exchange, ask: Ask, script: Script) -> None:
        await self.pass_time(script)
        parts = [_thought(script.thinking)] if script.thoughts and ask.shows_thinking else []
        if script.tokens:
            parts.append(_call(script) if script.call else {"text": script.text})
        reply_json(exchange, self._chunk(ask, script, parts, finish=True))

    async def reply_stream(self, exchange: Exchange, ask: Ask, script: Script) -> None:
        """Server-sent events when the query says so, else one JSON list that grows."""
        events = "alt=sse" in exchange.query.split("&")
        before, after = (b"data: ", b"\n\n") if events else (b"[", b"\n")

        async def send(parts: list[JsonObject], *, finish: bool = False) -> None:
            nonlocal before
            exchange.write(before + orjson.dumps(self._chunk(ask, script, parts, finish=finish)) + after)
            before = before if events else b","
            await exchange.drain()

        await self._sleep(script.ttft_s)
        kind = b"text/event-stream" if events else b"application/json"
        exchange.start(200, [(b"content-type", kind), SIMULATED])
        async for thought in self.think(script):
            if ask.shows_thinking:
                await send([_thought(thought)])
        async for token in self.act(script):
            if not script.call:
                await send([{"text": token}])
        if script.call:  # a call comes in one piece
            await send([_call(script)])
        for _ in range(script.finishes):
            await send([{"text": ""}], finish=True)
        exchange.finish(b"" if events else b"]")

    async def _generate(self, exchange: Exchange, model: str) -> None:
        stream = "streamGenerateContent" in exchange.path
        await self.answer(exchange, read_generate_ask(read_object(await exchange.body()), model, stream=stream))

    async def _count_tokens(self, exchange: Exchange, model: str) -> None:
        find_model(self.provider.models, model)
        body = read_object(await exchange.body())
        inner = get(body, "generateContentRequest")
        ask = read_generate_ask(inner if isinstance(inner, dict) else body, model, stream=False)
        reply_json(exchange, {"totalTokens": len(tokens_of(ask.prompt))})

    async def _embed(self, exchange: Exchange, model: str) -> None:
        (values,) = await self._vectors([read_object(await exchange.body())], model)
        reply_json(exchange, {"embedding": {"values": values}})

    async def _embed_batch(self, exchange: Exchange, model: str) -> None:
        asked = read_object(await exchange.body()).get("requests")
        if not isinstance(asked, list) or not asked or not all(isinstance(one, dict) for one in asked):
            raise Refusal(400, "invalid_request", "requests: must be a list with at least one request")
        vectors = await self._vectors(asked, model)
        reply_json(exchange, {"embeddings": [{"values": values} for values in vectors]})

    async def _vectors(self, asked: list[JsonObject], model: str) -> list[list[float]]:
        texts = [text_in(one.get("content")) for one in asked]
        return await self.embed(model, texts, read_limit(get(asked[0], "outputDimensionality")))

    async def _models(self, exchange: Exchange) -> None:
        reply_json(exchange, {"models": [self._listed(model.name) for model in self.provider.all_models]})

    async def _model(self, exchange: Exchange, model: str) -> None:
        find_model(self.provider.all_models, model)
        reply_json(exchange, self._listed(model))

    def _listed(self, name: str) -> JsonObject:
        model = find_model(self.provider.all_models, name)
        speaks = ["generateContent", "streamGenerateContent", "countTokens"]
        return {
            "name": f"models/{name}",
            "displayName": name,
            "description": "Simulated",
            "inputTokenLimit": model.context_length,
            "supportedGenerationMethods": ["embedContent", "batchEmbedContents"] if model.dimensions else speaks,
        }

    def _chunk(self, ask: Ask, script: Script, parts: list[JsonObject], *, finish: bool) -> JsonObject:
        candidate: JsonObject = {"content": {"role": "model", "parts": parts}, "index": 0}
        if finish:
            candidate["finishReason"] = _FINISHES[script.finish]
        usage = {"promptTokenCount": script.prompt_tokens}
        if finish:
            usage |= {
                "candidatesTokenCount": len(script.tokens),
                "thoughtsTokenCount": len(script.thoughts),
                "cachedContentTokenCount": script.cached_tokens,
                "totalTokenCount": script.prompt_tokens + script.completion_tokens,
            }
        identity = f"{self.provider.name}-{self._count}"
        counted = {"usageMetadata": usage} if script.counted else {}
        return {"candidates": [candidate], **counted, "modelVersion": ask.model, "responseId": identity}


def _thought(text: str) -> JsonObject:
    return {"text": text, "thought": True}


def _call(script: Script) -> JsonObject:
    """A function call. With thinking it carries a mark that belongs into the next turn."""
    if script.call is None:
        return {}
    made = {"id": script.call.id, "name": script.call.name, "args": orjson.loads(script.call.arguments)}
    part: JsonObject = {"functionCall": made}
    if script.thoughts:
        part["thoughtSignature"] = b64encode(sha256(script.thinking.encode()).digest()).decode()
    return part
