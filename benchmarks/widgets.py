"""What the shell widgets and the short commands take, from the start of the process to its end, beside a gateway that
serves the demo: medians and 95th percentiles of interleaved rounds. A widget has 150 ms, a short command 100 ms. On a
machine that is busy with other things only the processor time says anything."""

import math
import os
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[1]
BIN = ROOT / "wth-widgets" / "litellm" / "bin"
PYTHON = (sys.executable, "-m", "ai_dashboard")
RUNS_A_ROUND = 20
SETTLE_S = 5.0
WIDGET_MS, COMMAND_MS = 150.0, 100.0


def measure(rounds: int) -> str:
    """A table: each widget with jq and without, each short command."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        home = Path(folder)
        env = {"HOME": folder, "AI_DASHBOARD_STATE_DIR": folder, "PATH": os.environ["PATH"], "LANG": "C.UTF-8"}
        with _gateway(env) as url:
            env |= {"LITELLM_HOST": url, "COLUMNS": "80", "HEIGHT": "20"}
            time.sleep(SETTLE_S)
            contenders = dict(_contenders(url, _without_jq(home / "bin")))
            taken: dict[str, list[tuple[float, float]]] = {name: [] for name in contenders}
            for _ in range(rounds * RUNS_A_ROUND):
                for name, (command, more, _bound) in contenders.items():
                    taken[name].append(_run(command, env | more))
    width = max(map(len, taken))
    lines = [f"{'':<{width}}   p50 ms   p95 ms    bound   cpu ms"]
    for name, runs in taken.items():
        bound, times = contenders[name][2], sorted(wall for wall, _ in runs)
        p50, p95 = statistics.median(times), times[math.ceil(0.95 * len(times)) - 1]
        cpu = statistics.median(cpu for _, cpu in runs)
        late = "  ✗" if p95 >= bound else ""
        lines.append(f"{name:<{width}}  {p50:>7.1f}  {p95:>7.1f}  {bound:>7.0f}  {cpu:>7.1f}{late}")
    return "\n".join(lines)


Run = tuple[list[str], dict[str, str], float]


def _contenders(url: str, bare: str) -> Iterator[tuple[str, Run]]:
    for script in sorted(BIN.glob("*-*.sh")):
        yield script.stem, ([str(script), "--wth"], {"PATH": bare}, WIDGET_MS)
        if shutil.which("jq"):
            yield f"{script.stem} (jq)", ([str(script), "--wth"], {}, WIDGET_MS)
    yield "python, nothing else", ([sys.executable, "-c", ""], {}, COMMAND_MS)
    yield "--version", ([*PYTHON, "--version"], {}, COMMAND_MS)
    yield "status --tmux", ([*PYTHON, "status", "--tmux", "--url", url], {}, COMMAND_MS)
    yield "status --tmux, nobody there", ([*PYTHON, "status", "--tmux", "--url", "127.0.0.1:9"], {}, COMMAND_MS)


def _run(command: list[str], env: dict[str, str]) -> tuple[float, float]:
    """Milliseconds by the clock, and of processor time, with those of every process that it starts."""
    before, began = _children_s(), time.perf_counter()
    subprocess.run(command, env=env, cwd=ROOT, capture_output=True, check=False)
    return 1000 * (time.perf_counter() - began), 1000 * (_children_s() - before)


def _children_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _without_jq(folder: Path) -> str:
    """A PATH with what the widgets need, and no more."""
    folder.mkdir()
    for name in ("bash", "sh", "curl", "awk", "date"):
        if found := shutil.which(name):
            (folder / name).symlink_to(found)
    return str(folder)


@contextmanager
def _gateway(env: dict[str, str]) -> Iterator[str]:
    """A demo on a free port; its address."""
    command = [*PYTHON, "serve", "--demo", "--port", "0"]
    said = Path(env["HOME"]) / "said"
    with said.open("w") as told, subprocess.Popen(command, env=env, cwd=ROOT, stderr=told) as process:
        try:
            while not (found := re.search(r"http://[\d.]+:\d+", said.read_text())):
                if process.poll() is not None:
                    raise SystemExit(f"bench: the gateway has ended: {said.read_text()}")
                time.sleep(0.05)
            yield found[0]
        finally:
            process.kill()
