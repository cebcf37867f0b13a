"""Look for what keeps a gateway from working well on this machine, and say what to do about it.

  ai-dashboard doctor
  ai-dashboard doctor --json            for programs
  ai-dashboard doctor --config-dir /etc/ai-dashboard

It looks at the configuration, keys (their names alone), ports, Redis, the GPU driver, the terminal, the state folder,
the age of the price list and the clock. It changes nothing and asks no provider.

Exit code 0: no problem (there may be warnings), 1: there are problems, 2: used wrongly.
"""

import argparse
import json
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from ai_dashboard.cli.doctoring.finding import Finding, Level
from ai_dashboard.cli.options import add_config_option, add_json_option

MARKS = {Level.OK: "✓", Level.NOTE: "·", Level.WARNING: "⚠", Level.PROBLEM: "✗"}


def arguments(parser: argparse.ArgumentParser) -> None:
    add_json_option(parser)
    add_config_option(parser)


def run(args: argparse.Namespace) -> int:
    found = list(_look(args))
    problems, warnings = (sum(it.level is level for it in found) for level in (Level.PROBLEM, Level.WARNING))
    if args.json:
        report = {"findings": [asdict(it) for it in found], "problems": problems, "warnings": warnings}
        print(json.dumps(report, ensure_ascii=False, indent=2))
    else:
        print("\n".join([*lines(found), "", counted(problems, warnings)]))
    return 1 if problems else 0


def _look(args: argparse.Namespace) -> Iterator[Finding]:
    """Everything, one after the other: most of it takes no time."""
    from ai_dashboard.cli.doctoring.calendar import check_clock, check_prices
    from ai_dashboard.cli.doctoring.configuration import check_config, check_keys
    from ai_dashboard.cli.doctoring.gpu import check_gpu
    from ai_dashboard.cli.doctoring.ports import check_ports
    from ai_dashboard.cli.doctoring.redis import check_redis
    from ai_dashboard.cli.doctoring.state import check_state
    from ai_dashboard.cli.doctoring.terminal import check_terminal, terminal_here
    from ai_dashboard.config.load import load
    from ai_dashboard.config.locate import find_folder
    from ai_dashboard.costs.catalogue import public_prices
    from ai_dashboard.gateway.state import state_folder

    env, now, public = dict(os.environ), time.time(), public_prices()
    loaded = load(find_folder(args.config_dir, env, Path.cwd()), env)
    yield from check_config(loaded)
    yield from check_keys(loaded)
    yield from check_ports(loaded)
    if loaded.config is not None:
        yield from check_redis(loaded.config)
    yield from check_gpu()
    yield from check_terminal(terminal_here(env))
    yield from check_state(state_folder(env))
    yield from check_prices(public, now)
    yield from check_clock(public, now)


def lines(found: Sequence[Finding]) -> list[str]:
    """A line for each, and one more for what to do. The name of a check stands at its first line."""
    from ai_dashboard.cli.story import plain

    width = max((len(it.check) for it in found), default=0)
    text, before = [], ""
    for it in found:
        name, before = "" if it.check == before else it.check, it.check
        text.append(plain(f"{MARKS[it.level]} {name:<{width}}  {it.text}"))
        if it.fix:
            text.append(plain(f"  {'':<{width}}  → {it.fix}"))
    return text


def counted(problems: int, warnings: int) -> str:
    """How many there are."""
    from ai_dashboard.tui.format import plural

    if not problems and not warnings:
        return "all is well"
    return f"{plural(problems, 'problem')}, {plural(warnings, 'warning')}"
