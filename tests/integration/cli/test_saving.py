"""`backup` and `restore`, beside a gateway that works."""

import argparse
import asyncio
import itertools
import json
import shutil
import sqlite3
import tarfile
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import pytest

from ai_dashboard.cli.commands import serve
from ai_dashboard.cli.main import main
from ai_dashboard.cli.opening import Order, opened, order_from
from ai_dashboard.cli.saving.copying import NotCopied, copy_config, copy_state
from ai_dashboard.cli.saving.occupied import in_use
from ai_dashboard.telemetry.audit import Audit
from ai_dashboard.telemetry.audit_check import verify
from tests.integration.gateway.scene import DONE, HELLO, ROLE, STOP, Play, house, stream

ANSWER = stream(ROLE, HELLO, STOP, DONE)
CONFIG = {"providers.yaml": "providers: {}\n", "gateway.yaml": "auth: {master_key: sk-secret}\n"}


@dataclass(frozen=True, slots=True)
class Home:
    """Where an operator keeps things."""

    folder: Path

    @property
    def config(self) -> Path:
        return self.folder / "config"

    @property
    def state(self) -> Path:
        return self.folder / "state"

    @property
    def backup(self) -> Path:
        return self.folder / "backup.tar.gz"

    def run(self, *arguments: str) -> int:
        return main([arguments[0], str(self.backup), *arguments[1:]])


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    here = Home(tmp_path)
    here.config.mkdir()
    for name, text in CONFIG.items():
        (here.config / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    for name in ("HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.setenv("AI_DASHBOARD_STATE_DIR", str(here.state))
    monkeypatch.delenv("AI_DASHBOARD_CONFIG_DIR", raising=False)
    return here


def rows(database: Path) -> int:
    with closing(sqlite3.connect(database)) as connection:
        return int(connection.execute("SELECT count(*) FROM requests").fetchone()[0])


def tree(folder: Path) -> dict[str, bytes]:
    """Without what a restore leaves beside."""
    found = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    return {name: content for name, content in found.items() if not name.startswith((".in-use", "before-restore-"))}


async def test_what_a_working_gateway_knows_comes_back_whole(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    async with house({"first": Play(ANSWER)}, state=home.state) as gateway:
        for _ in range(3):
            await gateway.chat()
        log = gateway.gateway.keeping.log
        assert log is not None
        await log.written()
        Audit(home.state / "audit", lambda: 1.0).record("test", who="me")
        assert await asyncio.to_thread(home.run, "backup") == 0
        await gateway.chat()
    assert rows(home.state / "requests.sqlite") == 4
    (home.config / "providers.yaml").write_text("changed: true\n")
    (home.config / "new.yaml").write_text("x: 1\n")
    assert home.run("restore") == 0
    assert rows(home.state / "requests.sqlite") == 3
    assert {name: (home.config / name).read_text() for name in CONFIG} == CONFIG
    assert not (home.config / "new.yaml").exists()
    kept = next(home.config.glob("before-restore-*"))
    assert (kept / "new.yaml").read_text() == "x: 1\n"
    assert rows(next(home.state.glob("before-restore-*")) / "requests.sqlite") == 4
    assert [it.what for it in Audit(home.state / "audit", lambda: 1.0).newest(9)] == ["test", "backup.restored"]
    assert "keys and tokens" in capsys.readouterr().out
    async with house({"first": Play(ANSWER)}, state=home.state) as gateway:
        await gateway.chat()
    assert rows(home.state / "requests.sqlite") == 4


def test_a_backup_is_for_its_owner_alone(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    assert home.run("backup", "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert [it["path"] for it in said["files"]] == ["config/gateway.yaml", "config/providers.yaml"]
    assert home.backup.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in home.folder.glob(".backup*")] == []
    assert home.run("backup") == 1
    assert "exists; name another file" in capsys.readouterr().err


def test_a_backup_that_breaks_leaves_nothing(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    home.state.mkdir()
    (home.state / "keys.sqlite").write_bytes(b"no database" * 100)
    before = sorted(home.folder.iterdir())
    assert home.run("backup") == 1
    assert "keys.sqlite cannot be read" in capsys.readouterr().err
    assert sorted(home.folder.iterdir()) == before


def test_where_there_is_nothing_it_says_so(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    for name in CONFIG:
        (home.config / name).unlink()
    assert home.run("backup") == 1
    assert "there is nothing in" in capsys.readouterr().err


def test_a_backup_does_not_end_up_in_the_next_one(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["backup", str(home.config / "b.tar.gz")]) == 1
    assert "name a file elsewhere" in capsys.readouterr().err


def test_folders_that_lie_in_each_other_are_used_wrongly(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AI_DASHBOARD_STATE_DIR", str(home.config / "state"))
    assert home.run("backup") == 2


def test_a_running_gateway_keeps_its_state(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    home.run("backup")
    before = tree(home.config)
    with in_use(home.state):
        assert home.run("restore") == 1
    assert "a gateway works with" in capsys.readouterr().err
    assert tree(home.config) == before
    assert tree(home.state) == {}


def test_an_old_write_ahead_log_does_not_get_into_a_restored_database(home: Home) -> None:
    home.state.mkdir()
    database = home.state / "requests.sqlite"
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE requests (id)")
        assert home.run("backup") == 0
        connection.execute("INSERT INTO requests VALUES (1)")
        left = {name: (home.state / name).read_bytes() for name in ("requests.sqlite-wal", "requests.sqlite-shm")}
    for name, content in left.items():
        (home.state / name).write_bytes(content)
    assert rows(database) == 1
    for name, content in left.items():
        (home.state / name).write_bytes(content)
    assert home.run("restore") == 0
    assert rows(database) == 0


def test_one_of_the_two_can_be_put_back(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    home.run("backup")
    (home.config / "providers.yaml").write_text("changed: true\n")
    assert home.run("restore", "--only", "state") == 1
    assert "holds no state" in capsys.readouterr().err
    assert home.run("restore", "--only", "config") == 0
    assert (home.config / "providers.yaml").read_text() == CONFIG["providers.yaml"]


def test_looking_at_a_backup_changes_nothing(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    home.run("backup")
    before = tree(home.folder)
    capsys.readouterr()
    assert home.run("restore", "--check", "--json") == 0
    assert json.loads(capsys.readouterr().out)["restored"] is False
    home.backup.write_bytes(home.backup.read_bytes()[:-100])
    assert home.run("restore", "--check") == 1
    assert home.run("restore") == 1
    assert tree(home.config) == {name.removeprefix("config/"): it for name, it in before.items() if "config/" in name}


def test_links_in_a_backup_lead_nowhere(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    with tarfile.open(home.backup, "w:gz") as tar:
        info = tarfile.TarInfo("manifest.json")
        info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(info)
    before = tree(home.config)
    assert home.run("restore") == 1
    assert "no plain file" in capsys.readouterr().err
    assert tree(home.config) == before


def test_a_restore_to_a_new_machine_makes_the_folders(home: Home) -> None:
    home.state.mkdir()
    (home.state / "admin-token").write_text("t")
    home.run("backup")
    there = home.folder / "there"
    assert home.run("restore", "--config-dir", str(there / "config")) == 0
    assert {path.name for path in (there / "config").iterdir()} == set(CONFIG)
    assert (there / "config").stat().st_mode & 0o777 == 0o700


def test_a_folder_that_never_holds_still_is_no_backup(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy, sizes = shutil.copyfileobj, itertools.count(1)

    def while_edited(source: IO[bytes], target: IO[bytes]) -> None:
        copy(source, target)
        (home.config / "gateway.yaml").write_text("#" * next(sizes))

    monkeypatch.setattr(shutil, "copyfileobj", while_edited)
    with pytest.raises(NotCopied, match="changes all the time"):
        copy_config(home.config, tmp_path / "copy")


def test_the_audit_log_is_copied_as_a_whole(home: Home, tmp_path: Path) -> None:
    audit = Audit(home.state / "audit", lambda: 1.0)
    for number in range(5):
        audit.record(f"change {number}", who="me")
    copy_state(home.state, home.state / "audit", tmp_path / "copy")
    assert tree(tmp_path / "copy" / "audit") == tree(home.state / "audit")
    assert verify(tmp_path / "copy" / "audit") == verify(home.state / "audit")


def asked_for() -> Order:
    parser = argparse.ArgumentParser()
    serve.arguments(parser)
    return order_from(parser.parse_args(["--port", "0", "--no-discovery"]))


async def test_whoever_serves_holds_the_state_folder(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    home.run("backup")
    async with opened(asked_for()):
        assert await asyncio.to_thread(home.run, "restore") == 1
    assert "a gateway works with" in capsys.readouterr().err
    assert home.run("restore") == 0


def test_a_gateway_that_starts_finishes_what_was_cut_off(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    class Killed(BaseException):
        """As SIGKILL."""

    def die(_path: Path) -> None:
        raise Killed

    home.run("backup")
    (home.config / "providers.yaml").write_text("changed: true\n")
    with monkeypatch.context() as cut:
        cut.setattr("ai_dashboard.cli.saving.swapping.sync_folder", die)
        with pytest.raises(Killed):
            home.run("restore")
    assert home.run("backup") == 1
    assert asked_for().loaded.config is not None
    assert {name: (home.config / name).read_text() for name in CONFIG} == CONFIG
    assert home.run("restore") == 0
