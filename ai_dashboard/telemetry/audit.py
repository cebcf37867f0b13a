"""Who changed what, when, from where: one line for each change, on the disk before the change is made, never altered.

Every entry holds the hash of the one before, so a line that is altered, taken out or put in breaks the chain. Lines are
only ever added, under a lock that all processes share. What a crash leaves of a line stays as it is: the next entry
begins a new segment and says so. `head.json` remembers the newest entry, so that lines missing at the end are noticed.
"""

import fcntl
import hashlib
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, replace
from pathlib import Path

import orjson
from pydantic import TypeAdapter, ValidationError

from ai_dashboard.config.atomic import remove_drafts, replace_file, sync_folder
from ai_dashboard.config.redact import redact
from ai_dashboard.core.data import dataclass

SEGMENT_BYTES = 1 << 20
"""A segment that is larger than this is followed by a new one."""

MAX_CHARS = 500
"""Of any text in an entry."""
MAX_DETAILS = 50

HEAD = "head.json"
LOCK = "lock"
WRITER = "the audit log"
REPAIRED = "audit.repaired"
MISSING = "audit.missing"


@dataclass(frozen=True, slots=True)
class Entry:
    """One change. `at` is Unix time; `before` and `after` are hashes or states; `previous` is the hash of the entry
    before, empty in the first; `hash` is that of all the rest."""

    seq: int
    at: float
    pid: int
    what: str
    subject: str
    who: str
    where: str
    why: str
    before: str
    after: str
    details: tuple[str, ...]
    previous: str
    hash: str = ""

    def hashed(self) -> "Entry":
        """With the hash that belongs to it."""
        return replace(self, hash=hashlib.sha256(orjson.dumps(asdict(replace(self, hash="")))).hexdigest())


@dataclass(frozen=True, slots=True)
class Segment:
    """One file of the log as it is on disk: its lines, and what is behind the last line break."""

    path: Path
    lines: tuple[bytes, ...]
    torn: bytes

    @property
    def size(self) -> int:
        return sum(len(line) + 1 for line in self.lines) + len(self.torn)

    def newest(self) -> Entry | None:
        """The last entry that is as it was written."""
        return next((entry for line in reversed(self.lines) if (entry := sound(line)) is not None), None)

    @property
    def damaged(self) -> bytes:
        """What stands behind the newest entry and is none; empty where all is well."""
        if self.torn:
            return self.torn
        return self.lines[-1] if self.lines and sound(self.lines[-1]) is None else b""


class Audit:
    """The log in one folder. `now` gives Unix time. For any number of threads and processes at once."""

    def __init__(self, folder: Path, now: Callable[[], float]) -> None:
        self.folder = folder
        self._now = now
        self._mine = threading.Lock()
        self._kept: list[Entry] = []

    def record(
        self,
        what: str,
        subject: str = "",
        *,
        who: str,
        where: str = "",
        why: str = "",
        before: str = "",
        after: str = "",
        details: Sequence[str] = (),
    ) -> Entry:
        """Put a change on record; it is on the disk when this returns. Raises `OSError`: then the change must not be
        made."""
        entry = self._entry(what, subject, who, where, why, before, after, details)
        with self._mine:
            return self._write([*self._kept, entry])

    def note(
        self,
        what: str,
        subject: str = "",
        *,
        who: str,
        where: str = "",
        why: str = "",
        before: str = "",
        after: str = "",
        details: Sequence[str] = (),
    ) -> str:
        """Put on record what has happened anyway: where that is not possible it is kept until it is. Why it was not,
        empty where it was."""
        with self._mine:
            self._kept.append(self._entry(what, subject, who, where, why, before, after, details))
        return self.flush()

    def flush(self) -> str:
        """Write what was kept; why that is not possible, empty where nothing is left."""
        with self._mine:
            if self._kept:
                try:
                    self._write(list(self._kept))
                except OSError as error:
                    return f"{error.filename or self.folder}: {error.strerror or error}"
        return ""

    @property
    def kept(self) -> int:
        """Entries that could not be written yet."""
        return len(self._kept)

    def newest(self, count: int) -> tuple[Entry, ...]:
        """The last entries that are as they were written, oldest first. Raises `OSError`."""
        found: list[Entry] = []
        for segment in reversed(segments(self.folder)):
            entries = (sound(line) for line in reversed(segment.lines))
            found += [entry for entry in entries if entry is not None]
            if len(found) >= count:
                break
        return tuple(reversed(found[:count]))

    def _entry(
        self,
        what: str,
        subject: str,
        who: str,
        where: str,
        why: str,
        before: str,
        after: str,
        details: Sequence[str],
    ) -> Entry:
        shown = [_shown(detail) for detail in details[:MAX_DETAILS]]
        if len(details) > MAX_DETAILS:
            shown.append(f"and {len(details) - MAX_DETAILS} more")
        return Entry(
            seq=0,
            at=self._now(),
            pid=os.getpid(),
            what=what,
            subject=_shown(subject),
            who=_shown(who),
            where=_shown(where),
            why=_shown(why),
            before=_shown(before),
            after=_shown(after),
            details=tuple(shown),
            previous="",
        )

    def _write(self, entries: Sequence[Entry]) -> Entry:
        """Chain these to what is there, and flush them to the disk. Nothing is kept then."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _locked(self.folder / LOCK):
            there = segments(self.folder)
            newest = next((entry for it in reversed(there) if (entry := it.newest()) is not None), None)
            last = next((segment for segment in reversed(there) if segment.size), None)
            found = list(self._found(newest, last))
            path = _place(self.folder, there, last)
            chained = list(_chained(newest, [*found, *entries]))
            _append(path, b"".join(orjson.dumps(asdict(entry)) + b"\n" for entry in chained))
            self._kept.clear()
            with suppress(OSError):  # a head that lags behind is no lie
                remove_drafts(self.folder / HEAD)
                replace_file(self.folder / HEAD, orjson.dumps({"seq": chained[-1].seq, "hash": chained[-1].hash}))
        return chained[-1]

    def _found(self, newest: Entry | None, last: Segment | None) -> Iterator[Entry]:
        """What is to be said of the log itself before it goes on."""
        if last is not None and (damaged := last.damaged):
            details = (f"{len(damaged)} bytes that are no entry", digest(damaged))
            yield self._entry(
                REPAIRED, last.path.name, WRITER, "", "what a crash has left of an entry", "", "", details
            )
        known, there = head(self.folder)[0], newest.seq if newest is not None else 0
        if known > there:
            lost = (f"{known - there} entries at the end of the log are missing",)
            yield self._entry(MISSING, f"entries {there + 1} to {known}", WRITER, "", "", "", "", lost)


def segments(folder: Path) -> list[Segment]:
    """All of the log, oldest first. Raises `OSError`."""
    return [_segment(path) for path in sorted(folder.glob("audit-[0-9]*.jsonl"))]


def sound(line: bytes) -> Entry | None:
    """The entry in a line, None where the line is not what was written."""
    try:
        entry = _ENTRY.validate_json(line)
    except ValidationError:
        return None
    return entry if entry.hashed().hash == entry.hash else None


_ENTRY = TypeAdapter(Entry)


def _chained(newest: Entry | None, entries: Sequence[Entry]) -> Iterator[Entry]:
    for entry in entries:
        seq, previous = (newest.seq + 1, newest.hash) if newest is not None else (1, "")
        newest = replace(entry, seq=seq, previous=previous).hashed()
        yield newest


def _segment(path: Path) -> Segment:
    *lines, torn = path.read_bytes().split(b"\n")
    return Segment(path, tuple(lines), torn)


def head(folder: Path) -> tuple[int, str]:
    """Number and hash of the newest entry as far as that is remembered; 0 where it is not."""
    try:
        kept = orjson.loads((folder / HEAD).read_bytes())
    except (OSError, orjson.JSONDecodeError):
        return 0, ""
    match kept:
        case {"seq": int(seq), "hash": str(hash_)}:
            return seq, hash_
        case _:
            return 0, ""


def digest(content: bytes) -> str:
    """How an entry names bytes that are none."""
    return f"sha256 {hashlib.sha256(content).hexdigest()}"


def _place(folder: Path, there: Sequence[Segment], last: Segment | None) -> Path:
    """The segment to add to: the last one, or an empty one where that is damaged or full."""
    if there and there[-1].size == 0:
        return there[-1].path
    if last is not None and not last.damaged and last.size <= SEGMENT_BYTES:
        return last.path
    number = int(there[-1].path.stem.removeprefix("audit-")) + 1 if there else 1
    return folder / f"audit-{number:06d}.jsonl"


def _append(path: Path, lines: bytes) -> None:
    """Raises `OSError`; then the file ends where it did, if the system lets us."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        size = os.fstat(descriptor).st_size
        try:
            left = memoryview(lines)
            while left:
                left = left[os.write(descriptor, left) :]
            os.fsync(descriptor)
            if size == 0:
                sync_folder(path.parent)
        except OSError as error:
            os.ftruncate(descriptor, size)
            raise OSError(error.errno, error.strerror, str(path)) from None
    finally:
        os.close(descriptor)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """One process at a time; a process that dies lets go."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _shown(text: str) -> str:
    """A text with its secrets masked and of a bearable length; whole characters only, since it is written as JSON."""
    masked = redact(text.encode("utf-8", "replace").decode())
    return masked if len(masked) <= MAX_CHARS else masked[: MAX_CHARS - 1] + "…"
