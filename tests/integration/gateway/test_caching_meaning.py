"""Answers for asks that mean the same, over the network: with the embedder for trials, and with a model of the demo."""

import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import pytest

from ai_dashboard.config.load import Config, Loaded
from ai_dashboard.config.schema import GatewaySettings, Mappings, ProvidersFile
from ai_dashboard.core.records import Stage
from ai_dashboard.demo.catalogue import PROVIDERS, FaultRates
from ai_dashboard.demo.stage import DemoStage
from ai_dashboard.gateway.clock import SystemClock
from tests.integration.gateway.caching_stage import Numbered, cache_of, chat, forget, keeping, stats, text_of
from tests.integration.gateway.scene import ADMIN, House, Play, house, playing

HASHING: Mapping[str, Any] = {"semantic": {"enabled": True, "embedder": "hashing", "threshold": 0.5}}
DEMO = "demo-ollama:nomic-embed-text"

ALIKE = (
    ("How do I boil an egg?", "How do you boil an egg?"),
    ("How do I install Docker on Ubuntu?", "How can I install Docker on Ubuntu?"),
)
OPPOSED = (
    ("How do I enable the firewall?", "How do I disable the firewall?"),
    ("Can I feed my cat milk?", "Can I not feed my cat milk?"),
    ("Convert 5 miles to kilometres", "Convert 50 miles to kilometres"),
    ("Convert euros to dollars", "Convert dollars to euros"),
    ("Who called Anna?", "Who did Anna call?"),
)


@dataclass(frozen=True, slots=True)
class Meaning:
    """A gateway that compares meanings. `given` counts the provider's answers."""

    home: House
    provider: Numbered


@asynccontextmanager
async def hashing() -> AsyncIterator[Meaning]:
    async with keeping(cache=HASHING) as (home, provider):
        yield Meaning(home, provider)


async def _at_once(_seconds: float) -> None:
    """Nobody waits for a simulated provider."""


@asynccontextmanager
async def demo(**semantic: object) -> AsyncIterator[Meaning]:
    """Answers from a provider whose answers can be told apart, vectors from the demo's Ollama."""
    cast = [replace(it, faults=FaultRates(), load_s=0.0) for it in PROVIDERS if it.name == "demo-ollama"]
    provider = Numbered()
    async with DemoStage(1, providers=cast, clock=SystemClock(), sleep=_at_once) as stage, playing(Play(provider)) as p:
        entries = stage.provider_entries() | {
            "p": {"type": "openai_compatible", "base_url": p.address, "models": ["m"]}
        }
        settings = {
            "health": {"interval_s": 3600, "attempts": 1},
            "cache": {
                "enabled": True,
                "semantic": {
                    "enabled": True, "embedder": DEMO, "threshold": 0.5, "embed_timeout_ms": 5000, **semantic,
                },
            },
        }  # fmt: skip
        config = Config(
            MappingProxyType(ProvidersFile.model_validate({"providers": entries}).providers),
            Mappings(),
            GatewaySettings.model_validate(settings),
            "a test",
        )
        async with house(loaded=Loaded(config, (), None)) as home:
            yield Meaning(home, provider)


EMBEDDERS = pytest.mark.parametrize("at", [hashing, demo], ids=["hashing", "a model of the demo"])


@EMBEDDERS
async def test_paraphrases_get_the_answer_and_opposites_do_not(at: Any) -> None:  # noqa: ANN401 - one of the two above
    async with at() as made:
        for first, second in ALIKE:
            known = await chat(made.home, first)
            again = await chat(made.home, second)
            assert (cache_of(known), cache_of(again)) == ("miss", "semantic"), second
            assert text_of(again) == text_of(known)
            assert 0.5 <= float(again.headers["x-cache-similarity"]) <= 1
            assert again.headers["age"].isdigit()
            assert again.headers["x-attempts"] == "0"
        for first, second in OPPOSED:
            assert cache_of(await chat(made.home, first)) == "miss"
            assert cache_of(await chat(made.home, second)) == "miss", second
        assert made.provider.given == len(ALIKE) + 2 * len(OPPOSED)


@EMBEDDERS
async def test_a_bad_hit_is_forgotten_once_somebody_says_so(at: Any) -> None:  # noqa: ANN401
    async with at() as made:
        (first, second), *_ = ALIKE
        await chat(made.home, first)
        bad = await chat(made.home, second)
        said = {"entry": bad.headers["x-cache-entry"], "similarity": float(bad.headers["x-cache-similarity"])}
        done = await made.home.http.post("/api/admin/cache/feedback", json=said, headers=ADMIN)
        assert done.status_code == 200
        assert done.json()["threshold"] > 0.5
        assert cache_of(await chat(made.home, second)) == "miss"
        told = (await stats(made.home))["semantic"]
        assert (told["hits"], told["feedback"]) == (1, 1)


async def test_a_semantic_hit_is_on_record_and_its_vectors_are_too() -> None:
    async with demo() as made:
        (first, second), *_ = ALIKE
        await chat(made.home, first)
        await chat(made.home, second)
        records = made.home.gateway.records(0, 100).records
        vectors = [record for record in records if record.model == "nomic-embed-text"]
        assert [(it.provider, it.stage, it.cached) for it in vectors] == [("demo-ollama", Stage.DONE, None)] * 2
        hit = next(record for record in records if record.cached == "semantic")
        assert (hit.cost, hit.attempts, hit.provider) == (0, (), "p")
        assert hit.overhead_s < hit.total_s


async def test_meanings_are_compared_within_the_same_system_prompt_and_parameters_alone() -> None:
    async with hashing() as made:
        (first, second), *_ = ALIKE
        system = {"role": "system", "content": "Be brief."}
        await chat(made.home, first)
        asked = {"messages": [system, {"role": "user", "content": second}]}
        assert cache_of(await chat(made.home, fields=asked)) == "miss"
        assert cache_of(await chat(made.home, second, fields={"max_tokens": 51})) == "miss"
        assert cache_of(await chat(made.home, second, fields={"cache": {"semantic": False}})) == "miss"
        assert made.provider.given == 4


async def test_an_embedder_that_does_not_answer_costs_a_moment_and_no_request() -> None:
    async with demo(embedder="demo-ollama:no-such-model") as made:
        (first, second), *_ = ALIKE
        assert cache_of(await chat(made.home, first)) == "miss"
        assert cache_of(await chat(made.home, second)) == "miss"
        assert cache_of(await chat(made.home, second)) == "hit"
        assert (await stats(made.home))["semantic"]["embed_failures"] == 2


async def test_meanings_are_forgotten_with_everything_else() -> None:
    async with hashing() as made:
        (first, second), *_ = ALIKE
        await chat(made.home, first)
        assert await forget(made.home, all=True) == {"exact": 1, "semantic": 1, "complete": True}
        assert cache_of(await chat(made.home, second)) == "miss"


LOADS_NUMPY = """
import asyncio, random, sys
from types import MappingProxyType
from ai_dashboard.config.load import Config, Loaded
from ai_dashboard.config.schema import GatewaySettings, Mappings
from ai_dashboard.core.snapshot import HostView
from ai_dashboard.gateway.gateway import Gateway, Options

async def main(semantic):
    settings = GatewaySettings.model_validate({"cache": {"enabled": True, "semantic": semantic}})
    config = Config(MappingProxyType({}), Mappings(), settings, "a test")
    async with Gateway(Loaded(config, (), None), Options(host="127.0.0.1", port=0), read_host=HostView):
        print("numpy" in sys.modules)

asyncio.run(main({"enabled": sys.argv[1] == "on", "embedder": "hashing"}))
"""


@pytest.mark.parametrize(("semantic", "loaded"), [("off", "False"), ("on", "True")])
def test_while_meanings_are_not_compared_nothing_of_it_is_imported(semantic: str, loaded: str) -> None:
    told = subprocess.run([sys.executable, "-c", LOADS_NUMPY, semantic], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == loaded
