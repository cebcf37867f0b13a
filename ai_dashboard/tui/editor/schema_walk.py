"""What the JSON Schema of a file says of a place in it: the keys that are known there, their values, and their words.

Read is what such schemas are made of here: properties, additionalProperties, items, anyOf, allOf, enum, const and
references within the document.
"""

import json
from collections.abc import Iterator, Mapping, Sequence

from ai_dashboard.core.data import dataclass
from ai_dashboard.tui.editor.place import ITEM, Path, Place

Node = Mapping[str, object]

MAX_CHOICES = 200
MAX_NESTING = 8
"""References within references that are followed."""

_WORDS = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a map",
    "null": "null",
}


@dataclass(frozen=True, slots=True)
class Known:
    """A key: what it is for, what it holds in words, its default as JSON, and the values that are allowed, if these are
    few. `nests` says what follows on the next line: `object`, `array` or nothing."""

    key: str
    doc: str = ""
    holds: str = ""
    default: str = ""
    choices: tuple[str, ...] = ()
    nests: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """Something to complete to: what is shown, what is written, and what it is for."""

    label: str
    insert: str
    doc: str


class Schema:
    """One document. What cannot be read as one knows nothing."""

    def __init__(self, text: str) -> None:
        try:
            document = json.loads(text)
        except ValueError:
            document = {}
        self._root: Node = document if isinstance(document, dict) else {}

    def keys(self, path: Path) -> tuple[Known, ...]:
        """The keys that are known in the map at `path`."""
        found: dict[str, Known] = {}
        for node in self._at(path):
            for key, value in _map(node, "properties").items():
                if isinstance(value, dict):
                    found.setdefault(key, self._known(key, value))
        return tuple(found.values())

    def known(self, path: Path) -> Known | None:
        """What is known of the key at `path`; of an item of a list, what its list is for."""
        while path and path[-1] == ITEM:
            path = path[:-1]
        if not path:
            return None
        for node in self._at(path[:-1]):
            own = _map(node, "properties").get(path[-1])
            if isinstance(own, dict):
                return self._known(path[-1], own)
        for node in self._at(path):
            if doc := _text(node, "description"):
                return Known(path[-1], doc, self._holds(node))
        return None

    def values(self, path: Path) -> tuple[str, ...]:
        """The values that are allowed at `path`; none where any text is."""
        return tuple(dict.fromkeys(value for node in self._at(path) for value in _choices(node)))[:MAX_CHOICES]

    def choices(self, place: Place) -> list[Choice]:
        """What may be written where the cursor stands, given what is typed already."""
        wanted = place.typed.strip("\"'").casefold()
        if place.on_value:
            found = [Choice(value, value, "") for value in self.values(place.path)]
        else:
            found = [Choice(known.key, _written(known, place), known.doc) for known in self.keys(place.path)]
        first = [choice for choice in found if choice.label.casefold().startswith(wanted)]
        return first + [choice for choice in found if choice not in first and wanted in choice.label.casefold()]

    # ── the document ─────────────────────────────────────────────────────────────────────────────────────────────────

    def _at(self, path: Path) -> list[Node]:
        """Every shape that may stand at `path`."""
        nodes = list(self._shapes(self._root))
        for part in path:
            nodes = [shape for node in nodes for inner in _inner(node, part) for shape in self._shapes(inner)]
        return nodes

    def _shapes(self, node: Node, nesting: int = 0) -> Iterator[Node]:
        """A node with its references followed, and each of its alternatives."""
        if nesting > MAX_NESTING:
            return
        name = _text(node, "$ref").removeprefix("#/$defs/")
        target = _map(self._root, "$defs").get(name) if name else None
        if isinstance(target, dict):
            yield from self._shapes(target, nesting + 1)
        for key in ("anyOf", "allOf", "oneOf"):
            for alternative in _list(node, key):
                if isinstance(alternative, dict):
                    yield from self._shapes(alternative, nesting + 1)
        yield node

    def _known(self, key: str, node: Node) -> Known:
        shapes = list(self._shapes(node))
        doc = _text(node, "description") or next((doc for it in shapes if (doc := _text(it, "description"))), "")
        default = json.dumps(node["default"], ensure_ascii=False) if "default" in node else ""
        kinds = {_text(shape, "type") for shape in shapes}
        nests = next((kind for kind in ("object", "array") if kind in kinds), "")
        choices = tuple(dict.fromkeys(value for shape in shapes for value in _choices(shape)))
        return Known(key, doc, self._holds(node), default, choices, nests)

    def _holds(self, node: Node) -> str:
        kinds: dict[str, None] = {}
        for shape in self._shapes(node):
            allowed = [*_list(shape, "enum"), *([shape["const"]] if "const" in shape else [])]
            if allowed:
                kinds[" | ".join(map(_scalar, allowed))] = None
            elif kind := _WORDS.get(_text(shape, "type")):
                kinds[kind] = None
        return " or ".join(kinds)


def _inner(node: Node, part: str) -> Iterator[Node]:
    """What a key, or an item, of a shape is."""
    if part == ITEM:
        candidates: list[object] = [node.get("items")]
    else:
        own = _map(node, "properties").get(part)
        candidates = [own if own is not None else node.get("additionalProperties")]
    yield from (candidate for candidate in candidates if isinstance(candidate, dict))


def _choices(node: Node) -> Iterator[str]:
    yield from (_scalar(value) for value in _list(node, "enum") if not isinstance(value, (dict, list)))
    if "const" in node:
        yield _scalar(node["const"])
    if node.get("type") == "boolean":
        yield from ("true", "false")


def _written(known: Known, place: Place) -> str:
    """A key as it is put into the text, with the line below where one has to follow."""
    if place.in_flow or not known.nests:
        return f"{known.key}: "
    below = " " * (place.column + 2)
    return f"{known.key}:\n{below}" + ("- " if known.nests == "array" else "")


def _scalar(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _text(node: Node, key: str) -> str:
    value = node.get(key)
    return value if isinstance(value, str) else ""


def _map(node: Node, key: str) -> Node:
    value = node.get(key)
    return value if isinstance(value, dict) else {}


def _list(node: Node, key: str) -> Sequence[object]:
    value = node.get(key)
    return value if isinstance(value, list) else ()
