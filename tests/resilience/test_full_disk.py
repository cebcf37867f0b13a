"""A disk that is full or read-only: the old file stays, the reason is said, and the caller can try again."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
NAMESPACE = ("unshare", "--map-root-user", "--mount")


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict[str, Any]]]:
    """What `full_disk` tells, by what was tried."""
    folder = tmp_path_factory.mktemp("disk")
    if shutil.which("unshare") is None or shutil.which("mount") is None:
        pytest.skip("this system has no unshare or mount")
    mount = "mount -t tmpfs -o size=64k tmpfs"
    tried = subprocess.run([*NAMESPACE, "sh", "-c", f"{mount} {folder}"], capture_output=True, text=True, check=False)
    if tried.returncode:
        pytest.skip(f"a disk of its own cannot be mounted here: {tried.stderr.strip()}")
    command = [*NAMESPACE, sys.executable, "-m", "tests.resilience.full_disk", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    by_what: dict[str, list[dict[str, Any]]] = {}
    for line in done.stdout.splitlines():
        told = json.loads(line)
        by_what.setdefault(told["what"], []).append(told)
    return by_what


def test_with_any_amount_of_room_a_save_is_made_or_not(found: dict[str, list[dict[str, Any]]]) -> None:
    for told in found["store"]:
        assert told["whole"] == ("old" if told["problem"] else "new"), told
        assert told["problem"] in ("", "No space left on device"), told
        assert (told["drafts"], told["loads"]) == ([], True), told
    assert {told["whole"] for told in found["store"]} == {"old", "new"}
    assert found["audit"] == [{"what": "audit", "problems": []}]


@pytest.mark.parametrize(
    ("what", "reason"), [("full", "No space left on device"), ("read-only", "Read-only file system")]
)
def test_the_caller_is_told_why_and_can_save_the_same_text_later(
    found: dict[str, list[dict[str, Any]]], what: str, reason: str
) -> None:
    (told,) = found[what]
    assert (told["status"], told["error"]["code"]) == (500, "config_not_written")
    assert reason in told["error"]["message"]
    assert told["untouched"]
    assert (told["status_with_room"], told["saved"]) == (200, True)
