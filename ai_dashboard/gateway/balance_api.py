"""The admin API's part about what is left: of budgets, of the limits of tenants and keys, of those of providers."""

from collections.abc import Callable, Iterator

from ai_dashboard.config.schema.tenants import OTHERS
from ai_dashboard.core.balance import Balance, LimitLeft, ProviderLeft
from ai_dashboard.core.tenancy import DEFAULT_TENANT
from ai_dashboard.gateway.admin import reply_json
from ai_dashboard.gateway.described import described
from ai_dashboard.gateway.desk import Desk
from ai_dashboard.gateway.routes import Handler
from ai_dashboard.tenancy.limits import counted
from ai_dashboard.tenancy.tenants import key_limits, tenant_view
from ai_dashboard.transport.http1 import Exchange


class BalanceApi:
    """Handlers below `/api/admin/`."""

    def __init__(self, desk: Callable[[], Desk]) -> None:
        self._desk = desk

    def handlers(self) -> Iterator[tuple[str, str, Handler]]:
        """Method, name and handler of each."""
        yield "GET", "balance", self._balance

    @described(Balance)
    async def _balance(self, exchange: Exchange) -> None:
        """`GET …/balance`: what is left of budgets, quotas and rate limits, by tenant, key and provider."""
        desk = self._desk()
        budgets = desk.keeping.reports.budgets()
        limits = (*_of_tenants(desk), *_of_keys(desk))
        reply_json(exchange, Balance(budgets.timezone, budgets.budgets, limits, tuple(_of_providers(desk))))


def _of_tenants(desk: Desk) -> Iterator[LimitLeft]:
    """Of every tenant that the configuration names or a key belongs to."""
    written = desk.generation.settings.tenants
    names = dict.fromkeys((*written, *(key.tenant for key in desk.keeping.keys.views()), DEFAULT_TENANT))
    for name in names:
        if name != OTHERS:
            for limit in tenant_view(written, name).limits:
                left = desk.keeping.memory_limits.left(limit)
                yield LimitLeft("tenant", name, counted(limit), left.limit, left.remaining, left.reset_s)


def _of_keys(desk: Desk) -> Iterator[LimitLeft]:
    """Of every key that opens something."""
    for key in desk.keeping.keys.views():
        if key.state == "active":
            for limit in key_limits(key.limits, key.id, key.shown):
                left = desk.keeping.memory_limits.left(limit)
                yield LimitLeft("key", key.id, counted(limit), left.limit, left.remaining, left.reset_s)


def _of_providers(desk: Desk) -> Iterator[ProviderLeft]:
    now = desk.runtime.look()
    for name, state in desk.runtime.providers.items():
        if limits := tuple(state.limits_left(now)):
            yield ProviderLeft(name, limits)
