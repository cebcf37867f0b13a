"""How many requests a second the request log takes beside a loop that is busy, and whether SIGTERM costs any.

    python -m benchmarks.request_log [ROWS_A_SECOND] [SECONDS]

A child notes requests as a gateway's loop would, and burns the processor in between; it is told to end by SIGTERM.
"""

import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType

from ai_dashboard.config.schema.request_log import RequestLogSettings
from ai_dashboard.core.events import Usage
from ai_dashboard.core.plan import Candidate, Excluded, Plan
from ai_dashboard.core.records import AttemptRecord, Stage
from ai_dashboard.core.request_log import LogEntry
from ai_dashboard.gateway.clock import SystemClock
from ai_dashboard.telemetry.request_log import RequestLog

BUSY_S = 0.004
"""Of other work between two looks at what is due: nearly all of the time."""

PLAN = Plan(
    "llama3.1:8b",
    "exact_matches.llama3.1:8b",
    tuple(Candidate(f"p{place}", "m", "listed", 1 / place, "", (("ewma ttft", "0.31 s"),)) for place in (1, 2, 3)),
    (Excluded("cloud", "m", "disabled"),),
)
ATTEMPT = AttemptRecord("p1", "m", "listed", 0.001, 0.3, 1.2, 200, None)


def main(arguments: list[str]) -> int:
    """Measure, and say so in three lines."""
    if arguments[:1] == ["--child"]:
        return note(Path(arguments[1]), float(arguments[2]))
    rate, seconds = float((arguments or ["5000"])[0]), float((*arguments, "", "10")[1] or 10)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "requests.sqlite"
        command = [sys.executable, "-m", "benchmarks.request_log", "--child", str(path), str(rate)]
        child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        time.sleep(seconds)
        child.send_signal(signal.SIGTERM)
        told, _ = child.communicate(timeout=60)
        noted, dropped, per_note_us, closed_s = told.split()
        connection = sqlite3.connect(path)
        rows = connection.execute("SELECT count(*) FROM requests").fetchone()[0]
        connection.close()
        print(f"noted {noted} in {seconds:g} s ({int(noted) / seconds:.0f}/s), {rows} rows, {dropped} dropped")
        print(f"{per_note_us} us each on the loop; {closed_s} s from SIGTERM to the end")
        print(f"{path.stat().st_size / rows:.0f} bytes a row")
    return 0 if rows == int(noted) else 1


def note(path: Path, rate: float) -> int:
    """Note so many requests a second until SIGTERM."""
    stopped: list[int] = []

    def stop(number: int, _frame: FrameType | None) -> None:
        stopped.append(number)

    signal.signal(signal.SIGTERM, stop)
    log = RequestLog[LogEntry](path, RequestLogSettings(), lambda it: it, clock=SystemClock())
    log.start()
    began, noted, spent = time.monotonic(), 0, 0.0
    while not stopped:
        due = int((time.monotonic() - began) * rate)
        while noted < due:
            finished = _entry(noted)
            before = time.perf_counter()
            log.note(finished)
            spent += time.perf_counter() - before
            noted += 1
        busy_until = time.perf_counter() + BUSY_S
        while time.perf_counter() < busy_until:
            pass
        time.sleep(0.0005)
    closing = time.monotonic()
    left = log.close()
    dropped = noted - log.written_rows
    print(noted, dropped + left, f"{spent / noted * 1e6:.1f}", f"{time.monotonic() - closing:.2f}")
    return 0


def _entry(number: int) -> LogEntry:
    return LogEntry(
        f"{number:016x}", time.time(), "default", "", "openai", "POST", "/v1/chat/completions", "llama3.1:8b", "p1",
        "m", Stage.DONE, 200, True, 0.3, 1.2, 0.0005, Usage(100, 50), 1200, None, "", (), {"overhead": 0.0005},
        (ATTEMPT,), PLAN,
    )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
