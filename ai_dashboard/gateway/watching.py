"""What programs that watch over a gateway need of it while it runs: a port for figures, and traces."""

import random
from collections.abc import Coroutine, Iterator
from typing import Protocol

from ai_dashboard.gateway.desk import Desk
from ai_dashboard.gateway.guard import Guard
from ai_dashboard.gateway.metrics_door import answer_metrics, ports_from
from ai_dashboard.gateway.metrics_page import Figured
from ai_dashboard.gateway.tracing import Tracing, open_collector
from ai_dashboard.telemetry.json_log import JsonLog


class Watched(Figured, Protocol):
    """A gateway that listens."""

    guard: Guard
    log: JsonLog

    @property
    def address(self) -> tuple[str, int]: ...
    def desk(self) -> Desk: ...


def watched(gateway: Watched, *, shared: bool) -> Iterator[tuple[str, Coroutine[object, object, None]]]:
    """What has to be done until it is cancelled, and what it is called. `shared`: others listen on the same port."""
    metrics = gateway.desk().generation.settings.metrics
    if metrics.enabled and metrics.port is not None:
        ports = ports_from(metrics.port, shared=shared)
        yield "metrics", answer_metrics(gateway, gateway.guard, gateway.address[0], ports, gateway.log)
    yield "traces", Tracing(gateway.desk, gateway.log, random.Random(), opening=open_collector).run()
