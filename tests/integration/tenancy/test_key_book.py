"""The keys of one gateway, and those that another process makes beside it."""

import asyncio
import secrets
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from ai_dashboard.core.errors import CallerError, KeyNotFound
from ai_dashboard.core.tenancy import KeyLimits
from ai_dashboard.gateway.clock import SystemClock
from ai_dashboard.tenancy.key_book import KeyBook
from ai_dashboard.tenancy.key_homes import SqliteKeys
from ai_dashboard.tenancy.keys import Wanted, digest_of
from tests.integration.tenancy.stage import StillClock


def book_in(folder: Path, told: list[str] | None = None) -> KeyBook:
    tell = told.append if told is not None else lambda _trouble: None
    return KeyBook(SqliteKeys(folder / "keys.sqlite"), clock=StillClock(), entropy=secrets.token_bytes, tell=tell)


async def test_a_key_lives_through_its_changes_and_a_restart(tmp_path: Path) -> None:
    book = book_in(tmp_path)
    new = await book.create(Wanted(name="ci", tenant="acme"))
    digest = digest_of(new.secret.encode())
    assert new.key == book.view(new.key.id) == book.view("ci") == book.view(new.key.id[:8])
    wanted, disabled = book.wanted("ci")
    version = book.version
    await book.change("ci", replace(wanted, limits=KeyLimits(rpm=7)), disabled=disabled)
    assert book.version > version
    again = book_in(tmp_path)
    assert again.find(digest) is None
    await again.look()
    found = again.find(digest)
    assert found is not None
    assert (found.name, found.tenant, found.limits.rpm) == ("ci", "acme", 7)
    assert again.views() == book.views()


async def test_what_is_revoked_is_kept_in_the_list_and_cannot_be_changed(tmp_path: Path) -> None:
    book = book_in(tmp_path)
    new = await book.create(Wanted())
    assert (await book.revoke(new.key.id)).state == "revoked"
    assert (await book.revoke(new.key.id)).revoked_at == StillClock().wall()
    assert (len(book), [view.state for view in book.views()]) == (1, ["revoked"])
    with pytest.raises(CallerError, match="revoked for good"):
        await book.change(new.key.id, Wanted(), disabled=False)


async def test_names_that_fit_nobody_or_several_are_refused(tmp_path: Path) -> None:
    book = book_in(tmp_path)
    for _ in range(2):
        await book.create(Wanted(name="twin"))
    with pytest.raises(KeyNotFound, match="2 keys go by 'twin'"):
        book.view("twin")
    with pytest.raises(KeyNotFound, match="2 keys go by 'key_'"):
        await book.revoke("key_")
    for name in ("", "key", "nobody"):
        with pytest.raises(KeyNotFound, match="there is no key"):
            book.view(name)


async def test_a_key_that_would_never_have_been_good_is_not_made(tmp_path: Path) -> None:
    book = book_in(tmp_path)
    with pytest.raises(CallerError, match="expired already"):
        await book.create(Wanted(expires_at=StillClock().wall()))
    assert len(book) == 0


async def test_what_another_process_changes_is_known_within_a_second(tmp_path: Path) -> None:
    mine, other = book_in(tmp_path), book_in(tmp_path)
    watching = asyncio.get_running_loop().create_task(mine.watch())
    try:
        new = await other.create(Wanted())
        digest = digest_of(new.secret.encode())
        clock = SystemClock()
        made_at = clock.monotonic()
        while mine.find(digest) is None:
            assert clock.monotonic() - made_at < 1.0
            await asyncio.sleep(0)
        await other.revoke(new.key.id)
        revoked_at = clock.monotonic()
        while (key := mine.find(digest)) is None or key.revoked_at is None:
            assert clock.monotonic() - revoked_at < 1.0
            await asyncio.sleep(0)
    finally:
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching


async def test_trouble_is_told_once_and_its_end_too(tmp_path: Path) -> None:
    told: list[str] = []
    book = book_in(tmp_path, told)
    (tmp_path / "keys.sqlite").write_bytes(b"no database" * 100)
    for _ in range(3):
        await book.look()
    assert [bool(trouble) for trouble in told] == [True]
    (tmp_path / "keys.sqlite").unlink()
    await book.look()
    assert told[1:] == [""]
