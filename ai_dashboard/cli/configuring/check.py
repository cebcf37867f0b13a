"""Read it and report every finding."""

import argparse
import dataclasses
import json
import os
from pathlib import Path

from ai_dashboard.cli.options import add_config_option
from ai_dashboard.core.diagnostics import Diagnostic, Severity


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="for programs")
    add_config_option(parser)


def run(args: argparse.Namespace) -> int:
    from ai_dashboard.config.load import load
    from ai_dashboard.config.locate import find_folder

    env = dict(os.environ)
    folder = find_folder(args.config_dir, env, Path.cwd())
    loaded = load(folder, env)
    found = loaded.diagnostics
    if args.json:
        print(as_json(found))
    else:
        for finding in found:
            print(finding)
        where = folder or "no configuration folder (the defaults are used, and what is found on this machine)"
        print(f"{where}: {_counted(found, Severity.ERROR)}, {_counted(found, Severity.WARNING)}")
    return 0 if loaded.config is not None else 2


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
