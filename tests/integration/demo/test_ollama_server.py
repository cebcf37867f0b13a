"""The simulated Ollama, asked as its native callers ask: NDJSON, durations in nanoseconds, a slow first load."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any

import httpx
import pytest

from ai_dashboard.demo.behaviour import THINKING_TOKENS
from ai_dashboard.demo.catalogue import OLLAMA, FaultRates
from ai_dashboard.demo.ollama_server import KEEP_LOADED_S
from ai_dashboard.demo.server import Sleep
from ai_dashboard.demo.stage import DemoStage

Staged = Callable[..., DemoStage]
Collect = Callable[[Any], Awaitable[tuple[bytes, bool]]]

HELLO: dict[str, Any] = {"model": "llama3.1:8b", "messages": [{"role": "user", "content": "How do pools work?"}]}
WEATHER = {
    "type": "function",
    "function": {"name": "get_weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}},
}


def caller(stage: DemoStage) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=str(stage.provider_entries()["demo-ollama"]["base_url"]), trust_env=False)


@pytest.fixture
async def ollama(staged: Staged) -> AsyncIterator[httpx.AsyncClient]:
    async with staged() as stage, caller(stage) as client:
        yield client


def lines(reply: httpx.Response) -> list[Any]:
    assert reply.headers["content-type"] == "application/x-ndjson"
    assert reply.text.endswith("}\n")
    return [json.loads(line) for line in reply.text.splitlines()]


async def test_a_stream_is_the_default(ollama: httpx.AsyncClient, slept: Sequence[float]) -> None:
    reply = await ollama.post("/api/chat", json=HELLO)
    *pieces, last = lines(reply)
    assert reply.headers["x-simulated"] == "1"
    assert all(piece["done"] is False and piece["model"] == "llama3.1:8b" for piece in pieces)
    assert "simulated" in "".join(piece["message"]["content"] for piece in pieces)
    assert (last["done"], last["done_reason"], last["message"]["content"]) == (True, "stop", "")
    assert last["eval_count"] == len(pieces)
    assert last["prompt_eval_count"] == 5
    assert last["load_duration"] == OLLAMA.load_s * 1e9
    assert last["total_duration"] == pytest.approx(sum(slept) * 1e9)
    parts = last["load_duration"] + last["prompt_eval_duration"] + last["eval_duration"]
    assert parts == pytest.approx(last["total_duration"])


async def test_a_whole_answer(ollama: httpx.AsyncClient) -> None:
    reply = (await ollama.post("/api/chat", json=HELLO | {"stream": False, "options": {"num_predict": 4}})).json()
    assert reply["message"] == {"role": "assistant", "content": "This is a simulated"}
    assert (reply["done"], reply["done_reason"], reply["eval_count"]) == (True, "length", 4)


@pytest.mark.parametrize("stream", [True, False])
async def test_a_tool_call_has_an_object_for_its_arguments(ollama: httpx.AsyncClient, stream: bool) -> None:
    question = {"role": "user", "content": "What is the weather in Oslo?"}
    reply = await ollama.post("/api/chat", json=HELLO | {"messages": [question], "tools": [WEATHER], "stream": stream})
    first = lines(reply)[0] if stream else reply.json()
    assert first["message"] == {
        "role": "assistant",
        "content": "",
        "tool_calls": [{"function": {"name": "get_weather", "arguments": {"city": "Oslo"}}}],
    }


async def test_a_tools_result_is_answered(ollama: httpx.AsyncClient) -> None:
    question = {"role": "user", "content": "What is the weather in Oslo?"}
    call = {"role": "assistant", "content": "", "tool_calls": [{"function": {"name": "get_weather", "arguments": {}}}]}
    turns = [question, call, {"role": "tool", "tool_name": "get_weather", "content": "Drizzle"}]
    reply = await ollama.post("/api/chat", json=HELLO | {"messages": turns, "tools": [WEATHER], "stream": False})
    assert "tool_calls" not in reply.json()["message"]
    assert "Drizzle" in reply.json()["message"]["content"]


@pytest.mark.parametrize(("think", "tokens"), [(True, "medium"), ("low", "low"), (False, ""), (None, "")])
async def test_thinking_comes_before_the_answer(ollama: httpx.AsyncClient, think: object, tokens: str) -> None:
    *pieces, last = lines(await ollama.post("/api/chat", json=HELLO | {"think": think}))
    thoughts = [piece["message"]["thinking"] for piece in pieces if "thinking" in piece["message"]]
    assert len(thoughts) == THINKING_TOKENS.get(tokens, 0)
    assert all("thinking" in piece["message"] for piece in pieces[: len(thoughts)])
    assert last["eval_count"] == len(pieces)
    whole = (await ollama.post("/api/chat", json=HELLO | {"think": think, "stream": False})).json()
    assert whole["message"].get("thinking", "").startswith("This is simulated thinking" if tokens else "")


async def test_generate_answers_a_prompt(ollama: httpx.AsyncClient) -> None:
    body = {"model": "llama3.1:8b", "prompt": "How do pools work?", "system": "Be brief.", "think": "low"}
    *pieces, last = lines(await ollama.post("/api/generate", json=body))
    assert "simulated" in "".join(piece["response"] for piece in pieces)
    assert "simulated" in "".join(piece.get("thinking", "") for piece in pieces)
    assert (last["response"], last["done"], last["prompt_eval_count"]) == ("", True, 8)
    whole = (await ollama.post("/api/generate", json=body | {"stream": False, "options": {"num_predict": 4}})).json()
    assert (whole["done_reason"], "message" in whole) == ("length", False)


async def test_generate_without_a_prompt_loads_the_model(ollama: httpx.AsyncClient) -> None:
    reply = (await ollama.post("/api/generate", json={"model": "llama3.1:8b"})).json()
    assert (reply["response"], reply["done_reason"]) == ("", "load")
    assert [model["name"] for model in (await ollama.get("/api/ps")).json()["models"]] == ["llama3.1:8b"]


async def test_embeddings_new_and_old(ollama: httpx.AsyncClient) -> None:
    body = {"model": "nomic-embed-text", "input": ["Hello", "world"]}
    new = (await ollama.post("/api/embed", json=body)).json()
    old = (await ollama.post("/api/embeddings", json={"model": "nomic-embed-text", "prompt": "Hello"})).json()
    assert [len(values) for values in new["embeddings"]] == [768, 768]
    assert new["embeddings"][0] == old["embedding"]
    assert new["prompt_eval_count"] == 2
    short = (await ollama.post("/api/embed", json=body | {"dimensions": 8})).json()
    assert [len(values) for values in short["embeddings"]] == [8, 8]


async def test_a_model_is_loaded_once_and_forgotten_when_it_rests(ollama: httpx.AsyncClient, sleep: Sleep) -> None:
    async def load_s() -> float:
        reply = await ollama.post("/api/chat", json=HELLO | {"stream": False})
        return float(reply.json()["load_duration"]) / 1e9

    async def loaded() -> list[str]:
        return [model["name"] for model in (await ollama.get("/api/ps")).json()["models"]]

    assert await loaded() == []
    assert await load_s() == OLLAMA.load_s
    assert await loaded() == ["llama3.1:8b"]
    assert await load_s() == 0
    await sleep(KEEP_LOADED_S)
    assert await loaded() == []
    assert await load_s() == OLLAMA.load_s


async def test_tags_and_version(ollama: httpx.AsyncClient) -> None:
    tags = (await ollama.get("/api/tags")).json()["models"]
    assert [tag["name"] for tag in tags] == ["llama3.1:8b", "qwen2.5-coder:7b", "nomic-embed-text"]
    assert [tag["size"] for tag in tags] == [model.file_bytes for model in OLLAMA.all_models]
    assert tags[0]["details"]["parameter_size"] == "8B"
    assert len({tag["digest"] for tag in tags}) == 3
    assert "simulated" in (await ollama.get("/api/version")).json()["version"]


@pytest.mark.parametrize(
    ("body", "status", "says"),
    [
        (b"{", 400, "not JSON"),
        (b"[]", 400, "not a JSON object"),
        (json.dumps(HELLO | {"model": "llama9"}).encode(), 404, "'llama9' does not exist"),
        (json.dumps(HELLO | {"messages": 1}).encode(), 400, "'messages'"),
        (json.dumps(HELLO | {"model": "nomic-embed-text"}).encode(), 404, "does not exist"),
    ],
)
async def test_errors_have_ollamas_form(ollama: httpx.AsyncClient, body: bytes, status: int, says: str) -> None:
    reply = await ollama.post("/api/chat", content=body)
    assert reply.status_code == status
    assert reply.json().keys() == {"error"}
    assert says in reply.json()["error"]


async def test_a_cut_leaves_the_stream_without_its_last_line(staged: Staged, collect: Collect) -> None:
    async with staged(FaultRates(cut=1.0)) as stage, caller(stage) as client:
        got, whole = await collect(client.stream("POST", "/api/chat", json=HELLO))
    assert not whole
    assert b'"done":true' not in got
