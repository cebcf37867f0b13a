"""Where the events of this process go: standard error without a screen, a file of the state folder under one."""

import sys
from collections.abc import Mapping
from typing import Literal, TypeAlias

from ai_dashboard.config.load import Loaded
from ai_dashboard.config.schema.logs import LogSettings
from ai_dashboard.core.diagnostics import Severity
from ai_dashboard.core.logs import LogEvent, LogLevel
from ai_dashboard.gateway.clock import SystemClock
from ai_dashboard.gateway.state import log_folder
from ai_dashboard.telemetry.json_log import JsonLog
from ai_dashboard.telemetry.log_lines import as_json, as_text
from ai_dashboard.telemetry.log_outlets import MIB, Form, Outlet, RotatingFile, Stream

LogFormat: TypeAlias = Literal["auto", "json", "text"]

LEVELS = {Severity.ERROR: LogLevel.ERROR, Severity.WARNING: LogLevel.WARNING, Severity.INFO: LogLevel.INFO}


def log_of(loaded: Loaded, env: Mapping[str, str], form: LogFormat | None, *, fileless: bool = False) -> JsonLog:
    """The log of a process. `form` is how standard error gets it, None where a screen has the terminal; one that is
    `fileless` leaves nothing in the state folder."""
    settings = loaded.config.gateway.logging if loaded.config is not None else LogSettings()
    clock, outlets, file = SystemClock(), list[Outlet](), ""
    if form is not None and sys.stderr is not None:
        outlets.append(Stream(sys.stderr.fileno(), form_of(form, terminal=sys.stderr.isatty()), clock))
    if not fileless and (settings.file == "always" or (settings.file == "screen" and form is None)):
        kept = RotatingFile(log_folder(env), as_json, int(settings.max_mb * MIB), settings.keep_files)
        outlets.append(kept)
        file = str(kept.path)
    return JsonLog(settings.level, clock, outlets, file=file)


def form_of(form: LogFormat, *, terminal: bool) -> Form:
    """JSON for programs and text for people, whichever of them reads it if that was not said."""
    return _as_text if form == "text" or (form == "auto" and terminal) else as_json


def note_diagnostics(log: JsonLog, loaded: Loaded) -> None:
    """Every finding, as an event."""
    for finding in loaded.diagnostics:
        log.note(LEVELS[finding.severity], "config_finding", str(finding))


def _as_text(event: LogEvent) -> bytes:
    return f"{as_text(event)}\n".encode("utf-8", "replace")
