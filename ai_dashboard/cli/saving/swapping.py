"""What is unpacked takes the place of what is there: all of it or nothing, however it is cut off.

It is decided by one file, the journal in the state folder. Before that is there, nothing has changed; once it is there,
whoever comes next (`restore`, or a gateway that starts) does what is left to be done, and no step does harm a second
time. Entries move within their own folder, so that folders may be mount points, and what was there before is kept
beside.
"""

import os
import shutil
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TypeAlias

import orjson

from ai_dashboard.cli.saving.contents import JOURNAL, STAGED, entries_of
from ai_dashboard.cli.saving.occupied import Occupied, alone
from ai_dashboard.config.atomic import replace_file, sync_folder
from ai_dashboard.core.data import dataclass
from ai_dashboard.core.errors import ConfigError

Move: TypeAlias = Callable[[Path, Path], object]


@dataclass(frozen=True, slots=True)
class Swap:
    """One folder's: what lies in its folder `staged` comes into it, what was there goes to its folder `kept`."""

    folder: Path
    staged: str
    kept: str
    old: tuple[str, ...]
    new: tuple[str, ...]


def planned(folder: Path, staged: str, kept: str) -> Swap:
    """All that is unpacked, for all that is there."""
    return Swap(folder, staged, kept, entries_of(folder), entries_of(folder / staged))


def commit(state: Path, swaps: tuple[Swap, ...], move: Move = Path.rename) -> None:
    """Decide, and do it. Raises `OSError` where an entry cannot be moved (one may be a mount point); then all is as it
    was."""
    written = [asdict(swap) | {"folder": str(swap.folder)} for swap in swaps]
    replace_file(state / JOURNAL, orjson.dumps(written, option=orjson.OPT_INDENT_2), mode=0o600)
    try:
        _carry_out(state, swaps, move)
    except OSError:
        for swap in reversed(swaps):
            _undo(swap, move)
        _undecide(state)
        raise


def cut_off(state: Path) -> bool:
    """Whether a restore is decided and not all done."""
    return (state / JOURNAL).exists()


def finish(state: Path, move: Move = Path.rename) -> bool:
    """Do what is left of a restore that was cut off; whether there was one. For whoever has the folder alone. Raises
    `OSError`."""
    try:
        written = orjson.loads((state / JOURNAL).read_bytes())
    except FileNotFoundError:
        return False
    _carry_out(state, tuple(_swap(it) for it in written), move)
    return True


def finish_first(state: Path) -> None:
    """For a gateway that is about to read its files. Raises `ConfigError` where they are not all there."""
    if not cut_off(state):
        return
    try:
        with alone(state):
            finish(state)
    except (Occupied, OSError) as error:
        why = f"{error.filename}: {error.strerror}" if isinstance(error, OSError) else str(error)
        raise ConfigError((f"ai-dashboard: a restore to {state} was cut off and cannot be finished ({why})",)) from None


def tidy(folder: Path) -> None:
    """Remove what was unpacked for nothing. For whoever has the state folder alone, and no journal in it."""
    for left in folder.glob(f"{STAGED}*"):
        if left.is_dir():
            shutil.rmtree(left, ignore_errors=True)


def _carry_out(state: Path, swaps: tuple[Swap, ...], move: Move) -> None:
    for swap in swaps:
        _exchange(swap, move)
    _undecide(state)
    for swap in swaps:
        shutil.rmtree(swap.folder / swap.staged, ignore_errors=True)


def _exchange(swap: Swap, move: Move) -> None:
    """Each entry as far as it has not been done: one that is no longer staged has come to its place."""
    folder, staged, kept = swap.folder, swap.folder / swap.staged, swap.folder / swap.kept
    for name in sorted({*swap.old, *swap.new}):
        comes = name in swap.new
        if comes and not os.path.lexists(staged / name):
            continue
        if os.path.lexists(folder / name):
            kept.mkdir(mode=0o700, exist_ok=True)
            move(folder / name, _free(kept / name))
        if comes:
            move(staged / name, folder / name)
    for place in (kept, staged, folder):
        if place.is_dir():
            sync_folder(place)


def _undo(swap: Swap, move: Move) -> None:
    """The same backwards."""
    folder, staged, kept = swap.folder, swap.folder / swap.staged, swap.folder / swap.kept
    for name in sorted({*swap.old, *swap.new}):
        if name in swap.new and not os.path.lexists(staged / name):
            move(folder / name, staged / name)
        if os.path.lexists(kept / name):
            move(kept / name, folder / name)
    if kept.is_dir():
        kept.rmdir()


def _undecide(state: Path) -> None:
    (state / JOURNAL).unlink()
    sync_folder(state)


def _free(path: Path) -> Path:
    """A name beside that one where it is taken: somebody made the entry anew while a restore was cut off."""
    number, free = 1, path
    while os.path.lexists(free):
        number, free = number + 1, path.with_name(f"{path.name}.{number}")
    return free


def _swap(written: dict[str, object]) -> Swap:
    match written:
        case {"folder": str(folder), "staged": str(staged), "kept": str(kept), "old": list(old), "new": list(new)}:
            return Swap(Path(folder), staged, kept, tuple(map(str, old)), tuple(map(str, new)))
        case _:
            raise OSError(0, "the journal cannot be read", JOURNAL)
