"""What was last saved here, whole: the one thing that tells a file which was cut short from one that was meant so.

A YAML file that is cut between two lines is as valid as the whole one. So a copy of every save is kept beside the
backups: `NAME.saving` from before the file is replaced until that is done, `NAME.saved` from then on. The copies
outlive the process, and every process that looks after the folder sees them.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from shlex import quote

from ai_dashboard.config.atomic import replace_file
from ai_dashboard.config.backups import FOLDER, Backups, short_hash
from ai_dashboard.core.diagnostics import Diagnostic, Severity

SAVING = "saving"
SAVED = "saved"


class Saves:
    """The last saves in one configuration folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / FOLDER
        self._backups = Backups(folder)

    def begin(self, file: str, content: bytes) -> None:
        """This is about to be saved. Raises `OSError`; then nothing may be."""
        self._folder.mkdir(mode=0o700, exist_ok=True)
        replace_file(self._copy(file, SAVING), content, mode=0o600)

    def done(self, file: str) -> None:
        """What was about to be saved is in place."""
        self._copy(file, SAVING).replace(self._copy(file, SAVED))

    def abandon(self, file: str) -> None:
        """What was about to be saved was not."""
        self._copy(file, SAVING).unlink(missing_ok=True)

    def settle(self, file: str, content: bytes | None) -> None:
        """End a save that a crash has interrupted: `content` is what the file is."""
        about = self._read(file, SAVING)
        if about is not None and about == content:
            self.done(file)
        elif about is not None and self.cut(file, content or b"") is None:
            self.abandon(file)

    def accept(self, file: str, content: bytes) -> None:
        """A file that looks cut short is meant as it is. Raises `OSError`."""
        self.begin(file, content)
        self.done(file)

    def cut(self, file: str, content: bytes) -> Path | None:
        """The whole of which this is a shortened copy; None where it is none. What was there before an interrupted save
        is whole as well."""
        saved, about = self._read(file, SAVED), self._read(file, SAVING)
        if content in (saved, about) or (about is not None and self._was_there(file, content)):
            return None
        if about is not None and about.startswith(content):
            return self._copy(file, SAVING)
        return self._copy(file, SAVED) if saved is not None and saved.startswith(content) else None

    def _was_there(self, file: str, content: bytes) -> bool:
        newest = next(iter(self._backups.all(file)), None)
        return newest is not None and (newest.hash, newest.size) == (short_hash(content), len(content))

    def _read(self, file: str, state: str) -> bytes | None:
        try:
            return self._copy(file, state).read_bytes()
        except OSError:
            return None

    def _copy(self, file: str, state: str) -> Path:
        return self._folder / f"{file}.{state}"


def cut_short(folder: Path, files: Iterable[str]) -> Iterator[Diagnostic]:
    """An error for every file on disk that is a shortened copy of what was saved here."""
    saves = Saves(folder)
    for file in files:
        try:
            if not (folder / file).is_file():
                continue  # a pipe could keep us waiting for ever
            content = (folder / file).read_bytes()
        except OSError:
            continue  # whoever reads the file says what is wrong with it
        if whole := saves.cut(file, content):
            message = f"is a shortened copy of what was saved here, its first {len(content)} bytes"
            put = f"ai-dashboard config put --config-dir {quote(str(folder))}"
            fix = (
                f"put the whole one back: {put} --as {file} {quote(str(whole))}; "
                f"or keep the short one: {put} {quote(str(folder / file))}"
            )
            yield Diagnostic(Severity.ERROR, file, 0, 0, "", message, fix)
