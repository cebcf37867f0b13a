"""A simulated server in Anthropic's dialect: messages whole and streamed, tool use, signed thinking, token counts."""

import orjson

from ai_dashboard.core.chat import JsonObject
from ai_dashboard.core.clock import Clock
from ai_dashboard.demo.anthropic_read import read_messages_ask, signature_of
from ai_dashboard.demo.behaviour import Ask, Script
from ai_dashboard.demo.catalogue import SimulatedProvider
from ai_dashboard.demo.prompt_cache import BLOCK
from ai_dashboard.demo.prose import tokens_of
from ai_dashboard.demo.server import (
    SIMULATED,
    Refusal,
    Route,
    SimulatedServer,
    Sleep,
    read_object,
    reply_json,
    rfc3339,
)
from ai_dashboard.transport.http1 import Exchange

WITHOUT_SAMPLING = "2026-10-21"
"""From this version of the API on, sampling cannot be set."""

SAMPLING = ("temperature", "top_p", "top_k")

_ERROR_TYPES = {404: "not_found_error", 429: "rate_limit_error", 500: "api_error", 503: "overloaded_error"}
"""What Anthropic calls the cause, by status; everything else is the request's own fault."""

_STOP_REASONS = {"stop": "end_turn", "length": "max_tokens", "tool_calls": "tool_use"}


class AnthropicServer(SimulatedServer):
    """Speaks the Messages API. Keys are not looked at: there is nothing to protect."""

    def __init__(self, provider: SimulatedProvider, seed: int, *, clock: Clock, sleep: Sleep) -> None:
        super().__init__(provider, seed, clock=clock, sleep=sleep)
        self._started = clock.wall()

    def routes(self) -> dict[tuple[str, str], Route]:
        return {
            ("GET", "/v1/models"): self._models,
            ("POST", "/v1/messages"): self.chat,
            ("POST", "/v1/messages/count_tokens"): self._count_tokens,
        }

    def error(self, refusal: Refusal) -> JsonObject:
        kind = _ERROR_TYPES.get(refusal.status, "invalid_request_error")
        request_id = f"req_{self.provider.name}_{self._count}"
        return {"type": "error", "error": {"type": kind, "message": refusal.message}, "request_id": request_id}

    def read_ask(self, body: JsonObject) -> Ask:
        return read_messages_ask(body)

    async def chat(self, exchange: Exchange) -> None:
        version = _version(exchange)
        body = read_object(await exchange.body())
        ask = self.read_ask(body)
        if version >= WITHOUT_SAMPLING:
            for name in SAMPLING:
                if body.get(name) is not None:
                    raise Refusal(400, "invalid_request", f"{name}: Extra inputs are not permitted in this version")
        await self.answer(exchange, ask)

    async def reply_whole(self, exchange: Exchange, ask: Ask, script: Script) -> None:
        await self.pass_time(script)
        content: list[JsonObject] = []
        if script.thoughts:
            signature = signature_of(script.thinking)
            content.append({"type": "thinking", "thinking": script.thinking, "signature": signature})
        if call := script.call:
            made = {"id": _call_id(call.id), "name": call.name, "input": orjson.loads(call.arguments)}
            content.append({"type": "tool_use", **made})
        elif script.tokens:
            content.append({"type": "text", "text": script.text})
        stop = {"stop_reason": _STOP_REASONS[script.finish], **_used(ask, script, script.completion_tokens)}
        reply_json(exchange, self._message(ask, content) | stop)

    async def reply_stream(self, exchange: Exchange, ask: Ask, script: Script) -> None:
        async def send(kind: str, **fields: object) -> None:
            exchange.write(b"event: %b\ndata: %b\n\n" % (kind.encode(), orjson.dumps({"type": kind, **fields})))
            await exchange.drain()

        async def piece(index: int, kind: str, **fields: object) -> None:
            await send("content_block_delta", index=index, delta={"type": kind, **fields})

        await self._sleep(script.ttft_s)
        exchange.start(200, [(b"content-type", b"text/event-stream"), (b"cache-control", b"no-cache"), SIMULATED])
        await send("message_start", message=self._message(ask, []) | _used(ask, script, 1))
        await send("ping")
        index = 0
        if script.thoughts:
            await send(
                "content_block_start", index=0, content_block={"type": "thinking", "thinking": "", "signature": ""}
            )
            async for thought in self.think(script):
                await piece(0, "thinking_delta", thinking=thought)
            await piece(0, "signature_delta", signature=signature_of(script.thinking))
            await send("content_block_stop", index=0)
            index = 1
        block: JsonObject = {"type": "text", "text": ""}
        if call := script.call:
            block = {"type": "tool_use", "id": _call_id(call.id), "name": call.name, "input": {}}
        if script.tokens:
            await send("content_block_start", index=index, content_block=block)
        async for token in self.act(script):
            if call:
                await piece(index, "input_json_delta", partial_json=token)
            else:
                await piece(index, "text_delta", text=token)
        if script.tokens:
            await send("content_block_stop", index=index)
        delta = {"stop_reason": _STOP_REASONS[script.finish], "stop_sequence": None}
        usage: JsonObject = {"usage": {"output_tokens": script.completion_tokens}} if script.counted else {}
        for _ in range(script.finishes):
            await send("message_delta", delta=delta, **usage)
            await send("message_stop")
        exchange.finish()

    async def _models(self, exchange: Exchange) -> None:
        data = [
            {"type": "model", "id": model.name, "display_name": model.name, "created_at": rfc3339(self._started)}
            for model in self.provider.models
        ]
        ends = {"first_id": data[0]["id"], "last_id": data[-1]["id"]}
        reply_json(exchange, {"data": data, "has_more": False, **ends})

    async def _count_tokens(self, exchange: Exchange) -> None:
        _version(exchange)
        ask = read_messages_ask(read_object(await exchange.body()), whole=False)
        reply_json(exchange, {"input_tokens": len(tokens_of(ask.prompt))})

    def _message(self, ask: Ask, content: list[JsonObject]) -> JsonObject:
        return {
            "id": f"msg_{self.provider.name}_{self._count}",
            "type": "message",
            "role": "assistant",
            "model": ask.model,
            "content": content,
            "stop_reason": None,
            "stop_sequence": None,
        }


def _version(exchange: Exchange) -> str:
    version = exchange.header(b"anthropic-version")
    if version is None:
        raise Refusal(400, "invalid_request", "anthropic-version: header is required")
    return version.decode("latin-1")


def _call_id(call_id: str) -> str:
    return call_id.replace("call_", "toolu_")


def _used(ask: Ask, script: Script, output_tokens: int) -> JsonObject:
    """What was read and written so far, unless nobody counts. Here tokens from the cache are not a part of the input's,
    but beside them."""
    if not script.counted:
        return {}
    read = script.cached_tokens if ask.wants_cache else 0
    written = (script.prompt_tokens - read) // BLOCK * BLOCK if ask.wants_cache else 0
    usage = {
        "input_tokens": script.prompt_tokens - read - written,
        "cache_read_input_tokens": read,
        "cache_creation_input_tokens": written,
        "output_tokens": output_tokens,
    }
    return {"usage": usage}
