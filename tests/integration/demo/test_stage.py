"""The stage as a whole: who is on it, what a gateway is told about it, and what happens when somebody leaves it."""

import asyncio
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from ai_dashboard.config.load import load
from ai_dashboard.demo.stage import DemoStage
from ai_dashboard.demo.visits import UNKNOWN

Staged = Callable[..., DemoStage]


def addresses(stage: DemoStage) -> dict[str, str]:
    return {name: str(entry["base_url"]) for name, entry in stage.provider_entries().items()}


MODELS = {
    "openai_compatible": "/models",
    "ollama": "/api/tags",
    "anthropic": "/v1/models",
    "google": "/v1beta/models",
}
"""Where each type lists its models, below its base URL."""


def name_of(model: dict[str, Any]) -> str:
    return str(model.get("id") or model["name"]).removeprefix("models/")


async def test_every_entry_is_marked_and_answers_with_its_own_models(staged: Staged) -> None:
    async with staged() as stage, httpx.AsyncClient(trust_env=False) as client:
        entries: dict[str, Any] = stage.provider_entries()
        assert entries.keys() == {"demo-cloud", "demo-vllm", "demo-ollama", "demo-claude", "demo-gemini"}
        assert len(set(addresses(stage).values())) == 5
        for entry in entries.values():
            assert entry["status"] == "active"
            assert entry["features"] == {"simulated": True}
            reply = await client.get(entry["base_url"] + MODELS[entry["type"]])
            assert reply.headers["x-simulated"] == "1"
            listed = next(value for value in reply.json().values() if isinstance(value, list))
            assert {name_of(model) for model in listed} == {model["name"] for model in entry["models"]}


async def test_the_configuration_is_one_that_nobody_complains_about(staged: Staged, tmp_path: Path) -> None:
    async with staged() as stage:
        (tmp_path / "providers.yaml").write_text(yaml.safe_dump({"providers": stage.provider_entries()}))
        (tmp_path / "model-mappings.yaml").write_text(yaml.safe_dump(stage.mapping_entries()))
    loaded = load(tmp_path, {})
    assert [str(finding) for finding in loaded.diagnostics] == []
    assert loaded.config is not None
    assert loaded.config.mappings.fallback_chains["gpt-5"][0].model == "qwen3-32b"


ALONE = {"text-embedding-3-small", "gemini-embedding-001"}
"""Vectors of one model mean nothing to another, so there is nobody to stand in."""


async def test_every_rule_names_somebody_on_the_stage(staged: Staged) -> None:
    async with staged() as stage:
        entries: dict[str, Any] = stage.provider_entries()
        mappings: dict[str, Any] = stage.mapping_entries()
    serving: dict[str, set[str]] = {}
    for name, entry in entries.items():
        for model in entry["models"]:
            if model["name"] in ALONE:
                continue
            serving.setdefault(model["name"], set()).add(name)
    rules = [*mappings["exact_matches"].values(), *mappings["patterns"]]
    assert {rule["provider"] for rule in rules} | {rule["fallback"] for rule in rules} <= entries.keys() | {None}
    chains = {name: chain["chain"] for name, chain in mappings["fallback_chains"].items()}
    preferred = [model for rule in mappings["capabilities"].values() for model in rule["preferred_models"]]
    assert {*preferred, *chains, *(model for chain in chains.values() for model in chain)} <= serving.keys()
    assert not any(re.search(rule["pattern"], name) for rule in mappings["patterns"] for name in UNKNOWN)
    for model, providers in serving.items():
        steps_in = providers.union(*(serving[other] for other in chains.get(model, [])))
        assert len(steps_in) > 1, f"{model} has nowhere to go"


async def test_a_stopped_provider_is_gone_and_comes_back_where_it_was(staged: Staged) -> None:
    async with staged() as stage, httpx.AsyncClient(trust_env=False) as client:
        before = addresses(stage)
        url = f"{before['demo-vllm']}/models"
        assert (await client.get(url)).status_code == 200
        await stage.stop_provider("demo-vllm")
        with pytest.raises(httpx.TransportError):
            await client.get(url)
        assert (await client.get(f"{before['demo-cloud']}/models")).status_code == 200
        await stage.start_provider("demo-vllm")
        assert addresses(stage) == before
        assert (await client.get(url)).status_code == 200


async def test_stopping_cuts_what_is_being_said() -> None:
    silent = asyncio.Event()

    async def never(seconds: float) -> None:
        silent.set()
        await asyncio.Event().wait()

    async with (
        DemoStage(1, sleep=never) as stage,
        httpx.AsyncClient(trust_env=False) as client,
        asyncio.TaskGroup() as g,
    ):
        body = {"model": "qwen3-32b", "messages": [{"role": "user", "content": "Hello?"}]}
        asked = g.create_task(refused(client, f"{addresses(stage)['demo-vllm']}/chat/completions", body))
        await silent.wait()
        await stage.stop_provider("demo-vllm")
        assert await asked


async def refused(client: httpx.AsyncClient, url: str, body: object) -> bool:
    try:
        await client.post(url, json=body)
    except httpx.TransportError:
        return True
    return False


async def test_the_same_seed_tells_the_same_story(staged: Staged) -> None:
    async def story() -> list[str]:
        body = {"model": "gpt-5", "messages": [{"role": "user", "content": "How do pools work?"}]}
        async with staged() as stage, httpx.AsyncClient(trust_env=False) as client:
            url = f"{addresses(stage)['demo-cloud']}/chat/completions"
            replies = [(await client.post(url, json=body)).json() for _ in range(3)]
            return [reply["choices"][0]["message"]["content"] for reply in replies]

    first = await story()
    assert len(set(first)) == 3
    assert await story() == first
