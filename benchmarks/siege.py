"""`./dev bench --siege`: what hostile clients, very many streams and long days do to the gateway.

The gateway has one core to itself; those who measure share the other with the attackers, who are nice to them. Every
figure with a bound says whether the bound was held; `--quick` makes everything small, to see whether it works at all.
"""

import json
import sys
from pathlib import Path

from benchmarks.siege_figures import Report, table
from benchmarks.siege_scenarios import FULL, QUICK, SCENARIOS
from benchmarks.siege_scene import Tools


def measure(tools: Tools, *, quick: bool, only: str | None, keep: Path | None) -> str:
    """The table, as Markdown; a line for each scenario as it ends. `only` is a part of a scenario's name; `keep` is a
    file for the same as JSON."""
    size = QUICK if quick else FULL
    reports: list[Report] = []
    for name, scenario in SCENARIOS.items():
        if only and only not in name:
            continue
        print(f"bench: {name}", file=sys.stderr, flush=True)
        report = Report(name, tuple(scenario(tools, size)))
        print(f"bench: {report.line()}", file=sys.stderr, flush=True)
        reports.append(report)
    if keep:
        keep.write_text(json.dumps([report.kept() for report in reports], indent=1))
    return table(reports)
