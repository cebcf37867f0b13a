"""What the official clients do beyond one call: put a stream together again, parse an answer, run tools by themselves.
Their helpers check the order of events, and stumble over one that is missing."""

from typing import Any

import anthropic
import httpx2
import ollama
import openai
import pytest
from google import genai
from google.genai import types
from pydantic import BaseModel

from ai_dashboard.core.chat import DialectName
from tests.contract.callers.base import Door
from tests.contract.callers.openai_chat import client_at
from tests.contract.features.common import QUESTION, WEATHER
from tests.contract.matrix import DIALECTS, Matrix
from tests.contract.replies import Said
from tests.contract.stage import Watched, World

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.parametrize("dialect", DIALECTS),
]

OSLO = Said(('{"city":', ' "Oslo"}'))


class City(BaseModel):
    """What an answer is parsed into."""

    city: str


def messages_at(world: World) -> anthropic.AsyncAnthropic:
    http = httpx2.AsyncClient(verify=False, trust_env=False)
    return anthropic.AsyncAnthropic(base_url=world.url, api_key="any-key", max_retries=0, http_client=http)


def google_at(world: World, http: httpx2.AsyncClient) -> genai.Client:
    options = types.HttpOptions(base_url=world.url, httpx_async_client=http)
    return genai.Client(api_key="any-key", vertexai=False, http_options=options)


def answering(matrix: Matrix, dialect: DialectName) -> tuple[World, Watched]:
    return matrix.world, matrix.world.provider(dialect)


async def test_anthropics_stream_helper_puts_the_message_together(matrix: Matrix, dialect: DialectName) -> None:
    world, provider = answering(matrix, dialect)
    tool: Any = {"name": WEATHER.name, "input_schema": WEATHER.parameters}
    async with (
        messages_at(world) as client,
        client.messages.stream(
            model=provider.model,
            max_tokens=1000,
            messages=[{"role": "user", "content": QUESTION}],
            tools=[tool],
            thinking={"type": "adaptive", "display": "summarized"},
            output_config={"effort": "high"},
        ) as stream,
    ):
        message = await stream.get_final_message()
    thought, called = message.content
    assert thought.type == "thinking"
    assert called.type == "tool_use"
    assert called.input == {"city": "Oslo"}
    assert message.stop_reason == "tool_use"


async def test_the_responses_stream_helper_puts_the_response_together(matrix: Matrix, dialect: DialectName) -> None:
    world, provider = answering(matrix, dialect)
    tool: Any = {"type": "function", "name": WEATHER.name, "parameters": WEATHER.parameters, "strict": False}
    async with (
        client_at(Door(world.url)) as client,
        client.responses.stream(
            model=provider.model, input=QUESTION, tools=[tool], reasoning={"effort": "high", "summary": "auto"}
        ) as stream,
    ):
        response = await stream.get_final_response()
    thought, called = response.output
    assert thought.type == "reasoning"
    assert called.type == "function_call"
    assert called.arguments.replace(" ", "") == '{"city":"Oslo"}'


async def test_the_chat_stream_helper_puts_the_completion_together(matrix: Matrix, dialect: DialectName) -> None:
    world, provider = answering(matrix, dialect)
    function: Any = {"name": WEATHER.name, "parameters": WEATHER.parameters | {"additionalProperties": False}}
    async with (
        client_at(Door(world.url)) as client,
        client.chat.completions.stream(
            model=provider.model,
            messages=[{"role": "user", "content": QUESTION}],
            tools=[{"type": "function", "function": function | {"strict": True}}],
        ) as stream,
    ):
        completion = await stream.get_final_completion()
    calls = completion.choices[0].message.tool_calls or []
    assert [call.function.parsed_arguments for call in calls] == [{"city": "Oslo"}]
    assert completion.choices[0].finish_reason == "tool_calls"


async def test_googles_client_runs_a_function_by_itself_and_keeps_the_chat(
    matrix: Matrix, dialect: DialectName
) -> None:
    world, provider = answering(matrix, dialect)
    asked: list[str] = []

    async def get_weather(city: str) -> str:
        """The weather in a city, now."""
        asked.append(city)
        return "Rain."

    async with httpx2.AsyncClient(verify=False, trust_env=False) as http:
        chat = google_at(world, http).aio.chats.create(
            model=provider.model, config=types.GenerateContentConfig(tools=[get_weather])
        )
        first = await chat.send_message(QUESTION)
        second = await chat.send_message("Thank you.")
    assert asked == ["Oslo"]
    assert first.text
    assert second.text


async def test_an_answer_by_a_schema_is_parsed_by_every_client(matrix: Matrix, dialect: DialectName) -> None:
    world, provider = answering(matrix, dialect)
    message: Any = {"role": "user", "content": "Which city?"}
    with provider.saying(OSLO):
        async with client_at(Door(world.url)) as client:
            completion = await client.chat.completions.parse(
                model=provider.model, messages=[message], response_format=City
            )
            response = await client.responses.parse(model=provider.model, input="Which city?", text_format=City)
        async with messages_at(world) as messages:
            parsed = await messages.messages.parse(
                model=provider.model, max_tokens=100, messages=[message], output_format=City
            )
        async with httpx2.AsyncClient(verify=False, trust_env=False) as http:
            content = await google_at(world, http).aio.models.generate_content(
                model=provider.model,
                contents="Which city?",
                config=types.GenerateContentConfig(response_mime_type="application/json", response_schema=City),
            )
        async with ollama.AsyncClient(host=world.url, verify=False, trust_env=False) as chats:
            line = await chats.chat(model=provider.model, messages=[message], format=City.model_json_schema())
    oslo = City(city="Oslo")
    assert completion.choices[0].message.parsed == oslo
    assert response.output_parsed == oslo
    assert parsed.parsed_output == oslo
    assert content.parsed == oslo
    assert City.model_validate_json(line.message.content or "") == oslo


async def test_an_error_inside_a_stream_ends_every_helper(matrix: Matrix, dialect: DialectName) -> None:
    world, provider = answering(matrix, dialect)
    message: Any = {"role": "user", "content": "Good evening."}
    with world.pace.stops_after(4, "cut"):
        async with client_at(Door(world.url)) as client:
            with pytest.raises(openai.APIError):
                async with client.responses.stream(model=provider.model, input="Good evening.") as responses:
                    await responses.get_final_response()
        await world.recover()
    with world.pace.stops_after(4, "cut"):
        async with messages_at(world) as messages:
            with pytest.raises(anthropic.APIError):
                async with messages.messages.stream(model=provider.model, max_tokens=100, messages=[message]) as stream:
                    await stream.get_final_message()
    await world.recover()
