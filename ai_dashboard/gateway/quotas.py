"""What was used of quotas before they began to be counted: before this start, or before the configuration had them. The
request log says it."""

import asyncio
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from platform import node
from typing import get_args

from ai_dashboard.config.schema.tenants import Quotas, Tenant
from ai_dashboard.core.clock import Clock
from ai_dashboard.core.errors import GatewayError
from ai_dashboard.core.logs import LogLevel
from ai_dashboard.core.tenancy import Calendar, Quota
from ai_dashboard.gateway.trip import Trip
from ai_dashboard.state.link import LinkDown
from ai_dashboard.state.sqlite_writer import NotWritten
from ai_dashboard.telemetry.json_log import JsonLog
from ai_dashboard.telemetry.log_reader import LogReader
from ai_dashboard.telemetry.request_log import RequestLog
from ai_dashboard.tenancy.limits import LimitHome
from ai_dashboard.tenancy.tenants import tenant_view
from ai_dashboard.tenancy.windows import window_of

Tenants = Mapping[str, Tenant]


class QuotaBeginnings:
    """Tells `limits` what the log knows: at the start, and for quotas that a configuration has added."""

    def __init__(
        self,
        limits: LimitHome,
        log: RequestLog[Trip],
        reader: LogReader,
        tenants: Tenants,
        clock: Clock,
        events: JsonLog,
    ) -> None:
        self._limits = limits
        self._log = log
        self._reader = reader
        self._tenants = tenants
        self._clock = clock
        self._events = events
        self._due = asyncio.Event()
        self._told = False

    def adopt(self, tenants: Tenants) -> None:
        """Go by another configuration. Quotas that were there go on by themselves."""
        before, self._tenants = self._tenants, tenants
        if {name: it.quotas for name, it in tenants.items()} != {name: it.quotas for name, it in before.items()}:
            self._told = False
            self._due.set()

    async def look_again(self) -> None:
        """Redis is back: tell it what it could not be told."""
        if not self._told:
            self._due.set()

    async def run(self) -> None:
        """Tell what is due, until cancelled."""
        while True:
            await self._due.wait()
            self._due.clear()
            await self.tell()

    async def tell(self) -> None:
        """What was used since midnight, or the first of the month, counts: as far as the log goes back."""
        if all(it.quotas == Quotas() for it in self._tenants.values()):
            self._told = True
            return
        try:
            await self._log.written()
            told = [await self._tell(calendar) for calendar in get_args(Calendar)]
        except (GatewayError, NotWritten) as error:
            self._events.note(LogLevel.WARNING, "quotas_begin_anew", str(error))
            return
        self._told = all(told)

    async def _tell(self, calendar: Calendar) -> bool:
        """Whether all could be told."""
        told = True
        begins = window_of(calendar, self._clock.wall()).begins
        for tenant, tokens in (await self._reader.tokens_by_tenant(begins)).items():
            for limit in tenant_view(self._tenants, tenant).limits:
                if isinstance(limit, Quota) and limit.calendar == calendar:
                    try:
                        await self._limits.begin(tenant, limit, begins, tokens)
                    except LinkDown:
                        told = False
        return told


def name_of(log: Path) -> str:
    """What a log is called by all gateways that write into it, and by no other."""
    return sha256(f"{node()} {log.resolve()}".encode()).hexdigest()[:16]
