"""`./dev bench --accounting`: what money, keys, limits and the log take of a request.

One gateway in this process without sockets: bytes are fed to its connection, and a provider's reply to the one that it
opens. Short runs with and without take turns, so that a slow minute of the machine hits all alike; since other work on
it only ever adds, the quickest tenth of each is compared.
"""

import asyncio
import gc
import json
import random
import statistics
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType, TracebackType
from typing import Any, Self

import uvloop

from ai_dashboard.config.load import Config, Loaded
from ai_dashboard.config.schema import GatewaySettings, Mappings, ProvidersFile
from ai_dashboard.core.snapshot import HostView
from ai_dashboard.core.tenancy import KeyLimits
from ai_dashboard.gateway.gateway import Gateway, Options
from ai_dashboard.gateway.memory import keep_house
from ai_dashboard.tenancy.keys import Wanted
from ai_dashboard.transport.client.connection import UpstreamConnection
from ai_dashboard.transport.client.endpoint import Endpoint
from ai_dashboard.transport.http1.protocol import Connection

REQUESTS = 250
"""In one short run."""

WANTED_US = 40.0
WARM_UP = 200

PROMPT = ("lorem ipsum dolor sit amet " * 40)[:934]
ASK = json.dumps(
    {"model": "m", "messages": [{"role": "user", "content": PROMPT}], "max_tokens": 400, "temperature": 1}
).encode()
ANSWER = json.dumps(
    {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": "m",
        "choices": [
            {"index": 0, "message": {"role": "assistant", "content": "dolor sit " * 90}, "finish_reason": "stop"}
        ],
        "usage": {"prompt_tokens": 200, "completion_tokens": 200, "total_tokens": 400},
    }
).encode()

MODELS = json.dumps({"object": "list", "data": [{"id": "m", "object": "model"}]}).encode()

MONEY: Mapping[str, Any] = {"budgets": {"total": 1e5, "tenants": {"acme": 1e4}}}
LIMITS: Mapping[str, Any] = {"tenants": {"acme": {"limits": "1000000/second", "max_concurrent": 1000}}}
EVERYTHING: Mapping[str, Any] = {
    "budgets": {"total": 1e5, "tenants": {"acme": 1e4}, "keys": {"*": 1e3}, "providers": {"paid": 1e5}},
    "tenants": {
        "acme": {
            "limits": ["1000000/second", "1000000000 tokens/second"],
            "quotas": {"daily_tokens": 10**12, "monthly_tokens": 10**13},
            "max_concurrent": 1000,
        }
    },
}


@dataclass(frozen=True, slots=True)
class Case:
    """What is switched on beside the request itself; `key` are the limits of the key that is brought."""

    name: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    key: KeyLimits | None = None
    folder: bool = False
    paid: bool = False


RPM = KeyLimits(rpm=10**9)
WITHOUT = Case("nothing")
CASES = (
    WITHOUT,
    Case("receipts, and budgets of all and of a tenant", MONEY, paid=True),
    Case("a key with a limit of its own, two of its tenant", LIMITS, RPM),
    Case("receipts, and the files: request log, costs", folder=True, paid=True),
    Case("all of that", {**MONEY, **LIMITS}, RPM, folder=True, paid=True),
    Case(
        "eight limits and four budgets at once",
        EVERYTHING,
        KeyLimits(rpm=10**9, tpm=10**12, concurrency=1000),
        folder=True,
        paid=True,
    ),
)


def measure(rounds: int, requests: int = REQUESTS) -> str:
    """A Markdown table: a row for each of `CASES`, and by how much it takes longer than the first."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        took = runner.run(_measured(max(1, rounds), requests))
    lines = ["| switched on | µs a request on the loop | more than without | and with all writing |"]
    lines.append("|---|---:|---:|---:|")
    base = took[WITHOUT.name]
    for case in CASES:
        on_loop, in_all = took[case.name]
        lines.append(f"| {case.name} | {on_loop:.1f} | {on_loop - base[0]:+.1f} | {in_all:.1f} |")
    return "\n".join([*lines, f"\nwanted: {WANTED_US:.0f} µs more on the loop, with all of that"])


async def _measured(rounds: int, requests: int) -> dict[str, tuple[float, float]]:
    """Microseconds by name: of the loop's own thread, and of all."""
    read: dict[str, list[tuple[float, float]]] = {case.name: [] for case in CASES}
    async with AsyncExitStack() as stack:
        runs = {case.name: await stack.enter_async_context(Run(case)) for case in CASES}
        stack.enter_context(_as_when_served())
        for _ in range(rounds * 20):
            for name, run in runs.items():
                read[name].append(await run.us(requests))
    return {name: (_quick(it[0] for it in figures), _quick(it[1] for it in figures)) for name, figures in read.items()}


def _quick(figures: Iterable[float]) -> float:
    """What the quickest tenth took at most."""
    return statistics.quantiles(figures, n=10)[0]


@contextmanager
def _as_when_served() -> Iterator[None]:
    """The collector of garbage as a gateway has it."""
    before = gc.get_threshold()
    keep_house()
    try:
        yield
    finally:
        gc.unfreeze()
        gc.set_threshold(*before)


class Run:
    """A gateway with what a case says, one client's connection to it, and the provider's to nobody."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        case, stack = self._case, self._stack
        folder = Path(stack.enter_context(TemporaryDirectory())) if case.folder else None
        gateway = Gateway(
            Loaded(_config(case), (), None), Options(port=0), read_host=HostView, chance=random.Random(1), state=folder
        )
        self._gateway = gateway
        gateway.client._connector.connect = _connect  # type: ignore[assignment]  # no sockets
        await stack.enter_async_context(gateway)
        if not case.paid:
            gateway.runtime.book = None
        head = b"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        if case.key is not None:
            made = await gateway.keeping.keys.create(Wanted(tenant="acme", limits=case.key))
            head += b"Authorization: Bearer " + made.secret.encode() + b"\r\n"
        self._request = head + b"Content-Length: %d\r\n\r\n" % len(ASK) + ASK
        self._answered = asyncio.Event()
        self._connection = Connection(gateway._server)
        self._replies = Wire(self._take)
        self._connection.connection_made(self._replies)
        await self.us(WARM_UP)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.connection_lost(None)
        await self._stack.__aexit__(kind, error, trace)

    async def us(self, requests: int) -> tuple[float, float]:
        """Microseconds of processor time for each of so many requests: of this thread, and of all until everything is
        in the files."""
        thread, process = time.thread_time(), time.process_time()
        for _ in range(requests):
            self._answered.clear()
            self._connection.data_received(self._request)
            await self._answered.wait()
        on_loop, keeping = time.thread_time() - thread, self._gateway.keeping
        if keeping.log is not None:
            await keeping.log.written()
            keeping.book.flush()
            await keeping.book.ledger.lines("9")
        return on_loop / requests * 1e6, (time.process_time() - process) / requests * 1e6

    def _take(self, data: bytes) -> None:
        if not data.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(data[:500].decode("latin-1"))
        self._answered.set()


class Wire(asyncio.Transport):
    """Hands on what is written."""

    def __init__(self, take: Callable[[bytes], None]) -> None:
        super().__init__()
        self._take = take

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self._take(bytes(data))

    def writelines(self, list_of_data: Any) -> None:  # noqa: ANN401 - as asyncio declares it
        self._take(b"".join(list_of_data))

    def get_extra_info(self, name: str, default: object = None) -> object:
        return ("127.0.0.1", 1) if name == "peername" else default

    def is_closing(self) -> bool:
        return False

    def get_write_buffer_size(self) -> int:
        return 0

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        pass

    def close(self) -> None:
        pass

    abort = pause_reading = resume_reading = close


async def _connect(_to: Endpoint, factory: Callable[[], UpstreamConnection], *_: object) -> UpstreamConnection:
    """A provider that answers at the loop's next turn, and is found well when it is looked after."""
    connection, loop = factory(), asyncio.get_running_loop()
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
    answer_whole, models_whole = head % len(ANSWER) + ANSWER, head % len(MODELS) + MODELS

    def answer(asked: bytes) -> None:
        loop.call_soon(connection.data_received, models_whole if asked.startswith(b"GET ") else answer_whole)

    connection.connection_made(Wire(answer))
    return connection


def _config(case: Case) -> Config:
    entry: dict[str, Any] = {"type": "openai_compatible", "base_url": "http://127.0.0.1:9/v1", "models": ["m"]}
    entry["cost_per_1k_tokens"] = {"m": {"input": 0.001, "output": 0.002}}
    settings = {"health": {"interval_s": 3600}, **case.settings}
    return Config(
        MappingProxyType(ProvidersFile.model_validate({"providers": {"paid": entry}}).providers),
        Mappings(),
        GatewaySettings.model_validate(settings),
        "a benchmark",
    )
