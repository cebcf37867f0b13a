"""Asks that were turned away at the door, before they became requests: the request log has them, too."""

from ai_dashboard.core.errors import GatewayError
from ai_dashboard.gateway.entrances import Entrance
from ai_dashboard.gateway.keeping import Keeping
from ai_dashboard.gateway.runtime import Runtime
from ai_dashboard.gateway.trip import Trip
from ai_dashboard.transport.http1 import Exchange

PER_SECOND = 20
"""Rows at most: whoever has no key cannot crowd out the rows of those who have one."""


class TurnedAway:
    """Notes them, as many as there is room for."""

    def __init__(self) -> None:
        self._second = 0
        self._noted = 0

    def note(
        self,
        exchange: Exchange,
        error: GatewayError,
        entrance: Entrance,
        request_id: str,
        runtime: Runtime,
        log: Keeping,
    ) -> None:
        """Write one down."""
        now = runtime.clock.monotonic()
        if int(now) != self._second:
            self._second, self._noted = int(now), 0
        self._noted += 1
        if self._noted > PER_SECOND:
            return
        trip = Trip(request_id, entrance.dialect, runtime.clock.wall(), now, ended=now)
        trip.method, trip.path, trip.caller = exchange.method, exchange.path, exchange.caller
        trip.failed(error)
        trip.status = entrance.status(error)
        log.note(trip)
