"""Gateways share a state folder; whoever replaces it has it alone."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ai_dashboard.cli.saving.occupied import LOCK, Occupied, alone, in_use
from ai_dashboard.core.errors import ConfigError


def test_gateways_share_and_keep_others_out(tmp_path: Path) -> None:
    with in_use(tmp_path), in_use(tmp_path):
        with pytest.raises(Occupied) as refused, alone(tmp_path):
            pass
        assert os.getpid() not in refused.value.pids
    with alone(tmp_path):
        pass


def test_a_gateway_does_not_start_on_a_folder_that_is_being_replaced(tmp_path: Path) -> None:
    with alone(tmp_path), pytest.raises(ConfigError, match="is being restored"), in_use(tmp_path):
        pass


HOLDER = """
import fcntl, sys
file = open(sys.argv[1], "a")
fcntl.flock(file, fcntl.LOCK_SH)
print(flush=True)
sys.stdin.read()
"""


def test_the_holder_is_named(tmp_path: Path) -> None:
    command = [sys.executable, "-S", "-c", HOLDER, str(tmp_path / LOCK)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        other.stdout.readline()
        with pytest.raises(Occupied, match=f"pid {other.pid}$"), alone(tmp_path):
            pass
        other.communicate()


def test_a_folder_that_cannot_be_made_keeps_no_gateway_from_starting(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with in_use(tmp_path / "file" / "state"):
        pass
