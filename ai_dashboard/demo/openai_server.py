"""A simulated server in OpenAI's dialect: models, chat completions whole and streamed, tool calls, usage, errors."""

import orjson

from ai_dashboard.core.chat import JsonObject
from ai_dashboard.core.clock import Clock
from ai_dashboard.demo.behaviour import Ask, Call, Script, Tool
from ai_dashboard.demo.catalogue import SimulatedProvider
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
)
from ai_dashboard.transport.http1 import Exchange

_ERROR_TYPES = {429: "rate_limit_error", 500: "server_error"}
"""What OpenAI calls the cause, by status; everything else is the request's own fault."""


class OpenAIServer(SimulatedServer):
    """Speaks what OpenAI, vLLM and llama.cpp speak. Keys are not looked at: there is nothing to protect."""

    def __init__(self, provider: SimulatedProvider, seed: int, *, clock: Clock, sleep: Sleep) -> None:
        super().__init__(provider, seed, clock=clock, sleep=sleep)
        self._started = int(clock.wall())

    def routes(self) -> dict[tuple[str, str], Route]:
        return {
            ("GET", "/health"): self._health,
            ("GET", "/v1/models"): self._models,
            ("POST", "/v1/chat/completions"): self.chat,
        }

    def error(self, refusal: Refusal) -> JsonObject:
        kind = _ERROR_TYPES.get(refusal.status, "invalid_request_error")
        return {"error": {"message": refusal.message, "type": kind, "param": None, "code": refusal.code}}

    def read_ask(self, body: JsonObject) -> Ask:
        prompt, question = read_conversation(body)
        choice = body.get("tool_choice")
        options = body.get("stream_options")
        return Ask(
            model=read_model(body),
            prompt=prompt,
            question=question,
            stream=body.get("stream") is True,
            include_usage=isinstance(options, dict) and options.get("include_usage") is True,
            max_tokens=read_limit(body.get("max_completion_tokens", body.get("max_tokens"))),
            tools=_offered(read_tools(body), choice),
            must_call=choice == "required" or isinstance(choice, dict),
        )

    async def reply_whole(self, exchange: Exchange, ask: Ask, script: Script) -> None:
        head = self._head("chat.completion", ask)
        await self._sleep(script.ttft_s)
        async for _ in self.act(script):
            pass
        message: JsonObject = {"role": "assistant", "content": None if script.call else script.text}
        if script.call:
            message["tool_calls"] = [_call(script.call)]
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": script.finish}
        reply_json(exchange, {**head, "choices": [choice], "usage": _usage(script)})

    async def reply_stream(self, exchange: Exchange, ask: Ask, script: Script) -> None:
        head = self._head("chat.completion.chunk", ask)
        usage: JsonObject = {"usage": None} if ask.include_usage else {}

        async def send(delta: JsonObject, finish: str | None = None) -> None:
            choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
            exchange.write(_frame({**head, "choices": [choice], **usage}))
            await exchange.drain()

        await self._sleep(script.ttft_s)
        exchange.start(200, [(b"content-type", b"text/event-stream"), (b"cache-control", b"no-cache"), SIMULATED])
        await send({"role": "assistant", "content": None if script.call else ""})
        if script.call:
            await send({"tool_calls": [{"index": 0, **_call(script.call, arguments="")}]})
        async for token in self.act(script):
            if script.call:
                await send({"tool_calls": [{"index": 0, "function": {"arguments": token}}]})
            else:
                await send({"content": token})
        await send({}, script.finish)
        if ask.include_usage:
            exchange.write(_frame({**head, "choices": [], "usage": _usage(script)}))
        exchange.write(b"data: [DONE]\n\n")
        exchange.finish()

    async def _health(self, exchange: Exchange) -> None:
        reply_json(exchange, {"status": "ok", "simulated": True})

    async def _models(self, exchange: Exchange) -> None:
        models = [
            {
                "id": model.name,
                "object": "model",
                "created": self._started,
                "owned_by": self.provider.name,
                "max_model_len": model.context_length,
            }
            for model in self.provider.models
        ]
        reply_json(exchange, {"object": "list", "data": models})

    def _head(self, kind: str, ask: Ask) -> JsonObject:
        """What every object of one answer begins with."""
        identity = f"chatcmpl-{self.provider.name}-{self._count}"
        return {"id": identity, "object": kind, "created": int(self._clock.wall()), "model": ask.model}


def _offered(tools: tuple[Tool, ...], choice: object) -> tuple[Tool, ...]:
    """The tools that `tool_choice` leaves: none of them, one that it names, or all."""
    if choice == "none":
        return ()
    function = choice.get("function") if isinstance(choice, dict) else None
    if isinstance(function, dict):
        return tuple(tool for tool in tools if tool.name == function.get("name"))
    return tools


def _usage(script: Script) -> JsonObject:
    return {
        "prompt_tokens": script.prompt_tokens,
        "completion_tokens": script.completion_tokens,
        "total_tokens": script.prompt_tokens + script.completion_tokens,
    }


def _call(call: Call, arguments: str | None = None) -> JsonObject:
    """A tool call in OpenAI's form; a stream opens it with empty arguments and sends them in pieces."""
    written = call.arguments if arguments is None else arguments
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": written}}


def _frame(chunk: JsonObject) -> bytes:
    return b"data: " + orjson.dumps(chunk) + b"\n\n"
