"""Two hundred reloads under five hundred open streams: none is dropped, and none is answered by two configurations."""

import asyncio
import json
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import pytest

from ai_dashboard.gateway.trip import Trip
from ai_dashboard.transport.http1 import Exchange
from tests.integration.gateway.home import home
from tests.integration.gateway.scene import DONE, HELLO, ROLE, SSE_TYPE, STOP, WORLD, Gate, Play, Script, stream, until

STREAMS = 500
RELOADS = 200
PAIRS = (("a1", "a2"), ("b1", "b2"))
"""Whom configurations name by turns: no two that follow each other have a provider in common."""


def breaking_off(opened: asyncio.Event) -> Script:
    """Begins, waits, and breaks off."""

    async def answer(exchange: Exchange) -> None:
        exchange.start(200, [SSE_TYPE])
        exchange.write(ROLE + HELLO)
        await opened.wait()
        exchange.abort()

    return answer


def written(plays: Mapping[str, Play], turn: int) -> str:
    entries = (
        f"  {name}: {{type: vllm, base_url: '{plays[name].address}', models: [m]}}\n" for name in PAIRS[turn % 2]
    )
    return f"# turn {turn}\nproviders:\n{''.join(entries)}"


async def ask(port: int) -> bytes:
    """One streamed answer, read to its end."""
    body = json.dumps({"model": "m", "messages": [{"role": "user", "content": "Hi"}], "stream": True}).encode()
    head = b"POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(head + b"connection: close\r\ncontent-length: %d\r\n\r\n" % len(body) + body)
    try:
        return await reader.read(-1)
    finally:
        writer.close()


def begun(running: Mapping[str, Trip], wanted: int) -> bool:
    """Whether as many answers have begun."""
    return sum(trip.status == 200 for trip in running.values()) == wanted


@pytest.mark.parametrize("breaks_off", [False, True], ids=["to their end", "and are continued by another provider"])
async def test_open_streams_outlive_reloads(tmp_path: Path, breaks_off: bool) -> None:
    opened = asyncio.Event()
    gates = [Gate() for _ in PAIRS]
    firsts: list[Script] = [breaking_off(opened) for _ in PAIRS] if breaks_off else list(gates)
    rest = stream(ROLE + WORLD + STOP + DONE)
    plays = {name: Play(script) for (name, _), script in zip(PAIRS, firsts, strict=True)}
    plays |= {name: Play(rest) for _, name in PAIRS}
    settings = "reload: {watch_requests: 0}\nstream: {on_cut: continue}\nlimits: {max_in_flight: 600}\n"
    async with home(tmp_path, plays, settings=settings) as here, asyncio.TaskGroup() as group:
        running, reloader = here.gateway.runtime.running, here.gateway.reloader
        answers: list[asyncio.Task[bytes]] = []
        pairs: dict[int, tuple[str, str]] = {}
        for turn in range(RELOADS):
            (tmp_path / "providers.yaml").write_text(written(plays, turn))
            pairs[await reloader.reload()] = PAIRS[turn % 2]
            port, wanted = here.gateway.address[1], STREAMS * (turn + 1) // RELOADS
            answers += [group.create_task(ask(port)) for _ in range(wanted - len(answers))]
            await until(partial(begun, running, wanted))
        assert (len(running), here.gateway.runtime.failures) == (STREAMS, 0)
        opened.set()
        for gate in gates:
            gate.open()
        replies = await asyncio.gather(*answers)
        await until(lambda: here.gateway.runtime.requests == STREAMS)
        records = here.gateway.records(0, STREAMS).records
    assert all(DONE in reply and reply.endswith(b"\r\n0\r\n\r\n") for reply in replies)
    assert {record.error for record in records} == {None}
    assert {record.generation for record in records} == set(pairs)
    assert len(pairs) == RELOADS
    for record in records:
        asked = tuple(attempt.provider for attempt in record.attempts)
        assert asked == (pairs[record.generation] if breaks_off else pairs[record.generation][:1]), record
        assert record.provider == asked[-1]
