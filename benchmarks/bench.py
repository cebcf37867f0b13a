"""`./dev bench`: ours and every peer that is installed, side by side in one run, medians of interleaved rounds.

The gateway under test has core 0 to itself; the load generator and the pretend provider share core 1. Rounds go through
all contenders before the next begins, so that a slow minute of the machine hits everybody alike.
"""

import argparse
import datetime as dt
import json
import math
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import accounting, caching, caching_hits, planning, siege, translation, ui, ui_screen, widgets
from benchmarks.contenders import CONTENDERS, Contender
from benchmarks.processes import answers, cpu_seconds, free_port, process, pss_mb
from benchmarks.scenarios import FIGURES, SCENARIOS, SMALL, Figure, Reading, Scenario
from benchmarks.siege_scene import Tools

HERE = Path(__file__).parent
UNDER_TEST, REST = "0", "1"
DIRECT = "direct"

LOOK_S = 0.5
RESTS_AT = 0.06
"""Of the core, all contenders together: what they take at rest, with their timers and checks."""

SETTLES_WITHIN_S = 30.0


@dataclass(slots=True)
class Entry:
    """One contender of this run, and what was read off it."""

    name: str
    port: int
    headers: tuple[str, ...]
    pid: int | None
    start_s: float
    idle_mb: float
    readings: dict[str, list[Reading]] = field(default_factory=dict)
    loaded_mb: float = 0.0


def main(arguments: list[str]) -> int:
    """Measure, print the table, keep the figures."""
    parser = argparse.ArgumentParser("./dev bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="rounds through all contenders (default: 3)")
    parser.add_argument("--only", help="names of contenders, separated by commas")
    parser.add_argument("--scenario", help="measure only scenarios whose name holds this text")
    parser.add_argument("--ui", action="store_true", help="measure the screen instead, and what it costs the gateway")
    parser.add_argument("--translation", action="store_true", help="measure the translation of streams alone instead")
    parser.add_argument("--planning", action="store_true", help="measure plans alone instead")
    parser.add_argument("--caching", action="store_true", help="measure the cache instead: alone, and hits end to end")
    parser.add_argument("--accounting", action="store_true", help="measure money, keys and limits instead")
    parser.add_argument("--widgets", action="store_true", help="measure shell widgets and short commands instead")
    parser.add_argument("--siege", action="store_true", help="measure hostile load and endurance instead (25 minutes)")
    parser.add_argument("--quick", action="store_true", help="with --siege: everything small")
    parser.add_argument("--json", type=Path, metavar="FILE", help="keep every reading")
    args = parser.parse_args(arguments)
    alone = {
        translation: args.translation,
        caching: args.caching,
        planning: args.planning,
        accounting: args.accounting,
        widgets: args.widgets,
    }
    for part in (it for it, wanted in alone.items() if wanted):
        print(part.measure(args.rounds))
    if args.translation or args.planning or args.accounting or args.widgets:
        return 0
    if not hasattr(os, "sched_setaffinity") or (os.cpu_count() or 1) < 2:
        print("bench: needs Linux and two cores: one for the gateway, one for the rest", file=sys.stderr)
        return 2
    scenarios = [scenario for scenario in SCENARIOS if not args.scenario or args.scenario in scenario.name]
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        load = _compiled("load", folder)
        if args.ui:
            upstream = _compiled("upstream", folder)
            print(f"{ui.measure(args.rounds, load, upstream)}\n", flush=True)
            print(ui_screen.measure(load, upstream))
            return 0
        if args.caching:
            print(f"\n{caching_hits.measure(args.rounds, load, _compiled('upstream', folder), folder)}")
            return 0
        if args.siege:
            tools = Tools(load, _compiled("upstream", folder), folder)
            print(siege.measure(tools, quick=args.quick, only=args.scenario, keep=args.json))
            return 0
        entries = _start_all(args.only, folder, stack)
        for number in range(args.rounds):
            for scenario in scenarios:
                for entry in entries:
                    _say(f"round {number + 1}/{args.rounds}  {scenario.name:<12} {entry.name}")
                    _settle(entries)
                    entry.readings.setdefault(scenario.name, []).append(_measure(entry, scenario, load, folder))
        for entry in entries:
            entry.loaded_mb = pss_mb(entry.pid) if entry.pid else 0.0
    if args.json:
        args.json.write_text(json.dumps(_kept(entries), indent=1))
    print(table(entries))
    return 0


def _compiled(name: str, folder: Path) -> Path:
    """One of the C programs beside this file, compiled for this run."""
    program = folder / name
    try:
        subprocess.run(["cc", "-O2", "-o", str(program), str(HERE / f"{name}.c")], check=True)
    except FileNotFoundError:
        sys.exit("bench: needs a C compiler:  sudo apt-get install gcc")
    return program


def _start_all(only: str | None, folder: Path, stack: ExitStack) -> list[Entry]:
    upstream = free_port()
    stack.enter_context(process([str(_compiled("upstream", folder)), str(upstream)], cores=REST))
    if answers(upstream, SMALL, (), patience_s=5) is None:
        sys.exit("bench: the pretend provider does not answer")
    entries = [Entry(DIRECT, upstream, (), None, 0.0, 0.0)]
    for contender in CONTENDERS:
        if only and contender.name not in only.split(","):
            continue
        program = contender.found()
        if program is None:
            _say(f"{contender.name} is not here, left out ({contender.install})")
            continue
        if (entry := _start(contender, program, folder, upstream, stack)) is not None:
            entries.append(entry)
    return entries


def _start(contender: Contender, program: str, folder: Path, upstream: int, stack: ExitStack) -> Entry | None:
    own = folder / contender.name
    own.mkdir()
    port = free_port()
    start = contender.prepare(program, own, port, upstream)
    log = folder / f"{contender.name}.log"
    running = stack.enter_context(process(start.command, cores=UNDER_TEST, env=start.env, log=log))
    took = answers(port, SMALL, start.headers, patience_s=60)
    if took is None:
        _say(f"{contender.name} did not answer within 60 s, left out:\n{log.read_text(errors='replace')[-2000:]}")
        return None
    return Entry(contender.name, port, start.headers, running.pid, took, pss_mb(running.pid))


def _settle(entries: Sequence[Entry]) -> None:
    """Wait until all of them rest: they share a core, and some work on for seconds when their load is over."""
    for _ in range(round(SETTLES_WITHIN_S / LOOK_S)):
        before = _cpu_s(entries)
        time.sleep(LOOK_S)
        if _cpu_s(entries) - before <= RESTS_AT * LOOK_S:
            return
    _say("somebody still works: the next figure may suffer from it")


def _cpu_s(entries: Sequence[Entry]) -> float:
    return sum(cpu_seconds(entry.pid) for entry in entries if entry.pid)


def _measure(entry: Entry, scenario: Scenario, load: Path, folder: Path) -> Reading:
    """One run of the load generator against one contender."""
    body = folder / "body.json"
    body.write_bytes(scenario.body)
    command = [str(load), str(entry.port), str(scenario.connections), str(scenario.seconds), str(body)]
    before = cpu_seconds(entry.pid) if entry.pid else 0.0
    run = subprocess.run(
        ["taskset", "-c", REST, *command, str(scenario.rate), "/v1/chat/completions", *entry.headers],
        check=True,
        capture_output=True,
        text=True,
    )
    reading: Reading = json.loads(run.stdout)
    reading["cpu_s"] = (cpu_seconds(entry.pid) if entry.pid else 0.0) - before
    if events_s := reading.get("events_s"):
        # The generator leaves its first 0.3 s out of its counts; the processor time holds them.
        reading["events"] = events_s * (scenario.seconds + 0.3)
    return reading


def table(entries: list[Entry]) -> str:
    """A Markdown table: medians, and for ours the ratio to each peer."""
    figures = [figure for figure in FIGURES if figure.scenario in entries[0].readings]
    titles = [f"{figure.title}{f' {figure.unit}' if figure.unit else ''}" for figure in figures]
    head = ["", *titles, "MB idle→loaded", "start s"]
    lines = [_row(head), _row(["---"] * len(head))]
    for entry in entries:
        cells = [_cell(_median(entry, figure)) for figure in figures]
        memory = f"{entry.idle_mb:.0f}→{entry.loaded_mb:.0f}" if entry.pid else "–"
        lines.append(_row([entry.name, *cells, memory, f"{entry.start_s:.2f}" if entry.pid else "–"]))
    ours = next((entry for entry in entries if entry.name == "ours"), None)
    for peer in entries:
        if ours is not None and peer not in (ours, entries[0]):
            ratios = [_ratio(ours, peer, figure) for figure in figures]
            lines.append(_row([f"ours / {peer.name}", *ratios, "", ""]))
    today = dt.datetime.now(tz=dt.UTC).date()
    lines.append(f"\n{today}, {os.cpu_count()} cores ({_processor()}), Python {platform.python_version()}")
    return "\n".join(lines)


def _median(entry: Entry, figure: Figure) -> float:
    """The median, not a number when some run has nothing to read: a contender that answered too late or not at all."""
    try:
        return statistics.median(figure.read(reading) for reading in entry.readings[figure.scenario])
    except KeyError:
        return math.nan


def _ratio(ours: Entry, peer: Entry, figure: Figure) -> str:
    ratio = _median(ours, figure) / (_median(peer, figure) or math.nan)
    return "–" if math.isnan(ratio) else f"{ratio:.2f}×"


def _row(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _cell(value: float) -> str:
    if math.isnan(value):
        return "–"
    return f"{value:,.0f}" if value >= 100 else f"{value:.2f}"


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _kept(entries: list[Entry]) -> dict[str, object]:
    return {
        entry.name: {
            "start_s": entry.start_s,
            "idle_mb": entry.idle_mb,
            "loaded_mb": entry.loaded_mb,
            "readings": entry.readings,
        }
        for entry in entries
    }


def _say(text: str) -> None:
    print(
        f"\r\x1b[K{text}" if sys.stderr.isatty() else text,
        file=sys.stderr,
        flush=True,
        end="" if sys.stderr.isatty() else "\n",
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
