"""Read it and report every finding.

  ai-dashboard config check
  ai-dashboard config check --config-dir /etc/ai-dashboard --json
  ai-dashboard config check --strict      for CI and pre-commit: warnings count as well

Exit code 0: it loads, 1: it has errors (with --strict: or warnings), 2: used wrongly.
"""

import argparse
import dataclasses
import json
import os
from pathlib import Path

from ai_dashboard.cli.options import add_config_option
from ai_dashboard.core.diagnostics import Diagnostic, Severity


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="for programs")
    parser.add_argument("--strict", action="store_true", help="exit code 1 for warnings as well")
    add_config_option(parser)


def run(args: argparse.Namespace) -> int:
    from ai_dashboard.config.load import load
    from ai_dashboard.config.locate import find_folder
    from ai_dashboard.config.stale import stale

    env = dict(os.environ)
    folder = find_folder(args.config_dir, env, Path.cwd())
    loaded = load(folder, env)
    found = (*loaded.diagnostics, *stale(folder))
    if args.json:
        print(as_json(found))
    else:
        for finding in found:
            print(finding)
        where = folder or "no configuration folder (the defaults are used, and what is found on this machine)"
        print(f"{where}: {_counted(found, Severity.ERROR)}, {_counted(found, Severity.WARNING)}")
    worst = (Severity.ERROR, Severity.WARNING) if args.strict else (Severity.ERROR,)
    return 1 if any(finding.severity in worst for finding in found) else 0


def as_json(found: tuple[Diagnostic, ...]) -> str:
    """All findings, and how many of them are errors and warnings."""
    report = {
        "diagnostics": [dataclasses.asdict(finding) for finding in found],
        "errors": _count(found, Severity.ERROR),
        "warnings": _count(found, Severity.WARNING),
    }
    return json.dumps(report, ensure_ascii=False, indent=2)


def _counted(found: tuple[Diagnostic, ...], severity: Severity) -> str:
    number = _count(found, severity)
    return f"{number} {severity}{'' if number == 1 else 's'}"


def _count(found: tuple[Diagnostic, ...], severity: Severity) -> int:
    return sum(finding.severity is severity for finding in found)
