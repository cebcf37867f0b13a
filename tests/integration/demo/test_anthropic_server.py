"""The simulated server in Anthropic's dialect, asked by plain HTTP as its clients ask."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import pytest

from ai_dashboard.demo.anthropic_read import signature_of
from ai_dashboard.demo.behaviour import THINKING_TOKENS
from ai_dashboard.demo.catalogue import FaultRates
from ai_dashboard.demo.prompt_cache import BLOCK
from ai_dashboard.demo.stage import DemoStage

Staged = Callable[..., DemoStage]
Collect = Callable[[Any], Awaitable[tuple[bytes, bool]]]

HELLO: dict[str, Any] = {
    "model": "claude-sonnet-5-5",
    "max_tokens": 2000,
    "messages": [{"role": "user", "content": "How do pools work?"}],
}
WEATHER = {
    "name": "get_weather",
    "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}
QUESTION = {"role": "user", "content": "What is the weather in Oslo?"}
THINK = {"thinking": {"type": "enabled", "budget_tokens": 1024}}


def caller(stage: DemoStage, version: str = "2023-06-01") -> httpx.AsyncClient:
    address = str(stage.provider_entries()["demo-claude"]["base_url"])
    return httpx.AsyncClient(base_url=address, headers={"anthropic-version": version}, trust_env=False)


@pytest.fixture
async def claude(staged: Staged) -> AsyncIterator[httpx.AsyncClient]:
    async with staged() as stage, caller(stage) as client:
        yield client


async def ask(client: httpx.AsyncClient, **more: object) -> dict[str, Any]:
    reply = await client.post("/v1/messages", json=HELLO | more)
    assert (reply.status_code, reply.headers["x-simulated"]) == (200, "1")
    body: dict[str, Any] = reply.json()
    return body


async def stream(client: httpx.AsyncClient, **more: object) -> list[dict[str, Any]]:
    reply = await client.post("/v1/messages", json=HELLO | {"stream": True} | more)
    assert reply.headers["content-type"] == "text/event-stream"
    frames = [frame.split("\n") for frame in reply.text.removesuffix("\n\n").split("\n\n")]
    events = [json.loads(data.removeprefix("data: ")) for _, data in frames]
    assert [name.removeprefix("event: ") for name, _ in frames] == [event["type"] for event in events]
    return events


def pieces(events: list[dict[str, Any]], kind: str) -> str:
    deltas = [event["delta"] for event in events if event["type"] == "content_block_delta"]
    return "".join(delta[kind] for delta in deltas if kind in delta)


async def test_a_whole_answer(claude: httpx.AsyncClient) -> None:
    message = await ask(claude)
    assert (message["type"], message["role"], message["model"]) == ("message", "assistant", "claude-sonnet-5-5")
    assert (message["stop_reason"], message["stop_sequence"]) == ("end_turn", None)
    assert [block["type"] for block in message["content"]] == ["text"]
    assert "simulated" in message["content"][0]["text"]
    assert message["usage"]["input_tokens"] == 5
    assert message["usage"]["output_tokens"] > 10


async def test_a_streamed_answer(claude: httpx.AsyncClient) -> None:
    events = await stream(claude)
    kinds = [event["type"] for event in events if event["type"] != "content_block_delta"]
    assert kinds == [
        "message_start",
        "ping",
        "content_block_start",
        "content_block_stop",
        "message_delta",
        "message_stop",
    ]
    assert "simulated" in pieces(events, "text")
    assert events[0]["message"]["usage"]["input_tokens"] == 5
    assert events[-2]["delta"]["stop_reason"] == "end_turn"
    assert events[-2]["usage"]["output_tokens"] == len(events) - len(kinds)


async def test_a_limited_answer(claude: httpx.AsyncClient) -> None:
    message = await ask(claude, max_tokens=4)
    assert (message["stop_reason"], message["content"][0]["text"]) == ("max_tokens", "This is a simulated")


@pytest.mark.parametrize("choice", [{"type": "auto"}, {"type": "any"}, {"type": "tool", "name": "get_weather"}])
async def test_a_tool_is_used_and_its_result_answered(claude: httpx.AsyncClient, choice: dict[str, str]) -> None:
    message = await ask(claude, messages=[QUESTION], tools=[WEATHER], tool_choice=choice)
    assert message["stop_reason"] == "tool_use"
    (used,) = message["content"]
    assert (used["type"], used["name"], used["input"]) == ("tool_use", "get_weather", {"city": "Oslo"})
    result = {"role": "user", "content": [{"type": "tool_result", "tool_use_id": used["id"], "content": "Drizzle"}]}
    turns = [QUESTION, {"role": "assistant", "content": message["content"]}, result]
    answer = await ask(claude, messages=turns, tools=[WEATHER])
    assert answer["stop_reason"] == "end_turn"
    assert "Drizzle" in answer["content"][0]["text"]


async def test_a_streamed_tool_use(claude: httpx.AsyncClient) -> None:
    events = await stream(claude, messages=[QUESTION], tools=[WEATHER])
    assert events[2]["content_block"]["name"] == "get_weather"
    assert events[2]["content_block"]["input"] == {}
    assert json.loads(pieces(events, "partial_json")) == {"city": "Oslo"}
    assert events[-2]["delta"]["stop_reason"] == "tool_use"


async def test_thinking_is_signed_and_taken_back(claude: httpx.AsyncClient) -> None:
    message = await ask(claude, **THINK)
    thought, said = message["content"]
    assert thought["signature"] == signature_of(thought["thinking"])
    assert said["type"] == "text"
    assert message["usage"]["output_tokens"] > THINKING_TOKENS["high"]
    turns = [*HELLO["messages"], {"role": "assistant", "content": message["content"]}, *HELLO["messages"]]
    await ask(claude, messages=turns, **THINK)
    thought["thinking"] += "!"
    reply = await claude.post("/v1/messages", json=HELLO | THINK | {"messages": turns})
    assert reply.status_code == 400
    assert "Invalid `signature`" in reply.json()["error"]["message"]


async def test_streamed_thinking(claude: httpx.AsyncClient) -> None:
    events = await stream(claude, **THINK)
    assert [event["index"] for event in events if event["type"] == "content_block_start"] == [0, 1]
    assert pieces(events, "thinking").startswith("This is simulated thinking")
    assert pieces(events, "signature") == signature_of(pieces(events, "thinking"))


async def test_a_marked_prompt_is_written_to_the_cache_and_read_from_it(claude: httpx.AsyncClient) -> None:
    words = " ".join(f"word{number}" for number in range(40))
    system = [{"type": "text", "text": words, "cache_control": {"type": "ephemeral"}}]
    first = (await ask(claude, system=system))["usage"]
    second = (await ask(claude, system=system))["usage"]
    assert (first["cache_read_input_tokens"], first["cache_creation_input_tokens"]) == (0, 45 // BLOCK * BLOCK)
    assert (second["cache_read_input_tokens"], second["cache_creation_input_tokens"]) == (45 // BLOCK * BLOCK, 0)
    assert sum(first[name] for name in first if name.startswith(("input", "cache"))) == 45
    assert (await ask(claude, system=words))["usage"]["input_tokens"] == 45


async def test_tokens_are_counted_and_models_listed(claude: httpx.AsyncClient) -> None:
    body = {name: HELLO[name] for name in ("model", "messages")}
    assert (await claude.post("/v1/messages/count_tokens", json=body)).json() == {"input_tokens": 5}
    models = (await claude.get("/v1/models")).json()
    assert [model["id"] for model in models["data"]] == ["claude-sonnet-5-5", "claude-haiku-5-5"]
    assert (models["first_id"], models["last_id"]) == ("claude-sonnet-5-5", "claude-haiku-5-5")
    assert models["has_more"] is False


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "kind"),
    [
        ("POST", "/v1/messages", b"{", 400, "invalid_request_error"),
        ("POST", "/v1/messages", b"{}", 400, "invalid_request_error"),
        ("POST", "/v1/messages", json.dumps(HELLO | {"model": "claude-9"}).encode(), 404, "not_found_error"),
        ("GET", "/v1/messages", b"", 405, "invalid_request_error"),
        ("GET", "/nowhere", b"", 404, "not_found_error"),
    ],
)
async def test_errors_have_anthropics_form(
    claude: httpx.AsyncClient, method: str, path: str, body: bytes, status: int, kind: str
) -> None:
    reply = await claude.request(method, path, content=body)
    assert reply.status_code == status
    assert reply.json().keys() == {"type", "error", "request_id"}
    assert (reply.json()["type"], reply.json()["error"]["type"]) == ("error", kind)


async def test_a_version_is_needed_and_the_newest_refuses_sampling(staged: Staged) -> None:
    async with staged() as stage, caller(stage, "2026-10-21") as client:
        body = HELLO | {"temperature": 0.5}
        assert (await client.post("/v1/messages", json=HELLO)).status_code == 200
        assert (await client.post("/v1/messages", json=body)).status_code == 400
        older = {"anthropic-version": "2023-06-01"}
        assert (await client.post("/v1/messages", json=body, headers=older)).status_code == 200
        del client.headers["anthropic-version"]
        assert "anthropic-version" in (await client.post("/v1/messages", json=HELLO)).json()["error"]["message"]


@pytest.mark.parametrize(
    ("faults", "status", "kind"),
    [(FaultRates(rate_limited=1.0), 429, "rate_limit_error"), (FaultRates(server_error=1.0), 500, "api_error")],
)
async def test_faults(staged: Staged, faults: FaultRates, status: int, kind: str) -> None:
    async with staged(faults) as stage, caller(stage) as client:
        reply = await client.post("/v1/messages", json=HELLO)
    assert (reply.status_code, reply.json()["error"]["type"]) == (status, kind)
    assert ("retry-after" in reply.headers) is (status == 429)


async def test_a_cut_leaves_the_stream_without_its_end(staged: Staged, collect: Collect) -> None:
    async with staged(FaultRates(cut=1.0)) as stage, caller(stage) as client:
        got, whole = await collect(client.stream("POST", "/v1/messages", json=HELLO | {"stream": True}))
    assert not whole
    assert b"message_start" in got
    assert b"message_stop" not in got
