"""`./dev bench --ui`: what the screen costs the gateway, headless, in a thread, and in a process of its own.

500 requests a second from 16 connections, the screen at 120×40 and 1 Hz in a real pseudo-terminal.
"""

import fcntl
import json
import os
import pty
import select
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks.contenders import OURS_CONF
from benchmarks.processes import answers, end, free_port, process
from benchmarks.scenarios import SMALL, Reading

RATE, CONNECTIONS, SECONDS = 500, 16, 8.0
COLUMNS, ROWS = 120, 40
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
    with _in_a_terminal(command, {"AI_DASHBOARD_STATE_DIR": str(folder), "TERM": "xterm-256color"}):
        if answers(port, SMALL, (), patience_s=20) is None:
            sys.exit(f"bench: {' '.join(arguments)} did not answer")
        asked = [str(port), str(CONNECTIONS), str(SECONDS), str(folder / "body.json"), str(RATE)]
        run = subprocess.run(["taskset", "-c", "1", str(load), *asked], check=True, capture_output=True, text=True)
    reading: Reading = json.loads(run.stdout)
    return reading


@contextmanager
def _in_a_terminal(command: Sequence[str], env: dict[str, str]) -> Iterator[None]:
    """Run a command in a pseudo-terminal whose output somebody reads, as a terminal would."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    child = subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, env={**os.environ, **env}, start_new_session=True
    )
    os.close(theirs)
    over = threading.Event()
    reader = threading.Thread(target=_read_away, args=(ours, over))
    reader.start()
    try:
        yield
    finally:
        end(child)
        over.set()
        reader.join()
        os.close(ours)


def _read_away(terminal: int, over: threading.Event) -> None:
    while not over.is_set():
        if select.select([terminal], [], [], 0.1)[0]:
            try:
                if not os.read(terminal, 65536):
                    return
            except OSError:
                return  # the other end is closed
