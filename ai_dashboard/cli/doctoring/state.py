"""The state folder: whose it is, who can read it, whether there is room, and whether its databases are sound."""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from ai_dashboard.cli.doctoring.finding import Finding, Level
from ai_dashboard.cli.saving.contents import files_in
from ai_dashboard.cli.saving.swapping import cut_off
from ai_dashboard.state.sqlite_file import is_damage, open_reader
from ai_dashboard.tui.format import plural, size

STATE = "state"
LITTLE = 1 << 30
NEXT_TO_NOTHING = 100 << 20
LARGE = 64 << 20
"""Databases up to this size are looked through as a whole; of larger ones the first page is."""

OTHERS = 0o077
NAMED = 3


def check_state(folder: Path) -> Iterator[Finding]:
    """The folder, the disk below it, and what is in it."""
    if not folder.exists():
        yield Finding(STATE, Level.NOTE, f"{folder} is made when a gateway starts")
        return
    try:
        found = [*_rights(folder), *_room(folder), *_files(folder)]
    except OSError as error:
        text = f"{error.filename or folder}: {error.strerror or error}"
        found = [Finding(STATE, Level.PROBLEM, text, "have it belong to the user that runs the gateway (`chown -R`)")]
    yield from found or [Finding(STATE, Level.OK, f"{folder}: {size(shutil.disk_usage(folder).free)} free")]


def _rights(folder: Path) -> Iterator[Finding]:
    known = folder.stat()
    if not folder.is_dir():
        yield Finding(STATE, Level.PROBLEM, f"{folder} is no folder", "move it away, or set AI_DASHBOARD_STATE_DIR")
        return
    if known.st_uid != os.geteuid():
        fix = f"`chown -R {os.geteuid()} {folder}`, or set AI_DASHBOARD_STATE_DIR to a folder of your own"
        yield Finding(STATE, Level.PROBLEM, f"{folder} belongs to somebody else (uid {known.st_uid})", fix)
    if known.st_mode & OTHERS:
        text = f"others can look into {folder}, where the admin token is"
        yield Finding(STATE, Level.PROBLEM, text, f"`chmod 700 {folder}`")
    if not os.access(folder, os.W_OK | os.X_OK):
        text = f"{folder} cannot be written: nothing outlives the gateway"
        yield Finding(STATE, Level.PROBLEM, text, f"`chmod 700 {folder}`")


def _room(folder: Path) -> Iterator[Finding]:
    free = shutil.disk_usage(folder).free
    if free < LITTLE:
        level = Level.PROBLEM if free < NEXT_TO_NOTHING else Level.WARNING
        fix = "make room, or keep less: `request_log` and `logging` in gateway.yaml"
        yield Finding(STATE, level, f"{size(free)} are left on the disk of {folder}", fix)


def _files(folder: Path) -> Iterator[Finding]:
    if not folder.is_dir():
        return
    if cut_off(folder):
        fix = "start the gateway, which finishes it"
        yield Finding(STATE, Level.PROBLEM, "a restore was cut off before it was done", fix)
    files = list(files_in(folder))
    open_to_others = [str(path) for path in files if (folder / path).stat().st_mode & OTHERS]
    if open_to_others and folder.stat().st_mode & OTHERS:
        text = f"others can read {_some(open_to_others)} in {folder}"
        yield Finding(STATE, Level.PROBLEM, text, f"`chmod -R go= {folder}`")
    for path in files:
        if path.suffix == ".sqlite" and (damage := _damage(folder / path)):
            fix = "the gateway moves it aside and begins anew; `ai-dashboard restore` puts a backup back"
            yield Finding(STATE, Level.PROBLEM, f"{path} is damaged: {damage}", fix)
    if aside := [str(path) for path in files if ".damaged-" in path.name]:
        text = f"{_some(aside)} in {folder} {'was' if len(aside) == 1 else 'were'} damaged and moved aside"
        yield Finding(STATE, Level.NOTE, text, "remove what you do not need")


def _damage(path: Path) -> str:
    """What SQLite finds wrong with a database; empty for a sound one, and for one that it cannot look at now."""
    look = "PRAGMA quick_check(1)" if path.stat().st_size <= LARGE else "SELECT 'ok' FROM sqlite_schema LIMIT 1"
    try:
        with closing(open_reader(path)) as reader:
            row = reader.execute(look).fetchone()
    except sqlite3.Error as error:
        return str(error) if is_damage(error) else ""
    return "" if row is None or row[0] == "ok" else str(row[0])


def _some(names: list[str]) -> str:
    if len(names) <= NAMED:
        return ", ".join(names)
    return f"{', '.join(names[:NAMED])} and {plural(len(names) - NAMED, 'other')}"
