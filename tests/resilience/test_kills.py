"""A process that is killed while it saves leaves whole files: the configuration, its backups, the audit log."""

import json
import subprocess
import sys
from pathlib import Path

KILLS = 500
ROOT = Path(__file__).parents[2]


def test_five_hundred_kills_during_saves_leave_nothing_broken(tmp_path: Path) -> None:
    """The moments are drawn from a seed; where in a save they fall is the machine's affair."""
    command = [sys.executable, "-m", "tests.resilience.killed", str(tmp_path), "7", str(KILLS)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    broken = ("corrupt", "corrupt backups", "refused at the next start", "left over", "cuts not recognised")
    assert {name: seen[name] for name in broken} == dict.fromkeys(broken, 0)
    assert seen["problems"] == []
    assert seen["interrupted"] + seen["between two steps"] > KILLS / 10, f"the kills missed the saves: {seen}"
