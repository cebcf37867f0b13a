"""Streams as whoever starts the program leaves them. Each in a process: they are what a process is born with."""

import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    """Output is held back as in a pipe, whatever the tests themselves run with."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    return kept | {"HOME": str(tmp_path), "AI_DASHBOARD_STATE_DIR": str(tmp_path)}


def shell(line: str, env: dict[str, str]) -> tuple[int, str]:
    """The exit code, and what was said on standard error."""
    line = line.replace("PROGRAM", f"'{sys.executable}' -m ai_dashboard")
    done = subprocess.run(["bash", "-o", "pipefail", "-c", line], env=env, capture_output=True, text=True, check=False)
    return done.returncode, done.stderr


def test_a_reader_that_has_enough_is_no_problem(env: dict[str, str]) -> None:
    assert shell("PROGRAM completion bash | true", env) == (0, "")
    assert shell("PROGRAM status --help | true", env) == (0, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_told_in_one_line(env: dict[str, str]) -> None:
    said = "ai-dashboard: this could not be written: No space left on device\n"
    assert shell("PROGRAM completion bash > /dev/full", env) == (1, said)
    assert shell("PROGRAM completion bash > /dev/full", env | {"PYTHONUNBUFFERED": "1"}) == (1, said)


def test_closed_streams_are_silent(env: dict[str, str], tmp_path: Path) -> None:
    assert shell("PROGRAM doctor --json >&- <&-", env)[1] == ""
    assert shell("PROGRAM statsu 2>&-", env) == (2, "")
    assert shell(f"PROGRAM statsu 2>&- > '{tmp_path}/out'", env)[0] == 2
    assert (tmp_path / "out").read_text() == ""


def test_a_letter_that_the_terminal_does_not_know_is_a_question_mark(env: dict[str, str]) -> None:
    assert shell("PROGRAM status --help", env | {"PYTHONIOENCODING": "ascii:strict"}) == (0, "")
    assert shell("PROGRAM compare --help", env | {"PYTHONIOENCODING": "ascii:strict"}) == (0, "")
