"""What a screen looks like, as a text that people read in a diff: its characters once, and what they are painted with.

Below the characters stands a row of letters with counts for each line (`a2 b14 a104`), and for each look a legend that
says what the letters are there. A look that is written or painted otherwise has characters or rows of its own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from rich.color import Color
from rich.style import Style
from textual.strip import Strip

LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

Line = tuple[Style, ...]
"""The style of each cell."""


@dataclass(frozen=True, slots=True)
class Grid:
    """The characters of a screen, and the style of each of its cells."""

    text: str
    lines: tuple[Line, ...]

    @property
    def styles(self) -> tuple[Style, ...]:
        """Every style that there is, in the order in which they appear."""
        return tuple(dict.fromkeys(style for line in self.lines for style in line))


def grid_of(strips: Sequence[Strip]) -> Grid:
    """What these lines show."""
    text = "\n".join(strip.text.rstrip() for strip in strips)
    return Grid(text, tuple(tuple(_cells(strip)) for strip in strips))


def _cells(strip: Strip) -> list[Style]:
    return [style for segment in strip for style in [_paint(segment.style)] * segment.cell_length]


def _paint(style: Style | None) -> Style:
    """A style without what is no paint."""
    it = style or Style.null()
    return Style(color=it.color, bgcolor=it.bgcolor, bold=it.bold, dim=it.dim, reverse=it.reverse, italic=it.italic,
                 underline=it.underline)  # fmt: skip


def colours_of(grid: Grid) -> set[Color]:
    """Every colour that is painted with."""
    found = (colour for style in grid.styles for colour in (style.color, style.bgcolor))
    return {colour for colour in found if colour is not None and not colour.is_default}


def written(grids: Mapping[str, Grid]) -> str:
    """All looks of one screen at one size. The first one gives characters and rows; others say what differs."""
    first = next(iter(grids.values()))
    parts = [first.text, "── rows", _rows(first)]
    for look, grid in grids.items():
        parts.append(f"── {look}")
        if grid.text != first.text:
            parts.append(_otherwise(first.text, grid.text))
        same = _as_in(first, grid)
        if same is None:
            parts += [_legend(grid.styles), _rows(grid)]
        else:
            parts.append(_legend(same))
    return "\n".join(parts) + "\n"


def _as_in(first: Grid, other: Grid) -> tuple[Style, ...] | None:
    """What each style of the first is in the other, None where it is not always the same."""
    met: dict[Style, Style] = {}
    for mine, theirs in zip(first.lines, other.lines, strict=True):
        for one, two in zip(mine, theirs, strict=True):
            if met.setdefault(one, two) != two:
                return None
    return tuple(met[style] for style in first.styles)


def _legend(styles: Sequence[Style]) -> str:
    return "\n".join(f"{letter} {style}" for letter, style in zip(LETTERS, styles, strict=False))


def _rows(grid: Grid) -> str:
    letters = dict(zip(grid.styles, LETTERS, strict=False))
    runs = ([(letters[style], sum(1 for _ in run)) for style, run in groupby(line)] for line in grid.lines)
    return "\n".join(" ".join(f"{letter}{count}" for letter, count in line) for line in runs)


def _otherwise(first: str, other: str) -> str:
    """Lines that are other ones, by their number."""
    pairs = enumerate(zip(first.split("\n"), other.split("\n"), strict=True), 1)
    return "\n".join(f"{number:>3} {line}" for number, (one, line) in pairs if one != line)
