"""Say who waits at a running gateway, and for what.

ai-dashboard queue           each line: how many wait at which level, and for how long; then what is loaded next
ai-dashboard queue --json    for programs: `timestamp`, `queues`, `total_requests`, `lines`, `swaps`
"""

import argparse
import json
from typing import Any

from ai_dashboard.cli.asking import ask
from ai_dashboard.cli.options import add_url_option


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="for programs")
    add_url_option(parser)


def run(args: argparse.Namespace) -> int:
    said = ask(args.url, "GET", "queue")
    print(json.dumps(said, ensure_ascii=False, indent=2) if args.json else "\n".join(lines(said)))
    return 0


def lines(said: dict[str, Any]) -> list[str]:
    """A row for each line, the longest first; a row for each provider that holds only so many models."""
    return [*_waiting(said), *map(_swaps, said.get("swaps", ()))]


def _swaps(one: dict[str, Any]) -> str:
    holds = f"{one['provider']} holds {', '.join(one['loaded']) or 'nothing'} ({one['max_loaded']} at one time)"
    steps = ", then ".join(_swap(step) for step in one["planned"])
    return f"{holds}; next {steps or 'nothing'}; {one['swaps']} swaps since the start"


def _swap(step: dict[str, Any]) -> str:
    place = f" in place of {step['evict']}" if step["evict"] else ""
    took = f", {step['load_s']:.1f} s to load" if step["load_s"] is not None else ""
    return f"{step['load']}{place} for {step['requests']}{took}"


def _waiting(said: dict[str, Any]) -> list[str]:
    if not said["lines"]:
        return ["nobody waits, and nobody has waited since the start"]
    rows = sorted(said["lines"], key=lambda line: -sum(line["waiting"].values()))
    width = max(len(f"{row['provider']}/{row['model']}") for row in rows)
    levels = list(rows[0]["waiting"])
    text = [f"{'waiting for':<{width}}  {'  '.join(f'{level:>8}' for level in levels)}  oldest  per min  refused  late"]
    for row in rows:
        waiting = "  ".join(f"{row['waiting'][level] or '–':>8}" for level in levels)
        oldest = f"{row['oldest_s']:.1f}s" if row["oldest_s"] else "–"
        name = f"{row['provider']}/{row['model']}"
        ends = f"{row['per_minute']:>7.1f}  {row['refused']:>7}  {row['expired']:>4}"
        text.append(f"{name:<{width}}  {waiting}  {oldest:>6}  {ends}")
    return text
