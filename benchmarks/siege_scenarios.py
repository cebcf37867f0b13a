"""What is done to the gateway, and which figures are read off it. Each scenario has a gateway of its own."""

import json
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from benchmarks.processes import pss_mb
from benchmarks.scenarios import SMALL, Reading
from benchmarks.siege_figures import Finding
from benchmarks.siege_scene import Scene, Tools, scene, told_by, until

GIB = 1 << 30
CHUNKS_PER_S = 10_000
"""Of all paced streams together: the more streams, the slower each. About a third of what one core relays."""

FRAMES_OF_A_STREAM = 51
POOL = 1000
"""Streams per provider: one provider's pool has 1,024 connections."""

SETTLE_S = 3.0
IDLE_UPSTREAM_S = 75.0
"""After which a connection to a provider that rests is closed, with a check's worth of patience."""


@dataclass(frozen=True, slots=True)
class Size:
    """How large each scenario is."""

    loris: int = 2000
    flood: int = GIB
    trickle: int = 31 << 20
    rounds: int = 3
    seconds: float = 12.0
    slow_s: float = 180.0
    requests: int = 1_000_000
    still_s: float = 30.0
    pipelined: int = 1_000_000
    leavers: int = 10_000
    idle_upstream_s: float = IDLE_UPSTREAM_S


FULL = Size()
QUICK = Size(
    loris=200, flood=GIB // 16, trickle=4 << 20, rounds=1, seconds=4.0, slow_s=6.0, requests=30_000, still_s=8.0,
    pipelined=50_000, leavers=600, idle_upstream_s=0.0,
)  # fmt: skip

# ── hostile clients beside ordinary ones ─────────────────────────────────────────────────────────────────────────────

RATE, CONNECTIONS = 500, 16


def hostile(tools: Tools, size: Size) -> list[Finding]:
    """Ordinary traffic alone, beside each attack, beside slow heads and floods together, and beside all of them."""
    attacks: dict[str, dict[str, float]] = {
        "loris": {"count": size.loris},
        "flood": {"size": size.flood},
        "trickle": {"size": size.trickle},
    }
    mixtures = {"none": (), **{kind: (kind,) for kind in attacks}, "both": ("loris", "flood"), "all": tuple(attacks)}
    p99: dict[str, list[float]] = {name: [] for name in mixtures}
    growth: dict[str, list[float]] = {name: [] for name in mixtures}
    seen: dict[str, float] = {}
    control: list[float] = []
    lost = 0
    with scene(tools) as place:
        place.load(CONNECTIONS, size.seconds, RATE)
        before = pss_mb(place.pid)
        waited_s, began = place.waited_s(), time.monotonic()
        for number in range(size.rounds):
            for name, mixture in mixtures.items():
                _say(f"round {number + 1}/{size.rounds}, attack: {name}")
                resident = place.resident_mb()
                place.forget_peak()
                with ExitStack() as stack:
                    running = [
                        stack.enter_context(place.attack(kind, seconds=size.seconds, **attacks[kind]))
                        for kind in mixture
                    ]
                    straight = place.start_load(CONNECTIONS, size.seconds - 1, RATE, SMALL, place.providers[0])
                    reading = place.load(CONNECTIONS, size.seconds - 1, RATE)
                    control.append(told_by(straight)["latency"]["p99"])
                    for attacker in running:
                        for key, value in told_by(attacker).items():
                            seen[key] = seen.get(key, 0) + value
                p99[name].append(reading["latency"]["p99"])
                growth[name].append(place.peak_mb() - resident)
                lost += reading["bad"] + reading["errors"]
                until(lambda: place.clients() == 0, what="the end of all connections")
        waited = (place.waited_s() - waited_s) / (time.monotonic() - began)
        time.sleep(SETTLE_S)
        left_mb, crashes = pss_mb(place.pid) - before, place.crashes()
    calm = statistics.median(p99["none"])
    besieged, worst = statistics.median(p99["both"]), statistics.median(p99["all"])
    return [
        Finding("p99 of others without siege", calm, "ms"),
        *(Finding(f"p99 of others, {kind} only", statistics.median(p99[kind]), "ms") for kind in attacks),
        Finding("p99 of others under slow heads and floods", besieged, "ms"),
        Finding("p99 of others under all three", worst, "ms"),
        Finding("p99 of a load straight to the provider, worst round", max(control), "ms"),
        Finding("time in which its core was somebody else's", waited * 100, "%"),
        Finding("p99 under slow heads and floods / without", besieged / calm, "×", most=2.0),
        Finding("p99 under all three / without", worst / calm, "×"),
        *(Finding(f"peak growth, {kind} only", max(growth[kind]), "MB") for kind in attacks),
        Finding("peak growth under slow heads and floods", max(growth["both"]), "MB", most=64),
        Finding("peak growth under all three", max(growth["all"]), "MB"),
        Finding("growth that stayed", left_mb, "MB", most=64),
        Finding("ordinary requests lost", lost, most=0),
        Finding("slow heads refused (408)", seen.get("408", 0)),
        Finding("floods answered 413", seen.get("413", 0), least=1),
        Finding("floods that were taken whole", seen.get("poured out", 0)),
        Finding("slow bodies answered (404: no such model)", seen.get("404", 0), least=2 * size.rounds),
        Finding("crashes", crashes, most=0),
    ]


def slow_heads(tools: Tools, size: Size) -> list[Finding]:
    """Slow heads alone, for as long as it takes to see whether what they leave behind adds up."""
    with scene(tools) as place:
        place.load(CONNECTIONS, 5, RATE)
        before = pss_mb(place.pid)
        with place.attack("loris", count=size.loris, seconds=size.slow_s) as attacker:
            held = place.clients()
            time.sleep(size.slow_s / 3)
            early = pss_mb(place.pid)
            time.sleep(size.slow_s / 3)
            late = pss_mb(place.pid)
            seen = told_by(attacker)
        until(lambda: place.clients() == 0, what="the end of all connections")
        time.sleep(SETTLE_S)
        left_mb, crashes = pss_mb(place.pid) - before, place.crashes()
    return [
        Finding("connections held open", held, least=size.loris * 0.8),
        Finding("connections in all", seen["opened"]),
        Finding("refused (408)", seen.get("408", 0)),
        Finding("growth after a third of the time", early - before, "MB"),
        Finding("growth after two thirds", late - before, "MB", most=64),
        Finding("growth that stayed", left_mb, "MB", most=64),
        Finding("crashes", crashes, most=0),
    ]


# ── streams ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def streams(tools: Tools, count: int) -> list[Finding]:
    """`count` paced streams at one time, started evenly, each followed by the next one."""
    pace_ms = count / CHUNKS_PER_S * 1000
    period_s = FRAMES_OF_A_STREAM * pace_ms / 1000 * 1.03
    providers = -(-count // POOL)
    limits = (
        f"limits: {{max_connections: {count * 2}, max_in_flight: {count * 2}, header_read_s: {period_s * 2 + 10}}}\n"
    )
    with scene(tools, gateway=limits, providers=providers, pace_ms=pace_ms) as place:
        place.load(CONNECTIONS, 1)
        _say("straight to the providers, to know the harness itself")
        direct = _streamed(place, place.providers, count, period_s)[0]
        before, descriptors = pss_mb(place.pid), place.descriptors()
        _say("through the gateway")
        waited_s, began = place.waited_s(), time.monotonic()
        readings, during = _streamed(place, [place.port] * providers, count, period_s)
        waited = (place.waited_s() - waited_s) / (time.monotonic() - began)
        until(lambda: place.clients() == 0, what="the end of all streams")
        time.sleep(SETTLE_S)
        told, left = place.details(), place.descriptors() - descriptors
        after, crashes = pss_mb(place.pid), place.crashes()
    worst = _worst(readings)
    alone = _worst(direct)
    return [
        Finding("streams at one time", during["in_flight"], least=count * 0.9),
        Finding("chunks/s", sum(reading["events_s"] for reading in readings)),
        Finding("added gap p99", worst("added", "p99"), "ms", most=50),
        Finding("added gap p99.9", worst("added", "p999"), "ms"),
        Finding("added gap max", worst("added", "max"), "ms", most=50),
        Finding("the same without a gateway, max", alone("added", "max"), "ms"),
        Finding("time in which its core was somebody else's", waited * 100, "%"),
        Finding("one-way delay p99", worst("oneway", "p99"), "ms"),
        Finding("TTFT p99, of it the provider's pace", pace_ms, "ms"),
        Finding("TTFT p99", worst("ttft", "p99"), "ms"),
        Finding("memory per stream (PSS)", (during["pss_mb"] - before) * 1024 / count, "KB", most=64),
        Finding("memory that stayed", after - before, "MB"),
        Finding("streams lost", sum(reading["bad"] + reading["errors"] for reading in readings), most=0),
        Finding("in flight after all had left", told["in_flight"], most=0),
        Finding("descriptors more than before", left, most=256 * providers),
        Finding("crashes", crashes, most=0),
    ]


def _streamed(
    place: Scene, ports: Sequence[int], count: int, period_s: float
) -> tuple[list[Reading], dict[str, float]]:
    """Run the streams, a load for each provider, and look at the gateway when all of them run."""
    share = count // len(ports)
    seconds = max(15.0, 2.2 * period_s)
    loads = [
        place.start_load(share, seconds, share / period_s, _stream_of(number), port)
        for number, port in enumerate(ports)
    ]
    time.sleep(seconds - 2)
    during = {"in_flight": float(place.details()["in_flight"]), "pss_mb": pss_mb(place.pid)}
    return [told_by(load) for load in loads], during


def _stream_of(provider: int) -> bytes:
    ask = {
        "model": f"bench-paced-{provider}",
        "messages": [{"role": "user", "content": "lorem ipsum dolor sit amet " * 35}],
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    return json.dumps(ask, separators=(",", ":")).encode()


def _worst(readings: list[Reading]) -> Callable[[str, str], float]:
    """The worst of several loads: quantiles of different samples cannot be averaged."""
    return lambda sample, quantile: max(reading[sample][quantile] for reading in readings)


# ── a long day ───────────────────────────────────────────────────────────────────────────────────────────────────────

BATCH_S = 20.0


def endurance(tools: Tools, size: Size) -> list[Finding]:
    """Nothing at all, then very many requests, then nothing at all again."""
    with scene(tools) as place:
        fresh = pss_mb(place.pid)
        woken_fresh = _woken(place, size.still_s)
        batch_s = BATCH_S if size is FULL else 2.0
        early = 0.0
        lost = 0
        while (done := place.details()["requests"]) < size.requests:
            _say(f"{done:,} of {size.requests:,} requests")
            reading = place.load(64, batch_s)
            lost += reading["bad"] + reading["errors"]
            early = early or pss_mb(place.pid)
        until(lambda: place.clients() == 1 or place.clients() == 0, what="the end of all connections")
        time.sleep(SETTLE_S)
        late = pss_mb(place.pid)
        time.sleep(size.idle_upstream_s)  # letting go of connections to the provider is work that ends
        woken = _woken(place, size.still_s)
        crashes = place.crashes()
    return [
        Finding("requests", done, least=size.requests),
        Finding("lost", lost, most=0),
        Finding("memory, fresh", fresh, "MB"),
        Finding("memory after the first batch", early, "MB"),
        Finding("memory after all", late, "MB", most=80),
        Finding("growth since the first batch", late - early, "MB"),
        Finding("idle wake-ups, fresh: gateway's thread", woken_fresh.pop("gateway"), "/s", most=4.5),
        *(Finding(f"idle wake-ups, fresh: thread {name}", rate, "/s") for name, rate in woken_fresh.items()),
        Finding("idle wake-ups, after all: gateway's thread", woken.pop("gateway"), "/s", most=4.5),
        *(Finding(f"idle wake-ups, after all: thread {name}", rate, "/s") for name, rate in woken.items()),
        Finding("crashes", crashes, most=0),
    ]


def _woken(place: Scene, seconds: float) -> dict[str, float]:
    """Wake-ups a second of each thread while nothing happens."""
    time.sleep(SETTLE_S)
    before = place.wakeups()
    began = time.monotonic()
    time.sleep(seconds)
    after = place.wakeups()
    return {name: (after[name] - before.get(name, 0)) / (time.monotonic() - began) for name in after}


# ── one connection that never reads ──────────────────────────────────────────────────────────────────────────────────


def pipelined(tools: Tools, size: Size) -> list[Finding]:
    """Requests without end on one connection; others are served meanwhile."""
    with scene(tools) as place:
        place.load(CONNECTIONS, 2)
        calm = place.load(CONNECTIONS, 4, RATE)["latency"]["p99"]
        before = place.resident_mb()
        place.forget_peak()
        with place.attack("pipeline", count=size.pipelined, hold_s=3) as attacker:
            time.sleep(4)
            stuffed = place.resident_mb() - before
            reading = place.load(CONNECTIONS, 4, RATE)
            seen = told_by(attacker)
        peak = place.peak_mb() - before
        until(lambda: place.clients() == 0, what="the end of all connections")
        crashes = place.crashes()
    return [
        Finding("requests taken before a reply was read", seen["taken_unread"]),
        Finding("replies read in the end", seen["replies"], least=size.pipelined, most=size.pipelined),
        Finding("replies/s", seen["replies"] / seen["took_s"]),
        Finding("growth while nothing was read", stuffed, "MB", most=8),
        Finding("peak growth", peak, "MB", most=16),
        Finding("p99 of others without it", calm, "ms"),
        Finding("p99 of others meanwhile", reading["latency"]["p99"], "ms"),
        Finding("ordinary requests lost", reading["bad"] + reading["errors"], most=0),
        Finding("crashes", crashes, most=0),
    ]


# ── those who leave ──────────────────────────────────────────────────────────────────────────────────────────────────

AT_ONCE = 100


def leavers(tools: Tools, size: Size) -> list[Finding]:
    """Clients that leave at random stages; what they leave behind is counted. They come in two halves: what the first
    one leaves may be room that the second one uses again, a leak is the same both times."""
    seen: Counter[str] = Counter()
    grown: list[float] = []
    with scene(tools, witnessed=True) as place:
        place.load(64, 3)  # fills the ring of records, which is no leak
        _leave(place, size.leavers // 5, 1)
        _rest(place, size)
        before, descriptors = place.testimony(), place.descriptors()
        for half in (1, 2):
            memory = pss_mb(place.pid)
            seen.update(_leave(place, size.leavers // 2, 1 + half))
            told, clients = _rest(place, size)
            after = place.testimony()
            grown.append(pss_mb(place.pid) - memory)
        left, crashes = place.descriptors() - descriptors, place.crashes()
    in_providers = sum(provider["in_flight"] for provider in told["details"].values())
    stuck = sum(visits for stage, visits in seen.items() if stage.startswith("stuck"))
    return [
        Finding("visits left", seen.total(), least=size.leavers),
        Finding("of them stuck or refused", stuck + seen["refused"], most=0),
        Finding("of them reset by the gateway", seen["reset"]),
        Finding("connections of clients left", clients, most=0),
        Finding("descriptors more than before", left, most=0 if size.idle_upstream_s else AT_ONCE),
        Finding("requests in flight", told["in_flight"], most=0),
        Finding("attempts in flight", in_providers, most=0),
        Finding("tasks more than before", _tasks(after) - _tasks(before), most=AT_ONCE),
        Finding("tasks but for resting workers", _tasks(after) - after["tasks"].get("Workers._work", 0)),
        Finding("objects more than before", after["objects"] - before["objects"], most=1000),
        Finding("growth, first half", grown[0], "MB"),
        Finding("growth, second half", grown[1], "MB", most=4),
        Finding("crashes", crashes, most=0),
    ]


def _leave(place: Scene, count: int, seed: int) -> dict[str, int]:
    with place.attack("leavers", count=count, at_once=AT_ONCE, seed=seed) as attacker:
        return told_by(attacker)


def _rest(place: Scene, size: Size) -> tuple[dict[str, Any], int]:
    """Wait until nothing is left that ends by itself; what `/health` says then, and the connections of clients."""
    until(lambda: place.clients() == 0, what="the end of all connections")
    clients = place.clients()
    time.sleep(size.idle_upstream_s or SETTLE_S)
    return place.details(), clients


def _tasks(testimony: dict[str, dict[str, int]]) -> int:
    return sum(testimony["tasks"].values())


SCENARIOS: dict[str, Callable[[Tools, Size], list[Finding]]] = {
    "hostile clients": hostile,
    "slow heads": slow_heads,
    "1,000 streams": lambda tools, size: streams(tools, 1000 if size is FULL else 100),
    "5,000 streams": lambda tools, size: streams(tools, 5000 if size is FULL else 500),
    "a million requests": endurance,
    "a million pipelined": pipelined,
    "leaving": leavers,
}


def _say(text: str) -> None:
    print(f"bench:   {text}", file=sys.stderr, flush=True)
