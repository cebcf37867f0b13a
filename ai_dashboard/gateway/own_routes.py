"""What a gateway answers its operator: its admin API. Imported once the gateway listens, or when it is asked for."""

from collections.abc import Iterator
from typing import Protocol

from ai_dashboard.gateway.admin import AdminApi, Controlled
from ai_dashboard.gateway.audit_api import AuditApi, Audited
from ai_dashboard.gateway.balance_api import BalanceApi
from ai_dashboard.gateway.cache_api import CacheApi
from ai_dashboard.gateway.config_api import ConfigApi, Configured
from ai_dashboard.gateway.costs_api import CostsApi
from ai_dashboard.gateway.desk import Desk
from ai_dashboard.gateway.insight_api import InsightApi, Inspected
from ai_dashboard.gateway.keys_api import KeysApi
from ai_dashboard.gateway.log_api import LogApi
from ai_dashboard.gateway.logs_api import LogsApi, Telling
from ai_dashboard.gateway.models_api import ModelsApi
from ai_dashboard.gateway.queue_api import QueueApi
from ai_dashboard.gateway.routes import Handler, Route, Scope


class Governed(Controlled, Configured, Inspected, Audited, Telling, Protocol):
    """The gateway as its operator sees it."""

    def desk(self) -> Desk: ...


def own_routes(gateway: Governed) -> list[Route]:
    """To the operator alone, all of them."""
    return [Route(method, f"/api/admin/{path}", Scope.ADMIN, handler) for method, path, handler in _handlers(gateway)]


def _handlers(gateway: Governed) -> Iterator[tuple[str, str, Handler]]:
    """Method, path below `/api/admin/`, and handler of each."""
    admin, keeping = AdminApi(gateway), gateway.desk().keeping
    yield "GET", "snapshot", admin.snapshot
    yield "GET", "requests/*", admin.request
    yield "POST", "providers/*", admin.operate
    yield "GET", "route", admin.route
    yield "GET", "config", admin.config
    yield "POST", "refresh", admin.refresh
    for method, path, handler in ConfigApi(gateway).handlers():
        yield method, f"config/{path}", handler
    for method, path, handler in CacheApi(keeping, gateway.audit).handlers():
        yield method, f"cache/{path}", handler
    yield from InsightApi(gateway).handlers()
    yield from CostsApi(keeping, gateway.audit).handlers()
    yield from BalanceApi(gateway.desk).handlers()
    yield from QueueApi(gateway.desk().runtime, gateway.audit).handlers()
    yield from AuditApi(gateway).handlers()
    yield from LogsApi(gateway).handlers()
    yield from ModelsApi(gateway).handlers()
    yield from KeysApi(keeping.keys, lambda: gateway.desk().generation.settings.tenants, gateway.audit).handlers()
    if keeping.log is not None and keeping.log_reader is not None:
        clock = gateway.desk().runtime.clock
        yield from LogApi(keeping.log, keeping.log_reader, clock, admin.requests).handlers()
    else:
        yield "GET", "requests", admin.requests
