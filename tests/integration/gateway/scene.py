"""Providers that follow a script, a gateway in front of them, and a client: all on real sockets and free ports."""

import asyncio
import json
import random
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import httpx

from ai_dashboard.config.load import Config, Loaded
from ai_dashboard.config.schema import GatewaySettings, Mappings, ProvidersFile
from ai_dashboard.core.records import RequestRecord
from ai_dashboard.core.snapshot import HostView, ProviderView, Snapshot
from ai_dashboard.gateway.gateway import Discover, Gateway, Options
from ai_dashboard.gateway.snapshot import freeze
from ai_dashboard.transport.http1 import Exchange, Server

ADMIN_TOKEN = "the-operator"
ADMIN = {"authorization": f"Bearer {ADMIN_TOKEN}"}
PATIENCE_S = 5.0

JSON_TYPE = (b"content-type", b"application/json")
SSE_TYPE = (b"content-type", b"text/event-stream; charset=utf-8")

Script = Callable[[Exchange], Awaitable[None]]
"""How a provider answers one chat request."""


# ── what providers say ───────────────────────────────────────────────────────────────────────────────────────────────


def frame(delta: dict[str, Any], finish: str | None = None) -> bytes:
    """One event of a stream, with a spacing of its own: bytes that no JSON library of ours would write."""
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return b"data: " + json.dumps({"id": "up-1", "choices": [choice], "x_unknown": 1}).encode() + b"\n\n"


ROLE = frame({"role": "assistant", "content": ""})
HELLO = frame({"content": "Hello"})
WORLD = frame({"content": " wörld \u2028"})
STOP = frame({}, "stop")
DONE = b"data: [DONE]\n\n"
ANSWER = ROLE + HELLO + WORLD + STOP + DONE

WHOLE = json.dumps(
    {
        "id": "up-1",
        "object": "chat.completion",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hello"}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 3, "completion_tokens": 7, "total_tokens": 10},
    }
).encode()


def stream(*pieces: bytes) -> Script:
    """A stream of these pieces, ended properly."""

    async def answer(exchange: Exchange) -> None:
        exchange.start(200, [SSE_TYPE])
        for piece in pieces:
            exchange.write(piece)
            await asyncio.sleep(0)
        exchange.finish()

    return answer


def cut(*pieces: bytes) -> Script:
    """A stream whose connection ends after these pieces."""

    async def answer(exchange: Exchange) -> None:
        exchange.start(200, [SSE_TYPE])
        for piece in pieces:
            exchange.write(piece)
        await asyncio.sleep(0)
        exchange.abort()

    return answer


def reply(status: int, body: bytes, *headers: tuple[bytes, bytes], content_type: bytes = b"application/json") -> Script:
    """One reply in one piece."""

    async def answer(exchange: Exchange) -> None:
        exchange.reply(status, [(b"content-type", content_type), *headers], body)

    return answer


def truncated(body: bytes) -> Script:
    """A reply that ends ten bytes before its promised length."""

    async def answer(exchange: Exchange) -> None:
        exchange.start(200, [JSON_TYPE], length=len(body))
        exchange.write(body[:-10])
        await asyncio.sleep(0)
        exchange.abort()

    return answer


def hanging(*pieces: bytes) -> Script:
    """Says these pieces, then nothing for as long as anybody listens; without pieces not even a head."""

    async def answer(exchange: Exchange) -> None:
        if pieces:
            exchange.start(200, [SSE_TYPE])
            for piece in pieces:
                exchange.write(piece)
        await asyncio.Event().wait()

    return answer


class Gate:
    """A stream that says `before`, waits until it is opened, and goes on with `after`."""

    def __init__(self, before: bytes = ROLE + HELLO, after: bytes = WORLD + STOP + DONE) -> None:
        self._before, self._after = before, after
        self._open = asyncio.Event()

    def open(self) -> None:
        self._open.set()

    async def __call__(self, exchange: Exchange) -> None:
        exchange.start(200, [SSE_TYPE])
        exchange.write(self._before)
        await self._open.wait()
        exchange.write(self._after)
        exchange.finish()


class Play:
    """A provider on a port of its own. `asked` are the chat requests that reached it; `left_at` is when a caller hung
    up on it, in the loop's seconds."""

    def __init__(self, script: Script, models: tuple[str, ...] = ("m",)) -> None:
        self.script = script
        self.models = models
        self.listing: Script | None = None
        self.asked: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.checks = 0
        self.left_at: float | None = None
        self.address = ""

    async def handle(self, exchange: Exchange) -> None:
        if exchange.method == "GET":
            self.checks += 1
            await (self.listing or self._list)(exchange)
            return
        self.headers.append({name.decode(): value.decode() for name, value in exchange.headers})
        body = exchange.incoming = await exchange.body()  # the script may want it as well
        self.asked.append(json.loads(body))
        try:
            await self.script(exchange)
        except asyncio.CancelledError:
            self.left_at = asyncio.get_running_loop().time()
            raise

    async def _list(self, exchange: Exchange) -> None:
        body = json.dumps({"object": "list", "data": [{"id": name} for name in self.models]})
        exchange.reply(200, [JSON_TYPE], body.encode())


@asynccontextmanager
async def playing(play: Play) -> AsyncIterator[Play]:
    """The provider, listening."""
    async with Server(play.handle) as server:
        host, port = await server.listen("127.0.0.1", 0)
        play.address = f"http://{host}:{port}"
        yield play


@contextmanager
def closed_port() -> Iterator[str]:
    """An address that refuses connections: the port is taken and nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"


# ── the gateway ──────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass
class House:
    """A gateway that listens, and a client at its door."""

    gateway: Gateway
    http: httpx.AsyncClient
    url: str
    plays: dict[str, Play] = field(default_factory=dict)

    async def chat(
        self, *, stream: bool = True, headers: Mapping[str, str] | None = None, **fields: object
    ) -> httpx.Response:
        """One chat request, read to its end."""
        body = {"model": "m", "messages": [{"role": "user", "content": "Hi"}], "stream": stream} | fields
        return await self.http.post("/v1/chat/completions", json=body, headers=headers or {})

    async def record(self, number: int = 1) -> RequestRecord:
        """The record of the request that finished as number `number`."""
        await until(lambda: self.gateway.runtime.requests >= number)
        return self.gateway.records(number - 1, 8192).records[0]

    def picture(self) -> Snapshot:
        """A picture taken now, which the gateway itself does at most four times a second."""
        last, gateway = self.gateway.snapshot(), self.gateway
        return freeze(
            last.version + 1,
            gateway.runtime,
            gateway.generation,
            address=gateway.address,
            config=last.config,
            host=last.host,
            simulated=False,
            about_money=gateway.keeping.reports.alerts(),
        )

    def provider(self, name: str) -> ProviderView:
        """A provider as it stands now."""
        return next(view for view in self.picture().providers if view.name == name)

    def nothing_in_flight(self) -> bool:
        runtime = self.gateway.runtime
        return not runtime.running and not any(state.in_flight for state in runtime.providers.values())


@asynccontextmanager
async def house(
    plays: Mapping[str, Play | str] | None = None,
    *,
    settings: Mapping[str, Any] | None = None,
    entries: Mapping[str, Mapping[str, Any]] | None = None,
    mappings: Mapping[str, Any] | None = None,
    loaded: Loaded | None = None,
    discover: Discover | None = None,
    host: str = "127.0.0.1",
    state: Path | None = None,
) -> AsyncIterator[House]:
    """A gateway in front of `plays`: providers that listen here, or addresses. `entries` adds to their configuration.

    All list the model `m`, so that they step in for each other in the order given. Health checks rest unless a test
    asks for them: the first one runs at the start, the next in an hour. Nobody is asked again unless a test wants that.
    """
    async with AsyncExitStack() as stack:
        written: dict[str, dict[str, Any]] = {}
        for name, play in (plays or {}).items():
            address = play if isinstance(play, str) else (await stack.enter_async_context(playing(play))).address
            entry = {"type": "openai_compatible", "base_url": address, "models": ["m"]}
            written[name] = entry | dict((entries or {}).get(name, {}))
        if loaded is None:
            config = Config(
                MappingProxyType(ProvidersFile.model_validate({"providers": written}).providers),
                Mappings.model_validate(dict(mappings or {})),
                GatewaySettings.model_validate(
                    {"health": {"interval_s": 3600, "attempts": 1, "timeout_s": 2}, "retries": {"max": 0}}
                    | dict(settings or {})
                ),
                "a test",
            )
            loaded = Loaded(config, (), None)
        gateway = await stack.enter_async_context(
            Gateway(
                loaded,
                Options(host=host, port=0, admin_token=ADMIN_TOKEN),
                read_host=HostView,
                discover=discover,
                chance=random.Random(1),
                state=state,
            )
        )
        url = f"http://{gateway.address[0]}:{gateway.address[1]}"
        http = await stack.enter_async_context(httpx.AsyncClient(base_url=url, timeout=PATIENCE_S, trust_env=False))
        scripted = {name: play for name, play in (plays or {}).items() if isinstance(play, Play)}
        yield House(gateway, http, url, scripted)


async def until(true: Callable[[], bool], *, within_s: float = PATIENCE_S) -> float:
    """Return the loop's time as soon as `true()` holds. Raises `TimeoutError`."""
    async with asyncio.timeout(within_s):
        while not true():  # noqa: ASYNC110 - what is waited for happens in code that knows nothing of tests
            await asyncio.sleep(0.001)
    return asyncio.get_running_loop().time()


def error_of(response: httpx.Response) -> dict[str, Any]:
    """The error object of a refusal."""
    error = response.json()["error"]
    assert isinstance(error, dict)
    return error
