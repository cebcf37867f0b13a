"""The one door between a gateway and whoever watches or steers it, in the same process or over HTTP."""

from dataclasses import dataclass
from typing import Protocol

from ai_dashboard.core.plan import Plan, RouteFacts
from ai_dashboard.core.records import RecordPage
from ai_dashboard.core.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class ConfigFile:
    """A configuration file as it is on disk, with secrets masked. `missing` when there is no such file."""

    name: str
    path: str
    text: str
    missing: bool = False


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

    async def explain(self, facts: RouteFacts) -> Plan:
        """Where such a request would go now, without sending anything. Raises `ModelNotFound` as a request would."""
        ...

    async def config_files(self) -> tuple[ConfigFile, ...]:
        """The files of the configuration folder, in the order in which a person would read them."""
        ...

    async def refresh(self) -> None:
        """Probe all providers now, and return when it is done (or after their timeout)."""
        ...

    async def close(self) -> None:
        """Let go of the gateway; a gateway in the same process is stopped, one elsewhere goes on."""
        ...
