"""Counting the tokens of an ask: by the provider that would answer it where that one can, else estimated."""

from typing import Protocol

import orjson

from ai_dashboard.core.errors import UpstreamError, UpstreamInvalid
from ai_dashboard.dialects.anthropic import count as anthropic
from ai_dashboard.dialects.forms import Call
from ai_dashboard.dialects.google import count as google
from ai_dashboard.gateway.described import JsonObject, described
from ai_dashboard.gateway.desk import Desk, bound
from ai_dashboard.gateway.entrances import headers_of
from ai_dashboard.gateway.facts import facts_for
from ai_dashboard.gateway.guard import require_json
from ai_dashboard.transport.http1 import Exchange

JSON = (b"content-type", b"application/json")
MAX_REPLY_BYTES = 64 * 1024


class AtDesk(Protocol):
    """A gateway, as far as counting needs it."""

    def desk(self) -> Desk: ...


class Counting:
    """The handlers. An estimate says so in a header; nothing is put on record, since nothing is answered."""

    def __init__(self, gateway: AtDesk) -> None:
        self._gateway = gateway

    @described(JsonObject, body=JsonObject)
    async def anthropic(self, exchange: Exchange) -> None:
        """`POST /v1/messages/count_tokens`: how many tokens an ask has, in Anthropic's form."""
        require_json(exchange)
        desk = self._gateway.desk()
        headers = headers_of(exchange)
        ask = anthropic.read(Call(await exchange.body(), headers=headers))
        plan = desk.plan(bound(facts_for(ask, headers), exchange.caller, ask.model))
        for candidate in plan.attempts[:1]:
            destination = desk.generation.destination(candidate)
            upstream = destination.upstream
            if upstream.kind.dialect != "anthropic":
                break
            request = anthropic.write(ask, destination.target, upstream.kind)
            try:
                reply = await desk.client.send(upstream.endpoint, request, upstream.timeouts)
                try:
                    body = await reply.read(MAX_REPLY_BYTES)
                finally:
                    reply.close()
                if reply.status == 200:
                    exchange.reply(200, [JSON], anthropic.reply(_tokens(body)))
                    return
            except UpstreamError:
                break  # an estimate is worth more than a refusal
        exchange.reply(200, [JSON, (b"x-estimated", b"true")], anthropic.reply(anthropic.estimate(ask)))

    async def google(self, exchange: Exchange, model: str) -> None:
        """`POST …/models/{model}:countTokens`."""
        desk = self._gateway.desk()
        headers = headers_of(exchange)
        ask = google.read(Call(await exchange.body(), model, "countTokens", headers))
        desk.plan(bound(facts_for(ask, headers), exchange.caller, ask.model))
        exchange.reply(200, [JSON, (b"x-estimated", b"true")], google.reply(ask))


def _tokens(body: bytes) -> int:
    try:
        counted = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise UpstreamInvalid("the provider's count is not JSON") from None
    tokens = counted.get("input_tokens") if isinstance(counted, dict) else None
    if not isinstance(tokens, int):
        raise UpstreamInvalid("the provider's count has no `input_tokens`")
    return tokens
