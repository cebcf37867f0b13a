"""Which columns of a table fit, and how wide each becomes. Pure.

Widths depend on the width of the panel alone, never on what is in the rows, so a table stands still while its numbers
change.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from ai_dashboard.core.data import dataclass
from ai_dashboard.tui.ink import Ink, Line, Span, fit

GUTTER = 1


@dataclass(frozen=True, slots=True)
class Column:
    """`rank` says in which order columns get room (lowest first); `grow` its share of the room that is left over."""

    title: str
    width: int
    rank: int
    right: bool = False
    grow: int = 0


Placed = tuple[Column, int]


def place(columns: Sequence[Column], width: int) -> list[Placed]:
    """The columns that fit into `width` cells, in the order given, with the cells each one gets.

    The column of the lowest rank always has a place, if need be a narrower one.
    """
    left = width + GUTTER
    chosen: dict[Column, int] = {}
    for column in sorted(columns, key=lambda column: column.rank):
        if column.width + GUTTER > left:
            if not chosen:
                chosen[column], left = max(width, 1), 0
            break
        chosen[column] = column.width
        left -= column.width + GUTTER
    shares = sum(column.grow for column in chosen)
    for column in chosen:
        if column.grow and left > 0:
            extra = left * column.grow // shares
            chosen[column] += extra
            left -= extra
            shares -= column.grow
    return [(column, chosen[column]) for column in columns if column in chosen]


def heading(placed: Sequence[Placed]) -> list[Span]:
    """The line of titles."""
    return [(_joined([fit(column.title, cells, right=column.right) for column, cells in placed]), Ink.LABEL)]


def row(
    placed: Sequence[Placed], texts: dict[str, Span], drawn: Mapping[str, Line] = MappingProxyType({})
) -> list[Span]:
    """One line of a table; `texts` holds a span for each column's title, `drawn` what is no text: spans that take
    exactly the cells of their column."""
    line: list[Span] = []
    for column, cells in placed:
        if line:
            line.append((" " * GUTTER, Ink.PLAIN))
        if column.title in drawn:
            line.extend(drawn[column.title])
            continue
        text, ink = texts[column.title]
        line.append((fit(text, cells, right=column.right), ink))
    return line


def _joined(parts: Sequence[str]) -> str:
    return (" " * GUTTER).join(parts)
