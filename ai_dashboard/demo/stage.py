"""The stage: all simulated providers on free loopback ports, and the configuration that a gateway needs to use them."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Self

from ai_dashboard.core.clock import Clock
from ai_dashboard.demo.anthropic_server import AnthropicServer
from ai_dashboard.demo.catalogue import PROVIDERS, SimulatedProvider
from ai_dashboard.demo.google_server import GoogleServer
from ai_dashboard.demo.ollama_server import OllamaServer
from ai_dashboard.demo.openai_server import OpenAIServer
from ai_dashboard.demo.server import SimulatedServer, Sleep
from ai_dashboard.gateway.clock import SystemClock
from ai_dashboard.transport.http1 import Server

LOOPBACK = "127.0.0.1"

_SERVERS: Mapping[str, type[SimulatedServer]] = {
    "openai_compatible": OpenAIServer,
    "ollama": OllamaServer,
    "anthropic": AnthropicServer,
    "google": GoogleServer,
}


class DemoStage:
    """Simulated providers that live as long as the `async with` block, on the loop that enters it.

    The same `seed` gives each provider the same scripts in the same order.
    """

    def __init__(
        self,
        seed: int = 1,
        *,
        providers: Sequence[SimulatedProvider] = PROVIDERS,
        clock: Clock | None = None,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        clock = clock or SystemClock()
        self._actors = {p.name: _SERVERS[p.kind](p, seed, clock=clock, sleep=sleep) for p in providers}
        self._ports: dict[str, int] = {}
        self._listening: dict[str, AsyncExitStack] = {}

    async def __aenter__(self) -> Self:
        try:
            for name in self._actors:
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
            _, self._ports[name] = await server.listen(LOOPBACK, self._ports.get(name, 0))
            self._listening[name] = stack.pop_all()

    async def stop_provider(self, name: str) -> None:
        """Close a provider's port and cut its connections, as when its machine is switched off."""
        await self._listening.pop(name).aclose()

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

    def _entry(self, name: str, provider: SimulatedProvider) -> dict[str, object]:
        address = f"http://{LOOPBACK}:{self._ports[name]}"
        return {
            "type": provider.kind,
            "base_url": f"{address}/v1" if provider.kind == "openai_compatible" else address,
            "status": "active",
            "description": provider.description,
            "requires_api_key": False,
            "features": {"simulated": True},
            "models": [
                {"name": model.name, "context_length": model.context_length}
                | ({"size": model.size} if model.size else {})
                | ({"supports": ["embeddings"]} if model.dimensions else {})
                for model in provider.all_models
            ],
        }

    async def _stop_all(self) -> None:
        for name in list(self._listening):
            await self.stop_provider(name)
