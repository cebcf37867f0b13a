"""A simulated Ollama in its native dialect: NDJSON chat, embeddings, tags, and a slow first answer of each model."""

from hashlib import sha256

import orjson

from ai_dashboard.core.chat import JsonObject
from ai_dashboard.core.clock import Clock
from ai_dashboard.demo.behaviour import THINKING_TOKENS, Ask, Call, Script
from ai_dashboard.demo.catalogue import SimulatedModel, SimulatedProvider
from ai_dashboard.demo.prose import tokens_of
from ai_dashboard.demo.server import (
    SIMULATED,
    Refusal,
    Route,
    SimulatedServer,
    Sleep,
    find_model,
    read_conversation,
    read_limit,
    read_model,
    read_object,
    read_result,
    read_texts,
    read_tools,
    reply_json,
    rfc3339,
)
from ai_dashboard.transport.http1 import Exchange

KEEP_LOADED_S = 300.0
"""Seconds that a model stays in memory after its last use; Ollama's default for `keep_alive`."""

VERSION = "0.0.0-simulated"


class OllamaServer(SimulatedServer):
    """Remembers which models are loaded. A model's first use waits until it is; so does whoever comes meanwhile."""

    def __init__(self, provider: SimulatedProvider, seed: int, *, clock: Clock, sleep: Sleep) -> None:
        super().__init__(provider, seed, clock=clock, sleep=sleep)
        self._started = clock.wall()
        self._ready_at: dict[str, float] = {}
        self._unload_at: dict[str, float] = {}

    def routes(self) -> dict[tuple[str, str], Route]:
        return {
            ("GET", "/api/tags"): self._tags,
            ("GET", "/api/version"): self._version,
            ("GET", "/api/ps"): self._loaded,
            ("POST", "/api/chat"): self.chat,
            ("POST", "/api/generate"): self._generate,
            ("POST", "/api/embed"): self._embed,
            ("POST", "/api/embeddings"): self._embeddings,
        }

    def error(self, refusal: Refusal) -> JsonObject:
        return {"error": refusal.message}

    def read_ask(self, body: JsonObject) -> Ask:
        prompt, question = read_conversation(body)
        return Ask(
            model=read_model(body),
            prompt=prompt,
            question=question,
            stream=body.get("stream") is not False,
            max_tokens=_limit(body),
            tools=read_tools(body),
            tool_result=read_result(body),
            thinking=_thinking(body.get("think")),
        )

    async def reply_whole(self, exchange: Exchange, ask: Ask, script: Script) -> None:
        began = self._clock.monotonic()
        load_s = await self._load(ask.model)
        await self.pass_time(script)
        said = _said(ask, script.text, script.thinking, script.call)
        reply_json(exchange, self._line(ask) | said | self._end(script, began, load_s))

    async def reply_stream(self, exchange: Exchange, ask: Ask, script: Script) -> None:
        async def send(said: JsonObject, end: JsonObject | None = None) -> None:
            exchange.write(orjson.dumps(self._line(ask) | said | (end or {"done": False})) + b"\n")
            await exchange.drain()

        began = self._clock.monotonic()
        load_s = await self._load(ask.model)
        await self._sleep(script.ttft_s)
        exchange.start(200, [(b"content-type", b"application/x-ndjson"), SIMULATED])
        async for thought in self.think(script):
            await send(_said(ask, "", thought))
        async for token in self.act(script):
            if not script.call:
                await send(_said(ask, token))
        if script.call:  # Ollama sends a call in one piece, once it has all of it
            await send(_said(ask, "", call=script.call))
        for _ in range(script.finishes):
            await send(_said(ask, ""), self._end(script, began, load_s))
        exchange.finish()

    async def _generate(self, exchange: Exchange) -> None:
        """A prompt instead of messages; without one a model is only loaded."""
        body = read_object(await exchange.body())
        prompt, system = body.get("prompt") or "", body.get("system") or ""
        if not isinstance(prompt, str) or not isinstance(system, str):
            raise Refusal(400, "invalid_request", "'prompt' and 'system' must be texts.")
        ask = Ask(
            model=read_model(body),
            prompt=f"{system}\n{prompt}" if system else prompt,
            question=prompt,
            stream=body.get("stream") is not False,
            max_tokens=_limit(body),
            thinking=_thinking(body.get("think")),
            bare=True,
        )
        if prompt:
            await self.answer(exchange, ask)
            return
        find_model(self.provider.models, ask.model)
        await self._load(ask.model)
        reply_json(exchange, self._line(ask) | {"response": "", "done": True, "done_reason": "load"})

    async def _embed(self, exchange: Exchange) -> None:
        body = read_object(await exchange.body())
        model, texts = read_model(body), read_texts(body.get("input"))
        began = self._clock.monotonic()
        vectors = await self.embed(model, texts, read_limit(body.get("dimensions")))
        took = {"total_duration": _ns(self._clock.monotonic() - began), "load_duration": 0}
        count = sum(len(tokens_of(text)) for text in texts)
        reply_json(exchange, {"model": model, "embeddings": vectors, **took, "prompt_eval_count": count})

    async def _embeddings(self, exchange: Exchange) -> None:
        """The older way: one text, one vector."""
        body = read_object(await exchange.body())
        vectors = await self.embed(read_model(body), read_texts(body.get("prompt")), None)
        reply_json(exchange, {"embedding": vectors[0]})

    async def _load(self, model: str) -> float:
        """Wait until a model is in memory; returns the seconds that took."""
        now = self._clock.monotonic()
        if self._unload_at.get(model, now) <= now:
            self._ready_at[model] = now + self.provider.load_s
        wait_s = max(self._ready_at[model] - now, 0.0)
        self._unload_at[model] = now + wait_s + KEEP_LOADED_S
        if wait_s:
            await self._sleep(wait_s)
        return wait_s

    async def _tags(self, exchange: Exchange) -> None:
        models = [_entry(model) | {"modified_at": rfc3339(self._started)} for model in self.provider.all_models]
        reply_json(exchange, {"models": models})

    async def _version(self, exchange: Exchange) -> None:
        reply_json(exchange, {"version": VERSION})

    async def _loaded(self, exchange: Exchange) -> None:
        now, wall = self._clock.monotonic(), self._clock.wall()
        models = [
            _entry(model)
            | {"size_vram": model.file_bytes, "expires_at": rfc3339(wall + self._unload_at[model.name] - now)}
            for model in self.provider.models
            if self._unload_at.get(model.name, now) > now
        ]
        reply_json(exchange, {"models": models})

    def _line(self, ask: Ask) -> JsonObject:
        """What every line of an answer begins with."""
        return {"model": ask.model, "created_at": rfc3339(self._clock.wall())}

    def _end(self, script: Script, began: float, load_s: float) -> JsonObject:
        """The last line's own part. Durations are nanoseconds, as Ollama counts; `began` is on the monotonic clock."""
        counts = {"prompt_eval_count": script.prompt_tokens, "eval_count": script.completion_tokens}
        return {
            "done": True,
            "done_reason": "length" if script.finish == "length" else "stop",
            "total_duration": _ns(self._clock.monotonic() - began),
            "load_duration": _ns(load_s),
            "prompt_eval_duration": _ns(script.ttft_s),
            "eval_duration": _ns(sum(script.gaps_s)),
            **(counts if script.counted else {}),
        }


def _said(ask: Ask, content: str, thinking: str = "", call: Call | None = None) -> JsonObject:
    """A piece of an answer, or all of it. Ollama's tool calls carry no id, and their arguments are an object."""
    if ask.bare:
        return {"response": content} | ({"thinking": thinking} if thinking else {})
    message: JsonObject = {"role": "assistant", "content": content}
    if thinking:
        message["thinking"] = thinking
    if call:
        message["tool_calls"] = [{"function": {"name": call.name, "arguments": orjson.loads(call.arguments)}}]
    return {"message": message}


def _limit(body: JsonObject) -> int | None:
    options = body.get("options")
    return read_limit(options.get("num_predict")) if isinstance(options, dict) else None


def _thinking(think: object) -> int:
    """How much thinking is asked for: a switch, or an effort."""
    if isinstance(think, str):
        return THINKING_TOKENS.get(think, 0)
    return THINKING_TOKENS["medium"] if think is True else 0


def _entry(model: SimulatedModel) -> JsonObject:
    """A model as `tags` and `ps` list it."""
    return {
        "name": model.name,
        "model": model.name,
        "size": model.file_bytes,
        "digest": sha256(model.name.encode()).hexdigest(),
        "details": {"format": "simulated", "family": model.name.partition(":")[0], "parameter_size": model.size},
    }


def _ns(seconds: float) -> int:
    return int(seconds * 1e9)
