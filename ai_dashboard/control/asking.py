"""The operator's own questions: asked through the gateway's address like anybody's, so that they are routed, paid for
and put on record as any request is. Whoever stops listening closes the connection, and with it the provider's."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Literal, assert_never

import httpx
import orjson

from ai_dashboard.core.chat import Ask, JsonObject
from ai_dashboard.core.control import PortClosed
from ai_dashboard.core.errors import RecordNotFound, UpstreamInvalid
from ai_dashboard.core.events import (
    Event,
    Failed,
    Finished,
    Refusal,
    Signature,
    Started,
    Text,
    Thinking,
    ToolCall,
    Usage,
)
from ai_dashboard.core.playground import Answered, Question, Refused, Routed, Told
from ai_dashboard.core.records import RequestRecord, Stage
from ai_dashboard.dialects.openai.decode import decoder

PATH = "/v1/chat/completions"
PATIENCE = httpx.Timeout(600.0, connect=2.0)
"""As long as an answer may take; whoever asked for it can give up before."""

LOOKS = 40
LOOK_S = 0.025
"""How often, and how far apart, a record is looked for that is written when the last byte has left."""

MAX_REFUSAL_BYTES = 1 << 20

CUT = "the answer broke off before its end"

Find = Callable[[str], Awaitable[RequestRecord]]


def body_of(question: Question) -> JsonObject:
    """The question in OpenAI's form."""
    messages = [{"role": "system", "content": question.system}] if question.system else []
    messages += [{"role": turn.role, "content": turn.text} for turn in question.turns]
    body: JsonObject = {
        "model": question.model,
        "messages": messages,
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    if question.temperature is not None:
        body["temperature"] = question.temperature
    if question.max_tokens is not None:
        body["max_tokens"] = question.max_tokens
    return body


async def ask(door: httpx.AsyncClient, question: Question, find: Find) -> AsyncGenerator[Told, None]:
    """Ask, and tell the answer as it comes. `find` gets the record of a request by its id. Raises `PortClosed` when the
    gateway does not answer, or not to the end."""
    try:
        content = orjson.dumps(body_of(question))
    except orjson.JSONEncodeError:
        yield Refused(400, "the question holds half a character, which cannot be sent")
        yield Answered("", None)
        return
    headers = {"content-type": "application/json"}
    try:
        async with door.stream("POST", PATH, content=content, headers=headers, timeout=PATIENCE) as reply:
            if reply.status_code != httpx.codes.OK:
                yield Refused(reply.status_code, await _refusal(reply))
            else:
                yield _routed(reply)
                async for told in _answer(reply, question):
                    yield told
            request_id = reply.headers.get("x-request-id", "")
    except (httpx.ConnectError, httpx.ConnectTimeout) as error:
        raise PortClosed(
            f"no gateway answers at {door.base_url} ({str(error) or type(error).__name__}); "
            "is `ai-dashboard serve` running?"
        ) from None
    except httpx.RequestError as error:
        raise PortClosed(f"the gateway did not answer to the end: {str(error) or type(error).__name__}") from None
    yield Answered(request_id, await settled(request_id, find))


async def settled(request_id: str, find: Find) -> RequestRecord | None:
    """The record of a request that is over, or is about to be; None where it cannot be found."""
    for _ in range(LOOKS if request_id else 0):
        try:
            record = await find(request_id)
        except RecordNotFound:
            return None
        if record.stage not in (Stage.WAITING, Stage.STREAMING):
            return record
        await asyncio.sleep(LOOK_S)
    return None


def _routed(reply: httpx.Response) -> Routed:
    head = reply.headers
    known: dict[str, Literal["exact", "semantic"]] = {"hit": "exact", "semantic": "semantic"}
    return Routed(
        head.get("x-request-id", ""),
        head.get("x-provider", ""),
        head.get("x-model", ""),
        known.get(head.get("x-cache", "")),
    )


async def _answer(reply: httpx.Response, question: Question) -> AsyncGenerator[Told, None]:
    """The events of a stream, and whether it came to its end."""
    reading = decoder(Ask(question.model, True, {}, b"", True), "call")
    whole = False
    try:
        async for chunk in reply.aiter_raw():
            for told, ends in _told(reading.feed(chunk)):
                whole |= ends
                if told is not None:
                    yield told
        for told, ends in _told(reading.close()):
            whole |= ends
            if told is not None:
                yield told
    except UpstreamInvalid as error:
        yield Refused(reply.status_code, error.message)
        return
    if not whole:
        yield Refused(reply.status_code, CUT)


def _told(events: list[Event]) -> list[tuple[Told | None, bool]]:
    """What is worth telling of each event, and whether the answer has ended with it, well or not."""
    return [(_one(event), isinstance(event, Finished | Failed)) for event in events]


def _one(event: Event) -> Told | None:
    match event:
        case Text() | Thinking() | Usage():
            return event
        case Refusal(text=text):
            return Text(text)  # words like any other, to whoever reads them
        case Failed(message=message):
            return Refused(200, message)
        case Started() | Signature() | ToolCall() | Finished():
            return None
        case _:
            assert_never(event)


async def _refusal(reply: httpx.Response) -> str:
    """The gateway's own words on why there is no answer."""
    said = b""
    async for chunk in reply.aiter_raw():
        said += chunk
        if len(said) > MAX_REFUSAL_BYTES:
            break
    try:
        return str(orjson.loads(said)["error"]["message"])
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return f"the gateway answers {reply.status_code}"
