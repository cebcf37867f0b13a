"""Whatever a file holds, reading it ends soon, takes little memory, and says clearly what is wrong."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.unit.config.attacks import ATTACKS

ROOT = Path(__file__).parents[3]
SOON_S = 2.0
"""Of the processor's time. It takes half of that where nobody else wants the machine."""


@pytest.fixture(scope="module")
def answers() -> dict[str, dict[str, Any]]:
    """Every attack, in a child that may take little memory."""
    command = [sys.executable, "-m", "tests.unit.config.attacks"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return {answer["name"]: answer for answer in map(json.loads, done.stdout.splitlines())}


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_is_refused_in_words_and_in_time(name: str, answers: dict[str, dict[str, Any]]) -> None:
    answer = answers[name]
    assert ATTACKS[name][1] in answer["answer"]
    assert answer["line"] >= 1
    assert answer["took_s"] < SOON_S
