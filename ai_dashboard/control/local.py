"""The door to a gateway in a thread of this process. Pictures and records are references; the rest runs on its loop."""

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any, TypeVar

from ai_dashboard.config.json_schema import schema_text
from ai_dashboard.control.remote import RemotePort
from ai_dashboard.control.replay import root_url
from ai_dashboard.core.control import (
    BackupView,
    Committed,
    ConfigFile,
    ConfigText,
    PortClosed,
    ProposalView,
    ProviderAction,
    Replayed,
)
from ai_dashboard.core.history import HistoryView, ProviderDetail, SeriesKey, ServiceAction, ServiceView, Window
from ai_dashboard.core.plan import Plan, RouteFacts
from ai_dashboard.core.records import RecordPage, RequestRecord
from ai_dashboard.core.snapshot import ProviderView, Snapshot
from ai_dashboard.gateway.gateway import Gateway
from ai_dashboard.gateway.thread import GatewayThread

T = TypeVar("T")

WHO = "this screen"
"""Whose changes the backups' index says they are."""


class LocalPort:
    """`core.control.ControlPort` on a `GatewayThread`. `drain_s` is what requests in flight are given at the end."""

    def __init__(self, thread: GatewayThread, gateway: Gateway, *, drain_s: float) -> None:
        self._thread = thread
        self._gateway = gateway
        self._drain_s = drain_s

    async def snapshot(self) -> Snapshot:
        self._require_life()
        return self._gateway.snapshot()

    async def records(self, after: int, limit: int = 500) -> RecordPage:
        self._require_life()
        return self._gateway.records(after, limit)

    async def record(self, id_prefix: str) -> RequestRecord:
        async def found() -> RequestRecord:
            return self._gateway.record(id_prefix)

        return await self._on_its_loop(found())

    async def replay(self, request_id: str, model: str = "") -> Replayed:
        self._require_life()
        # The way in is everybody's: what is asked again goes through all that a request goes through.
        door = RemotePort(root_url(*self._gateway.address), self._gateway.operator_token)
        try:
            return await door.replay(request_id, model)
        finally:
            await door.close()

    async def operate(self, provider: str, action: ProviderAction) -> ProviderView:
        async def operated() -> ProviderView:
            return self._gateway.operate(provider, action)

        return await self._on_its_loop(operated())

    async def explain(self, facts: RouteFacts) -> Plan:
        async def explained() -> Plan:
            return self._gateway.explain(facts)

        return await self._on_its_loop(explained())

    async def history(self, window: Window, shown: Sequence[SeriesKey] = ()) -> HistoryView:
        async def measured() -> HistoryView:
            return self._gateway.insight.history(window, shown)

        return await self._on_its_loop(measured())

    async def provider(self, name: str) -> ProviderDetail:
        async def detailed() -> ProviderDetail:
            return self._gateway.insight.provider(name)

        return await self._on_its_loop(detailed())

    async def service(self, provider: str, action: ServiceAction | None = None) -> ServiceView:
        return await self._on_its_loop(self._gateway.insight.service(provider, action))

    async def config_files(self) -> tuple[ConfigFile, ...]:
        return await self._on_its_loop(self._gateway.config_files())

    async def config_text(self, file: str) -> ConfigText:
        return await self._on_its_loop(self._gateway.reloader.text(file))

    async def propose(self, file: str, text: str, base: str | None = None) -> ProposalView:
        return await self._on_its_loop(self._gateway.reloader.propose(file, text, base))

    async def commit(self, file: str, text: str, base: str, why: str) -> Committed:
        return await self._on_its_loop(self._gateway.reloader.commit(file, text, base, who=WHO, why=why))

    async def config_schema(self, file: str) -> str:
        self._require_life()
        return await asyncio.to_thread(schema_text, file)

    async def backups(self, file: str | None = None) -> tuple[BackupView, ...]:
        return await self._on_its_loop(self._gateway.reloader.backups(file))

    async def backup_text(self, backup_id: str) -> ConfigText:
        return await self._on_its_loop(self._gateway.reloader.backup_text(backup_id))

    async def rollback(self, backup_id: str) -> Committed:
        return await self._on_its_loop(self._gateway.reloader.rollback(backup_id, who=WHO))

    async def refresh(self) -> None:
        await self._on_its_loop(self._gateway.refresh())

    async def close(self) -> None:
        await asyncio.to_thread(self._thread.stop, self._drain_s)

    def _require_life(self) -> None:
        """The last picture of a gateway that is no more must not pass for news."""
        if not self._thread.alive:
            raise PortClosed("the gateway has stopped; start the program again")

    async def _on_its_loop(self, work: Coroutine[Any, Any, T]) -> T:
        try:
            future = self._thread.call(work)
        except RuntimeError as error:
            raise PortClosed(str(error)) from None
        return await asyncio.wrap_future(future)
