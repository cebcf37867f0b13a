"""Where keys are kept: a file of the state folder, and beside it, for several gateways, a Redis.

The file is this gateway's own word, and it is never given up: what is in Redis is put together with it, key by key, and
a key that was revoked anywhere stays so everywhere.
"""

import asyncio
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

from ai_dashboard.core.errors import KeysUnreadable
from ai_dashboard.core.tenancy import Key
from ai_dashboard.state.background import Lookout
from ai_dashboard.state.beat import heard
from ai_dashboard.state.link import Link, LinkDown, Part, Script
from ai_dashboard.state.sqlite_file import open_file, open_reader
from ai_dashboard.tenancy.keys import merged, newer, read, written

STEPS = (
    """CREATE TABLE keys (id TEXT PRIMARY KEY, written TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE turns (number INTEGER NOT NULL);
    INSERT INTO turns VALUES (0)""",
)

_ALL = "aid:{keys}:all"
_TURN = "aid:{keys}:turn"

_MERGE = Script("""
local old = redis.call('HGET', KEYS[1], ARGV[1])
if old then
  old = cjson.decode(old)
  local revoked = old.revoked_at ~= cjson.null
  if revoked and ARGV[3] == '' then return 0 end
  if revoked == (ARGV[3] ~= '') and tonumber(ARGV[2]) <= old.changed_at then return 0 end
end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[4])
redis.call('INCR', KEYS[2])
return 1
""")


class KeyHome(Protocol):
    """Keys that outlive the process."""

    async def load(self) -> dict[str, Key]:
        """All, by their ids. Raises `KeysUnreadable`."""
        ...

    async def keep(self, keys: Iterable[Key]) -> None:
        """Put these among them, each unless a newer version is there. Raises `KeysUnreadable`."""
        ...

    async def turn(self, *, patiently: bool = False) -> str:
        """Something that is another once anything has changed, whoever did it. `patiently`: there is time until the
        next beat. Raises `KeysUnreadable`."""
        ...


class MemoryKeys:
    """A `KeyHome` for as long as the process lives."""

    def __init__(self) -> None:
        self._keys: dict[str, Key] = {}
        self._changes = 0

    async def load(self) -> dict[str, Key]:
        return dict(self._keys)

    async def keep(self, keys: Iterable[Key]) -> None:
        self._keys = merged(self._keys.values(), keys)
        self._changes += 1

    async def turn(self, *, patiently: bool = False) -> str:  # noqa: ARG002 - it is known at once
        return str(self._changes)


class SqliteKeys:
    """A `KeyHome` in one file. Keys change rarely, so each call opens it anew, on a thread."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lookout = Lookout("keys")

    async def load(self) -> dict[str, Key]:
        return await asyncio.to_thread(self._load)

    async def keep(self, keys: Iterable[Key]) -> None:
        await asyncio.to_thread(self._keep, tuple(keys))

    async def turn(self, *, patiently: bool = False) -> str:
        return await heard(self._lookout.look(self._turn), patiently=patiently)

    def _load(self) -> dict[str, Key]:
        if not self._path.exists():
            return {}
        try:
            connection = open_reader(self._path)
            try:
                found = [read(row["written"]) for row in connection.execute("SELECT written FROM keys")]
            finally:
                connection.close()
        except sqlite3.Error as error:
            raise self._unreadable(error) from error
        if None in found:
            raise KeysUnreadable(f"{self._path} holds something that is no key")
        return merged(key for key in found if key is not None)

    def _keep(self, keys: tuple[Key, ...]) -> None:
        try:
            connection = open_file(self._path, STEPS)
            try:
                connection.execute("PRAGMA synchronous = FULL")  # a key that was shown must be there after a power cut
                connection.execute("BEGIN IMMEDIATE")
                for key in keys:
                    row = connection.execute("SELECT written FROM keys WHERE id = ?", (key.id,)).fetchone()
                    if newer(key, read(row[0]) if row else None) is key:
                        connection.execute("REPLACE INTO keys VALUES (?, ?)", (key.id, written(key).decode()))
                connection.execute("UPDATE turns SET number = number + 1")
                connection.execute("COMMIT")
            finally:
                connection.close()
        except (sqlite3.Error, OSError) as error:
            raise self._unreadable(error) from error

    def _turn(self) -> str:
        if not self._path.exists():
            return ""
        try:
            connection = open_reader(self._path)
            try:
                return str(connection.execute("SELECT number FROM turns").fetchone()[0])
            finally:
                connection.close()
        except sqlite3.Error as error:
            raise self._unreadable(error) from error

    def _unreadable(self, error: sqlite3.Error | OSError) -> KeysUnreadable:
        return KeysUnreadable(f"{self._path} cannot be used: {error}")


class SharedKeys:
    """A `KeyHome` in a file and in a Redis. `reconcile` belongs among the link's `on_back`."""

    def __init__(self, file: KeyHome, link: Link) -> None:
        self._file = file
        self._link = link

    async def load(self) -> dict[str, Key]:
        own = await self._file.load()
        try:
            reply = await self._link.call("HVALS", _ALL)
        except LinkDown:
            return own
        shared = [read(text) for text in reply if isinstance(text, bytes)] if isinstance(reply, list) else []
        found = merged(own.values(), (key for key in shared if key is not None))
        if news := [key for key in found.values() if own.get(key.id) != key]:
            await self._file.keep(news)
        return found

    async def keep(self, keys: Iterable[Key]) -> None:
        keys = tuple(keys)
        await self._file.keep(keys)
        try:
            await self._tell(keys)
        except LinkDown:
            return  # `reconcile` tells it

    async def turn(self, *, patiently: bool = False) -> str:
        own = await self._file.turn(patiently=patiently)
        try:
            shared = await self._link.call("GET", _TURN)
        except LinkDown:
            return own
        return f"{own}/{shared.decode() if isinstance(shared, bytes) else ''}"

    async def reconcile(self) -> None:
        """Redis is back, perhaps with nothing in it: tell it of all keys."""
        try:
            await self._tell((await self._file.load()).values())
        except (LinkDown, KeysUnreadable):
            return

    async def _tell(self, keys: Iterable[Key]) -> None:
        for key in keys:
            revoked = "revoked" if key.revoked_at is not None else ""
            arguments: tuple[Part, ...] = (key.id, repr(key.changed_at), revoked, written(key))
            await self._link.run(_MERGE, [_ALL, _TURN], arguments)
