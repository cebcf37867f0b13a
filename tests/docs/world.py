"""What the examples talk to: a gateway as a reader may have one, whose providers are simulated and never keep waiting.

It has a folder of configuration and one for its state, so that all commands have something to work on. The providers go
by the names that the documents use.
"""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import yaml

from ai_dashboard.cli.lines import log_of
from ai_dashboard.config.load import load
from ai_dashboard.core.snapshot import HostView
from ai_dashboard.demo import catalogue as cast
from ai_dashboard.demo.catalogue import FaultRates, SimulatedModel, SimulatedProvider
from ai_dashboard.demo.stage import DemoStage
from ai_dashboard.gateway.gateway import Gateway, Options
from ai_dashboard.gateway.thread import GatewayThread
from ai_dashboard.telemetry.audit import Audit

KEYS = ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GEMINI_API_KEY", "GOOGLE_API_KEY", "OLLAMA_HOST", "REDIS_URL")
"""Variables of whoever runs the tests that would lead elsewhere."""

ADMIN_TOKEN = "the-operators-token"

QUIET = {"health": {"interval_s": 3600, "attempts": 1}, "cache": {"enabled": True}}


def _named(name: str, provider: SimulatedProvider, *models: SimulatedModel) -> SimulatedProvider:
    there = (*provider.models, *models)
    return replace(provider, name=name, models=there, faults=FaultRates(), load_s=0.0, at_once=None)


PROVIDERS = (
    _named("openai", cast.CLOUD, SimulatedModel("gpt-4o", 128_000)),
    _named("vllm", cast.VLLM),
    _named("rack", cast.VLLM),
    _named("ollama", cast.OLLAMA, SimulatedModel("qwen3:32b", 40_960, "32B")),
    _named("ollama-2", cast.OLLAMA),
    _named("anthropic", cast.CLAUDE),
    _named("gemini", cast.GEMINI),
)


@dataclass(frozen=True, slots=True)
class World:
    """A running gateway. `folder` holds `config/` and `state/`."""

    url: str
    folder: Path

    @property
    def authority(self) -> str:
        return self.url.removeprefix("http://")


async def _no_wait(_seconds: float) -> None:
    await asyncio.sleep(0)


@contextmanager
def world(folder: Path) -> Iterator[World]:
    """The gateway, in a thread, on a free port."""
    (folder / "config").mkdir()
    (folder / "state").mkdir(mode=0o700)
    (folder / "state" / "admin-token").write_text(ADMIN_TOKEN)
    (folder / "state" / "admin-token").chmod(0o600)
    thread = GatewayThread(lambda: _opened(folder))
    gateway = thread.start()
    try:
        host, port = gateway.address
        yield World(f"http://{host}:{port}", folder)
    finally:
        thread.stop(0.0)


@asynccontextmanager
async def _opened(folder: Path) -> AsyncIterator[Gateway]:
    config, state = folder / "config", folder / "state"
    async with DemoStage(1, providers=PROVIDERS, sleep=_no_wait) as stage:
        _write(config / "providers.yaml", {"providers": stage.provider_entries()})
        _write(config / "model-mappings.yaml", _mappings())
        _write(config / "gateway.yaml", QUIET)
        loaded = load(config, {})
        with closing(log_of(loaded, {"AI_DASHBOARD_STATE_DIR": str(state)}, None)) as log:
            async with Gateway(
                loaded,
                Options(host="127.0.0.1", port=0, admin_token=ADMIN_TOKEN),
                read_host=HostView,
                chance=random.Random(1),
                env={},
                audit=Audit(state / "audit", time.time),
                state=state,
                log=log,
            ) as gateway:
                log.write()
                yield gateway


def _mappings() -> dict[str, object]:
    return {
        "exact_matches": {"llama3.1:8b": {"provider": "ollama", "backend_model": "llama3.1:8b"}},
        "capabilities": {"code": {"preferred_models": ["qwen2.5-coder:7b", "gpt-5"]}},
        "fallback_chains": {"llama3.1:8b": ["openai/gpt-5-mini"]},
    }


def _write(file: Path, content: object) -> None:
    file.write_text(yaml.safe_dump(content, sort_keys=False))
