"""Reading the files of events beside whoever writes them: all that there is, and what is added from then on."""

import os
from collections.abc import Iterator
from pathlib import Path

from ai_dashboard.core.logs import LogEvent
from ai_dashboard.telemetry.log_lines import read_line
from ai_dashboard.telemetry.log_outlets import FILE, files

MAX_LINE = 1 << 16
"""Bytes of a line that are held while its end is waited for; no event is as long."""


class LogFiles:
    """The files in one folder. What is no event, such as a line that a crash has cut short, is passed over."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stream = -1
        self._rest = b""

    @property
    def there(self) -> bool:
        """Whether there is any."""
        return bool(files(self._folder))

    def all(self) -> Iterator[LogEvent]:
        """Every event of every file, oldest first. The one that is written is left open: `more` goes on from there.
        Raises `OSError`."""
        for path in files(self._folder):
            if path.name != FILE:
                try:
                    with path.open("rb") as file:
                        yield from _events(file.read())
                except FileNotFoundError:
                    continue  # put one further, or away, since we have looked
        yield from self.more()

    def more(self) -> Iterator[LogEvent]:
        """What was added since. A file that was put aside is read to its end before the next one."""
        if self._stream >= 0:
            yield from self._read()
            if self._is_written_still():
                return
            yield from self._read()  # what was added before it was put aside
            self.close()
        try:
            self._stream = os.open(self._folder / FILE, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return
        yield from self._read()

    def close(self) -> None:
        """Let go of the file."""
        if self._stream >= 0:
            os.close(self._stream)
        self._stream, self._rest = -1, b""

    def _read(self) -> Iterator[LogEvent]:
        while data := os.read(self._stream, MAX_LINE):
            *lines, rest = (self._rest + data).split(b"\n")
            self._rest = rest if len(rest) < MAX_LINE else b""
            yield from _events(b"\n".join(lines))

    def _is_written_still(self) -> bool:
        try:
            return os.path.samestat((self._folder / FILE).stat(), os.fstat(self._stream))
        except FileNotFoundError:
            return False


def _events(data: bytes) -> Iterator[LogEvent]:
    for line in data.split(b"\n"):
        if line and (event := read_line(line)) is not None:
            yield event
