import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager

import pytest

from ai_dashboard.config.discover import Discovery, discover

Pages = Mapping[str, object]

OLLAMA: Pages = {
    "/api/version": {"version": "0.13"},
    "/api/tags": {"models": [{"name": "m:7b", "details": {"parameter_size": "7.6B", "quantization_level": "Q4"}}, 3]},
    "/v1/models": {"data": [{"id": "m:7b", "owned_by": "library"}]},
}
LLAMA_CPP: Pages = {
    "/api/tags": {"models": [{"name": "x"}]},
    "/v1/models": {"models": [], "data": [{"id": "x.gguf", "owned_by": "llamacpp"}]},
}
OLD_LLAMA_CPP: Pages = {"/v1/models": {"data": [{"id": "x"}]}, "/props": {"default_generation_settings": {}}}
VLLM: Pages = {"/v1/models": {"data": [{"id": "Qwen/Q", "owned_by": "vllm", "max_model_len": 4096}]}}
RENAMED_VLLM: Pages = {"/v1/models": {"data": [{"id": "q", "owned_by": "me"}]}, "/version": {"version": "0.11"}}
OTHER: Pages = {"/v1/models": {"data": [{"id": "a"}, {"id": ""}, {}, "b"]}}


class Server:
    """A loopback server that answers from a table of pages and remembers what it was asked."""

    def __init__(self, pages: Pages) -> None:
        self._pages = pages
        self.asked: list[str] = []
        self.url = ""

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await self._head(reader):
            self.asked.append(head)
            path = head.split(" ", 2)[1]
            body = json.dumps(self._pages[path]).encode() if path in self._pages else b"<html>"
            status = "200 OK" if path in self._pages else "404 Not Found"
            writer.write(f"HTTP/1.1 {status}\r\ncontent-length: {len(body)}\r\n\r\n".encode() + body)
            await writer.drain()

    @staticmethod
    async def _head(reader: asyncio.StreamReader) -> str:
        try:
            return (await reader.readuntil(b"\r\n\r\n")).decode()
        except (asyncio.IncompleteReadError, ConnectionError):
            return ""


Answer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def listening(answer: Answer) -> AsyncIterator[str]:
    """A server on a free port; on the way out all its connections have ended."""
    open_: set[asyncio.Task[None]] = set()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        open_.add(task)
        try:
            await answer(reader, writer)
            writer.close()
            await writer.wait_closed()
        except ConnectionError:
            writer.transport.abort()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        await asyncio.gather(*open_)


async def found_at(pages: Pages) -> tuple[Discovery, Server]:
    server = Server(pages)
    async with listening(server.answer) as url:
        server.url = url
        return await discover({}, addresses=[url], budget_s=5), server


@pytest.mark.parametrize(
    ("pages", "kind", "models"),
    [
        (OLLAMA, "ollama", ["m:7b"]),
        (LLAMA_CPP, "llama_cpp", ["x.gguf"]),
        (OLD_LLAMA_CPP, "llama_cpp", ["x"]),
        (VLLM, "vllm", ["Qwen/Q"]),
        (RENAMED_VLLM, "vllm", ["q"]),
        (OTHER, "openai_compatible", ["a"]),
    ],
)
async def test_servers_are_known_by_their_replies(pages: Pages, kind: str, models: list[str]) -> None:
    found, server = await found_at(pages)
    [provider] = found.providers.values()
    assert (provider.type, provider.base_url, provider.name) == (kind, server.url, kind.replace("_", "-"))
    assert [model.name for model in provider.models] == models
    assert f"found {kind} at {server.url}" in found.diagnostics[0].message


async def test_only_lists_are_read() -> None:
    _, server = await found_at(OLLAMA)
    assert {head.split(" ")[0] for head in server.asked} == {"GET"}


async def test_what_a_server_says_of_its_models() -> None:
    [ollama] = (await found_at(OLLAMA))[0].providers.values()
    [vllm] = (await found_at(VLLM))[0].providers.values()
    assert (ollama.models[0].size, ollama.models[0].quantization) == ("7.6B", "Q4")
    assert vllm.models[0].context_length == 4096


@pytest.mark.parametrize(
    "pages", [{}, {"/v1/models": [1]}, {"/v1/models": {"data": 3}}, {"/api/version": {"version": 1}}]
)
async def test_strangers_are_left_alone(pages: Pages) -> None:
    found, _ = await found_at(pages)
    assert found == Discovery({}, ())


async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()


async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        writer.write(b" " * 65536)
        await writer.drain()


async def rude(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"\x00\xff not http")
    await writer.drain()


@pytest.mark.parametrize("answer", [silent, endless, rude])
async def test_bad_servers_cost_no_more_than_the_budget(answer: Answer) -> None:
    good = Server(OTHER)
    async with listening(answer) as bad_url, listening(good.answer) as good_url:
        began = time.perf_counter()
        found = await discover({}, addresses=[bad_url, good_url, "http://127.0.0.1:1"], budget_s=0.5)
        took = time.perf_counter() - began
    assert [provider.base_url for provider in found.providers.values()] == [good_url]
    assert took < 2.5


async def test_the_environment_names_addresses() -> None:
    server = Server(OLLAMA)
    async with listening(server.answer) as url:
        found = await discover({"OLLAMA_HOST": url.replace("http://127.0.0.1", "0.0.0.0")}, addresses=[url], budget_s=5)
    assert list(found.providers) == ["ollama"]
    assert "OLLAMA_HOST names it" in found.diagnostics[0].message


async def test_a_key_goes_only_where_it_was_meant_for() -> None:
    named, other = Server(OTHER), Server(OTHER)
    async with listening(named.answer) as named_url, listening(other.answer) as other_url:
        env = {"OPENAI_BASE_URL": f"{named_url}/v1", "OPENAI_API_KEY": "sk-test"}
        found = await discover(env, addresses=[other_url], budget_s=5)
    assert list(found.providers) == ["openai-compatible", "openai-compatible-2"]
    keys = [provider.api_key and provider.api_key.get_secret_value() for provider in found.providers.values()]
    assert keys == ["sk-test", None]
    assert [head.split(" ")[1] for head in named.asked if "sk-test" in head] == ["/v1/models"]
    assert not any("sk-test" in head for head in other.asked)


@pytest.mark.parametrize(
    ("env", "names"),
    [
        ({}, []),
        ({"OPENAI_API_KEY": " "}, []),
        ({"OPENAI_API_KEY": "k"}, ["openai"]),
        ({"OPENAI_API_KEY": "k", "OPENAI_BASE_URL": "https://api.openai.com/v1/"}, ["openai"]),
        (
            {"GOOGLE_API_KEY": "k", "ANTHROPIC_API_KEY": "k", "OLLAMA_API_KEY": "k"},
            ["anthropic", "google", "ollama-cloud"],
        ),
    ],
)
async def test_services_are_known_by_their_keys(env: dict[str, str], names: list[str]) -> None:
    found = await discover(env, addresses=[])
    assert list(found.providers) == names
    assert all(provider.api_key and provider.models and not provider.local for provider in found.providers.values())
    assert {finding.severity.value for finding in found.diagnostics} <= {"info"}


@pytest.mark.parametrize(
    "value", ["http://[", "::::", "ftp://x", "a" * 300, "http://\x00", "http://é" + "é" * 90, "x:99999"]
)
async def test_nonsense_in_the_environment_is_passed_over(value: str) -> None:
    env = {"OLLAMA_HOST": value, "VLLM_ENDPOINT": value, "OPENAI_BASE_URL": value}
    assert (await discover(env, addresses=[], budget_s=0.2)).providers == {}
