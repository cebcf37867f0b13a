"""The panes below the text: problems, changes, what-if, backups. Each is a list or a text, one is shown at a time."""

import time
from collections.abc import Sequence
from enum import StrEnum

from textual import events
from textual.message import Message

from ai_dashboard.core.control import BackupView, ProposalView, WhatIf
from ai_dashboard.core.diagnostics import Diagnostic
from ai_dashboard.tui.editor.draft import in_order
from ai_dashboard.tui.format import plural
from ai_dashboard.tui.ink import Ink, Line, Span, clip, crop, wrap
from ai_dashboard.tui.panels import findings
from ai_dashboard.tui.panels.base import Canvas
from ai_dashboard.tui.panels.findings import FindingsPanel
from ai_dashboard.tui.picture import Picture


class Pane(StrEnum):
    """The panes, in their order; the values are ids in the stylesheet."""

    PROBLEMS = "problems"
    CHANGES = "changes"
    WHAT_IF = "what-if"
    BACKUPS = "backups"


class ProblemsPane(FindingsPanel):
    """What the gateway finds in the text as it is now, else in what is on disk; notes about the whole configuration,
    such as that a change was taken back, come with both."""

    def __init__(self) -> None:
        super().__init__(Pane.PROBLEMS)
        self._found: tuple[Diagnostic, ...] | None = None

    def found(self, diagnostics: tuple[Diagnostic, ...] | None) -> None:
        """Show these; None for what is on disk."""
        self._found = diagnostics
        self.reselect()

    def select(self, picture: Picture) -> findings.View:
        in_force = findings.select(picture)
        if self._found is None:
            return in_force
        notes = tuple(it for it in in_force.findings if is_note(it) and it not in self._found)
        return findings.View((*notes, *in_order(self._found)), in_force.summary)

    def viewed(self, view: findings.View) -> None:
        super().viewed(view)
        self.title("")


def is_note(finding: Diagnostic) -> bool:
    """Whether a finding is about the configuration as a whole, and not about a place in a file."""
    return not finding.line and not finding.file.endswith(".yaml")


class TextPane(Canvas, can_focus=True):
    """Lines to read."""

    def __init__(self, pane: Pane) -> None:
        super().__init__(pane)
        self._text: Sequence[Line] = ()

    def put(self, lines: Sequence[Line]) -> None:
        """Show these."""
        if lines != self._text:
            self._text = lines
            self.stale()

    def lines(self, width: int, _height: int, /) -> Sequence[Line]:
        return [crop(line, width) for line in self._text]


def changes_lines(view: ProposalView | None, *, modified: bool) -> list[Line]:
    """What a change means, a line each."""
    if view is None or view.refused:
        return [[_why_unknown(view), ("", Ink.PLAIN)]]
    if not view.changes:
        said = "only words that the gateway does not read were changed" if modified else "nothing was changed"
        return [[(said, Ink.DIM)]]
    return [_change(change) for change in view.changes]


def what_if_lines(view: ProposalView | None) -> list[Line]:
    """Where the latest requests would have gone."""
    if view is None or view.what_if is None:
        return [[_why_unknown(view), ("", Ink.PLAIN)]]
    replay: WhatIf = view.what_if
    if not replay.requests:
        return [[("no requests yet to replay", Ink.DIM)]]
    verb = "goes" if replay.moved == 1 else "go"
    lines: list[Line] = [
        [
            (f"{replay.moved:,} of {plural(replay.requests, 'request')}", Ink.WARN if replay.moved else Ink.GOOD),
            (f" would {verb.removesuffix('es')} elsewhere", Ink.PLAIN),
        ]
    ]
    for move in replay.examples:
        to: list[Span] = [(f"{move.before}", Ink.DIM), (" → ", Ink.RULE), (move.after, Ink.STRONG)]
        lines.append([("  ", Ink.PLAIN), (f"{move.asked}  ", Ink.PLAIN), *to])
    return lines


def _change(change: str) -> Line:
    verb, _, rest = change.partition(" ")
    sign, ink = {"added": ("+", Ink.GOOD), "removed": ("-", Ink.BAD)}.get(verb, ("~", Ink.WARN))
    return [(f"{sign} {verb} ", ink), (rest, Ink.PLAIN)]


def _why_unknown(view: ProposalView | None) -> Span:
    return ("not known yet" if view is None else "not known while there are errors", Ink.DIM)


class BackupsPane(Canvas, can_focus=True):
    """What the file was, the newest first: a list with a cursor. `Opened` is posted for a click on the selected one."""

    class Opened(Message):
        """Show what the selected backup differs in."""

    def __init__(self) -> None:
        super().__init__(Pane.BACKUPS)
        self.backups: Sequence[BackupView] = ()
        self._problem = ""
        self._cursor = 0

    @property
    def selected(self) -> BackupView | None:
        """The backup under the cursor."""
        return self.backups[self._cursor] if self._cursor < len(self.backups) else None

    def put(self, backups: Sequence[BackupView], problem: str = "") -> None:
        """Show these, or why there are none."""
        if (backups, problem) != (self.backups, self._problem):
            self.backups, self._problem = backups, problem
            self._cursor = min(self._cursor, max(len(backups) - 1, 0))
            self.stale()

    def lines(self, width: int, _height: int, /) -> Sequence[Line]:
        if not self.backups:
            said = self._problem or "no backups of this file: the first save makes one"
            return [[(piece, Ink.DIM)] for piece in wrap(said, width, 3)]
        return [crop(draw_backup(backup), width) for backup in self.backups]

    def cursor_line(self) -> int | None:
        return self._cursor if self.backups and self.has_focus else None

    def move(self, lines: int) -> None:
        """Move the cursor, and keep it in sight."""
        self._cursor = min(max(self._cursor + lines, 0), max(len(self.backups) - 1, 0))
        self.top = max(min(self.top, self._cursor), self._cursor - max(self.size.height - 1, 0))
        self.refresh()

    def end(self, direction: int) -> None:
        self.move(direction * len(self.backups))

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if offset is None or not self.backups:
            return
        if offset.y + self.top == self._cursor:
            self.post_message(self.Opened())
        self.move(offset.y + self.top - self._cursor)


def draw_backup(backup: BackupView) -> list[Span]:
    """Until when, how large, replaced by whom and why."""
    at = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(backup.at))
    size = f"{backup.size:,} B" if backup.size < 10_000 else f"{backup.size / 1024:,.0f} KiB"
    return [
        (f"{at}  ", Ink.PLAIN),
        (f"{size:>8}  ", Ink.DIM),
        (f"{clip(backup.who or 'somebody', 24):<16}  ", Ink.LABEL),
        (backup.why or "no reason given", Ink.PLAIN if backup.why else Ink.DIM),
    ]
