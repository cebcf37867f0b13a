"""Many independent chat requests in one: each is answered and put on record as if it had come alone."""

import asyncio
from collections.abc import Awaitable, Iterator, Sequence
from dataclasses import replace
from typing import Any, Protocol

import orjson

from ai_dashboard.core.chat import JsonObject
from ai_dashboard.core.errors import CallerError
from ai_dashboard.dialects.body import encode, with_numbers_as_written
from ai_dashboard.dialects.forms import Call
from ai_dashboard.dialects.openai.read import parse_object
from ai_dashboard.dialects.refusals import message_of
from ai_dashboard.gateway.commit import Answer
from ai_dashboard.gateway.described import described
from ai_dashboard.gateway.desk import Desk
from ai_dashboard.gateway.entrances import ENTRANCES, headers_of
from ai_dashboard.gateway.facts import facts_for
from ai_dashboard.gateway.guard import require_json
from ai_dashboard.gateway.handling import timeout_of
from ai_dashboard.gateway.on_record import OnRecord
from ai_dashboard.gateway.pipeline import answer_whole, known_or
from ai_dashboard.transport.http1 import Exchange, HeaderBlock

JSON = [(b"content-type", b"application/json")]
CHAT = ENTRANCES["openai.chat"]
USUAL_CONCURRENCY = 8
MAX_CONCURRENCY = 64
MAX_REQUESTS = 1000
"""All replies are held until the last one is here, so there must be an end to them."""


class AtDesk(Protocol):
    """A gateway, as far as batches need it."""

    def desk(self) -> Desk: ...


class Place:
    """Where one request's reply waits for the others."""

    __slots__ = ("_body", "_status", "started")

    def __init__(self) -> None:
        self.started = False
        self._status = 0
        self._body = b""

    def reply(self, status: int, _headers: Sequence[tuple[bytes, bytes]] | HeaderBlock, body: bytes, /) -> None:
        self.started = True
        self._status, self._body = status, body

    def result(self, index: int) -> JsonObject:
        """What the caller of the batch reads of it."""
        if self._status == 200:
            return {"index": index, "status": 200, "body": orjson.Fragment(self._body)}
        return {"index": index, "status": self._status, "error": _error_in(self._body)}


class Batch:
    """The handler."""

    def __init__(self, gateway: AtDesk) -> None:
        self._gateway = gateway

    @described(JsonObject, body=JsonObject)
    async def chat(self, exchange: Exchange) -> None:
        """`POST /v1/chat/batch`: many chats in one request, answered one by one. Leaving it cancels
        all of its requests."""
        require_json(exchange)
        requests, width = _read(await exchange.body())
        places = [Place() for _ in requests]
        waiting = iter(zip(requests, places, strict=True))
        async with asyncio.TaskGroup() as group:
            for _ in range(min(width, len(requests))):
                group.create_task(self._answer_all(exchange, waiting, len(requests)), name="batch")
        results = [place.result(index) for index, place in enumerate(places)]
        exchange.reply(200, JSON, orjson.dumps({"results": results}))

    async def _answer_all(self, exchange: Exchange, waiting: Iterator[tuple[object, Place]], size: int) -> None:
        """One after the other, for as long as some wait."""
        for request, place in waiting:
            await self._answer(exchange, request, place, size)

    async def _answer(self, exchange: Exchange, request: object, place: Place, size: int) -> None:
        desk = self._gateway.desk()
        async with OnRecord(place, desk, CHAT) as trip:
            desk.admit(trip, exchange)
            if not isinstance(request, dict):
                raise CallerError("the request is not an object")
            headers = headers_of(exchange)
            raw = encode(request)
            desk.keeping.watch(trip, raw)
            ask = CHAT.read(Call(raw, headers=headers))
            trip.asked, trip.timeout_s = ask.model, timeout_of(headers)
            if ask.stream:
                raise CallerError("the replies of a batch are whole", hint="leave `stream` out")
            facts = replace(facts_for(ask, headers), batch_size=size)
            facts = await desk.enter(trip, exchange.caller, ask.model, facts)
            trip.plan = plan = desk.plan(facts)

            def anew() -> Awaitable[Answer]:
                return answer_whole(place, desk, CHAT, ask, plan, trip)

            await known_or(anew, place, desk, CHAT, ask, facts, headers, plan, trip)


def _read(raw: bytes) -> tuple[list[Any], int]:
    """The requests, and how many of them may be under way at one time."""
    body = parse_object(raw)
    requests = with_numbers_as_written(body, raw).get("requests")
    if not isinstance(requests, list) or not requests:
        raise CallerError("`requests` is missing or not a list with at least one request")
    if len(requests) > MAX_REQUESTS:
        raise CallerError(f"`requests` has {len(requests)} of them, {MAX_REQUESTS} is the most", hint="send several")
    width = body.get("max_concurrency", USUAL_CONCURRENCY)
    if type(width) is not int or not 1 <= width <= MAX_CONCURRENCY:
        raise CallerError(f"`max_concurrency` is not a whole number from 1 to {MAX_CONCURRENCY}")
    return requests, width


def _error_in(body: bytes) -> object:
    """The error object of a refusal. A provider's own may be anything."""
    try:
        parsed = orjson.loads(body)
    except orjson.JSONDecodeError:
        parsed = None
    error = parsed.get("error") if isinstance(parsed, dict) else None
    return error if isinstance(error, dict) else {"message": message_of(body)}
