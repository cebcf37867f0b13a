"""The configuration editor: editing, and below it what the gateway says of the text; saving, and what others save.

Nothing is lost silently: a refused save leaves text and undo alone, a file that changed on disk is followed only where
nothing was edited (and undo brings the text back), and leaving with edits asks.
"""

from collections.abc import Callable
from typing import assert_never

from textual import on, work

from ai_dashboard.core.control import BackupView, ControlPort
from ai_dashboard.core.diagnostics import Diagnostic, Severity
from ai_dashboard.core.errors import ConfigRefused
from ai_dashboard.tui.editor.draft import News
from ai_dashboard.tui.editor.files import Failed, Outcome, Overtaken, Refused, Saved
from ai_dashboard.tui.editor.panes import BackupsPane, Pane
from ai_dashboard.tui.feed import Unreachable, reason
from ai_dashboard.tui.format import plural
from ai_dashboard.tui.panels.findings import FindingsPanel
from ai_dashboard.tui.picture import Picture
from ai_dashboard.tui.screens.ask import ConfirmScreen, ConflictScreen, LeaveScreen
from ai_dashboard.tui.screens.diff import DiffScreen, Pair
from ai_dashboard.tui.screens.editing import EditingScreen

LOOK_S = 1.0
"""How often the file on disk is compared with what its text was made from."""


class ConfigScreen(EditingScreen):
    """Files, text, panes."""

    def __init__(self, latest: Callable[[], Picture], port: ControlPort) -> None:
        super().__init__(latest, port)
        self._saving = False
        self._looking = False

    def on_mount(self) -> None:
        self.set_interval(LOOK_S, self._look)

    def opened(self) -> None:
        self._look()
        self._read_backups()

    # ── the panes ────────────────────────────────────────────────────────────────────────────────────────────────────

    def action_pane(self, step: int) -> None:
        """The next pane, or the one before."""
        self.shelf.turn(step)
        self.refresh_bindings()

    @on(FindingsPanel.Opened)
    @on(BackupsPane.Opened)
    def action_open(self) -> None:
        """Go to the selected problem, or show what the selected backup differs in."""
        if self.shelf.problem is not None:
            self._jump(self.shelf.problem)
        elif self.shelf.backup is not None:
            self._compare(self.shelf.backup)

    @work(group="open", exclusive=True)
    async def _jump(self, finding: Diagnostic) -> None:
        name = next((file.name for file in self.files.known if finding.file in {file.name, file.path}), None)
        if name is None:
            self.say(f"{finding.file} is not among the files shown here")
        elif (name == self.current or await self.open_file(name)) and self.area is not None:
            self.area.jump(finding.line, finding.column)
            self.area.focus()

    @work(group="backups", exclusive=True)
    async def _read_backups(self) -> None:
        try:
            self.shelf.put_backups(await self.port.backups(self.current))
        except Unreachable as failure:
            self.shelf.put_backups((), reason(failure))
        self.refresh_bindings()

    @work(group="backups", exclusive=True)
    async def _compare(self, backup: BackupView) -> None:
        try:
            was = await self.port.backup_text(backup.id)
        except Unreachable as failure:
            self.say(reason(failure))
            return
        if self.area is not None:
            pair = Pair("What rolling back would change in this text", self.area.text, was.text)
            self.app.push_screen(DiffScreen(pair))

    def _confirmed(self, backup: BackupView, yes: bool | None) -> None:
        if yes:
            self._roll_back(backup.id)

    def action_rollback(self) -> None:
        """Put the selected backup back, once somebody has said yes."""
        backup = self.shelf.backup
        if backup is None:
            return
        edits = " Your edits stay here, and you decide afterwards." if self.unsaved() else ""
        said = f"{backup.file} becomes what it was before “{backup.why or 'a change without a reason'}”.{edits}"
        self.app.push_screen(ConfirmScreen("Roll back?", said), lambda yes: self._confirmed(backup, yes))

    @work(group="save")
    async def _roll_back(self, backup_id: str) -> None:
        self.say("rolling back …")
        try:
            made = await self.port.rollback(backup_id)
        except Unreachable as failure:
            self.say(f"not rolled back: {reason(failure)}")
            return
        await self._look_now()
        self._read_backups()
        self.say(f"rolled back: configuration #{made.number} is in force{_kept(made.backup_id)}")

    # ── saving, and what others save ─────────────────────────────────────────────────────────────────────────────────

    @work(group="save")
    async def action_save(self) -> None:
        """Check this file, back it up, and put it in force."""
        await self._save(self.current)

    async def _save(self, name: str) -> bool:
        """Whether the file is on disk as it is here."""
        draft, area = self.files.drafts.get(name), self.areas().get(name)
        if draft is None or area is None or self._saving:
            return False
        if not draft.modified(area.text):
            self.say(f"{name} is on disk as it is here")
            return True
        if draft.theirs is not None:
            self._ask_whose()
            return False
        self.say(f"checking and saving {name} …")
        self._saving = True
        try:
            outcome = await self.files.save(draft, area.text)
        finally:
            self._saving = False
        self._report(name, outcome)
        return isinstance(outcome, Saved)

    def _report(self, name: str, outcome: Outcome) -> None:
        match outcome:
            case Saved(made):
                self.say(f"saved: configuration #{made.number} is in force{_kept(made.backup_id)}")
                self._read_backups()
            case Refused(view):
                errors = sum(found.severity is Severity.ERROR for found in view.diagnostics)
                self.shelf.choose(Pane.PROBLEMS)
                self.say(f"{name} was not saved: {plural(errors, 'error')}; f8 goes to the next one")
            case Overtaken():
                self._ask_whose()
            case Failed(message):
                self.say(f"{name} was not saved: {message}")
            case _:
                assert_never(outcome)
        self.recheck()

    @work(group="look")
    async def _look(self) -> None:
        await self._look_now()

    async def _look_now(self) -> None:
        """Compare the file on disk with what the text was made from."""
        name = self.current
        if not name or self._looking or self._saving:
            return
        self._looking = True
        try:
            disk = await self.files.on_disk(name)
        except ConfigRefused as refused:
            self.say(refused.message)
            return
        except Unreachable:
            return  # the header says that the gateway is gone
        finally:
            self._looking = False
        area = self.areas().get(name)
        if area is None or self._saving:
            return
        match self.files.drafts[name].noticed(disk, area.text):
            case News.NONE:
                return
            case News.FOLLOW:
                area.put(disk.text)
                self.say(f"{name} {'changed on disk' if disk.hash else 'was deleted'}; ^z brings back what was here")
            case News.AGREE:
                self.say(f"{name} is on disk now as it is here")
            case News.CONFLICT:
                self.say(f"{name} was changed on disk by somebody else; nothing of yours is lost")
        self._read_backups()
        self.recheck()

    def action_decide(self) -> None:
        """Mine, or theirs."""
        self._ask_whose()

    def _ask_whose(self) -> None:
        draft = self.draft
        if draft is not None and draft.theirs is not None and self.app.screen is self:
            said = f"{draft.file} was changed by somebody else since your text was made from it."
            self.app.push_screen(ConflictScreen("Mine or theirs?", said), self._decided)

    def _decided(self, answer: str | None) -> None:
        draft, area = self.draft, self.area
        if draft is None or area is None or draft.theirs is None:
            return
        base, theirs = draft.base.text, draft.theirs.text
        match answer:
            case "diff":
                pairs = (
                    Pair("From theirs to mine", theirs, area.text),
                    Pair("What I changed", base, area.text),
                    Pair("What they changed", base, theirs),
                )
                self.app.push_screen(DiffScreen(*pairs), lambda _: self._ask_whose())
            case "mine":
                draft.keep_mine()
                self.say("yours is kept: ^s replaces theirs, which becomes a backup")
            case "theirs":
                area.put(draft.take_theirs())
                self.say("theirs is here now; ^z brings yours back")
            case _:
                pass
        self.recheck()

    # ── leaving ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def action_leave(self) -> None:
        """Back to the overview; edits that are not saved are asked about."""
        if unsaved := self.unsaved():
            self.app.push_screen(LeaveScreen("Leave?", f"{unsaved}."), self._left)
        else:
            self.dismiss()

    def _left(self, answer: str | None) -> None:
        if answer == "save":
            self._save_and_leave()
        elif answer == "discard":
            self.dismiss()

    @work(group="save")
    async def _save_and_leave(self) -> None:
        names = [name for name, area in self.areas().items() if self.files.drafts[name].modified(area.text)]
        for name in names:
            if not await self._save(name):
                await self.open_file(name)
                return
        self.dismiss()


def _kept(backup_id: str | None) -> str:
    return f" · backup {backup_id}" if backup_id else ""
