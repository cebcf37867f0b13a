"""The door to a gateway in a thread of this process. Pictures and records are references; the rest runs on its loop."""

import asyncio
from collections.abc import AsyncGenerator, Coroutine, Sequence
from contextlib import aclosing
from functools import partial
from typing import Any, TypeVar

from ai_dashboard.config.json_schema import schema_text
from ai_dashboard.control.remote import RemotePort
from ai_dashboard.control.replay import root_url
from ai_dashboard.core.cache import CacheView, Expired, Invalidated
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
from ai_dashboard.core.costs import CostsView, Dimension
from ai_dashboard.core.history import HistoryView, ProviderDetail, SeriesKey, ServiceAction, ServiceView, Window
from ai_dashboard.core.logs import AlertAction, AuditTrail, LogEvents
from ai_dashboard.core.models import ModelList
from ai_dashboard.core.plan import Plan, RouteFacts
from ai_dashboard.core.playground import Question, Told
from ai_dashboard.core.queue import ExpiredRequests, QueueView
from ai_dashboard.core.records import RecordPage, RequestRecord
from ai_dashboard.core.snapshot import Alert, ProviderView, Snapshot
from ai_dashboard.gateway.auditing import note
from ai_dashboard.gateway.costs_api import costs_view, put_budget
from ai_dashboard.gateway.gateway import Gateway
from ai_dashboard.gateway.model_list import model_list
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

    async def ask(self, question: Question) -> AsyncGenerator[Told, None]:
        self._require_life()
        door = RemotePort(root_url(*self._gateway.address), self._gateway.operator_token)
        try:
            async with aclosing(door.ask(question)) as telling:
                async for told in telling:
                    yield told
        finally:
            await door.close()

    async def models(self) -> ModelList:
        async def listed() -> ModelList:
            return model_list(self._gateway.desk())

        return await self._on_its_loop(listed())

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

    async def cache(self, window: Window) -> CacheView:
        async def looked() -> CacheView:
            return self._gateway.insight.cache(window)

        return await self._on_its_loop(looked())

    async def queue(self, window: Window) -> QueueView:
        async def looked() -> QueueView:
            return self._gateway.insight.queue(window)

        return await self._on_its_loop(looked())

    async def invalidate(self, model: str | None = None) -> Invalidated:
        async def forgotten() -> Invalidated:
            gone = await self._gateway.keeping.caching.invalidate(None, model)
            await self._note("cache.invalidate", model or "all", f"{gone.exact + gone.semantic} gone")
            return gone

        return await self._on_its_loop(forgotten())

    async def clear_expired(self) -> tuple[Expired, ExpiredRequests]:
        async def cleared() -> tuple[Expired, ExpiredRequests]:
            gone = self._gateway.keeping.caching.clear_expired()
            told = ExpiredRequests(self._gateway.runtime.waiting.clear_expired())
            await self._note("cache.clear-expired", "", f"{gone.exact + gone.semantic} gone")
            await self._note("queue.clear-expired", "", f"{told.expired} told")
            return gone, told

        return await self._on_its_loop(cleared())

    async def _note(self, what: str, subject: str, after: str) -> None:
        await note(self._gateway.audit, what, subject, who=WHO, after=after)

    async def provider(self, name: str) -> ProviderDetail:
        async def detailed() -> ProviderDetail:
            return self._gateway.insight.provider(name)

        return await self._on_its_loop(detailed())

    async def service(self, provider: str, action: ServiceAction | None = None) -> ServiceView:
        return await self._on_its_loop(self._gateway.insight.service(provider, action))

    async def costs(self, by: Dimension, since: str) -> CostsView:
        return await self._on_its_loop(costs_view(self._gateway.keeping, by, since))

    async def set_budget(self, limit: float | None) -> None:
        await self._on_its_loop(put_budget(self._gateway.keeping, limit, self._note_budget))

    async def _note_budget(self, before: str, after: str) -> None:
        if (audit := self._gateway.audit) is not None:
            noting = partial(audit.note, "budget.set", "all together", who=WHO, before=before, after=after)
            await asyncio.to_thread(noting)

    async def logs(self, after: int, limit: int = 500) -> LogEvents:
        self._require_life()
        return self._gateway.logs(after, limit)

    async def alert(self, key: str, action: AlertAction, minutes: float = 60.0) -> Alert:
        return await self._on_its_loop(self._gateway.alert(key, action, minutes, who=WHO))

    async def audit(self, limit: int = 500) -> AuditTrail:
        return await self._on_its_loop(self._gateway.audit_trail(limit))

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
