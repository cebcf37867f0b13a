"""The configuration folder as something that can be changed: propose, commit, roll back.

Every change takes the same path, whoever makes it: it is based on a hash of what it replaces, is read as a whole with
the other files before anything is written, the old file is backed up, and the new one is there whole or not at all.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from ai_dashboard.config.atomic import remove_drafts, replace_file
from ai_dashboard.config.backups import KEPT, Backup, Backups, content_hash
from ai_dashboard.config.changes import Change, changes
from ai_dashboard.config.expand import Env
from ai_dashboard.config.load import FILES, Config, Loaded, load
from ai_dashboard.config.saved import Saves
from ai_dashboard.core.data import dataclass
from ai_dashboard.core.diagnostics import Diagnostic, Severity

MISSING = ""
"""The hash of a file that does not exist."""


class Journal(Protocol):
    """Where every change is put on record before it is made."""

    def record(
        self,
        what: str,
        subject: str = "",
        *,
        who: str,
        where: str = "",
        why: str = "",
        before: str = "",
        after: str = "",
        details: Sequence[str] = (),
    ) -> object:
        """Raises `OSError`; then the change is not made."""
        ...


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a change would mean. `base` is the hash of the file it was made from; `loaded` the whole folder with the
    change in it."""

    file: str
    content: bytes
    base: str
    loaded: Loaded
    changes: tuple[Change, ...]

    @property
    def refused(self) -> tuple[Diagnostic, ...]:
        """The errors for which it cannot be committed."""
        return tuple(found for found in self.loaded.diagnostics if found.severity is Severity.ERROR)


class Refused(Exception):
    """A change that was not made; nothing was written. The message says why."""


class Conflict(Refused):
    """The file is not what the change was made from any more. `theirs` is what it is now."""

    def __init__(self, file: str, theirs: bytes | None) -> None:
        super().__init__(f"{file} was changed by somebody else in the meantime")
        self.theirs = theirs


class ConfigStore:
    """One folder. `now` gives Unix time. Not for two threads at once."""

    def __init__(
        self, folder: Path, env: Env, now: Callable[[], float], *, keep: int = KEPT, journal: Journal | None = None
    ) -> None:
        self.folder = folder
        self.backups = Backups(folder, keep=keep)
        self.env = env
        self._now = now
        self._saves = Saves(folder)
        self._journal = journal

    def tidy(self) -> None:
        """Clear up what a crash has left. For the one who keeps the folder, at its start. Raises `OSError`."""
        self.backups.tidy()
        for name in FILES:
            remove_drafts(self.folder / name)
            self._saves.settle(name, self.read(name))

    def read(self, file: str) -> bytes | None:
        """A file's content, None when there is none. Raises `OSError`."""
        try:
            return (self.folder / _known(file)).read_bytes()
        except FileNotFoundError:
            return None

    def hash(self, file: str) -> str:
        """What a change of this file has to be based on."""
        content = self.read(file)
        return MISSING if content is None else content_hash(content)

    def propose(self, file: str, content: bytes, in_force: Config | None, *, base: str | None = None) -> Proposal:
        """Read the folder with this content in it, and compare it with what is in force. Writes nothing."""
        loaded = load(self.folder, self.env, {_known(file): content})
        different = changes(in_force, loaded.config) if in_force is not None and loaded.config is not None else ()
        return Proposal(file, content, self.hash(file) if base is None else base, loaded, different)

    def commit(
        self, proposal: Proposal, *, who: str, why: str, where: str = "", what: str = "config.commit"
    ) -> Backup | None:
        """Back the file up, put the change on record, and replace the file; the backup, None for a file that is new.
        Raises `Conflict`, `Refused` with the first error, or `OSError`; in all three cases the file is as it was."""
        if errors := proposal.refused:
            more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
            raise Refused(f"{errors[0]}{more}")
        current = self.read(proposal.file)
        if (MISSING if current is None else content_hash(current)) != proposal.base:
            raise Conflict(proposal.file, current)
        backup = None
        if current is not None:
            backup = self.backups.keep(proposal.file, current, at=self._now(), who=who, why=why)
        self._saves.begin(proposal.file, proposal.content)
        try:
            self._record(proposal, what, who=who, where=where, why=why)
            self._replace(proposal, what, who=who, where=where)
        except OSError:
            self._saves.abandon(proposal.file)
            raise
        self._saves.done(proposal.file)
        return backup

    def _record(self, proposal: Proposal, what: str, *, who: str, where: str, why: str) -> None:
        if self._journal is not None:
            said, after = [str(change) for change in proposal.changes], content_hash(proposal.content)
            self._journal.record(
                what, proposal.file, who=who, where=where, why=why, before=proposal.base, after=after, details=said
            )

    def _replace(self, proposal: Proposal, what: str, *, who: str, where: str) -> None:
        try:
            replace_file(self.folder / proposal.file, proposal.content, mode=0o600)
        except OSError as error:
            if self._journal is not None:
                why = f"could not be written: {error.strerror}"
                self._journal.record(f"{what}.failed", proposal.file, who=who, where=where, why=why)
            raise

    def rollback(
        self, backup_id: str, in_force: Config | None, *, who: str, where: str = ""
    ) -> tuple[Proposal, Backup | None]:
        """Put a backup back, by the same path as any change: validated, backed up, and itself to be rolled back.
        Raises what `commit` raises, and `Refused` for a backup that is not there or damaged."""
        found = self.backups.read(backup_id)
        if found is None:
            raise Refused(f"there is no backup {backup_id}, or it is damaged")
        backup, content = found
        proposal = self.propose(backup.file, content, in_force)
        why = f"rollback to {backup_id}"
        return proposal, self.commit(proposal, who=who, why=why, where=where, what="config.rollback")

    def keep(self, file: str, content: bytes, *, who: str, why: str) -> Backup:
        """Back up what a file was that others have changed. Raises `OSError`."""
        return self.backups.keep_once(_known(file), content, at=self._now(), who=who, why=why)

    def accept(self, file: str, content: bytes) -> None:
        """A file that is a shortened copy of a save is meant as it is. Raises `OSError`."""
        self._saves.accept(_known(file), content)

    def is_cut(self, file: str, content: bytes) -> bool:
        """Whether a file on disk is a shortened copy of what was saved here: cut by a full disk or a crash, and not
        meant. A shorter YAML file is as valid as the whole one, so only this tells them apart."""
        return self._saves.cut(file, content) is not None


def _known(file: str) -> str:
    """Names come from outside too; only the files that we read are written."""
    if file not in FILES:
        raise Refused(f"{file!r} is none of {', '.join(FILES)}")
    return file
