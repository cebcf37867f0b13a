"""What a service does not have that the shell of whoever installs it has: its variables, keys above all."""

import shlex
from collections.abc import Mapping
from pathlib import Path

from ai_dashboard.config.load import load

KEPT = ("HOME", "PATH", "LANG", "USER", "LOGNAME", "SHELL", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "XDG_STATE_HOME")
"""What every service of a user has."""


def lacking(folder: Path | None, env: Mapping[str, str], file: Path) -> list[str]:
    """The findings about the configuration that there would be in the service and are not here. `file` holds the
    variables that it is given."""
    there = {name: env[name] for name in KEPT if name in env} | variables_in(file)
    here = {str(finding) for finding in load(folder, env).diagnostics}
    return [text for finding in load(folder, there).diagnostics if (text := str(finding)) not in here]


def variables_in(file: Path) -> dict[str, str]:
    """As systemd reads them: `NAME=value` a line, in quotes or not, with comments between. Empty without a file."""
    try:
        text = file.read_text(errors="replace")
    except OSError:
        return {}
    found = {}
    for line in text.splitlines():
        name, equals, value = line.strip().partition("=")
        if equals and name.isidentifier():
            found[name] = _unquoted(value)
    return found


def _unquoted(value: str) -> str:
    try:
        return "".join(shlex.split(value, comments=False)) if value[:1] in ("'", '"') else value.strip()
    except ValueError:
        return value
