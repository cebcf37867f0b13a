"""`service`, with a `systemctl` that writes down what it is asked."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from ai_dashboard.cli.commands.service import lines
from ai_dashboard.cli.main import main
from ai_dashboard.cli.servicing.manager import Standing
from ai_dashboard.cli.servicing.unit import OURS, UNIT

SYSTEMCTL = """#!/bin/sh
echo "$*" >> "{log}"
case "$*" in
  *Version*) echo Version=252 ;;
  *LoadState*) echo LoadState=loaded; echo ActiveState={active}; echo SubState=running; echo MainPID=12
    echo NRestarts=2; echo UnitFileState=enabled; echo Result=success
    echo "ExecMainStartTimestamp=Sat 2026-11-21 12:00:00 UTC" ;;
  *"{fails}"*) echo "Failed to do it: no." >&2; exit 1 ;;
esac
"""


@dataclass(frozen=True, slots=True)
class Desk:
    """A user with a home, and a systemd."""

    home: Path
    log: Path

    @property
    def unit(self) -> Path:
        return self.home / ".config" / "systemd" / "user" / UNIT

    @property
    def asked(self) -> list[str]:
        return [line.removeprefix("--user --no-pager ") for line in self.log.read_text().splitlines()]


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / ".config"))
    monkeypatch.setenv("AI_DASHBOARD_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.delenv("AI_DASHBOARD_CONFIG_DIR", raising=False)
    (tmp_path / "log").touch()
    return Desk(tmp_path, tmp_path / "log")


Manage = Callable[..., None]


@pytest.fixture
def systemd(desk: Desk) -> Manage:
    def there(*, active: str = "active", fails: str = "nothing") -> None:
        (desk.home / "bin").mkdir(exist_ok=True)
        for name, text in (("systemctl", SYSTEMCTL), ("loginctl", "#!/bin/sh\necho no\n")):
            tool = desk.home / "bin" / name
            tool.write_text(text.format(log=desk.log, active=active, fails=fails))
            tool.chmod(0o755)

    there()
    return there


def test_a_dry_run_prints_the_unit_and_needs_no_systemd(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["service", "install", "--dry-run", "--port", "4100"]) == 0
    said = capsys.readouterr()
    assert said.out.startswith(f"{OURS}\n\n[Unit]\n")
    assert "serve --port=4100\n" in said.out
    assert not desk.unit.exists()
    assert main(["service", "install", "--dry-run", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["path"] == str(desk.unit)


def test_without_systemd_it_is_one_calm_line(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    for action in ("install", "status"):
        assert main(["service", action]) == 1
        said = capsys.readouterr()
        assert said.err.startswith("ai-dashboard: systemd does not run for this user here; ")
        assert (said.out, said.err.count("\n")) == ("", 1)
    assert not desk.unit.exists()
    assert main(["service", "uninstall"]) == 0


def test_it_is_installed_started_and_taken_away(
    desk: Desk, systemd: Manage, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["service", "install"]) == 0
    assert "enable-linger" in capsys.readouterr().err
    assert desk.unit.read_text().startswith(OURS)
    assert (desk.home / "state").stat().st_mode & 0o777 == 0o700
    assert desk.asked[1:] == ["daemon-reload", f"enable --quiet {UNIT}", f"restart {UNIT}"]
    desk.log.write_text("")
    assert main(["service", "uninstall"]) == 0
    assert not desk.unit.exists()
    assert desk.asked[1:] == [f"disable --quiet --now {UNIT}", "daemon-reload"]
    assert (desk.home / "state").is_dir()


def test_somebody_elses_unit_stays(desk: Desk, systemd: Manage, capsys: pytest.CaptureFixture[str]) -> None:
    desk.unit.parent.mkdir(parents=True)
    desk.unit.write_text("[Service]\n")
    for action in ("install", "uninstall"):
        assert main(["service", action]) == 1
        assert "was not written by this program" in capsys.readouterr().err
    assert desk.unit.read_text() == "[Service]\n"


def test_what_systemd_refuses_is_told_in_its_words(
    desk: Desk, systemd: Manage, capsys: pytest.CaptureFixture[str]
) -> None:
    systemd(fails="daemon-reload")
    assert main(["service", "install"]) == 1
    assert "`systemctl --user daemon-reload`: Failed to do it: no." in capsys.readouterr().err


def test_its_standing_is_told_and_is_the_exit_code(
    desk: Desk, systemd: Manage, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["service", "status", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["active"], said["pid"], said["restarts"], said["enabled"]) == ("active", 12, 2, True)
    systemd(active="failed")
    assert main(["service", "status"]) == 1
    assert capsys.readouterr().out.startswith("✗ failed (running)")


def test_a_configuration_with_errors_is_not_installed(
    desk: Desk, systemd: Manage, capsys: pytest.CaptureFixture[str]
) -> None:
    (desk.home / "config").mkdir()
    (desk.home / "config" / "providers.yaml").write_text("providers: {a: {type: nonsense}}\n")
    assert main(["service", "install"]) == 2
    assert "nothing is served from a configuration with errors" in capsys.readouterr().err
    assert not desk.unit.exists()


def test_keys_that_only_this_shell_has_are_named(
    desk: Desk, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (desk.home / "config").mkdir()
    text = "providers: {a: {type: openai, base_url: https://api.openai.com, models: [m]}}\n"
    (desk.home / "config" / "providers.yaml").write_text(text)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    file = desk.home / ".config" / "ai-dashboard" / "environment"
    main(["service", "install", "--dry-run"])
    said = capsys.readouterr()
    assert f"no variables but those in {file}" in said.err
    assert "OPENAI_API_KEY is not set" in said.err
    assert "sk-secret" not in said.out + said.err
    file.parent.mkdir(parents=True)
    file.write_text("OPENAI_API_KEY=sk-secret\n")
    file.chmod(0o644)
    main(["service", "install", "--dry-run"])
    assert capsys.readouterr().err == f"note: others can read {file}; `chmod 600` it\n"


@pytest.mark.parametrize(
    ("standing", "words"),
    [
        (Standing(True, "active", "running", "success", 7, 0, True, "today"),
         ["● active (running), pid 7, started today", "  not restarted yet; starts at log-in"]),
        (Standing(True, "failed", "failed", "exit-code", 0, 5, False, ""),
         ["✗ failed (failed)", "  restarted 5 times; does not start at log-in",
          f"  result: exit-code; `journalctl --user -u {UNIT}` has its last words"]),
        (Standing(True, "inactive", "dead", "success", 0, 1, True, "then"),
         ["○ inactive (dead), started then", "  restarted 1 time; starts at log-in",
          f"  result: success; `journalctl --user -u {UNIT}` has its last words"]),
    ],
)  # fmt: skip
def test_a_standing_in_words(standing: Standing, words: list[str]) -> None:
    assert lines(standing) == words
