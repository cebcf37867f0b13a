"""The simulated server in Google's dialect, asked by plain HTTP as its clients ask."""

import json
import math
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import pytest

from ai_dashboard.demo.behaviour import THINKING_TOKENS
from ai_dashboard.demo.catalogue import FaultRates
from ai_dashboard.demo.prompt_cache import BLOCK
from ai_dashboard.demo.stage import DemoStage

Staged = Callable[..., DemoStage]
Collect = Callable[[Any], Awaitable[tuple[bytes, bool]]]

MODEL = "/v1beta/models/gemini-2.5-flash"
VECTORS = "/v1beta/models/gemini-embedding-001"
HELLO: dict[str, Any] = {"contents": [{"role": "user", "parts": [{"text": "How do pools work?"}]}]}
QUESTION = {"role": "user", "parts": [{"text": "What is the weather in Oslo?"}]}
WEATHER = {"name": "get_weather", "parameters": {"type": "OBJECT", "properties": {"city": {"type": "STRING"}}}}
TOOLS = [{"functionDeclarations": [WEATHER]}]
SHOWN = {"generationConfig": {"thinkingConfig": {"includeThoughts": True, "thinkingLevel": "low"}}}


def caller(stage: DemoStage) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=str(stage.provider_entries()["demo-gemini"]["base_url"]), trust_env=False)


@pytest.fixture
async def gemini(staged: Staged) -> AsyncIterator[httpx.AsyncClient]:
    async with staged() as stage, caller(stage) as client:
        yield client


async def ask(client: httpx.AsyncClient, **more: object) -> dict[str, Any]:
    reply = await client.post(f"{MODEL}:generateContent", json=HELLO | more)
    assert (reply.status_code, reply.headers["x-simulated"]) == (200, "1")
    body: dict[str, Any] = reply.json()
    return body


async def stream(client: httpx.AsyncClient, **more: object) -> list[dict[str, Any]]:
    reply = await client.post(f"{MODEL}:streamGenerateContent?alt=sse", json=HELLO | more)
    assert reply.headers["content-type"] == "text/event-stream"
    frames = reply.text.removesuffix("\n\n").split("\n\n")
    return [json.loads(frame.removeprefix("data: ")) for frame in frames]


def parts(chunk: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = chunk["candidates"][0]["content"]["parts"]
    return found


async def test_a_whole_answer(gemini: httpx.AsyncClient) -> None:
    reply = await ask(gemini)
    assert reply["candidates"][0]["finishReason"] == "STOP"
    assert "simulated" in parts(reply)[0]["text"]
    usage = reply["usageMetadata"]
    assert usage["promptTokenCount"] == 5
    assert usage["totalTokenCount"] == 5 + usage["candidatesTokenCount"]
    assert reply["modelVersion"] == "gemini-2.5-flash"


async def test_a_streamed_answer(gemini: httpx.AsyncClient) -> None:
    *chunks, last = await stream(gemini)
    assert "simulated" in "".join(parts(chunk)[0]["text"] for chunk in chunks)
    assert not any("finishReason" in chunk["candidates"][0] for chunk in chunks)
    assert last["candidates"][0]["finishReason"] == "STOP"
    assert last["usageMetadata"]["candidatesTokenCount"] == len(chunks)


async def test_without_events_a_stream_is_a_list(gemini: httpx.AsyncClient) -> None:
    reply = await gemini.post(f"{MODEL}:streamGenerateContent", json=HELLO)
    assert reply.headers["content-type"] == "application/json"
    assert "simulated" in "".join(parts(chunk)[0]["text"] for chunk in reply.json())


async def test_a_limited_answer(gemini: httpx.AsyncClient) -> None:
    reply = await ask(gemini, generationConfig={"maxOutputTokens": 4})
    assert reply["candidates"][0]["finishReason"] == "MAX_TOKENS"
    assert parts(reply)[0]["text"] == "This is a simulated"


async def test_a_function_is_called_and_its_response_answered(gemini: httpx.AsyncClient) -> None:
    reply = await ask(gemini, contents=[QUESTION], tools=TOOLS)
    (part,) = parts(reply)
    assert (part["functionCall"]["name"], part["functionCall"]["args"]) == ("get_weather", {"city": "Oslo"})
    assert "thoughtSignature" not in part
    response = {"functionResponse": {"name": "get_weather", "response": {"result": "Drizzle"}}}
    turns = [QUESTION, reply["candidates"][0]["content"], {"role": "user", "parts": [response]}]
    assert "functionCall" not in parts(await ask(gemini, contents=turns, tools=TOOLS))[0]


@pytest.mark.parametrize(("mode", "called"), [("AUTO", False), ("ANY", True), ("NONE", False)])
async def test_the_mode_decides_about_calls(gemini: httpx.AsyncClient, mode: str, called: bool) -> None:
    reply = await ask(gemini, tools=TOOLS, toolConfig={"functionCallingConfig": {"mode": mode}})
    assert ("functionCall" in parts(reply)[0]) is called


async def test_a_streamed_call_comes_in_one_piece_with_its_mark(gemini: httpx.AsyncClient) -> None:
    chunks = await stream(gemini, contents=[QUESTION], tools=TOOLS, **SHOWN)
    *thoughts, call, last = [parts(chunk)[0] for chunk in chunks]
    assert all(thought["thought"] for thought in thoughts)
    assert call["functionCall"]["args"] == {"city": "Oslo"}
    assert call["thoughtSignature"]
    assert last == {"text": ""}


async def test_thoughts_are_shown_when_asked_for_and_counted_anyway(gemini: httpx.AsyncClient) -> None:
    shown = await ask(gemini, **SHOWN)
    hidden = await ask(gemini, generationConfig={"thinkingConfig": {"thinkingLevel": "low"}})
    thought, said = parts(shown)
    assert thought["thought"] is True
    assert thought["text"].startswith("This is simulated thinking")
    assert "thought" not in said
    assert [part.get("thought") for part in parts(hidden)] == [None]
    for reply in (shown, hidden):
        usage = reply["usageMetadata"]
        assert usage["thoughtsTokenCount"] == THINKING_TOKENS["low"]
        assert usage["totalTokenCount"] == 5 + usage["candidatesTokenCount"] + THINKING_TOKENS["low"]


async def test_a_prompt_that_comes_again_is_cached(gemini: httpx.AsyncClient) -> None:
    system = {"parts": [{"text": " ".join(f"word{number}" for number in range(40))}]}
    counts = [
        (await ask(gemini, systemInstruction=system))["usageMetadata"]["cachedContentTokenCount"] for _ in range(2)
    ]
    assert counts == [0, 45 // BLOCK * BLOCK]


async def test_embeddings(gemini: httpx.AsyncClient) -> None:
    content = {"content": {"parts": [{"text": "Hello"}]}}
    one = (await gemini.post(f"{VECTORS}:embedContent", json=content)).json()["embedding"]["values"]
    assert len(one) == 3072
    assert math.hypot(*one) == pytest.approx(1.0)
    short = [content | {"outputDimensionality": 8}, content | {"outputDimensionality": 8}]
    batch = (await gemini.post(f"{VECTORS}:batchEmbedContents", json={"requests": short})).json()["embeddings"]
    assert [len(entry["values"]) for entry in batch] == [8, 8]
    assert batch[0] == batch[1]


async def test_tokens_are_counted_and_models_listed_under_either_version(gemini: httpx.AsyncClient) -> None:
    for version in ("v1", "v1beta"):
        base = f"/{version}/models"
        assert (await gemini.post(f"{base}/gemini-2.5-pro:countTokens", json=HELLO)).json() == {"totalTokens": 5}
        models = (await gemini.get(base)).json()["models"]
        names = [model["name"] for model in models]
        assert names == ["models/gemini-2.5-pro", "models/gemini-2.5-flash", "models/gemini-embedding-001"]
        assert "generateContent" not in models[-1]["supportedGenerationMethods"]
        assert (await gemini.get(f"{base}/gemini-2.5-pro")).json() == models[0]


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "name"),
    [
        ("POST", f"{MODEL}:generateContent", b"{", 400, "INVALID_ARGUMENT"),
        ("POST", f"{MODEL}:generateContent", b"{}", 400, "INVALID_ARGUMENT"),
        ("POST", "/v1beta/models/gemini-9:generateContent", json.dumps(HELLO).encode(), 404, "NOT_FOUND"),
        ("POST", f"{MODEL}:embedContent", b"{}", 404, "NOT_FOUND"),
        ("POST", f"{VECTORS}:embedContent", b'{"outputDimensionality": 9999}', 400, "INVALID_ARGUMENT"),
        ("POST", f"{VECTORS}:batchEmbedContents", b"{}", 400, "INVALID_ARGUMENT"),
        ("POST", f"{MODEL}:sing", b"{}", 404, "NOT_FOUND"),
        ("GET", f"{MODEL}:generateContent", b"", 405, "INVALID_ARGUMENT"),
        ("GET", "/v1beta/models/gemini-9", b"", 404, "NOT_FOUND"),
        ("GET", "/nowhere", b"", 404, "NOT_FOUND"),
    ],
)
async def test_errors_have_googles_form(
    gemini: httpx.AsyncClient, method: str, path: str, body: bytes, status: int, name: str
) -> None:
    reply = await gemini.request(method, path, content=body)
    error = reply.json()["error"]
    assert (reply.status_code, error["code"], error["status"]) == (status, status, name)
    assert error["message"]


@pytest.mark.parametrize(
    ("faults", "status", "name"),
    [(FaultRates(rate_limited=1.0), 429, "RESOURCE_EXHAUSTED"), (FaultRates(server_error=1.0), 500, "INTERNAL")],
)
@pytest.mark.parametrize("path", [f"{MODEL}:generateContent", f"{VECTORS}:embedContent"])
async def test_faults(staged: Staged, faults: FaultRates, status: int, name: str, path: str) -> None:
    async with staged(faults) as stage, caller(stage) as client:
        reply = await client.post(path, json=HELLO)
    error = reply.json()["error"]
    assert (reply.status_code, error["status"]) == (status, name)
    assert ("retryDelay" in str(error.get("details"))) is (status == 429)


@pytest.mark.parametrize("path", [f"{MODEL}:streamGenerateContent?alt=sse", f"{VECTORS}:embedContent"])
async def test_a_cut_is_seen_as_one(staged: Staged, collect: Collect, path: str) -> None:
    async with staged(FaultRates(cut=1.0)) as stage, caller(stage) as client:
        got, whole = await collect(client.stream("POST", path, json=HELLO))
    assert not whole
    assert b"finishReason" not in got
