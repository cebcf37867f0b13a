"""Keys in a file and in a Redis: the same promises, then what happens when one of the two is away."""

import random
import secrets
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from ai_dashboard.core.errors import KeysUnreadable
from ai_dashboard.core.tenancy import Key
from ai_dashboard.gateway.clock import SystemClock
from ai_dashboard.state.link import Link
from ai_dashboard.tenancy.key_homes import KeyHome, SharedKeys, SqliteKeys
from ai_dashboard.tenancy.keys import Wanted, changed, make_key, revoked
from tests.integration.tenancy.stage import link_to
from tests.valkey import Valkey, valkey

NOW = 1_790_000_000.0


def some_key() -> Key:
    return make_key(Wanted(name="ci", models=("a*",)), NOW, secrets.token_bytes)[1]


@pytest.fixture(params=["file", "file and redis"])
async def homes(
    request: pytest.FixtureRequest, shared_valkey: Valkey, tmp_path: Path
) -> AsyncIterator[tuple[KeyHome, KeyHome]]:
    """Those of two gateways: on one machine, or on two with one Redis."""
    if request.param == "file":
        yield SqliteKeys(tmp_path / "keys.sqlite"), SqliteKeys(tmp_path / "keys.sqlite")
        return
    async with link_to(shared_valkey.url) as first, link_to(shared_valkey.url) as second:
        await first.call("FLUSHALL")
        yield (
            SharedKeys(SqliteKeys(tmp_path / "a.sqlite"), first),
            SharedKeys(SqliteKeys(tmp_path / "b.sqlite"), second),
        )


async def test_what_one_keeps_the_other_finds(homes: tuple[KeyHome, KeyHome]) -> None:
    one, other = homes
    assert await one.load() == {}
    key, second = some_key(), some_key()
    before = await other.turn()
    await one.keep([key, second])
    assert await other.turn() != before
    assert await other.load() == {key.id: key, second.id: second}
    assert await other.turn() == await other.turn()


async def test_of_two_versions_the_later_holds_and_revoking_is_for_good(homes: tuple[KeyHome, KeyHome]) -> None:
    one, other = homes
    key = some_key()
    later = changed(key, NOW + 5, Wanted(name="later"), disabled=False)
    await one.keep([later])
    await other.keep([key])
    assert await one.load() == await other.load() == {key.id: later}
    gone = revoked(key, NOW + 1)
    await other.keep([gone])
    await one.keep([replace(later, changed_at=NOW + 1000)])
    assert (await one.load())[key.id] == (await other.load())[key.id] == gone


async def test_a_home_with_nothing_in_it_makes_no_file(tmp_path: Path) -> None:
    home = SqliteKeys(tmp_path / "keys.sqlite")
    assert (await home.load(), await home.turn()) == ({}, "")
    assert not (tmp_path / "keys.sqlite").exists()


async def test_the_file_holds_no_secret_and_is_its_owners_alone(tmp_path: Path) -> None:
    secret, key = make_key(Wanted(), NOW, secrets.token_bytes)
    await SqliteKeys(tmp_path / "keys.sqlite").keep([key])
    for path in tmp_path.iterdir():  # noqa: ASYNC240 - nothing else runs here
        assert secret.encode() not in path.read_bytes()
        assert path.stat().st_mode & 0o077 == 0


async def test_a_file_that_is_no_list_of_keys_is_said_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "keys.sqlite"
    path.write_bytes(b"something else entirely" * 100)
    home = SqliteKeys(path)
    for ask in (home.load, home.turn):
        with pytest.raises(KeysUnreadable, match=r"keys\.sqlite"):
            await ask()
    with pytest.raises(KeysUnreadable):
        await home.keep([some_key()])
    assert path.read_bytes() == b"something else entirely" * 100


async def test_a_row_that_is_no_key_is_said(tmp_path: Path) -> None:
    home = SqliteKeys(tmp_path / "keys.sqlite")
    await home.keep([some_key()])
    connection = sqlite3.connect(tmp_path / "keys.sqlite")
    with connection:
        connection.execute("INSERT INTO keys VALUES ('x', '{}')")
    connection.close()
    with pytest.raises(KeysUnreadable, match="no key"):
        await home.load()


@asynccontextmanager
async def away(server: Valkey) -> AsyncIterator[Link]:
    link = Link(server.url, clock=SystemClock(), chance=random.Random(1), call_s=2.0)
    assert await link.connect()
    try:
        yield link
    finally:
        await link.close()


async def test_what_was_changed_while_redis_was_away_is_told_when_it_is_back_even_empty(tmp_path: Path) -> None:
    kept, gone = some_key(), some_key()
    with valkey() as server:
        async with away(server) as one, away(server) as two:
            home = SharedKeys(SqliteKeys(tmp_path / "a.sqlite"), one)
            other = SharedKeys(SqliteKeys(tmp_path / "b.sqlite"), two)
            one.on_back.append(home.reconcile)
            await home.keep([kept, gone])
            assert len(await other.load()) == 2
            server.kill()
            await home.keep([revoked(gone, NOW)])
            assert (await home.load())[gone.id].revoked_at == NOW
            assert (await other.load())[gone.id].revoked_at is None
            server.start()
            assert await one.connect()
            assert await two.connect()
            assert (await other.load())[gone.id].revoked_at == NOW
            assert (await other.load())[kept.id] == kept
