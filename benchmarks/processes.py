"""The processes of a benchmark: started on a core of their own, watched through /proc, and ended with the block."""

import http.client
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

TICKS_PER_S = os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    """A port that is free now, with a free one behind it (some contenders take two)."""
    while True:
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port: int = first.getsockname()[1]
            try:
                second.bind(("127.0.0.1", port + 1))
            except OSError:
                continue
            return port


@contextmanager
def process(
    command: Sequence[str], *, cores: str, env: dict[str, str] | None = None, log: Path | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command on `cores` (as taskset takes them) and end it, with all that it started, after the block."""
    with (log or Path(os.devnull)).open("ab") as output:
        started = subprocess.Popen(
            ["taskset", "-c", cores, *command],
            env={**os.environ, **(env or {})},
            stdout=output,
            stderr=output,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
    try:
        yield started
    finally:
        end(started)


def end(started: subprocess.Popen[bytes]) -> None:
    """End a process that leads a session, and all that it has started there."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(started.pid, number)
            started.wait(5)
            return
        except subprocess.TimeoutExpired:
            continue
        except ProcessLookupError:
            started.wait(5)
            return


def answers(port: int, body: bytes, headers: Sequence[str], *, patience_s: float) -> float | None:
    """Seconds until a chat request is answered 200; None when it never was."""
    begin = time.monotonic()
    named = dict(header.split(": ", 1) for header in headers)
    while time.monotonic() - begin < patience_s:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("POST", "/v1/chat/completions", body, {"content-type": "application/json", **named})
            reply = connection.getresponse()
            reply.read()
            if reply.status == 200:
                return time.monotonic() - begin
        except (OSError, http.client.HTTPException):
            pass
        finally:
            connection.close()
        time.sleep(0.01)
    return None


def family(pid: int) -> list[int]:
    """A process and all its descendants."""
    found = [pid]
    for parent in found:
        try:
            tasks = Path(f"/proc/{parent}/task")
            found += [int(child) for task in tasks.iterdir() for child in (task / "children").read_text().split()]
        except OSError:
            continue
    return found


def cpu_seconds(pid: int) -> float:
    """Processor time that a process and its descendants have taken."""
    total = 0
    for member in family(pid):
        try:
            fields = Path(f"/proc/{member}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        total += int(fields[11]) + int(fields[12])
    return total / TICKS_PER_S


def pss_mb(pid: int) -> float:
    """Memory of a process and its descendants, shared pages counted by their share, in MB."""
    total = 0
    for member in family(pid):
        try:
            lines = Path(f"/proc/{member}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total / 1024
