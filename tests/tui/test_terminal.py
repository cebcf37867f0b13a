"""What a real terminal shows of hostile text: exactly what it shows of the same text with the sting taken out.

Two apps run side by side, one in front of the corpus as it is, one in front of the corpus as it has to be shown; each
has a terminal of its own, which obeys whatever it is told. After every key both terminals must be the same, cell by
cell, and nothing but the app may have told them anything.
"""

import re
import sys
import time
import unicodedata
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pyte
from pyte.screens import Char

from ai_dashboard.tui.sanitise import visible
from tests.e2e.program import LOOK_S, PATIENCE_S, Terminal, terminal
from tests.tui.corpus import CORPUS

ROOT = Path(__file__).parents[2]
COLUMNS, ROWS = 180, 50
MAIN = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from tests.tui.in_front_of import main; main(sys.argv[1])"
PROGRAM = (sys.executable, "-c", MAIN)
WALK = (
    (b"", "● LIVE"),
    (b"2", "Providers · 33"),
    (b"\r", "Latest failures"),
    (b"4", "Requests · 33"),
    (b"\r", "Attempts"),
    (b"5", "combining"),
    (b"6", "Near misses"),
    (b"8", "Budgets"),
    (b"9", "✓ whole · 33 entries"),
    (b"p", "ask something"),
    (b"?\r", "812/240 tok"),
    (b"\t", "Write"),
    (b"c", "# combining"),
)
SEQUENCE = re.compile(rb"\x1b(?:\[[^@-~]*[@-~]|\][^\x07\x1b]*|[PX^_][^\x1b]*|[ -/]*[0-~])", re.DOTALL)
NUMBERS = re.compile(rb"\d+")


class Emulated:
    """An app's terminal: everything that the app wrote, obeyed."""

    def __init__(self, running: Terminal) -> None:
        self.running = running
        self.screen = pyte.Screen(COLUMNS, ROWS)
        self._stream = pyte.ByteStream(self.screen)
        self._obeyed = 0

    def look(self) -> None:
        self.running.read()
        self._stream.feed(self.running.seen[self._obeyed :])
        self._obeyed = len(self.running.seen)

    def text(self) -> str:
        return unicodedata.normalize("NFC", "\n".join(self.screen.display))

    def cells(self) -> list[list[Char]]:
        return [[self.screen.buffer[row][column] for column in range(COLUMNS)] for row in range(ROWS)]

    def told(self) -> set[bytes]:
        """What kinds of sequences were written, whatever their numbers."""
        return {NUMBERS.sub(b"#", found) for found in SEQUENCE.findall(self.running.seen)}


@contextmanager
def side_by_side(folder: Path) -> Iterator[tuple[Emulated, Emulated]]:
    """The app in front of the corpus alive, and in front of the corpus as shown."""
    with ExitStack() as stack:
        alive, shown = (
            Emulated(stack.enter_context(terminal((kind,), state=folder, size=(COLUMNS, ROWS), program=PROGRAM)))
            for kind in ("alive", "shown")
        )
        yield alive, shown


def eventually(alive: Emulated, shown: Emulated, words: str, *, colours: bool) -> bool:
    """Whether both show the words, and the same, before long."""
    give_up = time.monotonic() + PATIENCE_S
    while time.monotonic() < give_up:
        alive.look()
        shown.look()
        alike = alive.screen.display == shown.screen.display and (not colours or alive.cells() == shown.cells())
        if alike and words in alive.text():
            return True
        time.sleep(LOOK_S)
    return False


def test_a_terminal_shows_hostile_text_and_obeys_none_of_it(tmp_path: Path) -> None:
    seen = ""
    with side_by_side(tmp_path) as (alive, shown):
        for keys, words in WALK:
            alive.running.press(keys)
            shown.running.press(keys)
            colours = keys != b"c"  # there what cannot be YAML is coloured as wrong
            same = eventually(alive, shown, words, colours=colours)
            assert same, f"{words!r} after {keys!r}:\n{alive.text()}\n{shown.text()}"
            seen += alive.text()
        assert alive.told() <= shown.told()
        assert b"\x1b]52" not in alive.running.seen
        assert alive.screen.title == shown.screen.title
        assert alive.screen.mode == shown.screen.mode
        assert alive.screen.margins is None
    for text in CORPUS.values():
        assert unicodedata.normalize("NFC", visible(text)) in seen
