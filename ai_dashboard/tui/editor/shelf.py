"""The four panes in one frame, of which one is shown; the frame's title has them all."""

from textual.app import ComposeResult
from textual.containers import Container
from textual.content import Content

from ai_dashboard.core.control import BackupView, ProposalView
from ai_dashboard.core.diagnostics import Diagnostic
from ai_dashboard.tui.editor.panes import BackupsPane, Pane, ProblemsPane, TextPane, changes_lines, what_if_lines

LABELS = {Pane.PROBLEMS: "Problems", Pane.CHANGES: "Changes", Pane.WHAT_IF: "What-if", Pane.BACKUPS: "Backups"}


class Shelf(Container):
    """The panes, by name."""

    def __init__(self, dom_id: str) -> None:
        super().__init__(id=dom_id)
        self.pane = Pane.PROBLEMS
        self._view: ProposalView | None = None

    def compose(self) -> ComposeResult:
        yield ProblemsPane()
        yield TextPane(Pane.CHANGES)
        yield TextPane(Pane.WHAT_IF)
        yield BackupsPane()

    def on_mount(self) -> None:
        self.choose(self.pane)

    @property
    def problem(self) -> Diagnostic | None:
        """The selected problem, while problems are shown."""
        return self.query_one(ProblemsPane).selected if self.pane is Pane.PROBLEMS else None

    @property
    def backup(self) -> BackupView | None:
        """The selected backup, while backups are shown."""
        return self.query_one(BackupsPane).selected if self.pane is Pane.BACKUPS else None

    def choose(self, pane: Pane) -> None:
        """Show this one."""
        self.pane = pane
        for each in Pane:
            self.query_one(f"#{each}").display = each is pane
        self.count()

    def turn(self, step: int) -> None:
        """Show the next one, or the one before, and go there."""
        panes = list(Pane)
        self.choose(panes[(panes.index(self.pane) + step) % len(panes)])
        self.enter()

    def enter(self) -> None:
        """Go to the one that is shown."""
        self.query_one(f"#{self.pane}").focus()

    def put(self, view: ProposalView | None, *, modified: bool) -> None:
        """Show what a change would mean."""
        self._view = view
        self.query_one(ProblemsPane).found(view.diagnostics if view is not None else None)
        self.query_one(f"#{Pane.CHANGES}", TextPane).put(changes_lines(view, modified=modified))
        self.query_one(f"#{Pane.WHAT_IF}", TextPane).put(what_if_lines(view))
        self.count()

    def put_backups(self, backups: tuple[BackupView, ...], problem: str = "") -> None:
        """Show these, or why there are none."""
        self.query_one(BackupsPane).put(backups, problem)
        self.count()

    def waiting(self, waiting: bool) -> None:
        """Say that an answer is still to come, or not any more."""
        self.border_subtitle = Content("checking …") if waiting else None

    def count(self) -> None:
        """Write the title: each pane with what is in it."""
        view, problems = self._view, self.query_one(ProblemsPane).view
        replay = view.what_if if view is not None else None
        counts = {
            Pane.PROBLEMS: f" {len(problems.findings)}" if problems is not None else "",
            Pane.CHANGES: f" {len(view.changes)}" if view is not None and not view.refused else "",
            Pane.WHAT_IF: f" {replay.moved:,}" if replay is not None else "",
            Pane.BACKUPS: f" {len(self.query_one(BackupsPane).backups)}",
        }
        title: list[tuple[str, str]] = []
        for pane in Pane:
            title += [(" │ ", "dim")] if title else []
            title.append((f"{LABELS[pane]}{counts[pane]}", "bold" if pane is self.pane else "dim"))
        self.border_title = Content.assemble(*title)
