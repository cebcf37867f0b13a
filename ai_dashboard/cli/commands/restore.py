"""Put configuration and state back as they were when a backup was made.

  ai-dashboard restore ai-dashboard-20261121T120000Z.tar.gz
  ai-dashboard restore gateway.tar.gz --only config      leave the state as it is
  ai-dashboard restore gateway.tar.gz --check            look whether it is whole, and change nothing

Every file is checked before anything changes; then all of them come into place, or none. What was there is kept in a
folder beside, `before-restore-…`. No gateway may run on the state folder meanwhile.

Exit code 0: done, 1: it could not be done and nothing has changed, 2: used wrongly.
"""

import argparse
import json
import secrets
import shutil
import sys
import time
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ai_dashboard.cli.options import add_config_option, add_json_option

if TYPE_CHECKING:
    from ai_dashboard.cli.saving.archive import Manifest
    from ai_dashboard.cli.saving.places import Places
    from ai_dashboard.cli.saving.swapping import Swap

GROUPS = ("config", "state")


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help="what `ai-dashboard backup` has made")
    parser.add_argument("--only", choices=GROUPS, help="put one of the two back, and leave the other")
    parser.add_argument("--check", action="store_true", help="look whether it is whole, and change nothing")
    add_json_option(parser)
    add_config_option(parser)


def run(args: argparse.Namespace) -> int:
    from ai_dashboard.cli.saving.archive import NotRestorable, unpack
    from ai_dashboard.cli.saving.occupied import Occupied
    from ai_dashboard.cli.saving.places import places_of

    places = places_of(args)
    try:
        if args.check:
            return _told(args, places, unpack(args.file, {}), ())
        return _told(args, places, *_restore(args, places))
    except NotRestorable as problem:
        said = str(problem)
    except Occupied as problem:
        said = f"a gateway works with {places.state} ({problem}); stop it, and try again"
    except OSError as error:
        said = f"{error.filename or args.file}: {error.strerror or error}"
    print(f"ai-dashboard: nothing was restored: {said}", file=sys.stderr)
    return 1


def _restore(args: argparse.Namespace, places: "Places") -> tuple["Manifest", tuple["Swap", ...]]:
    from ai_dashboard.cli.saving.archive import NotRestorable, unpack
    from ai_dashboard.cli.saving.contents import KEPT, STAGED
    from ai_dashboard.cli.saving.occupied import alone
    from ai_dashboard.cli.saving.swapping import commit, cut_off, finish, planned, tidy

    folders = {group: places.of(group) for group in GROUPS if args.only in (None, group)}
    staged = f"{STAGED}{secrets.token_hex(4)}"
    kept = datetime.now(UTC).strftime(f"{KEPT}%Y%m%dT%H%M%S%fZ")
    args.file.open("rb").close()  # before anything is made for it
    with alone(places.state):
        finish(places.state)
        try:
            for folder in folders.values():
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                tidy(folder)
                (folder / staged).mkdir(mode=0o700)
            manifest = unpack(args.file, {group: folder / staged for group, folder in folders.items()})
            there = [folder for group, folder in folders.items() if manifest.of(group)]
            if not there:
                raise NotRestorable(f"{args.file} holds no {args.only or 'file'}")
            swaps = tuple(planned(folder, staged, kept) for folder in there)
            commit(places.state, swaps)
        finally:
            if not cut_off(places.state):  # else what is staged is needed still
                for folder in folders.values():
                    shutil.rmtree(folder / staged, ignore_errors=True)
        _put_on_record(args, places, manifest)
    return manifest, swaps


def _put_on_record(args: argparse.Namespace, places: "Places", manifest: "Manifest") -> None:
    from ai_dashboard.cli.configuring.folder import who
    from ai_dashboard.telemetry.audit import Audit

    why = f"a backup of {_when(manifest)}"
    Audit(places.audit, time.time).note("backup.restored", args.file.name, who=who(), why=why)


def _told(args: argparse.Namespace, places: "Places", manifest: "Manifest", swaps: tuple["Swap", ...]) -> int:
    from ai_dashboard.tui.format import plural, size

    if args.json:
        kept = [str(swap.folder / swap.kept) for swap in swaps if swap.old]
        print(json.dumps(asdict(manifest) | {"restored": bool(swaps), "kept": kept}, indent=2))
        return 0
    done = "restored" if swaps else "whole"
    print(f"{done}: a backup of {_when(manifest)}, made by version {manifest.version}")
    for group in GROUPS if args.only is None else (args.only,):
        files = manifest.of(group)
        print(f"  {group:<7} {plural(len(files), 'file')}, {size(sum(it.size for it in files))}  {places.of(group)}")
    for swap in swaps:
        if swap.old:
            print(f"what was there is in {swap.folder / swap.kept}; remove it when you do not need it any more")
    return 0


def _when(manifest: "Manifest") -> str:
    return datetime.fromtimestamp(manifest.made_at).astimezone().strftime("%Y-%m-%d %H:%M:%S")
