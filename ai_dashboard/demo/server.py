"""What the simulated servers have in common: acting a script out over HTTP, and saying in every reply that it is play.

A dialect's file supplies the shapes; routes, model look-up, faults and pace are here, so that all dialects go wrong in
the same ways.
"""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import NoReturn

import orjson

from ai_dashboard.core.chat import JsonObject
from ai_dashboard.core.clock import Clock
from ai_dashboard.demo.behaviour import Ask, Behaviour, Script, Tool
from ai_dashboard.demo.catalogue import SimulatedModel, SimulatedProvider
from ai_dashboard.demo.faults import BREAKS, Fault
from ai_dashboard.demo.prompt_cache import PromptCache
from ai_dashboard.demo.vectors import vector
from ai_dashboard.transport.http1 import Exchange

Sleep = Callable[[float], Awaitable[None]]
"""Waits for so many seconds; an argument, so that tests need not."""

Headers = list[tuple[bytes, bytes]]
Route = Callable[[Exchange], Awaitable[None]]

STALL_S = 90.0
"""Seconds of silence before a stalled answer is cut: longer than the patience of a sensible caller."""

SIMULATED = (b"x-simulated", b"1")


NOISE = b'data: {"simulated": "noise\xff\xfe\n\n'
"""An event, or a line, that is no JSON in any dialect."""

PAGE = b"<!doctype html><title>Simulated page</title><p>This is not what you asked for.\n"


class BrokenOff(Exception):
    """The script says that this is all there is, and how it ends."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault)
        self.fault = fault


class Refusal(Exception):
    """A request that gets an error for its answer. `code` is the dialect-free name of the cause; `sent_as` is the
    status of the reply where that is not the error's own."""

    def __init__(
        self, status: int, code: str, message: str, *, retry_after_s: int = 0, sent_as: int | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.retry_after_s = retry_after_s
        self.sent_as = sent_as or status


class SimulatedServer(ABC):
    """One simulated provider. `handle` answers one exchange; state is what a real server would remember."""

    def __init__(self, provider: SimulatedProvider, seed: int, *, clock: Clock, sleep: Sleep) -> None:
        self.provider = provider
        self._behaviour = Behaviour(provider, seed)
        self._clock = clock
        self._sleep = sleep
        self._cache = PromptCache()
        self._count = 0

    async def handle(self, exchange: Exchange) -> None:
        """Answer, refuse or cut off one request."""
        try:
            await self._route(exchange)(exchange)
        except Refusal as refusal:
            retry = [(b"retry-after", str(refusal.retry_after_s).encode())] if refusal.retry_after_s else []
            reply_json(exchange, self.error(refusal), refusal.sent_as, retry)
        except BrokenOff as broken:
            break_off(exchange, broken.fault)

    @abstractmethod
    def routes(self) -> dict[tuple[str, str], Route]:
        """Who answers which method and path."""

    @abstractmethod
    def error(self, refusal: Refusal) -> JsonObject:
        """An error in the dialect's own form."""

    @abstractmethod
    def read_ask(self, body: JsonObject) -> Ask:
        """What the caller wants. Raises `Refusal` where the dialect would."""

    @abstractmethod
    async def reply_whole(self, exchange: Exchange, ask: Ask, script: Script) -> None:
        """Act a script out and send it in one piece."""

    @abstractmethod
    async def reply_stream(self, exchange: Exchange, ask: Ask, script: Script) -> None:
        """Act a script out token by token."""

    async def chat(self, exchange: Exchange) -> None:
        """One chat completion, from its body to its last byte or its fault."""
        await self.answer(exchange, self.read_ask(read_object(await exchange.body())))

    async def answer(self, exchange: Exchange, ask: Ask) -> None:
        """Answer an ask, from its script to its last byte or its fault."""
        find_model(self.provider.models, ask.model)
        script = await self._script(ask)
        await (self.reply_stream if ask.stream else self.reply_whole)(exchange, ask, script)

    async def embed(self, model: str, texts: list[str], dimensions: int | None) -> list[list[float]]:
        """The vectors of some texts, in their order. Raises `Refusal` where a server would, and `BrokenOff`."""
        found = find_model(self.provider.embedding_models, model)
        if dimensions is not None and not 0 < dimensions <= found.dimensions:
            raise Refusal(400, "invalid_request", f"'{model}' has between 1 and {found.dimensions} dimensions.")
        script = await self._script(Ask(model, "\n".join(texts), "", stream=False, max_tokens=1))
        if script.fault in BREAKS:
            await self._break(script.fault)
        await self._sleep(script.ttft_s + script.pause_s)
        if script.fault is Fault.EMPTY:
            return [[] for _ in texts]
        return [vector(text, model, dimensions or found.dimensions) for text in texts]

    async def _script(self, ask: Ask) -> Script:
        """What becomes of an ask, when it is not refused at once. Raises `Refusal` and `BrokenOff`."""
        self._count += 1
        script = self._behaviour.script(ask)
        if script.fault is Fault.RATE_LIMITED:
            message = f"Simulated rate limit reached. Try again in {script.retry_after_s} s."
            raise Refusal(429, "rate_limit_exceeded", message, retry_after_s=script.retry_after_s)
        if (instead := instead_of_answer(script.fault)) is not None:
            await self._sleep(script.ttft_s)
            raise instead
        return replace(script, cached_tokens=self._cache.reuse(ask.model, ask.prompt))

    async def think(self, script: Script) -> AsyncIterator[str]:
        """The tokens of the thinking at their pace, with the gap to the answer behind the last."""
        for token, gap_s in zip(script.thoughts, script.thought_gaps_s, strict=True):
            yield token
            await self._sleep(gap_s)

    async def pass_time(self, script: Script) -> None:
        """Everything up to the last token, for an answer that is sent in one piece. Raises `BrokenOff`."""
        await self._sleep(script.ttft_s)
        async for _ in self.think(script):
            pass
        async for _ in self.act(script):
            pass

    async def act(self, script: Script) -> AsyncIterator[str]:
        """The tokens at their pace, after the first has been waited for. Raises `BrokenOff` where the script does."""
        if script.pause_s:
            await self._sleep(script.pause_s)
        for index, token in enumerate(script.tokens):
            if index:
                await self._sleep(script.gaps_s[index - 1])
            if script.fault in BREAKS and index == script.breaks_at:
                await self._break(script.fault)
            yield token
        if script.fault in BREAKS:
            await self._break(script.fault)

    async def _break(self, fault: Fault) -> NoReturn:
        if fault is Fault.STALL:
            await self._sleep(STALL_S)
        raise BrokenOff(fault)

    def find(self, method: str, path: str) -> Route | None:
        """Who answers a method and path."""
        return self.routes().get((method, path))

    def _route(self, exchange: Exchange) -> Route:
        method = "GET" if exchange.method == "HEAD" else exchange.method
        path = exchange.path.rstrip("/")
        if route := self.find(method, path):
            return route
        if any(self.find(other, path) for other in ("GET", "POST")):
            raise Refusal(405, "method_not_allowed", f"{exchange.method} is not allowed on {path}.")
        raise Refusal(404, "not_found", f"There is nothing at {exchange.path}.")


def instead_of_answer(fault: Fault) -> Exception | None:
    """What a fault puts in the place of the whole answer, if that is what it does."""
    match fault:
        case Fault.SERVER_ERROR:
            return Refusal(500, "server_error", "Simulated failure of the server.")
        case Fault.UNAVAILABLE:
            return Refusal(503, "overloaded", "Simulated overload of the server.")
        case Fault.ERROR_200:
            return Refusal(500, "server_error", "Simulated failure under status 200.", sent_as=200)
        case Fault.HTML:
            return BrokenOff(fault)
        case _:
            return None


def break_off(exchange: Exchange, fault: Fault) -> None:
    """End a reply as a fault does, however far it has come."""
    match fault:
        case Fault.RESET:
            exchange.abort(reset=True)
        case Fault.HTML:
            exchange.reply(200, [(b"content-type", b"text/html; charset=utf-8"), SIMULATED], PAGE)
        case Fault.GARBAGE if exchange.started:
            exchange.finish(NOISE)
        case Fault.GARBAGE:
            exchange.reply(200, [(b"content-type", b"application/json"), SIMULATED], NOISE)
        case _:
            exchange.abort()


def read_object(body: bytes) -> JsonObject:
    """A request's body as a JSON object. Raises `Refusal`."""
    try:
        parsed = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Refusal(400, "invalid_json", f"The body is not JSON: {error}") from None
    if not isinstance(parsed, dict):
        raise Refusal(400, "invalid_json", "The body is not a JSON object.")
    return parsed


def read_conversation(body: JsonObject) -> tuple[str, str]:
    """All text of the messages, and the last that the user said. Raises `Refusal` when there are no messages."""
    messages = body.get("messages")
    if not isinstance(messages, list) or not all(isinstance(message, dict) for message in messages):
        raise Refusal(400, "invalid_request", "'messages' must be a list of messages.")
    said = [text_of(message.get("content")) for message in messages]
    asked = [text for text, message in zip(said, messages, strict=True) if message.get("role") == "user"]
    return "\n".join(said), asked[-1] if asked else ""


def read_result(body: JsonObject) -> str | None:
    """What a tool has answered, when that is the last message."""
    match body.get("messages"):
        case [*_, {"role": "tool", **message}]:
            return text_of(message.get("content"))
        case _:
            return None


def read_texts(given: object) -> list[str]:
    """One text or several to make vectors of; tokens count as texts too. Raises `Refusal`."""
    several = given if isinstance(given, list) and given and not isinstance(given[0], int) else [given]
    texts = []
    for one in several:
        match one:
            case str():
                texts.append(one)
            case [int(), *_]:
                texts.append(" ".join(map(str, one)))
            case _:
                raise Refusal(400, "invalid_request", "The input must be a text or a list of texts.")
    return texts


def find_model(models: tuple[SimulatedModel, ...], name: str) -> SimulatedModel:
    """The model of a name. Raises `Refusal` when there is none."""
    for model in models:
        if model.name == name:
            return model
    raise Refusal(404, "model_not_found", f"The model '{name}' does not exist here.")


def read_tools(body: JsonObject) -> tuple[Tool, ...]:
    """The functions that the caller offers, as OpenAI and Ollama write them. Raises `Refusal`."""
    offered = body.get("tools") or []
    if not isinstance(offered, list):
        raise Refusal(400, "invalid_request", "'tools' must be a list of tools.")
    tools = []
    for tool in offered:
        function = tool.get("function") if isinstance(tool, dict) else None
        if not isinstance(function, dict) or not isinstance(function.get("name"), str):
            raise Refusal(400, "invalid_request", "Each of 'tools' must be a function with a name.")
        parameters = function.get("parameters")
        tools.append(Tool(function["name"], parameters if isinstance(parameters, dict) else {}))
    return tuple(tools)


def read_model(body: JsonObject) -> str:
    """The model's name. Raises `Refusal`."""
    model = body.get("model")
    if not isinstance(model, str) or not model:
        raise Refusal(400, "invalid_request", "'model' must name a model.")
    return model


def read_limit(limit: object) -> int | None:
    """A number of tokens, or None for no limit; callers also write that as 0 or less."""
    return limit if isinstance(limit, int) and limit > 0 else None


def reply_json(exchange: Exchange, body: object, status: int = 200, headers: Headers | None = None) -> None:
    """Send one JSON value, marked as simulated."""
    exchange.reply(status, [(b"content-type", b"application/json"), SIMULATED, *(headers or [])], orjson.dumps(body))


def rfc3339(wall: float) -> str:
    """Unix time as text in UTC."""
    return datetime.fromtimestamp(wall, UTC).isoformat().replace("+00:00", "Z")


def text_of(content: object) -> str:
    """The text of a message, whose content is a text, a list of parts, or nothing."""
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else ()
    return "\n".join(part["text"] for part in parts if isinstance(part, dict) and isinstance(part.get("text"), str))
