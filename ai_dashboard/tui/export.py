"""Requests written to a file of the operator's choice: what the name says decides the format. Never over another file
unless that was said."""

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from ai_dashboard.core.records import RequestRecord
from ai_dashboard.tui.har import as_har, as_jsonl

SUFFIXES = (".har", ".jsonl")


def refusal(path: str) -> str:
    """Why nothing can be written there, in words; empty where it can."""
    if not path.strip():
        return "write the path of a file, such as requests.har"
    place = place_of(path)
    if place.suffix.lower() not in SUFFIXES:
        return f"the name ends with {' or '.join(SUFFIXES)}, which says the format"
    if place.is_dir():
        return f"{place} is a folder"
    if not place.parent.is_dir():
        return f"there is no folder {place.parent}"
    return ""


def place_of(path: str) -> Path:
    """The file that a typed path means; `~` is the home folder."""
    typed = Path(path.strip())
    try:
        return typed.expanduser()
    except RuntimeError:
        return typed


def write(place: Path, records: Sequence[RequestRecord], root: str, *, replace: bool) -> None:
    """Write the requests, readable for their owner only; what is replaced is replaced by the whole. Raises `OSError`:
    `FileExistsError` where there is a file that may not be replaced."""
    text = as_har(records, root) if place.suffix.lower() == ".har" else as_jsonl(records)
    if not replace:
        with os.fdopen(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
        return
    number, name = tempfile.mkstemp(dir=place.parent, prefix=f".{place.name}.")
    try:
        with os.fdopen(number, "w", encoding="utf-8") as file:
            file.write(text)
        Path(name).replace(place)
    finally:
        Path(name).unlink(missing_ok=True)
