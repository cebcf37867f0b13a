"""Text that grows, broken into lines as it comes: what is broken once is never looked at again. Pure.

Breaking from the left never changes a line that is full, so only the last one is broken anew. Every character that a
terminal would obey becomes one that is seen before anything is measured, so no sequence can be split past the gate.
"""

from rich.cells import cell_len

from ai_dashboard.tui.sanitise import visible

MAX_CHARS = 200_000
"""Of one text; what comes after is counted and not kept."""

TAB = "    "


class Flow:
    """One text, and its lines for the width that was asked for last. `dropped` characters did not find room."""

    __slots__ = ("_broken", "_held", "_kept", "_lines", "_pieces", "_tail", "_width", "dropped")

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._kept = 0
        self._broken = 0
        self._held = ""
        self._tail = ""
        self._lines: list[str] = []
        self._width = 0
        self.dropped = 0

    def __len__(self) -> int:
        return self._kept

    @property
    def text(self) -> str:
        """All of it, as it came."""
        return "".join(self._pieces)

    def add(self, piece: str) -> None:
        """More of it."""
        room = MAX_CHARS - self._kept
        self.dropped += max(len(piece) - room, 0)
        piece = piece[: max(room, 0)]
        if piece:
            self._pieces.append(piece)
            self._kept += len(piece)

    def lines(self, width: int) -> list[str]:
        """All lines of at most `width` cells."""
        if width != self._width:
            self._restart(width)
        for piece in self._pieces[self._broken :]:
            self._break(piece)
        self._broken = len(self._pieces)
        rest = self._tail + visible(self._held)
        return [*self._lines, *(wrapped(rest, width) if rest else ())]

    def _restart(self, width: int) -> None:
        self._width, self._broken, self._held, self._tail = width, 0, "", ""
        self._lines = []

    def _break(self, piece: str) -> None:
        piece, self._held = self._held + piece, ""
        if piece.endswith("\r"):  # perhaps the first half of a line's end
            piece, self._held = piece[:-1], "\r"
        first, *others = piece.replace("\r\n", "\n").replace("\t", TAB).split("\n")
        self._tail += visible(first)
        for other in others:
            self._lines += wrapped(self._tail, self._width)
            self._tail = visible(other)
        *full, self._tail = wrapped(self._tail, self._width)
        self._lines += full


def wrapped(line: str, width: int) -> list[str]:
    """A line broken at spaces, or within a word that is wider than all there is; one line at least. Of the spaces at a
    break one is left out, others stay: code keeps its shape."""
    lines = []
    while len(line) > width or cell_len(line) > width:
        end = _fits(line, width)
        if end >= len(line):
            break
        space = line.rfind(" ", 0, end + 1)
        if space > 0 and line[:space].strip():
            lines.append(line[:space])
            line = line[space + 1 :]
        else:
            lines.append(line[:end])
            line = line[end:]
    return [*lines, line]


def _fits(line: str, width: int) -> int:
    """How many characters from the left fit into `width` cells; one at least, or nothing would ever come to an end."""
    if line.isascii():
        return max(width, 1)
    low, high = 1, min(len(line), 8 * max(width, 1))
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if cell_len(line[:middle]) <= width else (low, middle - 1)
    return low
