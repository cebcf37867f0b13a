"""What the audit log is told of a configuration that was taken up. Nobody can prevent what is on disk already, so what
cannot be written down is kept until it can be, and said. Changes that are committed go into the log by the store."""

import asyncio
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from ai_dashboard.config.changes import Change
from ai_dashboard.core.data import dataclass
from ai_dashboard.gateway.folder import Contents, differing, hashes
from ai_dashboard.telemetry.audit import Audit
from ai_dashboard.transport.http1 import Exchange

GATEWAY = "the gateway"
"""Who it was when nobody asked."""


@dataclass(frozen=True, slots=True)
class By:
    """Who makes a change, from where and why; `what` is what it is called on record."""

    who: str
    where: str
    why: str
    what: str


async def note_change(
    audit: Audit | None, exchange: Exchange, what: str, subject: str = "", *, before: str = "", after: str = ""
) -> None:
    """Somebody has changed something by the admin API."""
    caller = exchange.caller
    who = caller.key_id if caller is not None else "admin API"
    await note(audit, what, subject, who=who, where=exchange.peer, before=before, after=after)


async def note(
    audit: Audit | None, what: str, subject: str, *, who: str, where: str = "", before: str = "", after: str = ""
) -> None:
    """Somebody has changed something, here or elsewhere."""
    if audit is not None:
        await asyncio.to_thread(partial(audit.note, what, subject, who=who, where=where, before=before, after=after))


class Auditing:
    """Each method returns why it could not be written down yet; empty where it was, or where there is no log."""

    def __init__(self, audit: Audit | None) -> None:
        self._audit = audit

    async def started(self, folder: Path, read: Contents) -> str:
        """This is in force as the gateway starts."""
        return await self._note(By(GATEWAY, "", "", "gateway.start"), str(folder), "", _named(hashes(read)))

    async def reloaded(self, by: By, before: Contents, after: Contents, different: Sequence[Change]) -> str:
        """This has been taken up."""
        names = differing(before, after)
        was, is_ = ({name: it.get(name, "nothing") for name in names} for it in (hashes(before), hashes(after)))
        return await self._note(by, ", ".join(names), _named(was), _named(is_), [str(change) for change in different])

    async def retry(self) -> None:
        """Write down what could not be."""
        if self._audit is not None and self._audit.kept:
            await asyncio.to_thread(self._audit.flush)

    async def _note(self, by: By, subject: str, before: str, after: str, details: Sequence[str] = ()) -> str:
        audit = self._audit
        if audit is None:
            return ""

        def write() -> str:
            return audit.note(
                by.what,
                subject,
                who=by.who,
                where=by.where,
                why=by.why,
                before=before,
                after=after,
                details=details,
            )

        return await asyncio.to_thread(write)


def _named(hashes_: dict[str, str]) -> str:
    """One hash as it is; of several, which file each belongs to."""
    if len(hashes_) == 1:
        return next(iter(hashes_.values()))
    return ", ".join(f"{name} {hash_[:8]}" for name, hash_ in hashes_.items())
