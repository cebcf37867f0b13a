"""Systemd user units, asked through stand-ins for `systemctl` and `journalctl` on the path."""

from pathlib import Path

import pytest

from ai_dashboard.gateway import units

SYSTEMCTL = """#!/bin/sh
state="{folder}/state"
case "$2" in
  show)
    case "$5" in
      unknown*) echo LoadState=not-found; echo ActiveState=inactive; exit 0;;
    esac
    echo LoadState=loaded; echo ActiveState=$(cat "$state"); echo SubState=running;;
  start|restart) echo active > "$state";;
  stop) [ "$4" = stubborn.service ] && {{ echo "Job failed."; exit 1; }}; echo inactive > "$state";;
esac
"""
JOURNALCTL = """#!/bin/sh
echo "first line"
echo "of $3"
"""


@pytest.fixture
def systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, text in (("systemctl", SYSTEMCTL.format(folder=tmp_path)), ("journalctl", JOURNALCTL)):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    (tmp_path / "state").write_text("active\n")
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")


@pytest.mark.usefixtures("systemd")
async def test_a_unit_says_how_it_is_and_what_it_last_said() -> None:
    view = await units.look("ollama.service")
    assert (view.unit, view.state, view.note) == ("ollama.service", "active", "running")
    assert view.journal == ("first line", "of ollama.service")


@pytest.mark.usefixtures("systemd")
async def test_actions_move_it() -> None:
    assert (await units.act("ollama.service", "stop")).state == "inactive"
    started = await units.act("ollama.service", "start")
    assert (started.state, started.note) == ("active", "start: active")


@pytest.mark.usefixtures("systemd")
async def test_a_refusal_is_told_in_systemds_words() -> None:
    view = await units.act("stubborn.service", "stop")
    assert (view.state, view.note) == ("active", "stop: Job failed.")


@pytest.mark.usefixtures("systemd")
async def test_a_unit_that_does_not_exist_is_not_touched() -> None:
    view = await units.act("unknown.service", "start")
    assert view.state == ""
    assert "no such unit" in view.note


@pytest.mark.usefixtures("systemd")
@pytest.mark.parametrize("name", ["--now", "", "a b", "x;reboot", "a/b"])
async def test_what_is_no_name_of_a_unit_is_never_passed_on(name: str) -> None:
    view = await units.act(name, "start")
    assert view.state == ""
    assert "no name of a systemd unit" in view.note


async def test_without_systemd_there_is_one_calm_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    view = await units.look("ollama.service")
    assert (view.state, view.note, view.journal) == ("", units.NO_SYSTEMD, ())


async def test_a_command_that_hangs_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "systemctl").write_text("#!/bin/sh\nexec sleep 60\n")
    (tmp_path / "systemctl").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr(units, "COMMAND_S", 0.05)
    assert (await units.look("ollama.service")).note == units.NO_SYSTEMD
