"""The audit log as a screen shows it: its newest entries, and whether all of it is as it was written."""

import asyncio
from pathlib import Path

from ai_dashboard.core.logs import AuditEntry, AuditTrail
from ai_dashboard.telemetry.audit import Audit, Entry
from ai_dashboard.telemetry.audit_check import Verdict, verify

MOST = 1000


class Trail:
    """Reads one log, or none. All of it is read again only when its files have changed: that grows with the log."""

    def __init__(self, audit: Audit | None) -> None:
        self._audit = audit
        self._stamp: object = None
        self._verdict = Verdict(0, (), ())

    async def newest(self, limit: int) -> AuditTrail:
        """At most that many entries. What cannot be read is a problem, too."""
        audit = self._audit
        if audit is None:
            return AuditTrail(kept=False)
        return await asyncio.to_thread(self._read, audit, max(1, min(limit, MOST)))

    def _read(self, audit: Audit, limit: int) -> AuditTrail:
        try:
            stamp = _stamp(audit.folder)
            if stamp != self._stamp:
                self._verdict, self._stamp = verify(audit.folder), stamp
            entries = audit.newest(limit)
        except OSError as error:
            problem = f"{error.filename or audit.folder}: {error.strerror or error}"
            return AuditTrail(kept=True, problems=(problem,), waiting=audit.kept)
        verdict = self._verdict
        return AuditTrail(
            kept=True,
            entries=tuple(map(_shown, entries)),
            total=verdict.entries,
            problems=verdict.problems,
            notes=verdict.notes,
            waiting=audit.kept,
        )


def _stamp(folder: Path) -> list[tuple[str, int, int, int]]:
    """Tells the files of one moment from those of another; empty where there are none yet."""
    found = ((path.name, path.stat()) for path in sorted(folder.glob("audit-*.jsonl")))
    return [(name, it.st_ino, it.st_size, it.st_mtime_ns) for name, it in found]


def _shown(entry: Entry) -> AuditEntry:
    return AuditEntry(
        entry.seq,
        entry.at,
        entry.what,
        entry.subject,
        entry.who,
        entry.where,
        entry.why,
        entry.before,
        entry.after,
        entry.details,
    )
