"""Save configuration and state to one file, while gateways run.

  ai-dashboard backup                           a file in this folder, named by date and time
  ai-dashboard backup /var/backups/gateway.tar.gz
  ai-dashboard backup --json                    what is in it, for programs

It holds keys and tokens as they are in the files, so that only you can read it; keep it where you would keep those.
`ai-dashboard restore FILE` puts it back.

Exit code 0: it is there, 1: it could not be made, 2: used wrongly.
"""

import argparse
import json
import shutil
import sys
import tempfile
import time
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from ai_dashboard.cli.ended import tidied
from ai_dashboard.cli.options import add_config_option, add_json_option


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", nargs="?", type=Path, metavar="FILE", help="what to write (default: named by the time)")
    add_json_option(parser)
    add_config_option(parser)


def run(args: argparse.Namespace) -> int:
    from ai_dashboard.cli.saving.archive import NotRestorable
    from ai_dashboard.cli.saving.copying import NotCopied

    try:
        with tidied():
            return _back_up(args)
    except (NotCopied, NotRestorable) as problem:
        said = str(problem)
    except OSError as error:
        said = f"{error.filename or args.file}: {error.strerror or error}"
    print(f"ai-dashboard: no backup was made: {said}", file=sys.stderr)
    return 1


def _back_up(args: argparse.Namespace) -> int:
    from ai_dashboard import __version__
    from ai_dashboard.cli.saving.archive import write
    from ai_dashboard.cli.saving.copying import NotCopied, copy_config, copy_state
    from ai_dashboard.cli.saving.places import GROUPS, places_of
    from ai_dashboard.cli.saving.swapping import cut_off
    from ai_dashboard.tui.format import plural, size

    places, now = places_of(args), time.time()
    target = Path.cwd() / (args.file or datetime.fromtimestamp(now, UTC).strftime("ai-dashboard-%Y%m%dT%H%M%SZ.tar.gz"))
    if target.exists():
        raise NotCopied(f"{target} exists; name another file")
    if any(target.resolve().is_relative_to(places.of(group)) for group in GROUPS):
        raise NotCopied(f"{target} would be part of the next backup; name a file elsewhere")
    if cut_off(places.state):
        raise NotCopied("a restore was cut off; start the gateway, or restore again, to have it finished")
    with tempfile.TemporaryDirectory(prefix=f".{target.name}.", dir=target.parent) as aside:
        copied = Path(aside)
        if places.config.is_dir():
            copy_config(places.config, copied / "config")
        if places.state.is_dir():
            copy_state(places.state, places.audit, copied / "state")
        draft = copied / "archive"
        manifest = write(draft, copied, GROUPS, version=__version__, made_at=now)
        if not manifest.files:
            raise NotCopied(f"there is nothing in {places.config} and {places.state}")
        shutil.move(draft, target)
    if args.json:
        print(json.dumps({"file": str(target), "bytes": target.stat().st_size} | asdict(manifest), indent=2))
        return 0
    print(f"{target}: {plural(len(manifest.files), 'file')}, {size(target.stat().st_size)}")
    for group in GROUPS:
        files = manifest.of(group)
        amount = f"{plural(len(files), 'file')}, {size(sum(it.size for it in files))}"
        print(f"  {group:<7} {places.of(group)}: {amount}")
    print("It holds keys and tokens: only you can read it, and nobody else should.")
    return 0
