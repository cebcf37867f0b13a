"""SIGTERM while many streams run: those that end in time are whole, the others are told, nobody is cut in silence."""

import asyncio
import json
import signal
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from tests.e2e.program import ENDS_WITHIN_S, PATIENCE_S, Serving, complaints, serving, until

pytestmark = pytest.mark.e2e

STREAMS = 200
"""Half of them end as soon as the gateway drains, the other half never."""

DRAIN_S = 3.0
ENDING, ENDLESS, SILENT = "ending", "endless", "silent"

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
DONE = "[DONE]"


def event(delta: dict[str, str], finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    chunk = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}
    return b"data: " + json.dumps(chunk).encode() + b"\n\n"


@dataclass
class Provider:
    """Begins every stream at once. An ending one ends when it is `released`; a silent one does not even begin."""

    port: int = 0
    released: asyncio.Event = field(default_factory=asyncio.Event)
    waiting: asyncio.Event = field(default_factory=asyncio.Event)

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Provider"]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0, backlog=STREAMS * 2)
        self.port = server.sockets[0].getsockname()[1]
        async with server:
            yield self

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._answer(reader, writer)
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the gateway let go
        finally:
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        if head.startswith(b"GET"):
            writer.write(b'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 11\r\n\r\n{"data":[]}')
            return
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        model = json.loads(await reader.readexactly(length))["model"]
        if model == SILENT:
            self.waiting.set()
            await reader.read()
            return
        writer.write(HEAD + event({"role": "assistant", "content": "begun"}))
        if model == ENDLESS:
            await reader.read()
            return
        await self.released.wait()
        writer.write(event({"content": " and ended"}) + event({}, "stop") + b"data: [DONE]\n\n")


@dataclass
class Crowd:
    """Clients that read their streams to the end; `begun` is set when all have their first event."""

    client: httpx.AsyncClient
    url: str
    begun: asyncio.Event = field(default_factory=asyncio.Event)
    events: list[list[str]] = field(default_factory=list)

    async def stream(self, model: str) -> list[str]:
        """All events. A stream that ends before it is whole raises."""
        seen: list[str] = []
        async with self.client.stream("POST", f"{self.url}/v1/chat/completions", json=ask(model)) as reply:
            assert reply.status_code == 200
            async for line in reply.aiter_lines():
                if not line.startswith("data: "):
                    continue
                if not seen:
                    self.events.append(seen)
                    if len(self.events) == STREAMS:
                        self.begun.set()
                seen.append(line.removeprefix("data: "))
        return seen


def ask(model: str) -> dict[str, object]:
    return {"model": model, "stream": True, "messages": [{"role": "user", "content": "Hi"}]}


def configured(folder: Path, provider: Provider) -> str:
    """A configuration with one provider and a short patience."""
    entry = {"type": "openai_compatible", "base_url": f"http://127.0.0.1:{provider.port}/v1"}
    models = {"models": [ENDING, ENDLESS, SILENT]}
    folder.mkdir()
    (folder / "providers.yaml").write_text(json.dumps({"providers": {"scripted": entry | models}}))
    (folder / "gateway.yaml").write_text(json.dumps({"drain_s": DRAIN_S}))
    return str(folder)


def refuses(running: Serving) -> bool:
    """Whether it takes no further connections."""
    try:
        socket.create_connection(("127.0.0.1", running.port), timeout=1).close()
    except ConnectionRefusedError:
        return True
    return False


async def test_streams_that_end_in_time_are_whole_and_the_others_are_told(tmp_path: Path) -> None:
    limits = httpx.Limits(max_connections=None)
    async with (
        Provider().running() as provider,
        httpx.AsyncClient(limits=limits, timeout=PATIENCE_S, trust_env=False) as client,
    ):
        folder = configured(tmp_path / "config", provider)
        with serving("--config-dir", folder, "--no-discovery", state=tmp_path) as running:
            crowd = Crowd(client, running.url)
            async with asyncio.TaskGroup() as group:
                ending = [group.create_task(crowd.stream(ENDING)) for _ in range(STREAMS // 2)]
                endless = [group.create_task(crowd.stream(ENDLESS)) for _ in range(STREAMS // 2)]
                silent = group.create_task(client.post(f"{running.url}/v1/chat/completions", json=ask(SILENT)))
                async with asyncio.timeout(PATIENCE_S):
                    await crowd.begun.wait()
                    await provider.waiting.wait()
                running.process.send_signal(signal.SIGTERM)
                told = time.monotonic()
                await asyncio.to_thread(until, lambda: refuses(running), what="no new connections")
                provider.released.set()
            code = await asyncio.to_thread(running.process.wait, PATIENCE_S)
            took_s = time.monotonic() - told
            assert running.process.stderr is not None
            assert complaints(running.process.stderr.read()) == []
        assert code == 0
        assert DRAIN_S - 0.1 <= took_s < DRAIN_S + ENDS_WITHIN_S
        for task in ending:
            assert len(task.result()) == 4
            assert task.result()[-1] == DONE
        for task in endless:
            begun, error = map(json.loads, task.result())
            assert begun["choices"][0]["delta"]["content"] == "begun"
            assert error["error"]["code"] == "overloaded"
        assert silent.result().status_code == 503
        assert silent.result().json()["error"]["code"] == "overloaded"
