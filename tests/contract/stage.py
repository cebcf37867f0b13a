"""The demo's five providers without faults or waiting, and a gateway in front of them: real sockets, free ports.

What reaches each provider is kept, and a test says when one holds still, breaks off or refuses.
"""

import asyncio
import json
import random
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Literal

from ai_dashboard.config.load import Config, Loaded
from ai_dashboard.config.schema import GatewaySettings, Mappings, ProvidersFile
from ai_dashboard.core.chat import DialectName, Form, JsonObject
from ai_dashboard.core.events import Usage
from ai_dashboard.core.snapshot import HostView
from ai_dashboard.demo.catalogue import PROVIDERS, FaultRates
from ai_dashboard.demo.server import Refusal, SimulatedServer, reply_json
from ai_dashboard.demo.stage import DemoStage
from ai_dashboard.gateway.gateway import Gateway, Options
from ai_dashboard.transport.http1 import Exchange
from tests.contract.heard import camel
from tests.contract.replies import Answer, Said, content_type, written

PATIENCE_S = 5.0

CAST = tuple(replace(provider, faults=FaultRates(), load_s=0.0) for provider in PROVIDERS)

Ending = Literal["hold", "cut"]


class BreaksHere(Exception):
    """A provider's connection ends at this point, in the middle of what it was saying."""


class Pace:
    """Time on the stage. Nobody waits for it, unless a test has said that everybody stops after so many pieces."""

    def __init__(self) -> None:
        self._now = 1000.0
        self._left: int | None = None
        self._ending: Ending = "hold"
        self._goes_on = asyncio.Event()

    def monotonic(self) -> float:
        return self._now

    def wall(self) -> float:
        return 1_700_000_000.0 + self._now

    @contextmanager
    def stops_after(self, pieces: int, ending: Ending = "hold") -> Iterator[None]:
        """Within the block every answer stops behind its first pieces: it holds still, or its connection breaks."""
        self._left, self._ending = pieces, ending
        try:
            yield
        finally:
            self._left = None
            self._goes_on.set()
            self._goes_on = asyncio.Event()

    async def sleep(self, seconds: float) -> None:
        self._now += seconds
        await asyncio.sleep(0)
        if self._left is None:
            return
        self._left -= 1
        if self._left >= 0:
            return
        if self._ending == "cut":
            raise BreaksHere
        await self._goes_on.wait()


@dataclass(frozen=True, slots=True)
class Heard:
    """An ask as it reached a provider."""

    path: str
    headers: Mapping[str, str]
    body: JsonObject


class Watched:
    """One of the stage's providers. `left` is how many callers hung up on it; within `refusing` and `saying` it answers
    what the test wants."""

    def __init__(self, dialect: DialectName, model: str, vectors: str, actor: SimulatedServer) -> None:
        self.dialect = dialect
        self.model = model
        self.vectors = vectors
        self.heard: list[Heard] = []
        self.left = 0
        self._refusal: Refusal | None = None
        self._said: Answer | None = None
        self._actor = actor
        self._answer = actor.handle

    async def handle(self, exchange: Exchange) -> None:
        if exchange.method == "POST":
            headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in exchange.headers}
            body = json.loads(await exchange.body())
            self.heard.append(Heard(exchange.path, headers, camel(body) if self.dialect == "google" else body))
            if (refusal := self._refusal) is not None:
                retry = [(b"retry-after", b"%d" % refusal.retry_after_s)] if refusal.retry_after_s else []
                reply_json(exchange, self._actor.error(refusal), refusal.status, retry)
                return
            if self._said is not None:
                form, stream = FORMS[self.dialect], _is_stream(self.last)
                kind = content_type(form, stream=stream)
                exchange.reply(200, [(b"content-type", kind)], written(form, self._said, stream=stream))
                return
        try:
            await self._answer(exchange)
        except BreaksHere:
            exchange.abort()
        except asyncio.CancelledError:
            self.left += 1
            raise

    @contextmanager
    def refusing(self, status: int, code: str, message: str, *, retry_after_s: int = 0) -> Iterator[None]:
        """Within the block it refuses, in its own dialect's words."""
        self._refusal = Refusal(status, code, message, retry_after_s=retry_after_s)
        try:
            yield
        finally:
            self._refusal = None

    @contextmanager
    def saying(self, *choices: Said) -> Iterator[None]:
        """Within the block it says this, which its simulated models never would."""
        self._said = Answer(choices, Usage(3, 7), self.model)
        try:
            yield
        finally:
            self._said = None

    @property
    def last(self) -> Heard:
        """What it was asked last."""
        return self.heard[-1]


FORMS: Mapping[DialectName, Form] = MappingProxyType({
    "openai": "openai.chat",
    "anthropic": "anthropic.messages",
    "google": "google.generate",
    "ollama": "ollama.chat",
})  # fmt: skip
"""How a provider of each dialect is asked by callers of the others."""

SPEAKERS: Mapping[str, tuple[DialectName, str, str]] = MappingProxyType({
    "demo-cloud": ("openai", "gpt-5-mini", "text-embedding-3-small"),
    "demo-claude": ("anthropic", "claude-haiku-5-5", "claude-haiku-5-5"),
    "demo-gemini": ("google", "gemini-2.5-flash", "gemini-embedding-001"),
    "demo-ollama": ("ollama", "llama3.1:8b", "nomic-embed-text"),
})  # fmt: skip
"""Who speaks for a dialect: its model that answers and the one that makes vectors. Anthropic has none of these."""


class WatchedStage(DemoStage):
    """The stage with every provider watched."""

    def __init__(self, pace: Pace) -> None:
        # Two providers offer one of the models that make vectors; here only one of them may answer.
        cast = tuple(one if one.name != "demo-vllm" else replace(one, embedding_models=()) for one in CAST)
        super().__init__(1, providers=cast, clock=pace, sleep=pace.sleep)
        self.watched: dict[DialectName, Watched] = {}
        for name, (dialect, model, vectors) in SPEAKERS.items():
            watched = Watched(dialect, model, vectors, self._actors[name])
            self._actors[name].handle = watched.handle  # type: ignore[method-assign]  # the stage looks it up there
            self.watched[dialect] = watched


def _is_stream(asked: Heard) -> bool:
    """Whether an ask is for a stream; Ollama streams unless it is told not to."""
    return "streamGenerate" in asked.path or asked.body.get("stream", asked.path.startswith("/api/")) is True


@dataclass(frozen=True, slots=True)
class World:
    """Everything that runs. `key` is what callers have to send, "" when none is asked for."""

    stage: WatchedStage
    pace: Pace
    gateway: Gateway
    url: str
    key: str = ""

    def provider(self, dialect: DialectName) -> Watched:
        return self.stage.watched[dialect]

    async def recover(self) -> None:
        """Forget what went wrong, so that whoever has failed is asked again at once."""
        for name in SPEAKERS:
            self.gateway.runtime.reset(name)
        await self.gateway.refresh()

    async def until(self, true: Callable[[], bool]) -> None:
        """Return as soon as `true()` holds. Raises `TimeoutError`."""
        async with asyncio.timeout(PATIENCE_S):
            while not true():  # noqa: ASYNC110 - what is waited for happens in code that knows nothing of tests
                await asyncio.sleep(0)

    async def until_idle(self) -> None:
        """Return once nothing is under way any more."""
        await self.until(lambda: not self.gateway.runtime.running)


@asynccontextmanager
async def world(*, key: str = "", settings: Mapping[str, Any] | None = None) -> AsyncIterator[World]:
    """The stage and a gateway that knows it. Health is checked at the start and when somebody asks for it."""
    pace = Pace()
    async with WatchedStage(pace) as stage:
        providers = ProvidersFile.model_validate({"providers": stage.provider_entries()}).providers
        limits: dict[str, Any] = {
            "health": {"interval_s": 3600, "attempts": 1},
            "retries": {"max": 0},
            **(settings or {}),
        }
        if key:
            limits["auth"] = {"master_key": key}
        config = Config(
            MappingProxyType(providers), Mappings.model_validate({}), GatewaySettings.model_validate(limits), "a test"
        )
        options = Options(host="127.0.0.1", port=0, admin_token="the-operator")
        gateway = Gateway(Loaded(config, (), None), options, read_host=HostView, chance=random.Random(1))
        async with gateway:
            host, port = gateway.address
            yield World(stage, pace, gateway, f"http://{host}:{port}", key)
