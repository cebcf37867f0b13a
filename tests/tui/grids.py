"""What a screen looks like, as text: its characters once, and for each look what they are painted with.

A grid is a file that people read in a diff. Below the characters stands, for each look, a legend (a letter for each
style, in the order in which they appear) and a row of letters with counts for each line: `a2 b14 a104`. Looks that are
painted alike but for their colours share their rows.
"""

from collections.abc import Sequence
from itertools import groupby

from rich.style import Style
from textual.strip import Strip

LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

Painted = Sequence[Sequence[tuple[int, str]]]
"""For each line how many cells in a row have which style."""


def text_of(strips: Sequence[Strip]) -> str:
    """The characters, a line a row, without the blanks at its end."""
    return "\n".join(strip.text.rstrip() for strip in strips)


def painted(strips: Sequence[Strip]) -> Painted:
    """The styles of each line, runs of the same one together."""
    return [
        [(sum(cells for cells, _ in run), style) for style, run in groupby(_cells(strip), key=lambda cell: cell[1])]
        for strip in strips
    ]


def _cells(strip: Strip) -> list[tuple[int, str]]:
    return [(segment.cell_length, _named(segment.style)) for segment in strip if segment.cell_length]


def _named(style: Style | None) -> str:
    """A style in words, without what is no paint."""
    if style is None:
        return "none"
    return str(Style(color=style.color, bgcolor=style.bgcolor, bold=style.bold, dim=style.dim, reverse=style.reverse,
                     italic=style.italic, underline=style.underline))  # fmt: skip
