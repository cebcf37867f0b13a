"""The part of the configuration editor that edits: the files, a text for each one, and what is known where the cursor
stands."""

import os
from collections.abc import Callable, Mapping

from textual import on, work
from textual.app import ComposeResult, SuspendNotSupported
from textual.containers import Container
from textual.content import Content
from textual.widgets import TextArea

from ai_dashboard.core.control import ControlPort
from ai_dashboard.core.diagnostics import Diagnostic
from ai_dashboard.tui.editor.bars import FileTabs, HintLine, Tab
from ai_dashboard.tui.editor.checks import Answer, Checks, Question
from ai_dashboard.tui.editor.draft import Draft, next_row, worst_by_row
from ai_dashboard.tui.editor.files import Files
from ai_dashboard.tui.editor.outside import OutsideFailed, edited, editor_of
from ai_dashboard.tui.editor.panes import is_note
from ai_dashboard.tui.editor.place import key_at
from ai_dashboard.tui.editor.popup import Choices
from ai_dashboard.tui.editor.schema_walk import Schema
from ai_dashboard.tui.editor.shelf import Shelf
from ai_dashboard.tui.editor.text import YamlText
from ai_dashboard.tui.feed import Unreachable, reason
from ai_dashboard.tui.ink import Ink
from ai_dashboard.tui.keys import Scope, bindings
from ai_dashboard.tui.panels.findings import SEVERITY
from ai_dashboard.tui.panels.footer import FooterBar
from ai_dashboard.tui.panels.header import Header
from ai_dashboard.tui.panels.notice import NoticeLine
from ai_dashboard.tui.picture import Picture
from ai_dashboard.tui.screens.base import PictureScreen

QUIET_S = 0.3
"""How long nobody has typed when the gateway is asked what a text means."""


class EditingScreen(PictureScreen):
    """Files and texts; what can be done with them besides editing is up to the heir."""

    BINDINGS = bindings(Scope.CONFIG)
    AUTO_FOCUS = ""

    def __init__(self, latest: Callable[[], Picture], port: ControlPort) -> None:
        super().__init__(latest)
        self.port = port
        self.files = Files(port)
        self._checks = Checks(port, self._checked, quiet_s=QUIET_S)
        self.current = ""
        self._areas: dict[str, YamlText] = {}
        self._schema = Schema("")
        self._notes: frozenset[Diagnostic] = frozenset()

    def compose(self) -> ComposeResult:
        yield Header("header")
        yield FileTabs("tabs")
        yield Container(id="texts")
        yield HintLine("hint")
        yield Shelf("panes")
        yield NoticeLine("notice")
        yield FooterBar("footer")
        yield Choices("choices")

    def on_mount(self) -> None:
        self._notes = self._told(self.latest())
        self.run_worker(self._checks.run(), group="checks")
        self._begin()

    # ── what is where ────────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def draft(self) -> Draft | None:
        """What is known of the file that is shown."""
        return self.files.drafts.get(self.current)

    @property
    def shelf(self) -> Shelf:
        """The panes."""
        return self.query_one(Shelf)

    @property
    def area(self) -> YamlText | None:
        """The text that is shown."""
        return self.areas().get(self.current)

    def unsaved(self) -> str:
        names = [name for name, area in self.areas().items() if self.files.drafts[name].modified(area.text)]
        return f"{', '.join(names)} {'has' if len(names) == 1 else 'have'} edits that are not saved" if names else ""

    def show(self, picture: Picture) -> None:
        super().show(picture)
        told = self._told(picture)
        for note in told - self._notes:
            self.say(f"{note.message}{f' · {note.fix}' if note.fix else ''}")
        self._notes = told

    def _told(self, picture: Picture) -> frozenset[Diagnostic]:
        found = picture.snapshot.config.diagnostics if picture.snapshot is not None else ()
        return frozenset(finding for finding in found if is_note(finding))

    def areas(self) -> Mapping[str, YamlText]:
        """The texts of the files that were opened, by name. Every key asks for them, so they are not searched for."""
        return self._areas

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if not self.is_mounted:
            return True
        draft, area = self.draft, self.area
        in_text = area is not None and area.has_focus
        match action, parameters:
            case "file", (int(number),):
                return number <= len(self.files.known)
            case "turn", _:
                return len(self.files.known) > 1
            case "decide", _:
                return draft is not None and draft.theirs is not None
            case (("save" | "reveal" | "edit"), _):
                return area is not None and not (action == "edit" and in_text)
            case "outside", _:
                return area is not None and not self.app.is_web
            case "problem", _:
                return draft is not None and bool(worst_by_row(draft.findings()))
            case "open", _:
                return not in_text and (self.shelf.problem or self.shelf.backup) is not None
            case "rollback", _:
                return not in_text and self.shelf.backup is not None
            case _:
                return True

    # ── files ────────────────────────────────────────────────────────────────────────────────────────────────────────

    @work(group="open")
    async def _begin(self) -> None:
        try:
            await self.files.read()
        except Unreachable as failure:
            self.query_one(FileTabs).complain(reason(failure))
            return
        if self.files.known:
            await self.open_file(self.files.known[0].name)
        else:
            self.query_one(FileTabs).complain(
                "there are no configuration files to show; `ai-dashboard config init` makes a folder"
            )
            self.shelf.enter()

    async def open_file(self, name: str) -> bool:
        """Show a file; whether that was possible."""
        try:
            draft = await self.files.open(name)
        except Unreachable as failure:
            self.say(reason(failure))
            return False
        area = self.areas().get(name)
        if area is None:
            area = YamlText(draft.base.text, name)
            await self.query_one("#texts", Container).mount(area)
            self._areas[name] = area
            if area.text != draft.base.text:
                self.say(f"{name} has line ends of several kinds; saving makes them one")
        self.current = name
        for other in self.areas().values():
            other.display = other is area
        area.focus()
        self._schema = await self.files.schema(name)
        self.recheck()
        self.opened()
        return True

    def opened(self) -> None:
        """Called when a file is shown."""

    @work(group="open", exclusive=True)
    async def action_file(self, number: int) -> None:
        """Show a file by its number, from 1."""
        if 0 < number <= len(self.files.known):
            await self.open_file(self.files.known[number - 1].name)

    def action_turn(self, step: int) -> None:
        """Show the next file, or the one before."""
        names = [file.name for file in self.files.known]
        at = names.index(self.current) if self.current in names else 0
        self.action_file((at + step) % len(names) + 1)

    @on(FileTabs.Chosen)
    def _tab_clicked(self, event: FileTabs.Chosen) -> None:
        self.action_file(event.number)

    @on(TextArea.Changed)
    def recheck(self) -> None:
        """The text is another one: ask what it means, soon."""
        draft, area = self.draft, self.area
        if draft is None or area is None:
            return
        if draft.proposal is None or draft.modified(area.text):
            self._checks.ask(Question(draft.file, area.text, draft.base.hash))
        self._refresh()

    def _checked(self, answer: Answer) -> None:
        draft = self.files.drafts.get(answer.question.file)
        if draft is not None:
            draft.problem = answer.problem
            draft.proposal = answer.view or draft.proposal
        self._refresh()

    @on(TextArea.SelectionChanged)
    def _hint(self) -> None:
        """What is to be known where the cursor stands."""
        draft, area, hint = self.draft, self.area, self.query_one(HintLine)
        if draft is None or area is None:
            hint.say()
            return
        if self.query_one(Choices).has_focus:
            self._explain_choice()
            return
        row, column = area.cursor_location
        area.border_subtitle = f"{row + 1}:{column + 1}"
        found = worst_by_row(draft.findings()).get(row)
        if draft.theirs is not None:
            hint.say((" ⇄ changed on disk ", Ink.BAD), ("by somebody else meanwhile · ^o decides", Ink.PLAIN))
        elif draft.problem:
            hint.say((" ✗ not checked ", Ink.BAD), (draft.problem, Ink.PLAIN))
        elif found is not None:
            glyph, ink = SEVERITY[found.severity]
            fix = f" → {found.fix}" if found.fix else ""
            hint.say((f" {glyph} {found.severity} ", ink), (found.message, Ink.PLAIN), (fix, Ink.DIM))
        else:
            hint.explain(self._schema.known(key_at(area.lines, row)))

    def _refresh(self) -> None:
        """Draw what follows from the drafts."""
        areas = self.areas()
        drafts = self.files.drafts
        tabs = tuple(
            Tab(
                file.name,
                modified=file.name in areas and drafts[file.name].modified(areas[file.name].text),
                conflict=file.name in drafts and drafts[file.name].theirs is not None,
                missing=drafts[file.name].is_new if file.name in drafts else file.missing,
            )
            for file in self.files.known
        )
        names = [tab.name for tab in tabs]
        if self.current in names:
            self.query_one(FileTabs).show(tabs, names.index(self.current))
        draft, area = self.draft, self.area
        if draft is not None and area is not None:
            area.mark(worst_by_row(draft.findings()))
            state = "edited" if draft.modified(area.text) else "as on disk"
            state = "new, not saved yet" if draft.is_new and not area.text else state
            shown = " · secrets shown" if area.revealed else ""
            area.border_title = Content(f"{draft.file} · {state}{shown}")
            self.shelf.put(draft.proposal, modified=draft.modified(area.text))
        self.shelf.waiting(self._checks.waiting)
        self._hint()
        self.refresh_bindings()

    # ── the text ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def action_edit(self) -> None:
        if self.area is not None:
            self.area.focus()

    def action_leave_text(self) -> None:
        self.shelf.enter()

    def action_reveal(self) -> None:
        """Show secrets in this file, or hide them again."""
        if self.area is not None:
            self.area.reveal(not self.area.revealed)
            self._refresh()

    def action_problem(self, direction: int) -> None:
        """Go to the next problem in the text."""
        draft, area = self.draft, self.area
        if draft is None or area is None:
            return
        found = worst_by_row(draft.findings())
        row = next_row(list(found), area.cursor_location[0], direction)
        if row is not None:
            area.jump(row + 1, found[row].column)
            area.focus()

    def action_outside(self) -> None:
        """Hand the text to the operator's own editor, and take what comes back as one change."""
        area, draft = self.area, self.draft
        if area is None or draft is None:
            return
        try:
            with self.app.suspend():
                text = edited(draft.file, area.text, editor_of(os.environ))
        except SuspendNotSupported:
            self.say("another editor needs a terminal of its own, which this screen does not run in")
        except OutsideFailed as failed:
            self.say(str(failed))
        else:
            if text != area.text:
                area.put(text)
            self.say("the text is what the editor left" if draft.modified(area.text) else "nothing was changed")

    @on(YamlText.Completing)
    def _suggest(self) -> None:
        area = self.area
        if area is not None and self.query_one(Choices).suggest(area, self._schema):
            self._explain_choice()
        else:
            self.action_edit()
            self.say("nothing is known that could stand here")

    @on(Choices.Moved)
    def _explain_choice(self) -> None:
        if self.area is not None:
            self.query_one(HintLine).explain(self.query_one(Choices).explained(self.area, self._schema))

    @on(Choices.Typed)
    def _typed_on(self, event: Choices.Typed) -> None:
        if self.area is not None:
            if event.character:
                self.area.insert(event.character)
            else:
                self.area.action_delete_left()
            self._suggest()

    @on(Choices.Taken)
    def _take_choice(self) -> None:
        if self.area is not None:
            self.query_one(Choices).complete(self.area)
        self.action_edit()

    @on(Choices.Closed)
    def _close_choices(self) -> None:
        self.action_edit()
