"""The configuration folder as the gateway sees it: what its files hold now, and a sign when somebody changes one."""

import asyncio
import importlib
import stat
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ai_dashboard.config.backups import content_hash
from ai_dashboard.config.load import FILES
from ai_dashboard.state.background import Lookout
from ai_dashboard.state.beat import heard, next_beat

if TYPE_CHECKING:
    from watchfiles import Change

QUIET_MS = 200
"""A file that was changed is read once nothing has changed for this long."""

LOOK_S = 1.0
"""How often the files are looked at unasked."""

Contents = Mapping[str, bytes | None]
"""The files as they were read, None for what is not there."""


def contents(folder: Path) -> Contents:
    """Every file that counts. Raises `OSError`."""
    return {name: _read(folder / name) for name in FILES}


def present(read: Contents) -> dict[str, bytes]:
    """The files that are there."""
    return {name: content for name, content in read.items() if content is not None}


def differing(read: Contents, before: Contents) -> list[str]:
    """The names of the files that are not the same."""
    return [name for name in FILES if read.get(name) != before.get(name)]


def hashes(read: Contents) -> dict[str, str]:
    """What tells each file that is there from any other."""
    return {name: content_hash(content) for name, content in present(read).items()}


def fingerprint(read: Contents) -> str:
    """What tells the configuration as a whole from any other; empty where there is no file."""
    each = hashes(read)
    return content_hash(repr(sorted(each.items())).encode()) if each else ""


async def signs(folder: Path) -> AsyncGenerator[None, None]:
    """At the beginning, and again whenever the system tells that one of the folder's own files has changed; it tells
    nothing of what is behind a link. Raises `OSError` where the folder cannot be watched."""
    # Imported late and aside: nothing that listens should wait for it.
    watchfiles = await asyncio.to_thread(importlib.import_module, "watchfiles")
    yield
    async for _ in watchfiles.awatch(folder, watch_filter=is_ours, step=QUIET_MS, recursive=False, rust_timeout=0):
        yield


async def untold(folder: Path, seen: Callable[[], Contents]) -> AsyncGenerator[None, None]:
    """Whenever the files are not as they were `seen` last, or cannot be read, at most once a second: what has
    changed behind a link, before the system began to tell, or where it cannot."""
    lookout = Lookout("configuration")
    while True:
        await next_beat(LOOK_S)
        try:
            same = await heard(lookout.look(partial(contents, folder)), patiently=True) == seen()
        except OSError:
            same = False  # which is said by whoever reads it again
        if not same:
            yield


def is_ours(_change: "Change", path: str) -> bool:
    """Whether a change may be one of the configuration: of a file that counts, or of the link that all of them go
    through where a folder is mounted."""
    name = Path(path).name
    return name in FILES or name == "..data"


def lost(read: Contents, before: Contents) -> list[str]:
    """The files that had something in them and are gone or empty."""
    return [name for name, content in before.items() if content and not read.get(name)]


def doubts(read: Contents, before: Contents, is_cut: Callable[[str, bytes], bool]) -> Iterator[str]:
    """What speaks against taking up the files as they are now: they look like an accident, and nobody was asked.
    `is_cut` knows a shortened copy of a save."""
    missing = lost(read, before)
    for name, content in present(read).items():
        if name in missing or content == before.get(name):
            continue
        if is_cut(name, content):
            yield f"{name} is a shortened copy of what was saved here"
        elif breaks_off(content, before.get(name) or b""):
            yield f"{name} breaks off in the middle of a line"
    yield from (f"{name} is gone or empty" for name in missing)


def breaks_off(content: bytes, before: bytes) -> bool:
    """Whether a file is the beginning of what it was, and not whole lines of it."""
    if not before.startswith(content) or len(content) == len(before):
        return False
    return not content.endswith(b"\n") and before[len(content) : len(content) + 1] not in (b"\n", b"\r")


def _read(path: Path) -> bytes | None:
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # a pipe could keep us waiting for ever
            raise OSError(0, f"{path.name} is not a regular file")
        return path.read_bytes()
    except FileNotFoundError:
        return None
