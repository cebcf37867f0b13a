"""The one door between a gateway and whoever watches or steers it, in the same process or over HTTP."""

from collections.abc import AsyncGenerator, Sequence
from typing import Literal, Protocol

from ai_dashboard.core.cache import CacheView, Expired, Invalidated
from ai_dashboard.core.costs import CostsView, Dimension
from ai_dashboard.core.data import dataclass
from ai_dashboard.core.diagnostics import Diagnostic, Severity
from ai_dashboard.core.history import HistoryView, ProviderDetail, SeriesKey, ServiceAction, ServiceView, Window
from ai_dashboard.core.logs import AlertAction, AuditTrail, LogEvents
from ai_dashboard.core.models import ModelList
from ai_dashboard.core.plan import Plan, RouteFacts
from ai_dashboard.core.playground import Question, Told
from ai_dashboard.core.queue import ExpiredRequests, QueueView
from ai_dashboard.core.records import RecordPage, RequestRecord
from ai_dashboard.core.snapshot import Alert, ProviderView, Snapshot

ProviderAction = Literal["enable", "disable", "drain", "reset"]
"""What an operator may do with a provider: ask it again, leave it out, give it nothing new, or forget what speaks
against it (breakers, cooldown, failures). Requests in flight always end. It holds until the next start."""


@dataclass(frozen=True, slots=True)
class ConfigFile:
    """A configuration file as it is on disk, with secrets masked. `missing` when there is no such file."""

    name: str
    path: str
    text: str
    missing: bool = False


@dataclass(frozen=True, slots=True)
class ConfigText:
    """A configuration file as it is on disk, secrets and all, to be edited. `hash` is what a change of it is based on;
    empty when there is no such file."""

    file: str
    text: str
    hash: str


@dataclass(frozen=True, slots=True)
class Rerouted:
    """A request that would go elsewhere: what was asked for, and who was first before and would be after."""

    asked: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class WhatIf:
    """The last requests, routed by the configuration in force and by another: how many there are, how many of them
    would go elsewhere, and a few of those, the most frequent first."""

    requests: int
    moved: int
    examples: tuple[Rerouted, ...] = ()


@dataclass(frozen=True, slots=True)
class ProposalView:
    """What a change would mean, nothing of it made. `base` is the hash to commit it with; `what_if` is None for one
    that would be refused."""

    file: str
    base: str
    diagnostics: tuple[Diagnostic, ...]
    changes: tuple[str, ...]
    what_if: WhatIf | None

    @property
    def refused(self) -> bool:
        """Whether it cannot be committed."""
        return any(found.severity is Severity.ERROR for found in self.diagnostics)


@dataclass(frozen=True, slots=True)
class Committed:
    """A change that is made and in force. `backup_id` names what was replaced, None for a file that is new; `number`
    counts the configurations since the start."""

    backup_id: str | None
    number: int


@dataclass(frozen=True, slots=True)
class BackupView:
    """A file as it was until `at` (Unix time), and who replaced it and why."""

    id: str
    file: str
    at: float
    size: int
    who: str
    why: str


@dataclass(frozen=True, slots=True)
class Replayed:
    """A request that was asked again: the id and the status of the new one."""

    id: str
    status: int


class PortClosed(Exception):
    """The gateway cannot be reached any more; the message says why and what to do."""


class ControlPort(Protocol):
    """What a screen or a command may ask of a gateway. Every method may raise `PortClosed`."""

    async def snapshot(self) -> Snapshot:
        """The latest picture; the same object (or an equal one) until the gateway has frozen a newer one."""
        ...

    async def records(self, after: int, limit: int = 500) -> RecordPage:
        """Finished requests with `seq` greater than `after`, oldest first: the newest `limit` of them."""
        ...

    async def record(self, id_prefix: str) -> RequestRecord:
        """One request, finished or running, by its id or the beginning of it. Raises `RecordNotFound`."""
        ...

    async def explain(self, facts: RouteFacts) -> Plan:
        """Where such a request would go now, without sending anything. Raises `ModelNotFound` as a request would."""
        ...

    async def replay(self, request_id: str, model: str = "") -> Replayed:
        """Ask it once more, of another model if one is named, as the operator; returns when the answer is whole. Raises
        `CallerError` or `RecordNotFound` where the request log does not have it as a whole."""
        ...

    def ask(self, question: Question) -> AsyncGenerator[Told, None]:
        """Ask it through the gateway, as the operator; what is told while the answer comes. Closing the generator stops
        the answer, and the provider that writes it."""
        ...

    async def models(self) -> ModelList:
        """Every model at every provider, and the names that callers may ask for."""
        ...

    async def operate(self, provider: str, action: ProviderAction) -> ProviderView:
        """Do that with a provider; how it stands then. Raises `ProviderNotFound`, or `OffInConfig` for one that only
        the configuration can put on."""
        ...

    async def history(self, window: Window, shown: Sequence[SeriesKey] = ()) -> HistoryView:
        """How long the answers of every model took over a window; `shown` are those whose course is wanted, too."""
        ...

    async def cache(self, window: Window) -> CacheView:
        """What the cache has done since the start, and how that went over a window."""
        ...

    async def queue(self, window: Window) -> QueueView:
        """Who waits for what, the places at providers, and how that went over a window."""
        ...

    async def invalidate(self, model: str | None = None) -> Invalidated:
        """Forget the cached answers to asks for a model, as callers name it, or all. It is put on record."""
        ...

    async def clear_expired(self) -> tuple[Expired, ExpiredRequests]:
        """Forget cached answers whose time is over, and tell requests that are past their deadline so, now. It is put
        on record."""
        ...

    async def provider(self, name: str) -> ProviderDetail:
        """One provider in detail. Raises `ProviderNotFound`."""
        ...

    async def service(self, provider: str, action: ServiceAction | None = None) -> ServiceView:
        """How the systemd unit of a provider is, after `action` if one is given. Raises `ProviderNotFound`."""
        ...

    async def costs(self, by: Dimension, since: str) -> CostsView:
        """What was spent since a day (`2026-11-01`, `30d` or `month`), added up, and how it goes on. Raises
        `CallerError`, and `LedgerUnavailable` where the books cannot be read."""
        ...

    async def set_budget(self, limit: float | None) -> None:
        """What all together may spend in a month, in dollars; None goes back to the configuration. It is put on record.
        Raises `CallerError`, and `LedgerUnavailable` where it cannot be set."""
        ...

    async def logs(self, after: int, limit: int = 500) -> LogEvents:
        """What the gateway has told of itself with `seq` greater than `after`, oldest first: the newest `limit`."""
        ...

    async def alert(self, key: str, action: AlertAction, minutes: float = 60.0) -> Alert:
        """Do that about an alert; how it is then. `minutes` are how long it is silenced. It is put on record. Raises
        `AlertNotFound`, and `CallerError` for a time that is none."""
        ...

    async def audit(self, limit: int = 500) -> AuditTrail:
        """Who changed what, the newest `limit` entries, and whether that is as it was written."""
        ...

    async def config_files(self) -> tuple[ConfigFile, ...]:
        """The files of the configuration folder, in the order in which a person would read them."""
        ...

    async def config_text(self, file: str) -> ConfigText:
        """A file of the configuration, to be edited. Raises `ConfigRefused` for what cannot be edited as text."""
        ...

    async def propose(self, file: str, text: str, base: str | None = None) -> ProposalView:
        """What it would mean if this were in the file. `base` is the hash that the text was made from; without one it
        is that of the file as it is now. Raises `ConfigRefused` only for what is no configuration file."""
        ...

    async def commit(self, file: str, text: str, base: str, why: str) -> Committed:
        """Put it into the file, and in force. Raises `ConfigConflict` when the file is not what `base` says any more,
        `ConfigRefused` with all diagnostics, or `ConfigNotWritten`; in all three cases everything is as it was."""
        ...

    async def config_schema(self, file: str) -> str:
        """The JSON Schema of a configuration file, which an editor completes and explains keys from. Raises
        `ConfigRefused` for what is no configuration file."""
        ...

    async def backups(self, file: str | None = None) -> tuple[BackupView, ...]:
        """What files were before they were changed, the newest first."""
        ...

    async def backup_text(self, backup_id: str) -> ConfigText:
        """A backup, secrets and all. Raises `ConfigRefused` for one that is not there, or is no text."""
        ...

    async def rollback(self, backup_id: str) -> Committed:
        """Put a backup back; a change like any other, which raises what `commit` raises."""
        ...

    async def refresh(self) -> None:
        """Probe all providers now, and return when it is done (or after their timeout)."""
        ...

    async def close(self) -> None:
        """Let go of the gateway; a gateway in the same process is stopped, one elsewhere goes on."""
        ...
