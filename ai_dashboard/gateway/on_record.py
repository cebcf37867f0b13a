"""Around the work that one request is: however it ends, it is put on record, and an error is told in the caller's own
dialect."""

import asyncio
import math
from collections.abc import Sequence
from types import TracebackType
from typing import Protocol

from ai_dashboard.core.errors import GatewayError, Overloaded, RateLimited, UpstreamRejected
from ai_dashboard.core.records import Stage
from ai_dashboard.gateway.desk import Desk
from ai_dashboard.gateway.discretion import without_addresses
from ai_dashboard.gateway.entrances import Entrance
from ai_dashboard.gateway.trip import Trip
from ai_dashboard.tenancy.limits import headers as limit_headers
from ai_dashboard.transport.http1 import HeaderBlock


class Outlet(Protocol):
    """Where a reply in one piece goes: to a caller, or to its place in a larger reply."""

    @property
    def started(self) -> bool: ...

    def reply(self, status: int, headers: Sequence[tuple[bytes, bytes]] | HeaderBlock, body: bytes, /) -> None: ...


class OnRecord:
    """`async with OnRecord(outlet, desk, entrance) as trip:` around the work that one request is."""

    __slots__ = ("_desk", "_entrance", "_outlet", "_trip")

    def __init__(self, outlet: Outlet, desk: Desk, entrance: Entrance) -> None:
        self._outlet = outlet
        self._desk = desk
        self._entrance = entrance
        self._trip = desk.runtime.begin(entrance.dialect)
        self._trip.generation = desk.generation.number

    async def __aenter__(self) -> Trip:
        return self._trip

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        trip = self._trip
        try:
            if isinstance(error, GatewayError):
                self._refuse(error)
                return True
            if isinstance(error, asyncio.CancelledError):
                self._interrupted()
            elif error is not None:
                self._crashed()
            return False
        finally:
            self._desk.keeping.settle(trip)
            self._desk.runtime.finish(trip)
            self._desk.keeping.note(trip)
            await self._desk.keeping.settle_limits(trip)

    def _refuse(self, error: GatewayError) -> None:
        """Tell the caller in its own dialect. A provider's refusal of the ask itself goes back as it came to a caller
        of the provider's form; any other is told what it says."""
        trip, entrance, generation = self._trip, self._entrance, self._desk.generation
        error.message = without_addresses(error.message, generation)
        trip.failed(error)
        headers = [*id_headers(entrance, trip.id), (b"x-attempts", str(len(trip.attempts)).encode())]
        headers += error_headers(error)
        if isinstance(error, UpstreamRejected) and error.upstream_status is not None:
            trip.status = error.upstream_status
            last = trip.attempts[-1].candidate
            if generation.upstreams[last.provider].kind.dialect == entrance.dialect:
                content_type = error.content_type.encode("latin-1", "replace")
                trip.hear(error.body)
                self._outlet.reply(error.upstream_status, [(b"content-type", content_type), *headers], error.body)
                return
        else:
            trip.status = entrance.status(error)
        body = entrance.error_body(error, trip.id)
        trip.hear(body)
        self._outlet.reply(trip.status, [(b"content-type", b"application/json"), *headers], body)

    def _crashed(self) -> None:
        """A mistake of our own, which whoever called us answers for and writes down; here it must not look well."""
        trip, begun = self._trip, self._outlet.started
        trip.failed(GatewayError("the gateway has made a mistake"), Stage.CUT if begun else Stage.FAILED)
        if not begun:
            trip.status = GatewayError.status

    def _interrupted(self) -> None:
        """The caller left, or we are shutting down and the time for what was in flight is over."""
        trip = self._trip
        if not self._desk.runtime.draining:
            trip.stage, trip.error = Stage.GONE, "client_gone"
            trip.message = "the caller left before the answer was whole"
        elif self._outlet.started:
            trip.failed(shutting_down(), Stage.CUT)
        else:
            self._refuse(shutting_down())


def shutting_down() -> Overloaded:
    """What those are told whose time is over before their answer is whole."""
    return Overloaded("the gateway is shutting down", hint="send the request again", retry_after_s=1)


def error_headers(error: GatewayError) -> list[tuple[bytes, bytes]]:
    """When to come back, and what is left of limits."""
    headers = []
    if error.retry_after_s is not None:
        headers.append((b"retry-after", str(max(1, math.ceil(error.retry_after_s))).encode()))
    if isinstance(error, RateLimited):
        headers += limit_headers(error.standing)
    return headers


def id_headers(entrance: Entrance, request_id: str) -> list[tuple[bytes, bytes]]:
    """The request's id, also under the name that the SDKs of the caller's dialect look for."""
    value = request_id.encode()
    headers = [(b"x-request-id", value)]
    return [*headers, (b"request-id", value)] if entrance.dialect == "anthropic" else headers
