"""The archive: `manifest.json` first, which says of every file what it is called, how large it is and what it hashes
to; then those files, in that order and nothing else.

Whoever reads one believes nothing: names lead nowhere but below the folder that they are unpacked to, only regular
files are taken, no byte beyond what the manifest has announced is unpacked, and every file has to hash to what it said.
"""

import gzip
import hashlib
import io
import os
import re
import shutil
import tarfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import IO, Self

import orjson
from pydantic import TypeAdapter, ValidationError

from ai_dashboard.cli.saving.contents import passed_over
from ai_dashboard.config.atomic import sync_folder
from ai_dashboard.core.data import dataclass

MANIFEST = "manifest.json"
FORMAT = 1
PROGRAM = "ai-dashboard"

MAX_MANIFEST = 32 << 20
MAX_FILES = 200_000
MAX_NAME = 1000
MAX_VERSION = 100
YEAR_9999 = 253_370_764_800
ROOM = 16 << 20
"""Bytes of a disk that unpacking leaves free."""

_PIECE = 1 << 20
_HEADERS = 4 * tarfile.BLOCKSIZE
"""What a file takes in a tar beyond its bytes: its header, a long name's, and what fills both up."""

_PATH = re.compile(r"[^/\\\x00-\x1f\x7f\ud800-\udfff]+(?:/[^/\\\x00-\x1f\x7f\ud800-\udfff]+)+")


class NotRestorable(Exception):
    """What was given is no backup, or not a whole one; the message says why."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One file: `path` with the group that it belongs to (`config/providers.yaml`), its bytes, hash and rights."""

    path: str
    size: int
    sha256: str
    mode: int

    @property
    def group(self) -> str:
        return self.path.partition("/")[0]

    @property
    def below(self) -> str:
        """The path in its group's folder."""
        return self.path.partition("/")[2]


@dataclass(frozen=True, slots=True)
class Manifest:
    """What is in a backup. `made_at` is Unix time; `version` that of the program that made it."""

    format: int
    program: str
    version: str
    made_at: float
    files: tuple[Entry, ...]

    def of(self, group: str) -> tuple[Entry, ...]:
        """The files of one group."""
        return tuple(entry for entry in self.files if entry.group == group)

    @property
    def size(self) -> int:
        return sum(entry.size for entry in self.files)


_READ = TypeAdapter(Manifest)


# ── writing ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def write(path: Path, copied: Path, groups: Iterable[str], *, version: str, made_at: float) -> Manifest:
    """Make an archive of the folders `groups` below `copied`. Nobody but its owner can read it, and it is on the disk
    when this returns. Raises `OSError`, and `NotRestorable` for files that nobody would get back."""
    files = tuple(_entry(copied, found) for group in groups for found in _files_below(copied / group))
    for entry in files:
        _check(entry)
    manifest = Manifest(FORMAT, PROGRAM, version, made_at, files)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as raw:
        with (
            gzip.GzipFile(fileobj=raw, mode="wb", compresslevel=6, mtime=int(made_at), filename="") as packed,
            tarfile.open(fileobj=packed, mode="w|", format=tarfile.GNU_FORMAT) as tar,
        ):
            head = orjson.dumps(asdict(manifest), option=orjson.OPT_INDENT_2) + b"\n"
            _add(tar, MANIFEST, len(head), 0o600, made_at, io.BytesIO(head))
            for entry in files:
                with (copied / entry.path).open("rb") as content:
                    _add(tar, entry.path, entry.size, entry.mode, made_at, content)
        raw.flush()
        os.fsync(raw.fileno())
    return manifest


def _files_below(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file())


def _entry(copied: Path, path: Path) -> Entry:
    known = path.stat()
    with path.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    return Entry(path.relative_to(copied).as_posix(), known.st_size, digest, known.st_mode & 0o777)


def _add(tar: tarfile.TarFile, name: str, size: int, mode: int, at: float, content: IO[bytes]) -> None:
    info = tarfile.TarInfo(name)
    info.size, info.mode, info.mtime = size, mode, int(at)
    tar.addfile(info, content)


# ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def unpack(path: Path, places: Mapping[str, Path]) -> Manifest:
    """Unpack each group of files to its folder, which is new and empty; the files of other groups are looked at and
    left. All is on the disk when this returns. Raises `NotRestorable`, and `OSError`; then what is in those folders is
    to be thrown away."""
    try:
        with path.open("rb") as raw, gzip.GzipFile(fileobj=raw, mode="rb") as packed:
            return _unpack(_Bounded(packed), places)
    except (tarfile.TarError, zlib.error, EOFError, gzip.BadGzipFile) as error:
        raise NotRestorable(f"{path} is no whole backup: {error}") from None
    except NotRestorable as problem:
        raise NotRestorable(f"{path} is no backup to be restored: {problem}") from None


def _unpack(packed: "_Bounded", places: Mapping[str, Path]) -> Manifest:
    with tarfile.open(fileobj=packed, mode="r|", tarinfo=_Plain) as tar:
        manifest = _manifest(tar)
        packed.left = manifest.size + len(manifest.files) * _HEADERS + 2 * tarfile.RECORDSIZE
        _check_room(manifest, places)
        for entry in manifest.files:
            _take(tar, entry, places.get(entry.group))
        if (more := tar.next()) is not None:
            raise NotRestorable(f"its manifest does not know {_shown(more.name)}")
    for folder in places.values():
        _to_disk(folder)
    return manifest


def _manifest(tar: tarfile.TarFile) -> Manifest:
    """Read, and held against all that must be so."""
    first = tar.next()
    content = tar.extractfile(first) if first is not None and first.name == MANIFEST else None
    if first is None or content is None or first.size > MAX_MANIFEST:
        raise NotRestorable(f"it does not begin with {MANIFEST}")
    try:
        manifest = _READ.validate_json(content.read(first.size), strict=True)
    except ValidationError as error:
        problem = error.errors()[0]
        place = ".".join(map(str, problem["loc"]))
        raise NotRestorable(f"{MANIFEST}: {place or 'all of it'}: {problem['msg']}") from None
    if (manifest.program, manifest.format) != (PROGRAM, FORMAT):
        raise NotRestorable(f"this version reads format {FORMAT} of {PROGRAM}; update it, if the backup is a newer one")
    version = manifest.version
    if not (0 <= manifest.made_at < YEAR_9999 and version.isprintable() and len(version) <= MAX_VERSION):
        raise NotRestorable("what it says of when it was made, or by which version, cannot be")
    if len(manifest.files) > MAX_FILES:
        raise NotRestorable(f"it holds more than {MAX_FILES} files")
    if len({entry.path for entry in manifest.files}) < len(manifest.files):
        raise NotRestorable("it holds a file twice")
    for entry in manifest.files:
        _check(entry)
    return manifest


def _check(entry: Entry) -> None:
    sound = (
        len(entry.path) <= MAX_NAME
        and _PATH.fullmatch(entry.path) is not None
        and not any(name in {".", ".."} or passed_over(name) for name in entry.path.split("/"))
    )
    if not sound:
        raise NotRestorable(f"it holds a file that no backup holds: {_shown(entry.path)}")
    if entry.size < 0 or not 0 <= entry.mode <= 0o777:
        raise NotRestorable(f"what it says of {_shown(entry.path)} cannot be")


def _check_room(manifest: Manifest, places: Mapping[str, Path]) -> None:
    """A disk that would be filled is not written to. Groups may share one, so each has to have room for all."""
    needed = sum(entry.size for group in places for entry in manifest.of(group)) + ROOM
    for folder in places.values():
        free = shutil.disk_usage(folder).free
        if free < needed:
            raise NotRestorable(f"it takes {needed:,} bytes, and {folder} has {free:,} left")


def _take(tar: tarfile.TarFile, entry: Entry, folder: Path | None) -> None:
    """The next file, which has to be this one."""
    member = tar.next()
    content = tar.extractfile(member) if member is not None else None
    if member is None or content is None or (member.name, member.size) != (entry.path, entry.size):
        found = "nothing" if member is None else _shown(member.name)
        raise NotRestorable(f"where {_shown(entry.path)} should be there is {found}")
    digest = hashlib.sha256()
    with _place(entry, folder) as target:
        left = entry.size
        while left and (piece := content.read(min(left, _PIECE))):
            digest.update(piece)
            target.write(piece)
            left -= len(piece)
        target.flush()
        if folder is not None:
            os.fsync(target.fileno())
    if left or digest.hexdigest() != entry.sha256:
        raise NotRestorable(f"{_shown(entry.path)} is not what it was")


def _place(entry: Entry, folder: Path | None) -> IO[bytes]:
    if folder is None:
        return open(os.devnull, "wb")  # noqa: PTH123 - no path of ours
    path = folder / entry.below
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    os.fchmod(descriptor, entry.mode & 0o755 | 0o600)
    return os.fdopen(descriptor, "wb")


def _to_disk(folder: Path) -> None:
    """The names of all that was unpacked."""
    for place, _, _ in os.walk(folder):
        sync_folder(Path(place))


def _shown(name: str) -> str:
    """A name from an archive, as it may be printed."""
    return repr(name if len(name) <= 100 else f"{name[:99]}…")


class _Plain(tarfile.TarInfo):
    """A member that is a file, or the long name of the next one. Everything else (links, devices, and headers that may
    be as long as they like) is refused before any of it is looked at."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        info = super().frombuf(buf, encoding, errors)
        long_name = info.type == tarfile.GNUTYPE_LONGNAME and 0 <= info.size <= 4 * MAX_NAME
        if info.type != tarfile.REGTYPE and not long_name:
            raise NotRestorable(f"{_shown(info.name)} in it is no plain file")
        return info


class _Bounded(io.RawIOBase):
    """A stream of which no more is read than it may hold."""

    def __init__(self, stream: gzip.GzipFile) -> None:
        super().__init__()
        self._stream = stream
        self.left = MAX_MANIFEST

    def read(self, size: int = -1, /) -> bytes:
        data = self._stream.read(size)
        self.left -= len(data)
        if self.left < 0:
            raise NotRestorable("it unpacks to more than it says")
        return data
