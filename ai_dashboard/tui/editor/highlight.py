"""The colours of a text, asked of its syntax tree only for lines that are looked at.

Textual asks for all of them at every key, which a file of ten thousand lines makes felt.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from textual.document._document import DocumentBase

if TYPE_CHECKING:
    from tree_sitter import Query

BLOCK = 64
"""Lines that are asked for together."""

Highlight = tuple[int, int | None, str]
"""From and to which byte of a line, and the name of what is there; None for the end of the line."""

_FEW = 20_000
"""Blocks of colours are dropped when more lines than this are known."""


class Highlights(dict[int, list[Highlight]]):
    """Lines by number. `shown` gives the text of a line as it is drawn: bytes are counted in that."""

    def __init__(self, document: DocumentBase, query: "Query", shown: Callable[[int], str]) -> None:
        super().__init__()
        self._document = document
        self._query = query
        self._shown = shown

    def __bool__(self) -> bool:
        """There may be some, even while none is known."""
        return True

    def __missing__(self, row: int) -> list[Highlight]:
        if len(self) > _FEW:
            self.clear()
        first = row // BLOCK * BLOCK
        last = min(first + BLOCK, self._document.line_count) - 1
        found: dict[int, list[Highlight]] = {row: [] for row in range(first, last + 1)}
        for name, nodes in self._document.query_syntax_tree(self._query, (first, 0), (last + 1, 0)).items():
            for node in nodes:
                start, end = node.start_point, node.end_point
                for at in range(max(start.row, first), min(end.row, last) + 1):
                    begin = start.column if at == start.row else 0
                    found[at].append((begin, end.column if at == end.row else None, name))
        self.update({at: self._moved(at, spans) for at, spans in found.items()})
        return self.get(row, [])

    def _moved(self, row: int, spans: list[Highlight]) -> list[Highlight]:
        """The spans of a line that is drawn otherwise than it is, character for character."""
        written, shown = self._document.get_line(row), self._shown(row)
        if written == shown:
            return spans
        places = _places(written, shown)
        last = len(places) - 1
        return [
            (places[min(start, last)], None if end is None else places[min(end, last)], name)
            for start, end, name in spans
        ]


def _places(written: str, shown: str) -> Sequence[int]:
    """For each byte of one text the byte of the other at which the same character begins."""
    places: list[int] = []
    at = 0
    for one, other in zip(written, shown, strict=True):
        places.extend([at] * len(one.encode("utf-8", "replace")))
        at += len(other.encode("utf-8", "replace"))
    return [*places, at]
