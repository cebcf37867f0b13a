"""`GET /metrics`: figures for Prometheus, made while somebody reads them.

A page may have a hundred thousand lines, so it is written piece by piece, and between two pieces the loop goes on with
whatever is due: no request waits for more than one of them. Each process tells of itself alone.
"""

import asyncio
from collections.abc import Iterator
from itertools import chain, islice
from typing import Protocol

from ai_dashboard.core.errors import Forbidden, NotFound
from ai_dashboard.core.snapshot import Snapshot
from ai_dashboard.core.tenancy import DEFAULT_TENANT
from ai_dashboard.costs.views import budgets
from ai_dashboard.gateway.described import described
from ai_dashboard.gateway.desk import Desk
from ai_dashboard.gateway.metrics_counted import counted
from ai_dashboard.gateway.metrics_standing import standing
from ai_dashboard.telemetry.metrics import Form, lines, wanted
from ai_dashboard.transport.http1 import Exchange

LINES = 1000
"""Of one piece: written in about half a millisecond."""


class Figured(Protocol):
    """A gateway, as far as its figures need it."""

    def snapshot(self) -> Snapshot: ...
    def desk(self) -> Desk: ...


class MetricsPage:
    """The handler."""

    def __init__(self, gateway: Figured) -> None:
        self._gateway = gateway
        runtime = gateway.desk().runtime
        self._began = runtime.clock.wall() - (runtime.clock.monotonic() - runtime.started)

    @described(str, media=(Form.TEXT.value.decode(), Form.OPEN_METRICS.value.decode()))
    async def metrics(self, exchange: Exchange) -> None:
        """Figures since the start and as things stand, in Prometheus' text form, or in that of OpenMetrics where
        `Accept` prefers it. They are of all tenants together, so a key of one of them does not open it."""
        desk = self._gateway.desk()
        if not desk.generation.settings.metrics.enabled:
            raise NotFound("metrics are off", hint="set `metrics.enabled: true` in gateway.yaml")
        caller = exchange.caller
        if caller is not None and caller.tenant != DEFAULT_TENANT and "admin" not in caller.scopes:
            raise Forbidden(
                f"figures are of all tenants, and this key is one of {caller.tenant}",
                hint="ask the operator for a key without a tenant and with the scope `read`",
            )
        form = wanted(exchange.header(b"accept"))
        page = self._lines(desk, form)
        exchange.start(200, [(b"content-type", form.value), (b"cache-control", b"no-store")])
        while piece := "".join(islice(page, LINES)):
            exchange.write(piece.encode())
            await exchange.drain()
            await asyncio.sleep(0)
        exchange.finish()

    def _lines(self, desk: Desk, form: Form) -> Iterator[str]:
        runtime, keeping = desk.runtime, desk.keeping
        runtime.tally()
        book = keeping.book
        limits = budgets(book.owners, book.ledger.account, book.calendar, book.clock.wall())
        stands = standing(self._gateway.snapshot(), runtime, limits, self._began)
        return lines(chain(counted(runtime, keeping.caching), stands), form)
