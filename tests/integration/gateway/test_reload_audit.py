"""Every change of a running gateway's configuration is on record: who, what, when, from where, from what to what."""

from collections.abc import Callable
from pathlib import Path

import pytest

from ai_dashboard.config.backups import content_hash
from ai_dashboard.telemetry.audit import Audit, Entry
from ai_dashboard.telemetry.audit_check import verify
from tests.integration.gateway.home import FAILS, QUIET, Home, home, two
from tests.integration.gateway.scene import error_of, until

SECRET = "sk-0123456789abcdefghij"


@pytest.fixture
def audit(tmp_path: Path) -> Audit:
    return Audit(tmp_path / "state", lambda: 1_700_000_000.0)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "config").mkdir()
    return tmp_path / "config"


def entries(audit: Audit) -> dict[str, Entry]:
    """The newest entry of each kind."""
    return {entry.what: entry for entry in audit.newest(1000)}


def wrote(audit: Audit, what: str) -> Callable[[], bool]:
    return lambda: what in entries(audit)


async def test_a_commit_and_a_rollback_over_the_admin_api(folder: Path, audit: Audit) -> None:
    async with home(folder, two(), "a", audit=audit) as here:
        before, after = here.providers("a"), here.providers("a", "b")
        made = (await here.commit(after, why="a second one")).json()
        await here.admin("rollback", {"id": made["backup_id"]})
    commit, rollback = entries(audit)["config.commit"], entries(audit)["config.rollback"]
    assert (commit.subject, commit.who, commit.where) == ("providers.yaml", "admin API (127.0.0.1)", "127.0.0.1")
    assert (commit.before, commit.after) == (content_hash(before.encode()), content_hash(after.encode()))
    assert commit.why == "a second one"
    assert commit.details[0].startswith("added provider b: openai_compatible at ")
    assert (rollback.before, rollback.after) == (commit.after, commit.before)
    assert rollback.why == f"rollback to {made['backup_id']}"
    assert verify(audit.folder).problems == ()


async def test_the_start_a_file_that_others_changed_and_sighup(folder: Path, audit: Audit) -> None:
    async with home(folder, two(), "a", "b", audit=audit) as here:
        await until(wrote(audit, "gateway.start"))
        here.write("a")
        await until(lambda: here.number == 2)
        seen = entries(audit)["config.reload"]
        assert (seen.subject, seen.who, seen.where) == ("providers.yaml", "another program", str(folder))
        assert (seen.after, seen.details) == (content_hash(here.providers("a").encode()), ("removed provider b",))
        here.gateway.reloader.request()
        await until(lambda: here.number == 3)
        assert entries(audit)["config.reload"].who == "SIGHUP"
        await here.admin("reload", {})
        assert entries(audit)["config.reload"].who == "admin API (127.0.0.1)"


async def test_a_rollback_that_happens_by_itself(folder: Path, audit: Audit) -> None:
    settings = "reload: {watch_requests: 4}\nretries: {max: 0}\n"
    async with home(folder, two(b=FAILS), "a", settings=settings, audit=audit) as here:
        await here.chat()
        await here.commit(here.providers("b"))
        for _ in range(4):
            await here.chat()
        await until(lambda: here.told("rolled back"))
        entry = entries(audit)["config.rollback"]
        assert (entry.who, entry.after) == ("the gateway", content_hash(here.providers("a").encode()))
        assert entry.why == "100% of 4 requests failed on configuration 2, 0% before it"
        assert "removed provider b" in entry.details


async def test_no_secret_gets_there(folder: Path, audit: Audit) -> None:
    async with home(folder, two(), "a", audit=audit) as here:
        made = await here.commit(QUIET + f"auth: {{master_key: {SECRET}}}\n", "gateway.yaml", why=f"a key: {SECRET}")
        assert made.status_code == 200
    assert entries(audit)["config.commit"].details == ("changed setting auth.master_key: …",)
    assert all(SECRET.encode() not in path.read_bytes() for path in audit.folder.iterdir())


async def test_what_was_refused_is_no_change(folder: Path, audit: Audit) -> None:
    async with home(folder, two(), "a", audit=audit) as here:
        assert (await here.commit("providers: 1\n")).status_code == 422
    assert set(entries(audit)) <= {"gateway.start"}


async def unwritable(here: Home, audit: Audit) -> None:
    """From now on the log is a file where a folder should be."""
    await until((audit.folder / "head.json").exists)  # it is the last that is written
    audit.folder.rename(audit.folder.with_name("away"))
    audit.folder.write_text("not a folder")


async def test_a_change_that_cannot_be_put_on_record_is_not_made(folder: Path, audit: Audit) -> None:
    async with home(folder, two(), "a", audit=audit) as here:
        await unwritable(here, audit)
        refused = await here.commit(here.providers("b"))
        assert (refused.status_code, error_of(refused)["code"]) == (500, "config_not_written")
        assert str(audit.folder) in error_of(refused)["message"]
        assert (folder / "providers.yaml").read_text() == here.providers("a")
        assert here.number == 1


async def test_a_file_that_others_changed_is_taken_up_and_put_on_record_as_soon_as_that_is_possible(
    folder: Path, audit: Audit
) -> None:
    async with home(folder, two(), "a", audit=audit) as here:
        await unwritable(here, audit)
        here.write("a", "b")
        await until(lambda: here.told("the audit log cannot be written, and what is to be in it waits"))
        assert here.number == 2
        audit.folder.unlink()
        audit.folder.with_name("away").rename(audit.folder)
        await until(wrote(audit, "config.reload"))
        assert verify(audit.folder).problems == ()
