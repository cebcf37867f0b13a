"""The stage: all simulated providers on free loopback ports, and the configuration that a gateway needs to use them."""

import asyncio
import socket
from collections.abc import Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from types import TracebackType
from typing import Any, Self

from ai_dashboard.core.clock import Clock
from ai_dashboard.demo.anthropic_server import AnthropicServer
from ai_dashboard.demo.catalogue import PROVIDERS, SimulatedProvider
from ai_dashboard.demo.faults import OF_THE_PORT, ChosenFault, Fault, faults_of, written
from ai_dashboard.demo.google_server import GoogleServer
from ai_dashboard.demo.ollama_server import OllamaServer
from ai_dashboard.demo.openai_server import OpenAIServer
from ai_dashboard.demo.server import SimulatedServer, Sleep
from ai_dashboard.gateway.clock import SystemClock
from ai_dashboard.transport.http1 import Server
from ai_dashboard.transport.http1.listening import reserve

LOOPBACK = "127.0.0.1"

_SERVERS: Mapping[str, type[SimulatedServer]] = {
    "openai_compatible": OpenAIServer,
    "ollama": OllamaServer,
    "anthropic": AnthropicServer,
    "google": GoogleServer,
}


class DemoStage:
    """Simulated providers that live as long as the `async with` block, on the loop that enters it.

    The same `seed` gives each provider the same scripts in the same order. `faults` are what shall go wrong with them;
    those that flap do so while `flap` runs.
    """

    def __init__(
        self,
        seed: int = 1,
        *,
        providers: Sequence[SimulatedProvider] = PROVIDERS,
        clock: Clock | None = None,
        sleep: Sleep = asyncio.sleep,
        faults: Sequence[ChosenFault] = (),
    ) -> None:
        clock = clock or SystemClock()
        cast = [replace(provider, chosen=faults_of(provider.name, faults)) for provider in providers]
        self._actors = {p.name: _SERVERS[p.kind](p, seed, clock=clock, sleep=sleep) for p in cast}
        self._sleep = sleep
        self._ports: dict[str, int] = {}
        self._held: dict[str, list[socket.socket]] = {}
        self._listening: dict[str, AsyncExitStack] = {}

    async def __aenter__(self) -> Self:
        try:
            for name, actor in self._actors.items():
                asked_for = {chosen.fault for chosen in actor.provider.chosen}
                if asked_for & OF_THE_PORT:
                    self._hold(name)
                if Fault.REFUSE not in asked_for:
                    await self.start_provider(name)
        except BaseException:
            await self._stop_all()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stop_all()

    async def start_provider(self, name: str) -> None:
        """Listen; after `stop_provider` on the same port again. Raises `OSError` when somebody else took that port."""
        async with AsyncExitStack() as stack:
            server = await stack.enter_async_context(Server(self._actors[name].handle))
            port = self._ports.get(name, 0)
            _, self._ports[name] = await server.listen(LOOPBACK, port, shared=name in self._held)
            self._listening[name] = stack.pop_all()

    async def stop_provider(self, name: str) -> None:
        """Close a provider's port and cut its connections, as when its machine is switched off."""
        await self._listening.pop(name).aclose()

    async def flap(self) -> None:
        """Close and open the ports of those that flap, in turn, until cancelled."""
        async with asyncio.TaskGroup() as group:
            for name, actor in self._actors.items():
                periods = [chosen.seconds for chosen in actor.provider.chosen if chosen.fault is Fault.FLAP]
                if name in self._listening and periods and periods[0]:
                    group.create_task(self._flap(name, periods[0] / 2), name=f"{name} flaps")

    async def _flap(self, name: str, half_s: float) -> None:
        while True:
            await self._sleep(half_s)
            await _to_its_end(self.stop_provider(name))
            await self._sleep(half_s)
            await _to_its_end(self.start_provider(name))

    def provider_entries(self) -> dict[str, dict[str, object]]:
        """The `providers` of a `providers.yaml` that names these servers."""
        return {name: self._entry(name, actor.provider) for name, actor in self._actors.items()}

    def mapping_entries(self) -> dict[str, object]:
        """A `model-mappings.yaml` that shows each kind of rule, for the providers of the catalogue. Whichever of them
        is stopped, every model that speaks has somebody left to answer; `qwen2.5-coder:7b` because two serve it."""
        return {
            "exact_matches": {
                "gpt-5-mini": {"provider": "demo-cloud", "backend_model": "gpt-5-mini", "fallback": None},
                "llama3.1:8b": {"provider": "demo-ollama", "backend_model": "llama3.1:8b", "fallback": None},
            },
            "patterns": [
                {"pattern": "^gpt-", "provider": "demo-cloud", "fallback": None},
                {"pattern": "^qwen", "provider": "demo-vllm", "fallback": "demo-ollama"},
                {"pattern": "^nomic-embed", "provider": "demo-ollama", "fallback": "demo-vllm"},
                {"pattern": "^claude-", "provider": "demo-claude", "fallback": None},
                {"pattern": "^gemini-", "provider": "demo-gemini", "fallback": None},
            ],
            "capabilities": {
                "general_chat": {
                    "description": "Everyday questions",
                    "preferred_models": ["gpt-5-mini", "qwen3-32b", "llama3.1:8b"],
                },
                "code": {
                    "description": "Programs and shell lines",
                    "preferred_models": ["qwen2.5-coder:7b", "gpt-5", "qwen3-32b"],
                },
                "low_latency": {
                    "description": "The first word counts most",
                    "preferred_models": ["qwen3-32b", "gpt-5-mini"],
                },
            },
            "fallback_chains": {
                "gpt-5": {"chain": ["qwen3-32b", "llama3.1:8b"]},
                "gpt-5-mini": {"chain": ["qwen2.5-coder:7b"]},
                "qwen3-32b": {"chain": ["gpt-5-mini"]},
                "llama3.1:8b": {"chain": ["qwen3-32b", "gpt-5-mini"]},
                "claude-sonnet-5-5": {"chain": ["gemini-2.5-pro", "gpt-5"]},
                "claude-haiku-5-5": {"chain": ["gemini-2.5-flash"]},
                "gemini-2.5-pro": {"chain": ["gpt-5"]},
                "gemini-2.5-flash": {"chain": ["gpt-5-mini", "llama3.1:8b"]},
            },
        }

    def gateway_entries(self) -> dict[str, object]:
        """A `gateway.yaml` with everything on that a visitor of the demo can then see at work."""
        return {
            "cache": {"enabled": True, "ttl_s": 120},
            "budgets": {"total": {"daily": 5}},
            "request_log": {"bodies": "full"},
        }

    def _entry(self, name: str, provider: SimulatedProvider) -> dict[str, object]:
        address = f"http://{LOOPBACK}:{self._ports[name]}"
        return {
            "type": provider.kind,
            "base_url": f"{address}/v1" if provider.kind == "openai_compatible" else address,
            "status": "active",
            "description": provider.description,
            "requires_api_key": False,
            **({"location": "local"} if provider.at_home else {}),
            **({"rate_limits": {"max_concurrent": provider.at_once}} if provider.at_once else {}),
            **({"cost_per_1k_tokens": _written(provider.prices)} if provider.prices else {}),
            "features": {"simulated": True} | ({"faults": written(provider.chosen)} if provider.chosen else {}),
            "models": [
                {"name": model.name, "context_length": model.context_length}
                | ({"size": model.size} if model.size else {})
                | ({"supports": ["embeddings"]} if model.dimensions else {})
                for model in provider.all_models
            ],
        }

    def _hold(self, name: str) -> None:
        """Take a port that stays a provider's own while nobody listens there."""
        self._held[name] = reserve(LOOPBACK, 0)
        self._ports[name] = self._held[name][0].getsockname()[1]

    async def _stop_all(self) -> None:
        for name in list(self._listening):
            await self.stop_provider(name)
        for held in self._held.values():
            for bound in held:
                bound.close()
        self._held.clear()


async def _to_its_end(change: Coroutine[Any, Any, None]) -> None:
    """A change that is whole even when we are cancelled in its middle: nobody would clean up half a listener."""
    over = asyncio.Event()

    async def run() -> None:
        try:
            await change
        finally:
            over.set()

    try:
        await asyncio.shield(run())
    except asyncio.CancelledError:
        await over.wait()
        raise


def _written(prices: Mapping[str, tuple[float, float]]) -> dict[str, dict[str, float]]:
    return {model: {"input": prompt, "output": answer} for model, (prompt, answer) in prices.items()}
