"""Run the gateway as a service of yours: a systemd user unit, hardened, restarted when it fails.

ai-dashboard service install              write the unit, start it now and at every log-in
ai-dashboard service install --dry-run    print the unit, and change nothing
ai-dashboard service status               whether it runs, since when, how often it was restarted
ai-dashboard service uninstall            stop it and remove the unit; configuration and state stay

Exit code 0: well, 1: it does not run or could not be done, 2: used wrongly.
"""

import argparse
import json
import os
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from ai_dashboard.cli.options import add_config_option, add_json_option, port, workers
from ai_dashboard.cli.servicing.unit import UNIT
from ai_dashboard.tui.format import plural

if TYPE_CHECKING:
    from ai_dashboard.cli.servicing.manager import Manager, Standing
    from ai_dashboard.cli.servicing.unit import Service

VARIABLES = "environment"
"""In the user's own configuration folder: what the service is given as variables."""


def arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")

    def action_of(name: str, about: str, example: str) -> argparse.ArgumentParser:
        told = f"{about[0].upper()}{about[1:]}.\n\n  ai-dashboard service {example}"
        form = argparse.RawDescriptionHelpFormatter
        action = actions.add_parser(name, help=about, description=told, formatter_class=form, allow_abbrev=False)
        add_json_option(action)
        return action

    install = action_of("install", "write the unit, start it now and at every log-in", "install --dry-run")
    install.add_argument("--dry-run", action="store_true", help="print the unit, and change nothing")
    install.add_argument("--host", help="address to listen on (default: gateway.yaml, else 127.0.0.1)")
    install.add_argument("--port", type=port, help="port to listen on (default: gateway.yaml, else 4000)")
    install.add_argument("--workers", type=workers, metavar="N", help="processes that share the port (default: 1)")
    add_config_option(install)
    action_of("status", "whether it runs, since when, how often it was restarted", "status --json")
    action_of("uninstall", "stop it and remove the unit; configuration and state stay", "uninstall")


def run(args: argparse.Namespace) -> int:
    from ai_dashboard.cli.servicing.manager import Manager, NoManager

    manager = Manager(os.environ, Path.home())
    try:
        match args.action:
            case "install":
                return _install(args, manager)
            case "uninstall":
                return _uninstall(args, manager)
            case _:
                return _status(args, manager)
    except NoManager as problem:
        said = str(problem)
    except OSError as error:
        said = f"{error.filename}: {error.strerror}"
    print(f"ai-dashboard: {said}", file=sys.stderr)
    return 1


# ── install ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _install(args: argparse.Namespace, manager: "Manager") -> int:
    from ai_dashboard.cli.servicing.unit import unit_of

    service = _service(args)
    text, notes = unit_of(service), list(_notes(service))
    if args.dry_run:
        told = {"path": str(manager.path), "unit": text, "notes": notes}
        print(json.dumps(told, indent=2) if args.json else text.rstrip())
        _say(args, notes)
        return 0
    manager.there()
    if manager.foreign:
        return _foreign(manager)
    service.state.mkdir(mode=0o700, parents=True, exist_ok=True)
    manager.install(text)
    if not manager.lingers(os.environ.get("USER", "")):
        notes.append("it ends when you log out; `loginctl enable-linger` has it go on")
    if args.json:
        print(json.dumps({"path": str(manager.path), "notes": notes} | asdict(manager.standing()), indent=2))
    else:
        print(f"{manager.path} is in place and started; `ai-dashboard service status` says how it does")
    _say(args, notes)
    return 0


def _notes(service: "Service") -> Iterator[str]:
    """What whoever installs it should know."""
    from ai_dashboard.cli.servicing.lacking import lacking

    for finding in lacking(service.config, os.environ, service.variables):
        yield f"not so in the service, which has no variables but those in {service.variables}: {finding}"
    if service.variables.exists() and service.variables.stat().st_mode & 0o077:
        yield f"others can read {service.variables}; `chmod 600` it"


def _say(args: argparse.Namespace, notes: list[str]) -> None:
    for note in () if args.json else notes:
        print(f"note: {note}", file=sys.stderr)


def _foreign(manager: "Manager") -> int:
    said = f"{manager.path} was not written by this program, and stays as it is; move it away first"
    print(f"ai-dashboard: {said}", file=sys.stderr)
    return 1


def _service(args: argparse.Namespace) -> "Service":
    """What the arguments ask for. Raises `ConfigError` for a configuration that nothing is served from."""
    from ai_dashboard.cli.child import serve_command
    from ai_dashboard.cli.servicing.unit import Service
    from ai_dashboard.config.load import load
    from ai_dashboard.config.locate import find_folder, usual_folder
    from ai_dashboard.core.errors import ConfigError
    from ai_dashboard.gateway.state import state_folder

    env, cwd = dict(os.environ), Path.cwd()
    found = find_folder(args.config_dir, env, cwd)
    folder = found.resolve() if found is not None else None
    loaded = load(folder, env)
    if loaded.config is None:
        why = "ai-dashboard: nothing is served from a configuration with errors"
        raise ConfigError((*map(str, loaded.diagnostics), why))
    given = {"--config-dir": folder, "--host": args.host, "--port": args.port, "--workers": args.workers}
    command = serve_command(*(f"{name}={value}" for name, value in given.items() if value is not None))
    state = (cwd / state_folder(env)).resolve()
    return Service(command, state, folder, usual_folder() / VARIABLES, loaded.config.gateway.drain_s)


# ── the others ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _uninstall(args: argparse.Namespace, manager: "Manager") -> int:
    was = manager.path.exists()
    if was and manager.foreign:
        return _foreign(manager)
    if was:
        manager.there()
        manager.uninstall()
    said = f"{manager.path} is gone; configuration and state are as they were" if was else "there is no service here"
    print(json.dumps({"path": str(manager.path), "removed": was}) if args.json else said)
    return 0


def _status(args: argparse.Namespace, manager: "Manager") -> int:
    standing = manager.standing()
    if args.json:
        print(json.dumps({"path": str(manager.path)} | asdict(standing), indent=2))
    elif not standing.installed:
        print("○ not installed; `ai-dashboard service install` does that")
    else:
        print("\n".join(lines(standing)))
    return 0 if standing.runs else 1


def lines(standing: "Standing") -> list[str]:
    """How the service is, for people."""
    mark = "●" if standing.runs else "✗" if standing.active == "failed" else "○"
    said = f"{mark} {standing.active} ({standing.sub})"
    if standing.runs:
        said += f", pid {standing.pid}"
    if standing.since:
        said += f", started {standing.since}"
    again = "not restarted yet" if not standing.restarts else f"restarted {plural(standing.restarts, 'time')}"
    text = [said, f"  {again}; {'starts' if standing.enabled else 'does not start'} at log-in"]
    if not standing.runs:
        text.append(f"  result: {standing.result}; `journalctl --user -u {UNIT}` has its last words")
    return text
