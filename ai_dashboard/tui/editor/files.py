"""The files that are being edited, and what the gateway does with them. Whatever fails leaves the text alone."""

from collections.abc import Sequence

from ai_dashboard.core.control import Committed, ConfigFile, ConfigText, ControlPort, ProposalView
from ai_dashboard.core.data import dataclass
from ai_dashboard.core.errors import ConfigConflict, ConfigRefused
from ai_dashboard.tui.editor.checks import Question, answered
from ai_dashboard.tui.editor.draft import Draft, why
from ai_dashboard.tui.editor.schema_walk import Schema
from ai_dashboard.tui.feed import Unreachable, reason


@dataclass(frozen=True, slots=True)
class Saved:
    """It is in force."""

    committed: Committed


@dataclass(frozen=True, slots=True)
class Refused:
    """It has errors; `view` has all that was found."""

    view: ProposalView


@dataclass(frozen=True, slots=True)
class Overtaken:
    """Somebody else has changed the file meanwhile; the draft has theirs."""


@dataclass(frozen=True, slots=True)
class Failed:
    """It could not be done; the message says why."""

    message: str


Outcome = Saved | Refused | Overtaken | Failed


class Files:
    """All files of the configuration; a draft for each one that was opened."""

    def __init__(self, port: ControlPort) -> None:
        self._port = port
        self.known: Sequence[ConfigFile] = ()
        self.drafts: dict[str, Draft] = {}
        self._schemas: dict[str, Schema] = {}

    async def read(self) -> None:
        """Learn which files there are. Raises what the port raises."""
        self.known = await self._port.config_files()

    async def open(self, name: str) -> Draft:
        """A file to be edited; the same draft every time. Raises what the port raises."""
        if name not in self.drafts:
            text = await self._port.config_text(name)
            self.drafts.setdefault(name, Draft(name, text))
        return self.drafts[name]

    async def on_disk(self, name: str) -> ConfigText:
        """A file as it is now. Raises what the port raises."""
        return await self._port.config_text(name)

    async def schema(self, name: str) -> Schema:
        """What is known of a file's keys; nothing where the gateway does not say."""
        if name not in self._schemas:
            try:
                self._schemas[name] = Schema(await self._port.config_schema(name))
            except Unreachable:
                return Schema("")
        return self._schemas[name]

    async def save(self, draft: Draft, text: str) -> Outcome:
        """Check it, then have it backed up and put in force."""
        answer = await answered(self._port, Question(draft.file, text, draft.base.hash))
        if answer.view is None:
            return Failed(answer.problem)
        draft.proposal = answer.view
        if answer.view.refused:
            return Refused(answer.view)
        try:
            committed = await self._port.commit(draft.file, text, draft.base.hash, why(answer.view))
            draft.base, draft.theirs = await self._port.config_text(draft.file), None
            draft.proposal = None  # what it would change is changed
        except ConfigConflict:
            return await self._overtaken(draft, text)
        except ConfigRefused as refused:
            if not refused.diagnostics:
                return Failed(refused.message)
            return Refused(ProposalView(draft.file, draft.base.hash, refused.diagnostics, (), None))
        except Unreachable as failure:
            return Failed(reason(failure))
        return Saved(committed)

    async def _overtaken(self, draft: Draft, text: str) -> Outcome:
        try:
            draft.noticed(await self._port.config_text(draft.file), text)
        except Unreachable as failure:
            return Failed(reason(failure))
        return Overtaken()
