"""The terminal: whether it has room, colours and letters enough, and how tmux passes them on."""

import codecs
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping

from ai_dashboard.cli.doctoring.finding import Finding, Level
from ai_dashboard.core.data import dataclass

TERMINAL = "terminal"
COLUMNS, ROWS = 60, 15
"""From here on the screens have room for what they show."""

SLOW_ESCAPE_MS = 100
TMUX_S = 2.0

_TRUE_COLOUR = frozenset({"truecolor", "24bit"})

AskTmux = Callable[[str, str], str]
"""What tmux answers to a command and its argument; empty where it does not."""


@dataclass(frozen=True, slots=True)
class Terminal:
    """What can be known of it. `columns` and `rows` are 0 where there is none."""

    columns: int
    rows: int
    encoding: str
    env: Mapping[str, str]


def terminal_here(env: Mapping[str, str]) -> Terminal:
    """That of standard output."""
    try:
        columns, rows = os.get_terminal_size(sys.stdout.fileno())
    except (OSError, ValueError):
        columns = rows = 0
    return Terminal(columns, rows, sys.stdout.encoding or "", env)


def check_terminal(terminal: Terminal, ask_tmux: AskTmux | None = None) -> Iterator[Finding]:
    """Size, letters and colours, then tmux."""
    if not terminal.columns:
        yield Finding(TERMINAL, Level.NOTE, "standard output is no terminal: nothing to look at")
        return
    size = f"{terminal.columns}×{terminal.rows}"
    if terminal.columns < COLUMNS or terminal.rows < ROWS:
        fix = f"make it {COLUMNS}×{ROWS} or larger, or use `ai-dashboard --compact`"
        yield Finding(TERMINAL, Level.WARNING, f"{size} is small", fix)
    else:
        yield Finding(TERMINAL, Level.OK, f"{size}, TERM={terminal.env.get('TERM', '')}")
    yield from _letters(terminal)
    yield from _colours(terminal)
    if terminal.env.get("TMUX"):
        yield from _tmux(ask_tmux or _ask_tmux)


def _letters(terminal: Terminal) -> Iterator[Finding]:
    try:
        unicode = codecs.lookup(terminal.encoding).name.startswith("utf-8")
    except LookupError:
        unicode = False
    if not unicode:
        text = f"its letters are {terminal.encoding or 'unknown'}, not UTF-8: lines and marks come out wrong"
        yield Finding(TERMINAL, Level.PROBLEM, text, "export LANG=C.UTF-8, or another locale that ends in UTF-8")


def _colours(terminal: Terminal) -> Iterator[Finding]:
    kind, colour = terminal.env.get("TERM", ""), terminal.env.get("COLORTERM", "").lower()
    if terminal.env.get("NO_COLOR"):
        yield Finding(TERMINAL, Level.NOTE, "no colours, because NO_COLOR is set")
    elif kind in ("", "dumb"):
        fix = "set TERM to what it is, such as xterm-256color"
        yield Finding(TERMINAL, Level.WARNING, f"TERM={kind or '(nothing)'} knows no colours and no cursor", fix)
    elif colour in _TRUE_COLOUR or kind.endswith("-direct"):
        yield Finding(TERMINAL, Level.OK, "true colours")
    elif "256color" in kind:
        yield Finding(TERMINAL, Level.NOTE, "256 colours", "export COLORTERM=truecolor if it has more")
    else:
        fix = "set TERM to what it is, such as xterm-256color"
        yield Finding(TERMINAL, Level.WARNING, f"TERM={kind} has few colours", fix)


def _tmux(ask: AskTmux) -> Iterator[Finding]:
    escape = ask("show-options", "-sv escape-time")
    if escape.isdigit() and int(escape) > SLOW_ESCAPE_MS:
        text = f"tmux holds the escape key back for {escape} ms"
        yield Finding(TERMINAL, Level.WARNING, text, "put `set -sg escape-time 10` into ~/.tmux.conf")
    features = ask("display-message", "-p #{client_termfeatures}")
    if features and "RGB" not in features.split(","):
        text = "tmux passes on 256 colours to this terminal"
        yield Finding(TERMINAL, Level.NOTE, text, "put `set -as terminal-features ',*:RGB'` into ~/.tmux.conf")


def _ask_tmux(command: str, argument: str) -> str:
    try:
        done = subprocess.run(  # noqa: S603 - our own words, without a shell
            ["tmux", command, *argument.split(" ", 1)],  # noqa: S607 - the user's own tmux
            capture_output=True,
            text=True,
            timeout=TMUX_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
