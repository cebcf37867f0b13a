"""What files were before they were changed: `.backups/<file>.<UTC time>.<short hash>.yaml` beside them, mode 0600, and
an index that says who changed them and why.

The files are what counts: one that the index does not know is listed all the same, without who and why.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import orjson

from ai_dashboard.config.atomic import append_line, replace_file
from ai_dashboard.core.data import dataclass

FOLDER = ".backups"
INDEX = "index.jsonl"
KEPT = 20
"""Backups of a file; the oldest ones go."""

_NAME = re.compile(r"(?P<stem>.+)\.(?P<time>\d{8}T\d{6}\d{6}Z)\.(?P<hash>[0-9a-f]{8})\.yaml")
_TIME = "%Y%m%dT%H%M%S%fZ"


@dataclass(frozen=True, slots=True)
class Backup:
    """One file as it was until `at` (Unix time). `id` is the backup's own file name."""

    id: str
    file: str
    at: float
    hash: str
    size: int
    who: str = ""
    why: str = ""


class Backups:
    """The backups of one configuration folder."""

    def __init__(self, folder: Path, *, keep: int = KEPT) -> None:
        self._folder = folder / FOLDER
        self._keep = keep

    def keep(self, file: str, content: bytes, *, at: float, who: str, why: str) -> Backup:
        """Back a file up. Raises `OSError`; then nothing may be changed."""
        self._folder.mkdir(mode=0o700, exist_ok=True)
        time = datetime.fromtimestamp(at, UTC).strftime(_TIME)
        stem = file.removesuffix(".yaml")
        name = f"{stem}.{time}.{short_hash(content)}.yaml"
        replace_file(self._folder / name, content, mode=0o600)
        backup = Backup(name, file, at, content_hash(content), len(content), who, why)
        self._append(backup)
        self._let_go(file)
        return backup

    def keep_once(self, file: str, content: bytes, *, at: float, who: str, why: str) -> Backup:
        """Back a file up, unless that is what the newest backup of it is. Raises `OSError`."""
        newest = next(iter(self.all(file)), None)
        if newest is not None and newest.hash == short_hash(content) and newest.size == len(content):
            return newest
        return self.keep(file, content, at=at, who=who, why=why)

    def tidy(self) -> None:
        """Remove drafts that a crash has left."""
        for draft in self._folder.glob(".*.draft"):
            draft.unlink(missing_ok=True)

    def all(self, file: str | None = None) -> tuple[Backup, ...]:
        """Every backup, of one file or of all, the newest first."""
        told = self._told()
        found = [backup for backup in self._found(told) if file is None or backup.file == file]
        return tuple(sorted(found, key=lambda backup: backup.at, reverse=True))

    def read(self, backup_id: str) -> tuple[Backup, bytes] | None:
        """A backup and its content; None when there is none of that name, or it is not what it was any more."""
        backup = next((backup for backup in self.all() if backup.id == backup_id), None)
        if backup is None:
            return None
        content = (self._folder / backup.id).read_bytes()
        return (backup, content) if short_hash(content) == _hash_in(backup.id) else None

    def _found(self, told: Mapping[str, tuple[str, str]]) -> Iterator[Backup]:
        if not self._folder.is_dir():
            return
        for path in self._folder.iterdir():
            named = _NAME.fullmatch(path.name)
            if named is None or not path.is_file():
                continue
            at = datetime.strptime(named["time"], _TIME).replace(tzinfo=UTC).timestamp()
            who, why = told.get(path.name, ("", ""))
            yield Backup(path.name, f"{named['stem']}.yaml", at, named["hash"], path.stat().st_size, who, why)

    def _told(self) -> dict[str, tuple[str, str]]:
        """Who and why, by name. A line that a crash has cut is passed over."""
        try:
            lines = (self._folder / INDEX).read_bytes().split(b"\n")
        except FileNotFoundError:
            return {}
        told: dict[str, tuple[str, str]] = {}
        for line in lines:
            try:
                entry = orjson.loads(line)
            except orjson.JSONDecodeError:
                continue
            match entry:
                case {"id": str(name), "who": str(who), "why": str(why)}:
                    told[name] = who, why
                case _:
                    pass
        return told

    def _append(self, backup: Backup) -> None:
        line = orjson.dumps({"id": backup.id, "hash": backup.hash, "who": backup.who, "why": backup.why})
        append_line(self._folder / INDEX, line)

    def _let_go(self, file: str) -> None:
        for old in self.all(file)[self._keep :]:
            (self._folder / old.id).unlink(missing_ok=True)


def content_hash(content: bytes) -> str:
    """What a change says it is based on."""
    return hashlib.sha256(content).hexdigest()


def short_hash(content: bytes) -> str:
    """The part of the hash that goes into names."""
    return content_hash(content)[:8]


def _hash_in(name: str) -> str:
    named = _NAME.fullmatch(name)
    return named["hash"] if named else ""
