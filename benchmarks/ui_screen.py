"""The screen itself, in a real pseudo-terminal: what it takes, how soon it answers a key, and from afar."""

import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.contenders import OURS_CONF
from benchmarks.processes import answers, cpu_seconds, free_port, process
from benchmarks.scenarios import PACED, SMALL
from benchmarks.slow_link import slow_link
from benchmarks.terminal import Terminal, in_a_terminal

RATE, CONNECTIONS = 1_000, 16
WATCHED_S = 20.0
SETTLES_S = 4.0
SLOW_LINE = 100_000.0
KEYS = 60
OPENED = (("2", "Providers"), ("3", "Latency"), ("5", "Routes"), ("6", "Near"), ("8", "Budgets"), ("9", "Audit"))
"""Screens by their key, and a word that is on no other."""


@dataclass(frozen=True, slots=True)
class Scene:
    """A configuration with a pretend provider, and the tools."""

    folder: Path
    load: Path
    port: int

    @property
    def env(self) -> dict[str, str]:
        return {"AI_DASHBOARD_STATE_DIR": str(self.folder), "TERM": "xterm-256color", "COLORTERM": "truecolor"}

    def command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "ai_dashboard", *words]

    @property
    def gateway(self) -> list[str]:
        return ["--port", str(self.port), "--config-dir", str(self.folder), "--no-discovery"]

    @contextmanager
    def traffic(self, rate: int, seconds: float, body: str = "body.json") -> Iterator[None]:
        """So many requests a second (0: as many as go) while the block lasts, at most for so long."""
        asked = [str(self.port), str(CONNECTIONS), str(seconds), str(self.folder / body), str(rate)]
        asking = subprocess.Popen(["taskset", "-c", "1", str(self.load), *asked], stdout=subprocess.DEVNULL)
        try:
            yield
        finally:
            asking.kill()
            asking.wait()


def measure(load: Path, upstream: Path) -> str:
    """The table, as Markdown."""
    lines = ["| the screen at 120×40 and 1 Hz | wanted | measured |", "|---|---|---|"]
    with tempfile.TemporaryDirectory(prefix="bench-ui-") as name:
        folder, provider = Path(name), free_port()
        (folder / "providers.yaml").write_text(OURS_CONF.format(upstream=provider))
        (folder / "body.json").write_bytes(SMALL)
        (folder / "paced.json").write_bytes(PACED)
        with process([str(upstream), str(provider)], cores="1"):
            for part in (_own_gateway, _attached, _slow):
                lines += part(Scene(folder, load, free_port()))
    return "\n".join([*lines, *_in_here()])


def _row(what: str, wanted: str, measured: str) -> str:
    print(f"bench: {what}: {measured}", file=sys.stderr, flush=True)
    return f"| {what} | {wanted} | {measured} |"


# ── with a gateway in the same process ───────────────────────────────────────────────────────────────────────────────


def _own_gateway(scene: Scene) -> Iterator[str]:
    begun = time.monotonic()
    with in_a_terminal(scene.command(*scene.gateway), scene.env) as screen:
        screen.until("pretend")
        yield _row("command to the first picture", "< 1.5 s", f"{time.monotonic() - begun:.2f} s")
        if answers(scene.port, SMALL, (), patience_s=20) is None:
            sys.exit("bench: the gateway did not answer")
        with scene.traffic(RATE, 120):
            screen.watch(SETTLES_S)
            pauses, moves, opened = _keys(screen)
        with scene.traffic(0, 60, "paced.json"):  # streams, so that some are in flight for certain
            screen.watch(SETTLES_S)
            screen.press("q")
            screen.until("in flight.")
            screen.press("y")
            left_s = screen.ended()
        yield _row(f"key to paint, {RATE:,} requests/s: pause", "p95 < 50 ms", _spread(pauses))
        yield _row(f"key to paint, {RATE:,} requests/s: cursor in the list", "p95 < 50 ms", _spread(moves))
        yield _row(f"key to paint, {RATE:,} requests/s: another screen", "–", _spread(opened))
        yield _row("leaving, requests in flight", "≤ 1 s", f"{left_s:.2f} s")


def _keys(screen: Terminal) -> tuple[list[float], list[float], list[float]]:
    """Seconds from a key to what it changes: of a pause and its end, a move of the cursor, and another screen."""
    chance = random.Random(1)
    pauses, moves, opened = [], [], []
    for number in range(KEYS):
        screen.watch(chance.uniform(0.05, 0.35))
        screen.press(" ")
        pauses.append(screen.until("LIVE" if number % 2 else "PAUSED"))
    screen.press("4")
    screen.until("follow")
    screen.press(" ")
    screen.until("PAUSED")
    for _ in range(KEYS):
        screen.watch(chance.uniform(0.05, 0.35))
        screen.press("j")
        moves.append(screen.until("▸"))
    screen.press(" ")
    for key, word in OPENED * 3:
        screen.watch(chance.uniform(0.2, 0.5))
        screen.press(key)
        opened.append(screen.until(word))
        screen.press("1")
        screen.until("Alerts")
    return pauses, moves, opened


def _spread(seconds: Sequence[float]) -> str:
    ordered = sorted(seconds)
    p95 = ordered[min(int(len(ordered) * 0.95), len(ordered) - 1)]
    return f"p50 {statistics.median(ordered) * 1e3:.0f} ms, p95 {p95 * 1e3:.0f} ms"


# ── attached to a gateway in another process ─────────────────────────────────────────────────────────────────────────


@contextmanager
def _serving(scene: Scene) -> Iterator[None]:
    with process(scene.command("serve", *scene.gateway), cores="0", env=scene.env):
        if answers(scene.port, SMALL, (), patience_s=20) is None:
            sys.exit("bench: the gateway did not answer")
        yield


def _attached(scene: Scene) -> Iterator[str]:
    url = f"http://127.0.0.1:{scene.port}"
    with _serving(scene), in_a_terminal(scene.command("attach", url), scene.env) as screen:
        screen.until("LIVE")
        screen.watch(SETTLES_S)
        yield _row("processor, idle", "≤ 1 % of a core", f"{_share(screen):.1f} %")
        with scene.traffic(500, 300):
            screen.watch(SETTLES_S)
            for key, name in (("1", "overview"), ("4", "requests"), ("3", "latency"), ("9", "logs")):
                screen.press(key)
                screen.watch(SETTLES_S)
                yield _row(f"processor, 500 requests/s, {name}", "≤ 5 % of a core", f"{_share(screen):.1f} %")


def _share(screen: Terminal) -> float:
    """Per cent of a core that the screen takes."""
    before, begun = cpu_seconds(screen.pid), time.monotonic()
    screen.watch(WATCHED_S)
    return (cpu_seconds(screen.pid) - before) / (time.monotonic() - begun) * 100


def _slow(scene: Scene) -> Iterator[str]:
    with _serving(scene), slow_link(scene.port, SLOW_LINE) as (near, link), scene.traffic(500, 300):
        begun = time.monotonic()
        with in_a_terminal(scene.command("attach", f"http://127.0.0.1:{near}"), scene.env) as screen:
            screen.until("LIVE", 60)
            yield _row("attach over 100 kB/s, 500 requests/s: first picture", "–", f"{time.monotonic() - begun:.1f} s")
            screen.watch(SETTLES_S)
            carried, watched = link.carried, time.monotonic()
            stale = 0
            for _ in range(10):
                screen.press("")
                give_up = time.monotonic() + 1.0
                while (left := give_up - time.monotonic()) > 0:
                    screen.read(left)
                stale += b"STALE" in screen.seen
            rate = (link.carried - carried) / (time.monotonic() - watched) / 1e3
            yield _row("… carried, seconds of 10 in which it was stale", "0", f"{rate:.0f} kB/s, {stale}")
            opened = []
            for key, word in OPENED * 2:
                screen.watch(0.3)
                screen.press(key)
                opened.append(screen.until(word, 30))
                screen.press("1")
                screen.until("Alerts", 30)
            yield _row("… key to paint: another screen", "usable", _spread(opened))


# ── in this process ──────────────────────────────────────────────────────────────────────────────────────────────────


def _in_here() -> Iterator[str]:
    from benchmarks.ui_records import filtering_s, growth_mb, ticks_s

    for name, seconds in ticks_s():
        yield _row(f"a tick with news, {name}", "≤ 25 ms", f"{seconds * 1e3:.0f} ms")
    ways, slowest = filtering_s()
    yield _row(f"5,000 rows filtered ({ways} filters, the slowest)", "< 100 ms", f"{slowest * 1e3:.0f} ms")
    records, grown = growth_mb()
    yield _row(f"memory after {records:,} more records", "flat", f"{grown:+.1f} MB")
