"""Servers of one's own that have a model loaded go before those that would have to load it, through a whole gateway."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from ai_dashboard.core.plan import Plan
from ai_dashboard.demo.catalogue import OLLAMA, FaultRates
from ai_dashboard.demo.stage import DemoStage
from ai_dashboard.gateway import health
from ai_dashboard.transport.http1 import Exchange
from tests.integration.gateway.scene import ANSWER, JSON_TYPE, WHOLE, House, Play, house, reply, stream, until

MODEL = OLLAMA.models[0].name
LOAD_S = 0.6


def desktop(name: str) -> Any:  # noqa: ANN401 - a simulated provider
    """An Ollama that loads a model in no time worth waiting for in a test, and answers at once."""
    return replace(OLLAMA, name=name, faults=FaultRates(), load_s=LOAD_S, ttft_median_s=0.001, tokens_per_s=1e6)


async def plan_of(home: House) -> Plan:
    plan = (await home.record(home.gateway.runtime.requests)).plan
    assert plan is not None
    return plan


async def test_warm_b_goes_before_cold_a() -> None:
    async with DemoStage(providers=[desktop("a"), desktop("b")]) as stage:
        entries: Mapping[str, Any] = stage.provider_entries()
        plays = {name: str(entry["base_url"]) for name, entry in entries.items()}
        async with house(plays, entries=entries) as home:
            runtime = home.gateway.runtime
            loading = await home.chat(model=f"b/{MODEL}", max_tokens=4)
            assert loading.headers["x-provider"] == "b"
            await home.gateway.refresh()
            assert (await home.chat(model=MODEL, max_tokens=4)).headers["x-provider"] == "b"
            plan = await plan_of(home)
            assert plan.notes == (f"warm first: b has {MODEL} loaded; a takes 15.0 s",)
            assert [(it.provider, it.facts) for it in plan.attempts[:2]] == [
                ("b", (("model", "loaded"),)),
                ("a", (("model", "cold"),)),
            ]

            # Whoever insists on A pays for the load, and from then on A is as good as B: nobody had to look.
            await home.chat(model=f"a/{MODEL}", max_tokens=4)
            target = runtime.provider("a").target(MODEL)
            assert target.warm is True
            assert target.load_s is not None
            assert LOAD_S * 0.9 < target.load_s < LOAD_S + 2
            assert (await home.chat(model=MODEL, max_tokens=4)).headers["x-provider"] == "a"
            assert (await plan_of(home)).notes == ()


def holding(play: Play, *loaded: str, kind: str = "models") -> Play:
    """Lists what it offers, and says that it holds these in memory."""

    async def listing(exchange: Exchange) -> None:
        names = loaded if exchange.path == "/api/ps" else play.models
        exchange.reply(200, [JSON_TYPE], json.dumps({kind: [{"name": name} for name in names]}).encode())

    play.listing = listing
    return play


OLLAMAS = {"a": {"type": "ollama"}, "b": {"type": "ollama"}}
SAID = b'{"model":"m","message":{"role":"assistant","content":"Hello"},"done":true,"done_reason":"stop"}'


async def test_a_model_that_was_put_out_of_memory_is_found_out_by_the_next_check() -> None:
    a, b = (Play(reply(200, SAID)) for _ in range(2))
    async with house({"a": holding(a, "m"), "b": holding(b, "m")}, entries=OLLAMAS) as home:
        await home.gateway.refresh()
        assert (await home.chat(stream=False)).headers["x-provider"] == "a"
        holding(a)
        await home.gateway.refresh()
        assert (await home.chat(stream=False)).headers["x-provider"] == "b"
        holding(a, "m")
        await home.gateway.refresh()
        assert (await home.chat(stream=False)).headers["x-provider"] == "a"


async def test_a_server_that_has_loaded_another_model_is_looked_at_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "RECOVERY_INTERVAL_S", 0.02)
    play = Play(reply(200, SAID), models=("m", "n"))
    async with house({"a": holding(play, "n")}, entries=OLLAMAS) as home:
        state = home.gateway.runtime.provider("a")
        await until(lambda: state.engine.tells)
        state.asked_for("n", home.gateway.runtime.breaker_policy)
        assert state.target("n").warm is True
        holding(play, "m")
        await home.chat(stream=False)
        await until(lambda: state.target("n").warm is False)
        assert state.target("m").warm is True


async def test_a_service_keeps_its_place_before_and_behind_servers_that_have_to_load() -> None:
    plays = {"a": holding(Play(reply(200, SAID))), "service": Play(reply(200, WHOLE))}
    async with house(plays, entries=OLLAMAS) as home:
        await home.gateway.refresh()
        assert (await home.chat(stream=False)).headers["x-provider"] == "a"
        plan = await plan_of(home)
        assert (plan.notes, plan.attempts[0].facts) == ((), (("model", "cold"),))


def telling(play: Play, path: str, body: bytes) -> Play:
    """Lists its models, and says this at a path of its own."""

    async def listing(exchange: Exchange) -> None:
        names = [{"id": name} for name in play.models]
        exchange.reply(200, [JSON_TYPE], body if exchange.path == path else json.dumps({"data": names}).encode())

    play.listing = listing
    return play


async def test_requests_of_others_at_vllm_count_as_load() -> None:
    def metrics(running: int) -> bytes:
        return b'vllm:num_requests_running{model_name="m"} %d\nvllm:num_requests_waiting{model_name="m"} 0\n' % running

    plays = {
        "a": telling(Play(reply(200, WHOLE)), "/metrics", metrics(7)),
        "b": telling(Play(reply(200, WHOLE)), "/metrics", metrics(0)),
    }
    least = {"routing_rules": {"strategy": "least_loaded"}}
    async with house(plays, entries={"a": {"type": "vllm"}, "b": {"type": "vllm"}}, mappings=least) as home:
        await home.gateway.refresh()
        answered = [(await home.chat(stream=False)).headers["x-provider"] for _ in range(3)]
        assert answered == ["b", "b", "b"]
        assert (await plan_of(home)).attempts[1].facts == (("in flight", "7"),)


async def test_what_llama_cpp_takes_at_one_time_is_learned() -> None:
    plays = {"a": telling(Play(stream(ANSWER)), "/props", b'{"total_slots":4}')}
    least = {"routing_rules": {"strategy": "least_loaded"}}
    async with house(plays, entries={"a": {"type": "llama_cpp"}}, mappings=least) as home:
        await home.gateway.refresh()
        await home.chat()
        assert home.gateway.runtime.provider("a").target("m").warm is True
        assert (await plan_of(home)).attempts[0].facts == (("in flight", "0 of 4"),)
