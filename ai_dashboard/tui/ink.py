"""What a panel draws: lines of spans, each a text and the ink it is written in. Pure: drawing is tested as text.

Inks name meanings, never colours: `theme` says what `Ink.BAD` looks like. State inks (GOOD, WARN,
BAD) are for states alone.
"""

from collections.abc import Sequence
from enum import StrEnum

from rich.cells import cell_len, set_cell_size

from ai_dashboard.tui.sanitise import visible


class Ink(StrEnum):
    """The meanings a piece of text can have on the screen."""

    PLAIN = "plain"
    STRONG = "strong"
    DIM = "dim"
    RULE = "rule"
    KEY = "key"
    GOOD = "good"
    WARN = "warn"
    BAD = "bad"
    LABEL = "label"
    FIRST = "first"
    SECOND = "second"


Span = tuple[str, Ink]
Line = Sequence[Span]

ELLIPSIS = "…"

DOT = " · "
"""Stands between parts of a line, the ones that matter more first."""


def width_of(line: Line) -> int:
    """Cells that a line takes."""
    return sum(cell_len(text) for text, _ in line)


def text_of(line: Line) -> str:
    """A line without its inks."""
    return "".join(text for text, _ in line)


def fit(text: str, width: int, *, right: bool = False) -> str:
    """The text in exactly `width` cells: made visible, padded, or cut with an ellipsis."""
    text = visible(text)
    length = cell_len(text)
    if length > width:
        return set_cell_size(set_cell_size(text, width - 1) + ELLIPSIS, width) if width > 0 else ""
    return " " * (width - length) + text if right else text + " " * (width - length)


def clip(text: str, width: int) -> str:
    """The text made visible in at most `width` cells."""
    text = visible(text)
    return text if cell_len(text) <= width else fit(text, width)


def whole(text: str, width: int) -> str:
    """As many of the parts between middle dots as fit into `width` cells; nothing where the first does not."""
    parts = visible(text).split(DOT)
    while parts and cell_len(DOT.join(parts)) > width:
        parts.pop()
    return DOT.join(parts)


def kept(parts: Sequence[Line], width: int) -> list[Span]:
    """As many of the first parts as fit whole into `width` cells: for what is ours to say."""
    spans: list[Span] = []
    for part in parts:
        seen = [(visible(text), ink) for text, ink in part]
        width -= width_of(seen)
        if width < 0:
            break
        spans += seen
    return spans


def crop(line: Line, width: int) -> list[Span]:
    """A line made visible in at most `width` cells; the span that fits only in part is cut with an ellipsis."""
    spans: list[Span] = []
    left = width
    for text, ink in line:
        if left <= 0:
            break
        spans.append((clip(text, left), ink))
        left -= cell_len(spans[-1][0])
    return spans


def wrap(text: str, width: int, limit: int) -> list[str]:
    """The text made visible and broken at spaces into at most `limit` lines of at most `width` cells."""
    lines: list[str] = []
    for word in visible(text).split(" "):
        if lines and cell_len(lines[-1]) + 1 + cell_len(word) <= width:
            lines[-1] += " " + word
        else:
            lines.append(word)
    if len(lines) > limit:
        lines[limit - 1 :] = [" ".join(lines[limit - 1 :])]
    return [clip(line, width) for line in lines]
