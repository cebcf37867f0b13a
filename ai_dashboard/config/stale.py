"""Whether `litellm-unified.yaml` says what the folder says: its head names the files that it was made from, and their
hashes."""

import re
from collections.abc import Iterator
from pathlib import Path

from ai_dashboard.config.export_litellm import EXPORTED, GENERATED, digest
from ai_dashboard.core.diagnostics import Diagnostic, Severity

COMMAND = "ai-dashboard config export-litellm"

MAX_BYTES = 4_000_000

_SOURCE = re.compile(r"^#   (?P<file>[\w.-]+\.yaml) sha256:(?P<hash>[0-9a-f]{64}|-)$", re.MULTILINE)


def stale(folder: Path | None) -> Iterator[Diagnostic]:
    """A warning for each file that has changed since the export was made; an info where it is somebody else's. Silent
    where there is none."""
    if folder is None:
        return
    text = exported_text(folder / EXPORTED)
    if text is None:
        return
    if not text.startswith(GENERATED):
        message = "was not made by this program, so nobody can say whether it fits the other files"
        yield Diagnostic(Severity.INFO, EXPORTED, 0, 0, "", message, f"move it away, and run {COMMAND}")
        return
    for source in _SOURCE.finditer(text):
        if digest(_content(folder / source["file"])) != source["hash"]:
            line = text.count("\n", 0, source.start()) + 1
            message = f"{source['file']} has changed since this was made from it"
            yield Diagnostic(Severity.WARNING, EXPORTED, line, 1, "", message, f"run {COMMAND}")


def exported_text(path: Path) -> str | None:
    """What stands in an export; None where there is none that can be read."""
    try:
        if not path.is_file() or path.stat().st_size > MAX_BYTES:
            return None
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes() if path.is_file() else None
    except OSError:
        return None
