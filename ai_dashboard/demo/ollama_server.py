"""A simulated Ollama in its native dialect: NDJSON chat, tags, what is loaded, and a slow first answer per model."""

from hashlib import sha256

import orjson

from ai_dashboard.core.chat import JsonObject
from ai_dashboard.core.clock import Clock
from ai_dashboard.demo.behaviour import Ask, Call, Script
from ai_dashboard.demo.catalogue import SimulatedModel, SimulatedProvider
from ai_dashboard.demo.server import (
    SIMULATED,
    Refusal,
    Route,
    SimulatedServer,
    Sleep,
    read_conversation,
    read_limit,
    read_model,
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
        }

    def error(self, refusal: Refusal) -> JsonObject:
        return {"error": refusal.message}

    def read_ask(self, body: JsonObject) -> Ask:
        prompt, question = read_conversation(body)
        options = body.get("options")
        return Ask(
            model=read_model(body),
            prompt=prompt,
            question=question,
            stream=body.get("stream") is not False,
            max_tokens=read_limit(options.get("num_predict")) if isinstance(options, dict) else None,
            tools=read_tools(body),
        )

    async def reply_whole(self, exchange: Exchange, ask: Ask, script: Script) -> None:
        began = self._clock.monotonic()
        load_s = await self._load(ask.model)
        await self._sleep(script.ttft_s)
        async for _ in self.act(script):
            pass
        message = _message("", script.call) if script.call else _message(script.text)
        reply_json(exchange, self._line(ask) | {"message": message} | self._end(script, began, load_s))

    async def reply_stream(self, exchange: Exchange, ask: Ask, script: Script) -> None:
        async def send(line: JsonObject) -> None:
            exchange.write(orjson.dumps(self._line(ask) | line) + b"\n")
            await exchange.drain()

        began = self._clock.monotonic()
        load_s = await self._load(ask.model)
        await self._sleep(script.ttft_s)
        exchange.start(200, [(b"content-type", b"application/x-ndjson"), SIMULATED])
        async for token in self.act(script):
            if not script.call:
                await send({"message": _message(token), "done": False})
        if script.call:  # Ollama sends a call in one piece, once it has all of it
            await send({"message": _message("", script.call), "done": False})
        await send({"message": _message("")} | self._end(script, began, load_s))
        exchange.finish()

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
        models = [_entry(model) | {"modified_at": rfc3339(self._started)} for model in self.provider.models]
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
        return {
            "done": True,
            "done_reason": "length" if script.finish == "length" else "stop",
            "total_duration": _ns(self._clock.monotonic() - began),
            "load_duration": _ns(load_s),
            "prompt_eval_count": script.prompt_tokens,
            "prompt_eval_duration": _ns(script.ttft_s),
            "eval_count": script.completion_tokens,
            "eval_duration": _ns(sum(script.gaps_s)),
        }


def _message(content: str, call: Call | None = None) -> JsonObject:
    """A message of the assistant. Ollama's tool calls carry no id, and their arguments are an object."""
    message: JsonObject = {"role": "assistant", "content": content}
    if call:
        message["tool_calls"] = [{"function": {"name": call.name, "arguments": orjson.loads(call.arguments)}}]
    return message


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
