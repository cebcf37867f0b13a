"""Where in the tree of a YAML text a cursor stands, going by indentation: good enough while the text is no YAML yet.

A path is made of keys, with `ITEM` for an item of a list. Nothing is parsed but the lines that lead to the cursor.
"""

import re
from collections.abc import Sequence

from ai_dashboard.core.data import dataclass

ITEM = "-"
"""In a path: some item of a list."""

Path = tuple[str, ...]

_KEY = re.compile(r"""(?P<key>"[^"]*"|'[^']*'|[^\s#"'\[\]{},:-][^:#]*?|-[^\s:#][^:#]*?)\s*:(?=\s|$)""")
_DASHES = re.compile(r"(?:-(?:\s+|$))*")
_FLOW = re.compile(r"""(?P<text>"(?:[^"\\]|\\.)*"?|'(?:[^']|'')*'?)|(?P<sign>[{}\[\],:])|(?P<plain>[^\s{}\[\],:"']+)""")


@dataclass(frozen=True, slots=True)
class Place:
    """`path` leads to the map or list that the cursor is in, or with `on_value` to the value that it is on. `typed` is
    what stands from column `start` up to the cursor. `column` is where keys of this map stand."""

    path: Path
    typed: str
    start: int
    column: int
    on_value: bool = False
    in_flow: bool = False


@dataclass(slots=True)
class _Line:
    """What a line adds to a path: the columns of its dashes, and its key."""

    dashes: list[int]
    column: int
    key: str | None
    after: int


def place_at(lines: Sequence[str], row: int, column: int) -> Place:
    """Where the cursor stands."""
    text = lines[row][:column]
    line = _read(lines[row])
    above = _above(lines, row, line)
    if line.key is not None and column >= line.after and line.after > line.column:
        return _in_value(text, line, (*above, line.key))
    typed = text[line.column :] if column > line.column else ""
    return Place(above, typed, max(min(line.column, column), column - len(typed)), line.column)


def key_at(lines: Sequence[str], row: int) -> Path:
    """The path of the key on a line; without one, that of what the line belongs to."""
    line = _read(lines[row])
    above = _above(lines, row, line)
    return above if line.key is None else (*above, line.key)


def _in_value(text: str, line: _Line, path: Path) -> Place:
    """Behind a key: on its value, or inside the `{…}` or `[…]` that begins there."""
    rest = text[line.after :]
    value = line.after + len(rest) - len(rest.lstrip())
    if text[value : value + 1] not in ("{", "["):
        return Place(path, text[value:], value, line.column, on_value=True)
    opened: list[str] = []
    keys: list[str] = []
    typed, start, on_value = "", len(text), False
    for found in _FLOW.finditer(text, value):
        sign = found["sign"]
        if sign is None:
            typed, start = found.group(), found.start()
            continue
        if sign in "{[":
            opened.append(sign)
            keys.append(ITEM if sign == "[" else "")
        elif sign in "}]" and opened:
            opened.pop()
            keys.pop()
        elif sign == ":" and keys and opened[-1] == "{":
            keys[-1] = typed.strip("\"'")
        elif sign == "," and keys and opened[-1] == "{":
            keys[-1] = ""
        on_value = bool(opened) and (sign == ":" or opened[-1] == "[")
        typed, start = "", len(text)
    if not opened:
        return Place(path, "", len(text), line.column, on_value=True)
    inside = [key for key in keys if key]
    return Place((*path, *inside), typed, start, line.column, on_value=on_value, in_flow=True)


def _above(lines: Sequence[str], row: int, line: _Line) -> Path:
    """The path to a line, from the lines above it."""
    found: list[str] = []
    limit = line.column
    for dash in reversed(line.dashes):
        found.append(ITEM)
        limit = dash
    for text in reversed(lines[:row]):
        if limit == 0 and not (found and found[-1] == ITEM):
            break
        indent = len(text) - len(text.lstrip(" "))
        if indent > limit or indent == len(text) or text[indent] == "#":
            continue
        limit = _climb(_read(text), limit, found)
    return tuple(reversed(found))


def _climb(line: _Line, limit: int, found: list[str]) -> int:
    """Take a line above into account; the column that lines further up have to stand left of."""
    in_list = bool(found) and found[-1] == ITEM
    if line.key is not None and (line.column < limit or (in_list and not line.dashes and line.column == limit)):
        found.append(line.key)
        limit = line.column
    for dash in reversed(line.dashes):
        if dash < limit:
            found.append(ITEM)
            limit = dash
    return limit


def _read(text: str) -> _Line:
    indent = len(text) - len(text.lstrip(" \ufeff"))
    dashes = _DASHES.match(text, indent)
    column = dashes.end() if dashes else indent
    places = [at for at in range(indent, column) if text[at] == "-"]
    entry = _KEY.match(text, column)
    if entry is None:
        return _Line(places, column, None, column)
    return _Line(places, column, entry["key"].strip("\"'"), entry.end())
