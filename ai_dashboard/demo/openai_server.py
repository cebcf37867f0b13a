"""A simulated server in OpenAI's dialect: models, completions whole and streamed, tool calls, thinking, embeddings.

Thinking goes out as `reasoning_content`, as vLLM and llama.cpp send it.
"""

import orjson

from ai_dashboard.core.chat import JsonObject
from ai_dashboard.core.clock import Clock
from ai_dashboard.demo.behaviour import THINKING_TOKENS, Ask, Call, Script, Tool
from ai_dashboard.demo.catalogue import SimulatedProvider
from ai_dashboard.demo.prose import tokens_of
from ai_dashboard.demo.server import (
    SIMULATED,
    Refusal,
    Route,
    SimulatedServer,
    Sleep,
    read_conversation,
    read_limit,
    read_model,
    read_object,
    read_result,
    read_texts,
    read_tools,
    reply_json,
)
from ai_dashboard.demo.vectors import packed
from ai_dashboard.transport.http1 import Exchange

_ERROR_TYPES = {429: "rate_limit_error", 500: "server_error", 503: "server_error"}
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
            ("POST", "/v1/completions"): self._complete,
            ("POST", "/v1/embeddings"): self._embeddings,
        }

    def error(self, refusal: Refusal) -> JsonObject:
        kind = _ERROR_TYPES.get(refusal.status, "invalid_request_error")
        return {"error": {"message": refusal.message, "type": kind, "param": None, "code": refusal.code}}

    def read_ask(self, body: JsonObject) -> Ask:
        prompt, question = read_conversation(body)
        choice = body.get("tool_choice")
        return Ask(
            model=read_model(body),
            prompt=prompt,
            question=question,
            stream=body.get("stream") is True,
            include_usage=_includes_usage(body),
            max_tokens=read_limit(body.get("max_completion_tokens", body.get("max_tokens"))),
            tools=_offered(read_tools(body), choice),
            must_call=choice == "required" or isinstance(choice, dict),
            tool_result=read_result(body),
            thinking=_thinking(body),
        )

    async def reply_whole(self, exchange: Exchange, ask: Ask, script: Script) -> None:
        head = self._head("chat.completion", ask)
        await self.pass_time(script)
        usage: JsonObject = {"usage": _usage(script)} if script.counted else {}
        if not script.tokens:
            reply_json(exchange, {**head, "choices": [], **usage})
            return
        if ask.bare:
            reply_json(exchange, {**head, "choices": [_bare_choice(script.text, script.finish)], **usage})
            return
        message: JsonObject = {"role": "assistant", "content": None if script.call else script.text}
        if script.thoughts:
            message["reasoning_content"] = script.thinking
        if script.call:
            message["tool_calls"] = [_call(script.call)]
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": script.finish}
        reply_json(exchange, {**head, "choices": [choice], **usage})

    async def reply_stream(self, exchange: Exchange, ask: Ask, script: Script) -> None:
        head = self._head("chat.completion.chunk", ask)
        includes_usage = ask.include_usage and script.counted
        usage: JsonObject = {"usage": None} if includes_usage else {}

        async def send(delta: JsonObject, finish: str | None = None) -> None:
            choice: JsonObject = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
            if ask.bare:
                choice = _bare_choice(delta.get("content", ""), finish)
            exchange.write(_frame({**head, "choices": [choice], **usage}))
            await exchange.drain()

        await self._sleep(script.ttft_s)
        exchange.start(200, [(b"content-type", b"text/event-stream"), (b"cache-control", b"no-cache"), SIMULATED])
        if not ask.bare:
            await send({"role": "assistant", "content": None if script.call else ""})
        async for thought in self.think(script):
            await send({"reasoning_content": thought})
        if script.call:
            await send({"tool_calls": [{"index": 0, **_call(script.call, arguments="")}]})
        async for token in self.act(script):
            if script.call:
                await send({"tool_calls": [{"index": 0, "function": {"arguments": token}}]})
            else:
                await send({"content": token})
        for _ in range(script.finishes):
            await send({}, script.finish)
        if includes_usage:
            exchange.write(_frame({**head, "choices": [], "usage": _usage(script)}))
        exchange.write(b"data: [DONE]\n\n")
        exchange.finish()

    async def _complete(self, exchange: Exchange) -> None:
        """The older completions: a prompt instead of messages."""
        body = read_object(await exchange.body())
        prompt = "\n".join(read_texts(body.get("prompt")))
        ask = Ask(
            model=read_model(body),
            prompt=prompt,
            question=prompt,
            stream=body.get("stream") is True,
            include_usage=_includes_usage(body),
            max_tokens=read_limit(body.get("max_tokens")),
            bare=True,
        )
        await self.answer(exchange, ask)

    async def _embeddings(self, exchange: Exchange) -> None:
        body = read_object(await exchange.body())
        model, texts = read_model(body), read_texts(body.get("input"))
        vectors = await self.embed(model, texts, read_limit(body.get("dimensions")))
        data = [
            {"object": "embedding", "index": index, "embedding": packed(values) if _is_packed(body) else values}
            for index, values in enumerate(vectors)
        ]
        count = sum(len(tokens_of(text)) for text in texts)
        usage = {"prompt_tokens": count, "total_tokens": count}
        reply_json(exchange, {"object": "list", "data": data, "model": model, "usage": usage})

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
            for model in self.provider.all_models
        ]
        reply_json(exchange, {"object": "list", "data": models})

    def _head(self, kind: str, ask: Ask) -> JsonObject:
        """What every object of one answer begins with."""
        if ask.bare:
            kind = "text_completion"
        identity = f"{'cmpl' if ask.bare else 'chatcmpl'}-{self.provider.name}-{self._count}"
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
        "prompt_tokens_details": {"cached_tokens": script.cached_tokens},
        "completion_tokens_details": {"reasoning_tokens": len(script.thoughts)},
    }


def _thinking(body: JsonObject) -> int:
    """How much thinking is asked for, with OpenAI's field or with the switch in the templates of open models."""
    effort = body.get("reasoning_effort")
    if isinstance(effort, str):
        return THINKING_TOKENS.get(effort, 0)
    template = body.get("chat_template_kwargs")
    switched_on = isinstance(template, dict) and template.get("enable_thinking") is True
    return THINKING_TOKENS["medium"] if switched_on else 0


def _includes_usage(body: JsonObject) -> bool:
    options = body.get("stream_options")
    return isinstance(options, dict) and options.get("include_usage") is True


def _is_packed(body: JsonObject) -> bool:
    return body.get("encoding_format") == "base64"


def _bare_choice(text: str, finish: str | None) -> JsonObject:
    return {"index": 0, "text": text, "logprobs": None, "finish_reason": finish}


def _call(call: Call, arguments: str | None = None) -> JsonObject:
    """A tool call in OpenAI's form; a stream opens it with empty arguments and sends them in pieces."""
    written = call.arguments if arguments is None else arguments
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": written}}


def _frame(chunk: JsonObject) -> bytes:
    return b"data: " + orjson.dumps(chunk) + b"\n\n"
