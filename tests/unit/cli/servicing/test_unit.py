"""The unit, as systemd reads it."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from ai_dashboard.cli.servicing.unit import OURS, UNIT, Service, unit_of

PLAIN = Service(
    ("/usr/bin/python3", "-m", "ai_dashboard", "serve"), Path("/home/me/state"), Path("/home/me/config"),
    Path("/home/me/environment"), 30.0,
)  # fmt: skip
ODD = Service(
    ("/usr/bin/python3", "-c", "pass", 'a "b" c', "50%", "$HOME;", "x\\y", "line\nbreak"), Path("/home/m e/st%h"), None,
    Path("/home/m e/envi%ronment"), 0.4,
)  # fmt: skip

HARDENED = {
    "NoNewPrivileges=yes", "ProtectSystem=strict", "ProtectHome=read-only", "PrivateTmp=yes", "UMask=0077",
    "RestrictNamespaces=yes", "SystemCallFilter=@system-service",
}  # fmt: skip


def settings(text: str) -> list[str]:
    return [line for line in text.splitlines() if "=" in line]


def value(text: str, name: str) -> str:
    (found,) = [line.partition("=")[2] for line in settings(text) if line.startswith(f"{name}=")]
    return found


def test_it_is_hardened_private_and_started_again() -> None:
    text = unit_of(PLAIN)
    assert text.startswith(f"{OURS}\n")
    assert set(settings(text)) >= HARDENED | {"Restart=on-failure", "WantedBy=default.target", "TimeoutStopSec=40"}
    assert value(text, "ExecStart") == "/usr/bin/python3 -m ai_dashboard serve"
    assert value(text, "Environment") == "AI_DASHBOARD_STATE_DIR=/home/me/state"
    assert value(text, "EnvironmentFile") == "-/home/me/environment"
    assert value(text, "ReadWritePaths") == "-/home/me/state -/home/me/config"


def test_nothing_in_a_path_means_anything_to_systemd() -> None:
    text = unit_of(ODD)
    assert value(text, "ExecStart") == (r'/usr/bin/python3 -c pass "a \"b\" c" 50%% "$$HOME;" "x\\y" "line\nbreak"')
    assert value(text, "Environment") == '"AI_DASHBOARD_STATE_DIR=/home/m e/st%%h"'
    assert value(text, "EnvironmentFile") == "-/home/m e/envi%%ronment"
    assert value(text, "ReadWritePaths") == '"-/home/m e/st%%h"'


def test_each_setting_is_one_line_of_a_known_section() -> None:
    """What can be held against a unit without systemd."""
    for service in (PLAIN, ODD):
        sections = [block.split("\n") for block in unit_of(service).removeprefix(f"{OURS}\n\n").split("\n\n")]
        assert [block[0] for block in sections] == ["[Unit]", "[Service]", "[Install]"]
        names = [line.partition("=")[0] for block in sections for line in block[1:] if line]
        assert all(name.isalnum() and name[0].isupper() for name in names)
        assert len(names) == len(set(names))


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd-analyze here")
def test_systemd_has_nothing_to_say_of_it(tmp_path: Path) -> None:
    env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path)}
    for service in (PLAIN, ODD):
        file = tmp_path / UNIT
        file.write_text(unit_of(service).replace("/usr/bin/python3", shutil.which("env") or "/usr/bin/env"))
        done = subprocess.run(
            ["systemd-analyze", "verify", "--user", file], env=env, capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stderr) == (0, "")
