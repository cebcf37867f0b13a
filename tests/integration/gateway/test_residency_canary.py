"""Providers that must never hear a prompt, on real sockets: many configurations, and whatever can go wrong with each.

Some addresses of every world are canaries: a strict rule forbids them to the requests of a group. All of them would
answer gladly, and most of the others fail in one way or another. Before the group asks, somebody else has spoken in the
same session, so that the gateway knows the canaries well. What counts are prompts: a check of who is there has none.
"""

import asyncio
import json
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import dataclass
from random import Random
from types import MappingProxyType
from typing import Any

import httpx

from ai_dashboard.config.load import Config, Loaded
from ai_dashboard.config.schema import GatewaySettings, Mappings, MultiRegion, ProvidersFile
from tests.integration.gateway.scene import (
    ANSWER,
    HELLO,
    ROLE,
    WHOLE,
    House,
    Play,
    Script,
    cut,
    hanging,
    house,
    playing,
    reply,
    stream,
    truncated,
)

WORLDS, LANES = 120, 3
REGIONS = ("us-east", "us-west", "eu-west", "local")
NAMES = ("a", "b", "c", "d")
STRATEGIES = (None, "round_robin", "latency_based", "cost_optimized", "least_loaded", "hybrid", "health_weighted")
VECTORS = b'{"object":"list","data":[{"object":"embedding","index":0,"embedding":[1.0]}],"model":"m"}'
SECRET = "a secret"
RULE = {"x-residency": "group", "x-session-id": "one conversation"}

FAULTS: tuple[Script, ...] = (
    reply(500, b'{"error":{"message":"boom"}}'),
    reply(503, b'{"error":{"message":"busy"}}', (b"retry-after", b"0")),
    reply(429, b'{"error":{"message":"slowly"}}', (b"retry-after", b"0")),
    reply(401, b'{"error":{"message":"who?"}}'),
    reply(200, b'{"error":{"message":"sorry"}}'),
    reply(200, b"<html>hi</html>", content_type=b"text/html"),
    truncated(WHOLE),
    cut(ROLE),
    cut(ROLE, HELLO),
    *3 * (hanging(),),
    hanging(ROLE),
)


def well(body: dict[str, Any]) -> Script:
    """An answer to whatever was asked."""
    if "input" in body:
        return reply(200, VECTORS)
    return stream(ANSWER) if body.get("stream") else reply(200, WHOLE)


class Actor(Play):
    """A provider that is well, or fails in the one way that a world has chosen for it."""

    def __init__(self) -> None:
        super().__init__(reply(500, b""))
        self.fault: Script | None = None

        async def answer(exchange: Any) -> None:  # noqa: ANN401 - an exchange
            await (self.fault or well(self.asked[-1]))(exchange)

        self.script = answer


@dataclass(frozen=True, slots=True)
class World:
    """A configuration, and the actors of it that a request of the group must never reach."""

    loaded: Loaded
    canaries: tuple[Actor, ...]


def world(chance: Random, actors: list[Actor]) -> World:
    """Each provider has one address or two, and the configuration is honest about each."""
    free = chance.sample(actors, len(actors))
    rule: dict[str, Any] = {"regions": chance.sample(REGIONS, chance.randint(1, 3)), "strict": True}
    if chance.random() < 0.5:
        rule["compliant_providers"] = chance.sample(NAMES, chance.randint(1, 3))
    entries: dict[str, Any] = {}
    places: dict[str, Any] = {}
    canaries: list[Actor] = []
    for name in NAMES:
        promises = chance.random() < 0.7
        kind = chance.choice(("openai_compatible", "vllm"))
        actor, region = free.pop(), chance.choice(REGIONS)
        entries[name] = {"type": kind, "base_url": actor.address, "models": ["m"]}
        if region != "local":  # an address of this machine of which nothing is said is a server of one's own
            entries[name]["region"] = region
        entries[name]["cost_per_1k_tokens"] = chance.choice((0.1, 1.0))
        places[name] = {"data_residency_support": promises}
        own = [(actor, region)]
        if chance.random() < 0.3:
            elsewhere, there = free.pop(), chance.choice([it for it in REGIONS[:3] if it != region])
            places[name]["regional_endpoints"] = {there: elsewhere.address}
            own.append((elsewhere, there))
        listed = rule.get("compliant_providers")
        for actor, region in own:
            trusted = promises or region == "local" if listed is None else name in listed
            actor.fault = None
            if region not in rule["regions"] or not trusted:
                canaries.append(actor)
            elif chance.random() < 0.6:
                actor.fault = chance.choice(FAULTS)
    regions: dict[str, Any] = {"provider_regions": places, "data_residency": {"group": rule}}
    if chance.random() < 0.5:
        regions["regional_failover"] = {"sequences": {it: chance.sample(REGIONS, 2) for it in REGIONS}}
    config = Config(
        MappingProxyType(ProvidersFile.model_validate({"providers": entries}).providers),
        Mappings.model_validate(_mappings(chance)),
        GatewaySettings.model_validate(_settings(chance)),
        "a test",
        MultiRegion.model_validate(regions),
    )
    return World(Loaded(config, (), None), tuple(canaries))


def _mappings(chance: Random) -> dict[str, Any]:
    written: dict[str, Any] = {"routing_rules": {"strategy": chance.choice(STRATEGIES)}}
    if chance.random() < 0.3:
        written["exact_matches"] = {"m": {"provider": chance.choice(NAMES), "fallback": chance.choice(NAMES)}}
    if chance.random() < 0.4:
        written["load_balancing"] = {"m": list(chance.sample(NAMES, 3))}
    if chance.random() < 0.5:
        written["fallback_chains"] = {"default": [f"{name}/m" for name in chance.sample(NAMES, 2)]}
    return written


def _settings(chance: Random) -> dict[str, Any]:
    return {
        "health": {"interval_s": 3600, "attempts": 1, "timeout_s": 2},
        "timeouts": {"first_token_s": 0.05, "first_token_local_s": 0.05, "idle_s": 0.05, "total_s": 3},
        "retries": {"max": chance.choice((0, 2)), "budget_min_per_s": 99, "base_delay_s": 0.001},
        "hedge": {"after": chance.choice((None, 0.005, 0.005)), "budget_ratio": 1},
        "stream": {"on_cut": chance.choice(("error", "continue", "restart")), "holdback_ms": chance.choice((0, 5))},
    }


def conversation(turns: int, first: str = SECRET) -> list[dict[str, str]]:
    said = [{"role": "user", "content": first}]
    for _ in range(turns - 1):
        said += [{"role": "assistant", "content": "Hello"}, {"role": "user", "content": "go on"}]
    return said


async def chat(home: House, *, stream: bool, turns: int, headers: dict[str, str]) -> httpx.Response:
    return await home.chat(stream=stream, messages=conversation(turns), headers=headers)


async def somebody_else_asks(home: House) -> None:
    elsewhere = RULE | {"x-residency": ""}
    await asyncio.gather(*(home.chat(messages=conversation(1, "nothing"), headers=elsewhere) for _ in range(2)))


async def ask_in_every_way(home: House) -> list[httpx.Response]:
    """The group's requests: in turn, then many at one time, in three dialects and with vectors."""
    said = [await chat(home, stream=stream, turns=turns, headers=RULE) for stream, turns in ((True, 2), (False, 3))]
    messages = {"model": "m", "max_tokens": 9, "messages": conversation(2)}
    return said + await asyncio.gather(
        *(chat(home, stream=True, turns=2, headers=RULE) for _ in range(3)),
        home.http.post("/v1/messages", json=messages | {"stream": True}, headers=RULE),
        home.http.post("/api/chat", json={"model": "m", "messages": conversation(2)}, headers=RULE),
        home.http.post("/v1/embeddings", json={"model": "m", "input": SECRET}, headers=RULE),
        home.http.post("/v1/chat/completions", json={"model": "a/m", "messages": conversation(1)}, headers=RULE),
        home.chat(stream=False, messages=conversation(1), headers=RULE | {"x-strategy": "privacy_first"}),
    )


def heard(canaries: tuple[Actor, ...]) -> list[dict[str, Any]]:
    """What they must not hear."""
    return [body for canary in canaries for body in canary.asked if SECRET in json.dumps(body)]


async def in_worlds(seeds: range, seen: Counter[str]) -> None:
    """One world after the other, on the same addresses."""
    actors = [Actor() for _ in range(2 * len(NAMES))]
    async with AsyncExitStack() as stack:
        for actor in actors:
            await stack.enter_async_context(playing(actor))
        for seed in seeds:
            made = world(Random(seed), actors)
            async with house(loaded=made.loaded) as home:
                if seed % 2:
                    await home.gateway.refresh()
                await somebody_else_asks(home)
                seen["canaries sang"] += any(canary.asked for canary in made.canaries)
                answers = await ask_in_every_way(home)
                seen["answered"] += sum(answer.status_code == 200 for answer in answers)
                seen["refused"] += sum(answer.status_code == 451 for answer in answers)
                for record in home.gateway.records(0, 99).records:
                    seen.update(attempt.kind for attempt in record.attempts[1:])
            assert heard(made.canaries) == [], f"seed {seed}"
            for actor in actors:
                actor.asked.clear()
                actor.headers.clear()


async def test_no_canary_hears_a_prompt() -> None:
    seen = Counter[str]()
    async with asyncio.TaskGroup() as group:
        for lane in range(LANES):
            group.create_task(in_worlds(range(lane, WORLDS, LANES), seen))
    # It proves nothing unless the canaries are asked by others, and the group is answered, refused and failed over.
    kinds = ("answered", "refused", "canaries sang", "fallback", "hedge", "retry")
    assert all(seen[kind] > 0 for kind in kinds), seen
