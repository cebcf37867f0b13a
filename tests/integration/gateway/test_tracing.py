"""Traces of real requests: exported as callers and settings want it, and never in anybody's way."""

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from ai_dashboard.config.schema.monitoring import OtelSettings
from ai_dashboard.gateway.desk import Desk
from ai_dashboard.gateway.tracing import Outlet, Tracing, open_collector
from ai_dashboard.telemetry.otel import Traces
from ai_dashboard.telemetry.traces import Span
from ai_dashboard.transport.http1 import Exchange, Server
from tests.integration.gateway.scene import WHOLE, House, Play, house, reply

FAILS = reply(500, b'{"error": {"message": "broken"}}')
TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


@dataclass
class Collector:
    """Takes spans, or does not."""

    takes: bool = True
    closed: int = 0
    spans: list[Span] = field(default_factory=list)

    def send(self, spans: Sequence[Span]) -> bool:
        if self.takes:
            self.spans += spans
        return self.takes

    def close(self) -> None:
        self.closed += 1


@dataclass
class Scene:
    """A gateway, and what reads its requests. `otel` is in force from the next turn on."""

    home: House
    tracing: Tracing
    otel: dict[str, object]

    def told(self) -> list[str]:
        self.home.gateway.log.write()
        return [it.event for it in self.home.gateway.logs(0, 100).events if it.event.startswith("otel")]


@asynccontextmanager
async def traced(outlet: Outlet | None, **otel: object) -> AsyncIterator[Scene]:
    """Requests are first asked of a provider that fails. Without an `outlet` what it needs is not installed."""
    in_force: dict[str, object] = {"enabled": True, **otel}

    def opening(_settings: OtelSettings, _instance: str) -> Outlet:
        if outlet is None:
            raise ImportError
        return outlet

    async with house({"b": Play(FAILS), "a": Play(reply(200, WHOLE))}) as home:

        def desk() -> Desk:
            found = home.gateway.desk()
            config = found.generation.config
            gateway = config.gateway.model_copy(update={"otel": OtelSettings.model_validate(in_force)})
            return replace(found, generation=replace(found.generation, config=replace(config, gateway=gateway)))

        tracing = Tracing(desk, home.gateway.log, random.Random(1), opening=opening)
        await tracing.turn()
        yield Scene(home, tracing, in_force)


def attributes(span: ReadableSpan) -> dict[str, object]:
    return dict(span.attributes or {})


async def test_a_request_and_its_attempts_hang_below_the_span_of_the_caller() -> None:
    memory = InMemorySpanExporter()
    async with traced(Traces(memory, "gateway", "1", "one")) as scene:
        caller = {"traceparent": f"00-{TRACE}-{SPAN}-01"}
        assert (await scene.home.chat(stream=False, headers=caller)).status_code == 200
        await scene.tracing.turn()
    failed, answered, request = memory.get_finished_spans()
    assert (failed.name, answered.name, request.name) == ("chat m", "chat m", "POST /v1/chat/completions")
    assert request.parent is not None
    assert (f"{request.parent.span_id:016x}", f"{request.parent.trace_id:032x}") == (SPAN, TRACE)
    assert attributes(failed)["error.type"] == "upstream_error"
    assert attributes(answered)["gen_ai.usage.output_tokens"] == 7
    assert attributes(request)["http.response.status_code"] == 200
    assert not any("Hi" in str(attributes(span)) for span in (failed, answered, request)), "no text of a prompt"


async def test_callers_decide_for_themselves_and_chance_for_the_rest() -> None:
    collector = Collector()
    async with traced(collector, sample=0) as scene:
        for flags in ("00", "01"):
            await scene.home.chat(stream=False, headers={"traceparent": f"00-{TRACE}-{SPAN}-{flags}"})
        await scene.home.chat(stream=False)
        await scene.tracing.turn()
        assert [span.parent is not None for span in collector.spans] == [True]
        scene.otel["sample"] = 1.0
        await scene.tracing.turn()
        await scene.home.chat(stream=False)
        await scene.tracing.turn()
    assert [span.parent is not None for span in collector.spans] == [True, False]


async def test_a_collector_that_takes_nothing_is_told_of_once() -> None:
    collector = Collector(takes=False)
    async with traced(collector) as scene:
        for _ in range(3):
            await scene.home.chat(stream=False)
            await scene.tracing.turn()
        assert scene.told() == ["otel_troubled"]
        collector.takes = True
        await scene.home.chat(stream=False)
        await scene.tracing.turn()
        assert scene.told() == ["otel_troubled", "otel_well"]
        assert (scene.tracing.exported, scene.tracing.left_out) == (1, 3)


async def test_a_storm_is_cut_short() -> None:
    collector = Collector()
    async with traced(collector, per_second=2) as scene:
        for _ in range(5):
            await scene.home.chat(stream=False)
        await scene.tracing.turn()
    assert (len(collector.spans), scene.tracing.left_out) == (2, 3)


async def test_without_what_it_needs_nothing_is_exported_and_that_is_told() -> None:
    async with traced(None) as scene:
        await scene.home.chat(stream=False)
        await scene.tracing.turn()
        assert (scene.told(), scene.tracing.exported) == (["otel_missing"], 0)


async def test_turning_it_off_lets_go_of_the_collector() -> None:
    collector = Collector()
    async with traced(collector) as scene:
        scene.otel["enabled"] = False
        await scene.tracing.turn()
        await scene.home.chat(stream=False)
        await scene.tracing.turn()
    assert (collector.closed, collector.spans) == (1, [])


async def test_what_is_left_is_exported_at_the_end() -> None:
    collector = Collector()
    async with traced(collector) as scene:
        await scene.home.chat(stream=False)
        async with asyncio.TaskGroup() as group:
            running = group.create_task(scene.tracing.run())
            await asyncio.sleep(0)
            running.cancel()
    assert (len(collector.spans), collector.closed) == (1, 1)


async def test_the_gateway_itself_sends_them_to_the_collector_of_its_settings() -> None:
    """As protocol buffers over HTTP."""
    bodies: list[bytes] = []

    async def take(exchange: Exchange) -> None:
        bodies.append(await exchange.body())
        exchange.reply(200, [], b"")

    async with Server(take) as server:
        address, port = await server.listen("127.0.0.1", 0)
        settings = OtelSettings(enabled=True, endpoint=f"http://{address}:{port}/v1/traces", timeout_s=2)
        outlet = await asyncio.to_thread(open_collector, settings, "one")
        span = Span("POST /v1/x", "server", 1.0, 2.0, {"gen_ai.request.model": "the-model"})
        assert await asyncio.to_thread(outlet.send, [span])
        await asyncio.to_thread(outlet.close)
    assert [b"the-model" in body and b"ai-dashboard" in body for body in bodies] == [True]
