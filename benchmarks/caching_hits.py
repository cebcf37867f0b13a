"""`./dev bench --caching`, its second half: hits beside misses, end to end and in one run.

The gateway, `serve` as it is started anywhere, has core 0 to itself; the load generator and the pretend provider share
core 1. The same ask is sent again and again: as one that takes no part (`bypass`), as one that is asked anew and kept
each time (`miss`), and as one that is known (`hit`). A second gateway, idle while the first is measured, has no request
log.
"""

import json
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.contenders import OURS_CONF
from benchmarks.processes import answers, cpu_seconds, free_port, process
from benchmarks.scenarios import SMALL, Reading

UNDER_TEST, REST = "0", "1"
SECONDS = 2.0
NOT_COUNTED_S = 0.3
"""What the generator leaves out at the beginning; the processor time holds it."""

SETTINGS = {True: "cache: {enabled: true}\n", False: "cache: {enabled: true}\nrequest_log: {enabled: false}\n"}
"""With a request log and without."""

CHAT, MESSAGES = "/v1/chat/completions", "/v1/messages"

Fields = dict[str, Any]

KNOWN: Fields = {"temperature": 0}
STREAM: Fields = {"stream": True, "stream_options": {"include_usage": True}}


@dataclass(frozen=True, slots=True)
class Load:
    """One kind of asks. `anew`: whatever is known; `log`: whether they are written down."""

    name: str
    fields: Fields
    connections: int
    path: str = CHAT
    anew: bool = False
    log: bool = True


LOADS = (
    *(Load("bypass", {}, count) for count in (1, 16, 64)),
    *(Load("miss, kept", KNOWN, count, anew=True) for count in (1, 16, 64)),
    *(Load("hit", KNOWN, count) for count in (1, 16, 64)),
    Load("stream of 52 events, miss, kept", STREAM | KNOWN, 16, anew=True),
    Load("stream of 52 events, hit", STREAM | KNOWN, 16),
    Load("another dialect's hit", KNOWN | {"max_tokens": 100}, 16, MESSAGES),
    *(Load("bypass, no request log", {}, count, log=False) for count in (1, 16, 64)),
    *(Load("hit, no request log", KNOWN, count, log=False) for count in (1, 16, 64)),
)


def measure(rounds: int, load: Path, upstream: Path, folder: Path) -> str:
    """A Markdown table: medians of interleaved rounds."""
    provider = free_port()
    readings: list[list[Reading]] = [[] for _ in LOADS]
    with ExitStack() as stack:
        stack.enter_context(process([str(upstream), str(provider)], cores=REST))
        gateways = {log: stack.enter_context(_gateway(folder / f"log-{log}", provider, log=log)) for log in SETTINGS}
        for _ in range(rounds):
            for kind, taken in zip(LOADS, readings, strict=True):
                taken.append(_read(kind, *gateways[kind.log], load, folder))
    lines = [
        "| | connections | req/s | p50 ms | p99 ms | µs of processor time |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    lines += [_row(kind, taken) for kind, taken in zip(LOADS, readings, strict=True)]
    return "\n".join(lines)


@contextmanager
def _gateway(folder: Path, provider: int, *, log: bool) -> Iterator[tuple[int, int]]:
    """One that answers: its port and its process."""
    folder.mkdir()
    (folder / "providers.yaml").write_text(OURS_CONF.format(upstream=provider))
    (folder / "gateway.yaml").write_text(SETTINGS[log])
    port = free_port()
    where = ["--port", str(port), "--config-dir", str(folder), "--no-discovery"]
    serve = [sys.executable, "-m", "ai_dashboard", "serve", *where]
    with process(serve, cores=UNDER_TEST, env={"AI_DASHBOARD_STATE_DIR": str(folder)}) as running:
        if answers(port, SMALL, (), patience_s=20) is None:
            sys.exit("bench: the gateway did not answer")
        yield port, running.pid


def _read(kind: Load, port: int, pid: int, load: Path, folder: Path) -> Reading:
    """One run of the generator."""
    body = folder / "body.json"
    body.write_text(json.dumps(json.loads(SMALL) | kind.fields, separators=(",", ":")))
    before = cpu_seconds(pid)
    command = [str(load), str(port), str(kind.connections), str(SECONDS), str(body), "0", kind.path]
    command += ["Cache-Control: no-cache"] * kind.anew
    run = subprocess.run(["taskset", "-c", REST, *command], check=True, capture_output=True, text=True)
    reading: Reading = json.loads(run.stdout)
    if reading["bad"] or reading["errors"]:
        sys.exit(f"bench: {kind.name}: {reading['bad']} bad replies, {reading['errors']} broken connections")
    reading["cpu_us"] = (cpu_seconds(pid) - before) / (reading["rps"] * (SECONDS + NOT_COUNTED_S)) * 1e6
    return reading


def _row(kind: Load, taken: list[Reading]) -> str:
    rate, cpu = (statistics.median(reading[name] for reading in taken) for name in ("rps", "cpu_us"))
    p50, p99 = (statistics.median(reading["latency"][name] for reading in taken) for name in ("p50", "p99"))
    return f"| {kind.name} | {kind.connections} | {rate:,.0f} | {p50:.2f} | {p99:.2f} | {cpu:.0f} |"
