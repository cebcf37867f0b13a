"""Vectors for the gateway's own use, from a model that it routes: an ask like any caller's, planned, metered, on
record, paid for by whoever asks, and bound by the tenant and the residency group of the request that it is made for."""

from collections.abc import Sequence
from dataclasses import replace

import orjson

from ai_dashboard.cache.keys import Scope
from ai_dashboard.core.errors import UpstreamInvalid
from ai_dashboard.core.tenancy import Caller
from ai_dashboard.dialects.forms import Call
from ai_dashboard.dialects.registry import EMBED_PROVIDERS
from ai_dashboard.gateway.desk import Desk
from ai_dashboard.gateway.entrances import ENTRANCES
from ai_dashboard.gateway.facts import facts_for
from ai_dashboard.gateway.on_record import OnRecord
from ai_dashboard.gateway.pipeline import answer_whole
from ai_dashboard.transport.http1 import HeaderBlock

EMBEDDINGS = ENTRANCES["openai.embeddings"]


class _Caught:
    """Where the reply goes."""

    __slots__ = ("body", "started", "status")

    def __init__(self) -> None:
        self.started = False
        self.status = 0
        self.body = b""

    def reply(self, status: int, _headers: Sequence[tuple[bytes, bytes]] | HeaderBlock, body: bytes, /) -> None:
        self.started = True
        self.status, self.body = status, body


async def embed_through(
    desk: Desk, model: str, texts: Sequence[str], scope: Scope, caller: Caller | None = None
) -> list[list[float]] | None:
    """A vector for each text, from `provider/model`, paid for by `caller`; None when nobody could, or might, make
    them."""
    caught = _Caught()
    async with OnRecord(caught, desk, EMBEDDINGS) as trip:
        ask = EMBEDDINGS.read(Call(orjson.dumps({"model": model, "input": list(texts)})))
        facts = replace(facts_for(ask, {}), tenant=scope.tenant, residency=scope.residency or None)
        trip.asked = ask.model
        facts = desk.enter_for(trip, caller, facts)
        trip.plan = plan = desk.plan(facts)
        await answer_whole(caught, desk, EMBEDDINGS, ask, plan, trip)
    if caught.status != 200:
        return None
    try:
        return EMBED_PROVIDERS["openai.embeddings"].decode(caught.body).vectors
    except UpstreamInvalid:
        return None
