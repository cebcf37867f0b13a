"""The simulated cloud, asked by OpenAI's own client and by plain HTTP."""

import json
import math
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any

import httpx
import openai
import pytest
from openai.types.chat import ChatCompletionFunctionToolParam, ChatCompletionToolChoiceOptionParam

from ai_dashboard.demo.behaviour import THINKING_TOKENS
from ai_dashboard.demo.catalogue import FaultRates
from ai_dashboard.demo.prompt_cache import BLOCK
from ai_dashboard.demo.server import STALL_S
from ai_dashboard.demo.stage import DemoStage

Staged = Callable[..., DemoStage]
Collect = Callable[[Any], Awaitable[tuple[bytes, bool]]]

WEATHER: ChatCompletionFunctionToolParam = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}
HELLO: dict[str, Any] = {"model": "gpt-5", "messages": [{"role": "user", "content": "How do pools work?"}]}


def address(stage: DemoStage) -> str:
    return str(stage.provider_entries()["demo-cloud"]["base_url"])


@pytest.fixture
async def cloud(staged: Staged) -> AsyncIterator[str]:
    """Where a demo-cloud without faults listens."""
    async with staged() as stage:
        yield address(stage)


@pytest.fixture
async def client(cloud: str) -> AsyncIterator[openai.AsyncOpenAI]:
    async with openai.AsyncOpenAI(base_url=cloud, api_key="any", max_retries=0) as client:
        yield client


async def test_a_whole_answer(client: openai.AsyncOpenAI, slept: Sequence[float]) -> None:
    reply = await client.chat.completions.create(**HELLO)
    choice = reply.choices[0]
    assert reply.model == "gpt-5"
    assert choice.finish_reason == "stop"
    assert choice.message.content is not None
    assert "simulated" in choice.message.content
    assert reply.usage is not None
    assert reply.usage.prompt_tokens == 5
    assert reply.usage.completion_tokens == len(slept)
    assert reply.usage.total_tokens == 5 + len(slept)


async def test_a_streamed_answer(client: openai.AsyncOpenAI, slept: Sequence[float]) -> None:
    stream = await client.chat.completions.create(**HELLO, stream=True, stream_options={"include_usage": True})
    chunks = [chunk async for chunk in stream]
    deltas = [chunk.choices[0].delta for chunk in chunks if chunk.choices]
    assert deltas[0].role == "assistant"
    assert "simulated" in "".join(delta.content or "" for delta in deltas)
    assert [chunk.choices[0].finish_reason for chunk in chunks[:-1]] == [None] * (len(chunks) - 2) + ["stop"]
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.completion_tokens == len(slept) == len(deltas) - 2
    assert len({chunk.id for chunk in chunks}) == 1


async def test_a_limited_answer(client: openai.AsyncOpenAI) -> None:
    reply = await client.chat.completions.create(**HELLO, max_tokens=4)
    assert reply.choices[0].finish_reason == "length"
    assert reply.choices[0].message.content == "This is a simulated"


@pytest.mark.parametrize("choice", ["required", {"type": "function", "function": {"name": "get_weather"}}])
async def test_a_whole_tool_call(client: openai.AsyncOpenAI, choice: ChatCompletionToolChoiceOptionParam) -> None:
    reply = await client.chat.completions.create(**HELLO, tools=[WEATHER], tool_choice=choice)
    message = reply.choices[0].message
    assert reply.choices[0].finish_reason == "tool_calls"
    assert message.content is None
    assert message.tool_calls is not None
    call = message.tool_calls[0]
    assert call.type == "function"
    assert call.function.name == "get_weather"
    assert json.loads(call.function.arguments).keys() == {"city"}


async def test_a_streamed_tool_call(client: openai.AsyncOpenAI) -> None:
    question = {"role": "user", "content": "What is the weather in Oslo?"}
    body = HELLO | {"messages": [question], "tools": [WEATHER]}
    deltas = [chunk.choices[0].delta async for chunk in await client.chat.completions.create(**body, stream=True)]
    pieces = [call for delta in deltas for call in delta.tool_calls or ()]
    assert pieces[0].id
    assert pieces[0].function is not None
    assert pieces[0].function.name == "get_weather"
    assert len(pieces) > 3
    arguments = "".join(piece.function.arguments or "" for piece in pieces if piece.function)
    assert json.loads(arguments) == {"city": "Oslo"}


async def test_tools_that_must_not_be_called_are_not(client: openai.AsyncOpenAI) -> None:
    question = {"role": "user", "content": "What is the weather in Oslo?"}
    body = HELLO | {"messages": [question], "tools": [WEATHER], "tool_choice": "none"}
    reply = await client.chat.completions.create(**body)
    assert reply.choices[0].finish_reason == "stop"


async def test_a_tools_result_is_answered(client: openai.AsyncOpenAI) -> None:
    question = {"role": "user", "content": "What is the weather in Oslo?"}
    first = await client.chat.completions.create(**HELLO | {"messages": [question], "tools": [WEATHER]})
    message = first.choices[0].message
    assert message.tool_calls is not None
    result = {"role": "tool", "tool_call_id": message.tool_calls[0].id, "content": "Drizzle"}
    turns = [question, message.model_dump(exclude_none=True), result]
    reply = await client.chat.completions.create(**HELLO | {"messages": turns, "tools": [WEATHER]})
    assert reply.choices[0].finish_reason == "stop"
    assert "Drizzle" in (reply.choices[0].message.content or "")


async def test_thinking_comes_before_the_answer_and_is_counted(client: openai.AsyncOpenAI) -> None:
    whole = await client.chat.completions.create(**HELLO, reasoning_effort="low")
    assert whole.choices[0].message.model_dump()["reasoning_content"].startswith("This is simulated thinking")
    assert whole.usage is not None
    assert whole.usage.completion_tokens_details is not None
    assert whole.usage.completion_tokens_details.reasoning_tokens == THINKING_TOKENS["low"]
    switch = {"chat_template_kwargs": {"enable_thinking": True}}
    stream = await client.chat.completions.create(**HELLO, stream=True, extra_body=switch)
    deltas = [chunk.choices[0].delta.model_dump() async for chunk in stream]
    thoughts = [number for number, delta in enumerate(deltas) if delta.get("reasoning_content")]
    assert thoughts == list(range(1, THINKING_TOKENS["medium"] + 1))


async def test_a_prompt_that_comes_again_is_cached(client: openai.AsyncOpenAI) -> None:
    messages = [{"role": "user", "content": " ".join(f"word{number}" for number in range(40))}]
    usages = [(await client.chat.completions.create(**HELLO | {"messages": messages})).usage for _ in range(2)]
    details = [usage.prompt_tokens_details for usage in usages if usage]
    assert [detail.cached_tokens for detail in details if detail] == [0, 40 // BLOCK * BLOCK]


async def test_the_older_completions(client: openai.AsyncOpenAI) -> None:
    whole = await client.completions.create(model="gpt-5", prompt="How do pools work?", max_tokens=4)
    assert (whole.object, whole.choices[0].text) == ("text_completion", "This is a simulated")
    assert whole.choices[0].finish_reason == "length"
    stream = await client.completions.create(model="gpt-5", prompt=["How do", "pools work?"], stream=True)
    assert "simulated" in "".join([chunk.choices[0].text async for chunk in stream])


async def test_embeddings(client: openai.AsyncOpenAI) -> None:
    model = "text-embedding-3-small"
    packed = await client.embeddings.create(model=model, input=["Hello", "world"])
    plain = await client.embeddings.create(model=model, input="Hello", encoding_format="float")
    assert [len(entry.embedding) for entry in packed.data] == [1536, 1536]
    assert packed.data[0].embedding == pytest.approx(plain.data[0].embedding)
    assert math.hypot(*plain.data[0].embedding) == pytest.approx(1.0)
    assert packed.usage.prompt_tokens == 2
    short = await client.embeddings.create(model=model, input="Hello", dimensions=8)
    assert len(short.data[0].embedding) == 8
    with pytest.raises(openai.BadRequestError, match="between 1 and 1536"):
        await client.embeddings.create(model=model, input="Hello", dimensions=2000)
    with pytest.raises(openai.NotFoundError):
        await client.embeddings.create(model="gpt-5", input="Hello")


async def test_models(client: openai.AsyncOpenAI) -> None:
    models = [model.id async for model in client.models.list()]
    assert models == ["gpt-5", "gpt-5-mini", "text-embedding-3-small"]


async def test_an_unknown_model(client: openai.AsyncOpenAI) -> None:
    with pytest.raises(openai.NotFoundError) as refused:
        await client.chat.completions.create(**(HELLO | {"model": "gpt-6"}))
    assert refused.value.code == "model_not_found"
    assert refused.value.type == "invalid_request_error"


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("POST", "/chat/completions", b"{", 400, "invalid_json"),
        ("POST", "/chat/completions", b"{}", 400, "invalid_request"),
        ("GET", "/chat/completions", b"", 405, "method_not_allowed"),
        ("GET", "/nowhere", b"", 404, "not_found"),
    ],
)
async def test_errors_have_openai_form(cloud: str, method: str, path: str, body: bytes, status: int, code: str) -> None:
    async with httpx.AsyncClient(trust_env=False) as client:
        reply = await client.request(method, cloud + path, content=body)
    assert (reply.status_code, reply.json()["error"]["code"]) == (status, code)
    assert reply.json()["error"].keys() == {"message", "type", "param", "code"}
    assert reply.headers["x-simulated"] == "1"


async def test_frames_on_the_wire(cloud: str) -> None:
    async with httpx.AsyncClient(trust_env=False) as client:
        reply = await client.post(f"{cloud}/chat/completions", json=HELLO | {"stream": True, "max_tokens": 2})
        health = await client.get(cloud.replace("/v1", "/health"))
    assert reply.headers["content-type"] == "text/event-stream"
    assert reply.headers["x-simulated"] == "1"
    frames = reply.text.removesuffix("\n\n").split("\n\n")
    assert frames[-1] == "data: [DONE]"
    choices = [json.loads(frame.removeprefix("data: "))["choices"][0] for frame in frames[:-1]]
    assert [choice["delta"] for choice in choices] == [
        {"role": "assistant", "content": ""},
        {"content": "This"},
        {"content": " is"},
        {},
    ]
    assert "usage" not in frames[1]
    assert health.json() == {"status": "ok", "simulated": True}


async def test_a_rate_limit(staged: Staged) -> None:
    async with staged(FaultRates(rate_limited=1.0)) as stage, httpx.AsyncClient(trust_env=False) as client:
        reply = await client.post(f"{address(stage)}/chat/completions", json=HELLO)
    assert reply.status_code == 429
    assert int(reply.headers["retry-after"]) >= 1
    assert reply.json()["error"]["type"] == "rate_limit_error"


async def test_a_server_error(staged: Staged) -> None:
    async with staged(FaultRates(server_error=1.0)) as stage, httpx.AsyncClient(trust_env=False) as client:
        reply = await client.post(f"{address(stage)}/chat/completions", json=HELLO)
    assert reply.status_code == 500
    assert reply.json()["error"]["type"] == "server_error"


@pytest.mark.parametrize("stream", [True, False])
async def test_a_cut_is_seen_as_one(staged: Staged, collect: Collect, stream: bool) -> None:
    body = HELLO | {"stream": stream}
    async with staged(FaultRates(cut=1.0)) as stage, httpx.AsyncClient(trust_env=False) as client:
        got, whole = await collect(client.stream("POST", f"{address(stage)}/chat/completions", json=body))
    assert not whole
    assert got.startswith(b"data: ") is stream
    assert b'"stop"' not in got
    assert b"[DONE]" not in got


async def test_a_stall_ends_in_a_cut_after_a_long_silence(staged: Staged, slept: Sequence[float]) -> None:
    async with staged(FaultRates(stall=1.0)) as stage, httpx.AsyncClient(trust_env=False) as client:
        with pytest.raises(httpx.RemoteProtocolError):
            await client.post(f"{address(stage)}/chat/completions", json=HELLO | {"stream": True})
    assert slept[-1] == STALL_S
