"""What keeps a gateway's memory small, seen in a process of its own: it cannot be taken back."""

import subprocess
import sys

SCRIPT = """
import gc, psutil
from ai_dashboard.gateway.memory import COLLECT_AFTER, keep_house
keep_house()
assert gc.get_threshold()[0] == COLLECT_AFTER
assert gc.get_freeze_count() > 1000
resident = lambda: psutil.Process().memory_info().rss
body = bytes(24 << 20) + b"x"
del body  # glibc learns from the first large block
small = [bytes(1000) for _ in range(100)]
before = resident()
for _ in range(3):
    body = b"x" * (24 << 20)
    del body
assert resident() - before < 8 << 20, resident() - before
"""


def test_the_collector_is_calm_and_large_blocks_go_back_to_the_system() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0, done.stderr
