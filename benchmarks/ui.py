"""`./dev bench --ui`: what the screen costs the gateway, headless, in a thread, and in a process of its own.

500 requests a second from 16 connections, the screen at 120×40 and 1 Hz in a real pseudo-terminal.
"""

import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.contenders import OURS_CONF
from benchmarks.processes import answers, free_port, process
from benchmarks.scenarios import SMALL, Reading
from benchmarks.terminal import in_a_terminal

RATE, CONNECTIONS, SECONDS = 500, 16, 8.0
MODES: dict[str, Sequence[str]] = {"headless": ("serve",), "thread": (), "process": ("--process",)}


def measure(rounds: int, load: Path, upstream: Path) -> str:
    """The table, as Markdown."""
    readings: dict[str, list[Reading]] = {mode: [] for mode in MODES}
    with tempfile.TemporaryDirectory(prefix="bench-ui-") as name:
        folder = Path(name)
        provider = free_port()
        (folder / "providers.yaml").write_text(OURS_CONF.format(upstream=provider))
        (folder / "body.json").write_bytes(SMALL)
        with process([str(upstream), str(provider)], cores="1"):
            for number in range(rounds):
                for mode, arguments in MODES.items():
                    print(f"bench: round {number + 1}/{rounds}  {mode}", file=sys.stderr, flush=True)
                    readings[mode].append(_run(arguments, folder, load))
    lines = ["| 500 req/s, screen at 1 Hz | p50 ms | p99 ms | p99.9 ms |", "|---|---|---|---|"]
    for mode, taken in readings.items():
        cells = [statistics.median(reading["latency"][q] for reading in taken) for q in ("p50", "p99", "p999")]
        lines.append(f"| {mode} | " + " | ".join(f"{cell:.2f}" for cell in cells) + " |")
    return "\n".join(lines)


def _run(arguments: Sequence[str], folder: Path, load: Path) -> Reading:
    port = free_port()
    where = ["--port", str(port), "--config-dir", str(folder), "--no-discovery"]
    command = [sys.executable, "-m", "ai_dashboard", *arguments, *where]
    with in_a_terminal(command, {"AI_DASHBOARD_STATE_DIR": str(folder), "TERM": "xterm-256color"}) as screen:
        if answers(port, SMALL, (), patience_s=20) is None:
            sys.exit(f"bench: {' '.join(arguments)} did not answer")
        asked = [str(port), str(CONNECTIONS), str(SECONDS), str(folder / "body.json"), str(RATE)]
        with subprocess.Popen(["taskset", "-c", "1", str(load), *asked], stdout=subprocess.PIPE, text=True) as asking:
            while asking.poll() is None:
                screen.watch(0.1)
            told, _ = asking.communicate()
    reading: Reading = json.loads(told)
    return reading
