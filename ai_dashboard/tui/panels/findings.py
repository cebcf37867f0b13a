"""What is wrong, doubtful or worth knowing about the configuration: a list with a cursor."""

from collections.abc import Sequence

from textual import events
from textual.message import Message

from ai_dashboard.core.data import dataclass
from ai_dashboard.core.diagnostics import Diagnostic, Severity
from ai_dashboard.tui.format import plural
from ai_dashboard.tui.ink import Ink, Line, clip, crop, wrap
from ai_dashboard.tui.panels.base import Panel
from ai_dashboard.tui.picture import Picture

SEVERITY: dict[Severity, tuple[str, Ink]] = {
    Severity.ERROR: ("✗", Ink.BAD),
    Severity.WARNING: ("⚠", Ink.WARN),
    Severity.INFO: ("·", Ink.DIM),
}

_RANK = {severity: rank for rank, severity in enumerate(Severity)}


@dataclass(frozen=True, slots=True)
class View:
    """The findings, errors first, then by place; `summary` says which configuration is in force."""

    findings: tuple[Diagnostic, ...] = ()
    summary: str = ""


def select(picture: Picture) -> View:
    """The findings of a picture."""
    if picture.snapshot is None:
        return View(summary="waiting for the gateway")
    config = picture.snapshot.config
    ordered = sorted(config.diagnostics, key=lambda d: (_RANK[d.severity], d.file, d.line, d.column))
    state = "in force" if config.usable else "refused: nothing of it is served"
    return View(tuple(ordered), f"configuration #{config.number} {state} · {config.origin}")


def draw_finding(finding: Diagnostic, width: int) -> list[Line]:
    """Place, severity and message on one line; the fix on the next."""
    glyph, ink = SEVERITY[finding.severity]
    place = f"{finding.file}:{finding.line}:{finding.column}" if finding.line else finding.file
    what = f"{finding.path}: {finding.message}" if finding.path else finding.message
    spans = [(f"{glyph} {finding.severity} ", ink), (f"{clip(place, width // 2)} ", Ink.DIM), (what, Ink.PLAIN)]
    lines: list[Line] = [crop(spans, width)]
    if finding.fix:
        lines.extend([("  → ", Ink.RULE), (piece, Ink.DIM)] for piece in wrap(finding.fix, max(width - 4, 1), 2))
    return lines


class FindingsPanel(Panel[View], can_focus=True):
    """The list of findings. `Opened` is posted for a click on the selected one."""

    class Opened(Message):
        """Go to the selected finding."""

    def __init__(self, dom_id: str | None = None) -> None:
        super().__init__(dom_id)
        self._cursor = 0
        self._starts: list[int] = []

    @property
    def selected(self) -> Diagnostic | None:
        """The finding under the cursor."""
        findings = self.view.findings if self.view is not None else ()
        return findings[self._cursor] if self._cursor < len(findings) else None

    def select(self, picture: Picture) -> View:
        return select(picture)

    def viewed(self, view: View) -> None:
        self._cursor = min(self._cursor, max(len(view.findings) - 1, 0))
        if view.findings:
            self.title(plural(len(view.findings), "finding"), view.summary)
        else:
            self.title("Findings", "")

    def draw(self, view: View, width: int, _height: int, /) -> Sequence[Line]:
        if not view.findings:
            return [[("✓ ", Ink.GOOD), (clip(f"no findings · {view.summary}", max(width - 2, 1)), Ink.DIM)]]
        lines: list[Line] = []
        self._starts = []
        for finding in view.findings:
            self._starts.append(len(lines))
            lines.extend(draw_finding(finding, width))
        return lines

    def cursor_line(self) -> int | None:
        if self.selected is None or not self.has_focus or self._cursor >= len(self._starts):
            return None
        return self._starts[self._cursor]

    def move(self, lines: int) -> None:
        """Move the cursor, and keep it in sight."""
        if self.view is None or not self.view.findings:
            return
        self._drawn(*self.size)
        self._cursor = min(max(self._cursor + lines, 0), len(self.view.findings) - 1)
        if self._cursor < len(self._starts):
            start = self._starts[self._cursor]
            self.top = max(min(self.top, start), start - max(self.size.height - 2, 0))
        self.refresh()

    def end(self, direction: int) -> None:
        self.move(direction * len(self.view.findings if self.view is not None else ()))

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if offset is None:
            return
        line = offset.y + self.top
        target = max((index for index, start in enumerate(self._starts) if start <= line), default=self._cursor)
        if target == self._cursor:
            self.post_message(self.Opened())
        self.move(target - self._cursor)
