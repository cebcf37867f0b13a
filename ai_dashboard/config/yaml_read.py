"""YAML text into a tree.

Built on PyYAML's event stream, never on its object constructors: events come one at a time, so neither depth nor
aliases can hurt before the limits below are checked. Only YAML's core types exist here, and of those only null, bool,
int and float are told from text: a tag such as `12:30` or a date stays what it says.
"""

import re
from collections.abc import Iterator
from dataclasses import field
from typing import Any, Protocol

import yaml

from ai_dashboard.config.yaml_scalars import SCALAR_TAGS, Plain, resolved, tagged
from ai_dashboard.config.yaml_tree import Entry, Items, Map, Mark, Node, Scalar
from ai_dashboard.core.data import dataclass

MAX_CHARS = 10_000_000
"""Characters that a document may hold once its aliases are written out."""

MAX_NODES = 100_000
"""Keys and values that a document may hold once its aliases are written out."""

MAX_DEPTH = 64
"""Maps and lists inside each other."""

LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The parser: libyaml's where there is one."""

_CORE = "tag:yaml.org,2002:"
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")


class YamlProblem(Exception):
    """The text cannot be used. `mark` is where; the message and `fix` are for people."""

    def __init__(self, message: str, mark: Mark, fix: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.mark = mark
        self.fix = fix


def decode(raw: bytes) -> str:
    """The text of a file, without its byte order mark. Raises `YamlProblem` where it is not UTF-8."""
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        mark = _mark_at(raw[: error.start].decode("utf-8-sig", "replace"))
        byte = f"byte 0x{raw[error.start]:02x}"
        raise YamlProblem(f"this is not UTF-8 text ({byte})", mark, "save the file as UTF-8") from None


def parse(text: str) -> Node:
    """The tree of one document; an empty one is an empty map. Raises `YamlProblem`."""
    if len(text) > MAX_CHARS:
        raise YamlProblem(f"more than {MAX_CHARS:,} characters", Mark(1, 1, 0), "drop what is not needed")
    if found := _UNPRINTABLE.search(text):
        mark = _mark_at(text[: found.start()])
        code = f"U+{ord(found.group()):04X}"
        raise YamlProblem(f"a control character ({code})", mark, "delete it, or write it as an escape in double quotes")
    try:
        return _Builder().build(yaml.parse(text, Loader=LOADER))
    except yaml.MarkedYAMLError as error:
        mark = _mark(error.problem_mark or error.context_mark)
        context = f" {error.context}" if error.context else ""
        raise YamlProblem(f"this is not YAML: {error.problem}{context}", mark, _hint(error.problem or "")) from None
    except yaml.YAMLError as error:
        raise YamlProblem(f"this is not YAML: {error}", Mark(1, 1, 0)) from None


@dataclass(slots=True)
class _Size:
    """What a node amounts to with its aliases written out."""

    nodes: int = 1
    chars: int = 0


@dataclass(slots=True)
class _Open:
    """A map or list that has not ended yet."""

    mark: Mark
    is_map: bool
    anchor: str | None
    size: _Size = field(default_factory=_Size)
    items: list[Node] = field(default_factory=list)
    entries: dict[str, Entry] = field(default_factory=dict)
    merged: dict[str, Entry] = field(default_factory=dict)
    key: tuple[str, Mark, bool] | None = None


class _Builder:
    """Folds events into a tree, with a stack of its own instead of recursion."""

    def __init__(self) -> None:
        self._stack: list[_Open] = []
        self._anchors: dict[str, tuple[Node, _Size]] = {}
        self._root: Node | None = None
        self._documents = 0
        # what all that is open amounts to together
        self._open_nodes = 0
        self._open_chars = 0

    def build(self, events: Iterator[Any]) -> Node:
        for event in events:
            match event:
                case yaml.ScalarEvent():
                    self._scalar(event)
                case yaml.AliasEvent():
                    self._alias(event)
                case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
                    self._open(event)
                case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                    self._close()
                case yaml.DocumentStartEvent():
                    self._document(event)
                case _:
                    pass  # ends of streams and documents say nothing new
        return self._root or Map(Mark(1, 1, 0), {})

    def _document(self, event: yaml.DocumentStartEvent) -> None:
        self._documents += 1
        if self._documents > 1:
            raise YamlProblem("a second document begins here", _mark(event.start_mark), "keep one document in the file")

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        mark = _mark(event.start_mark)
        frame = self._stack[-1] if self._stack else None
        if frame and frame.is_map and frame.key is None:
            if event.anchor:
                raise YamlProblem("an anchor on a key", mark, "put the anchor on the value")
            merges = event.value == "<<" and event.tag is None and event.implicit[0]
            self._key(frame, event.value, mark, merges=merges)
            return
        value: Plain = event.value
        if event.tag is None:
            value = resolved(event.value) if event.implicit[0] else event.value
        elif event.tag != "!":
            self._check_tag(event.tag, mark, SCALAR_TAGS)
            try:
                value = tagged(event.tag.removeprefix(_CORE), event.value)
            except ValueError as error:
                raise YamlProblem(str(error), mark, "remove the tag or change the value") from None
        self._add(Scalar(mark, _mark(event.end_mark), event.value, value), _Size(1, len(event.value)), event.anchor)

    def _key(self, frame: _Open, key: str, mark: Mark, *, merges: bool) -> None:
        first = frame.entries.get(key)
        if first is not None:
            raise YamlProblem(
                f"`{key}` is here twice: first in line {first.mark.line}, again in line {mark.line}",
                mark,
                "keep one of the two; YAML would silently drop the first",
            )
        frame.key = (key, mark, merges)
        self._grow(frame, _Size(0, len(key)), mark)

    def _alias(self, event: yaml.AliasEvent) -> None:
        mark = _mark(event.start_mark)
        frame = self._stack[-1] if self._stack else None
        if frame and frame.is_map and frame.key is None:
            raise YamlProblem("an alias as a key", mark, "write the key out")
        if any(open_.anchor == event.anchor for open_ in self._stack):
            raise YamlProblem(f"`*{event.anchor}` stands inside itself", mark, "move the alias out of its own anchor")
        if event.anchor not in self._anchors:
            raise YamlProblem(f"`*{event.anchor}` has no anchor above it", mark, f"define `&{event.anchor}` first")
        node, size = self._anchors[event.anchor]
        self._add(node, size, None, mark)

    def _open(self, event: yaml.MappingStartEvent | yaml.SequenceStartEvent) -> None:
        mark = _mark(event.start_mark)
        is_map = isinstance(event, yaml.MappingStartEvent)
        if event.tag not in (None, "!"):
            self._check_tag(event.tag, mark, frozenset({"map"} if is_map else {"seq"}))
        if len(self._stack) >= MAX_DEPTH:
            raise YamlProblem(f"more than {MAX_DEPTH} maps and lists inside each other", mark, "make it flatter")
        frame = self._stack[-1] if self._stack else None
        if frame and frame.is_map and frame.key is None:
            raise YamlProblem("a map or list as a key", mark, "keys are single words; quote it if it is meant as text")
        self._stack.append(_Open(mark, is_map, event.anchor))
        self._open_nodes += 1

    def _close(self) -> None:
        done = self._stack.pop()
        # `_add` counts it again, as a part of what is around it
        self._open_nodes -= done.size.nodes
        self._open_chars -= done.size.chars
        if done.is_map:
            own = {key: entry for key, entry in done.entries.items() if entry.node is not _MERGED}
            node: Node = Map(done.mark, {**done.merged, **own})
        else:
            node = Items(done.mark, tuple(done.items))
        self._add(node, done.size, done.anchor)

    def _add(self, node: Node, size: _Size, anchor: str | None, mark: Mark | None = None) -> None:
        if anchor:
            self._anchors[anchor] = (node, size)
        if not self._stack:
            self._root = node
            return
        frame = self._stack[-1]
        self._grow(frame, size, mark or node.mark)
        if not frame.is_map:
            frame.items.append(node)
            return
        if frame.key is None:
            raise AssertionError("a value without a key: the parser's events are out of order")
        key, at, merges = frame.key
        frame.key = None
        if merges:
            frame.entries[key] = Entry(at, _MERGED)
            self._merge(frame, node, at)
        else:
            frame.entries[key] = Entry(at, node)

    def _merge(self, frame: _Open, node: Node, mark: Mark) -> None:
        sources = node.nodes if isinstance(node, Items) else (node,)
        for source in sources:
            if not isinstance(source, Map):
                raise YamlProblem("`<<` merges maps only", mark, "point it at a map or a list of maps")
            for key, entry in source.entries.items():
                frame.merged.setdefault(key, entry)

    def _grow(self, frame: _Open, size: _Size, mark: Mark) -> None:
        frame.size.nodes += size.nodes
        frame.size.chars += size.chars
        self._open_nodes += size.nodes
        self._open_chars += size.chars
        if self._open_nodes > MAX_NODES or self._open_chars > MAX_CHARS:
            raise YamlProblem(
                f"with its aliases written out the document exceeds {MAX_NODES:,} values or {MAX_CHARS:,} characters",
                mark,
                "use fewer aliases of aliases",
            )

    def _check_tag(self, tag: str, mark: Mark, allowed: frozenset[str]) -> None:
        if not tag.startswith(_CORE) or tag.removeprefix(_CORE) not in allowed:
            shown = tag.replace(_CORE, "!!")
            raise YamlProblem(f"the tag `{shown}` is not allowed", mark, "remove it; only plain values are read here")


_MERGED: Node = Scalar(Mark(0, 0, 0), Mark(0, 0, 0), "<<", None)
"""Stands for a `<<` entry, so that a second one in the same map is noticed like any other duplicate."""


class _Place(Protocol):
    """A mark of PyYAML's, of whichever of its two parsers: everything counts from 0."""

    line: int
    column: int
    index: int


def _mark(place: _Place | None) -> Mark:
    return Mark(place.line + 1, place.column + 1, place.index) if place else Mark(1, 1, 0)


def _mark_at(before: str) -> Mark:
    line_start = max(before.rfind("\n"), before.rfind("\r")) + 1
    lines = before.replace("\r\n", "\n").replace("\r", "\n").count("\n")
    return Mark(lines + 1, len(before) - line_start + 1, len(before))


def _hint(problem: str) -> str:
    if "cannot start any token" in problem:
        return "put the value in quotes; indent with spaces, never with tabs"
    if "mapping values are not allowed" in problem:
        return "put a text that contains `: ` in quotes, or check the indentation"
    if "did not find expected" in problem or "could not find expected" in problem:
        return "check the indentation and the brackets around this place"
    return ""
