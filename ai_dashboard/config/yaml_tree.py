"""A YAML document as a frozen tree in which every key and value knows its line and column.

Map keys are always text. `yaml_read` makes such trees; here is what they are and how places in them are found.
"""

from collections.abc import Mapping, Sequence

from ai_dashboard.config.yaml_scalars import Plain
from ai_dashboard.core.data import dataclass


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in a text: `line` and `column` count from 1, `index` is in characters from 0."""

    line: int
    column: int
    index: int


@dataclass(frozen=True, slots=True)
class Scalar:
    """A single value. `text` is what was written; `value` what it means."""

    mark: Mark
    end: Mark
    text: str
    value: Plain


@dataclass(frozen=True, slots=True)
class Items:
    """A list."""

    mark: Mark
    nodes: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """A key of a map and its value; `mark` is where the key stands."""

    mark: Mark
    node: "Node"


@dataclass(frozen=True, slots=True)
class Map:
    """A map in the order in which it was written, merged keys (`<<`) first."""

    mark: Mark
    entries: Mapping[str, Entry]


Node = Scalar | Items | Map

Data = Plain | list["Data"] | dict[str, "Data"]
"""A tree without its marks."""


def plain(node: Node) -> Data:
    """The tree as dicts, lists and plain values."""
    match node:
        case Scalar():
            return node.value
        case Items():
            return [plain(item) for item in node.nodes]
        case Map():
            return {key: plain(entry.node) for key, entry in node.entries.items()}


def key_mark(root: Node, path: Sequence[str | int]) -> Mark:
    """Where the last part of `path` that exists begins: at its key in a map, at the value in a list.

    Parts that do not exist are passed over, since a short form may have been read as the long form that it stands for.
    """
    return _walk(root, path)[0]


def value_mark(root: Node, path: Sequence[str | int]) -> Mark:
    """Where the value of the last part of `path` that exists begins."""
    return _walk(root, path)[1].mark


def node_at(root: Node, path: Sequence[str | int]) -> Node | None:
    """The value at exactly `path`, if there is one."""
    node = root
    for part in path:
        if isinstance(node, Map) and (entry := node.entries.get(str(part))):
            node = entry.node
        elif isinstance(node, Items) and isinstance(part, int) and part < len(node.nodes):
            node = node.nodes[part]
        else:
            return None
    return node


def _walk(root: Node, path: Sequence[str | int]) -> tuple[Mark, Node]:
    mark, node = root.mark, root
    for part in path:
        if isinstance(node, Map) and (entry := node.entries.get(str(part))):
            mark, node = entry.mark, entry.node
        elif isinstance(node, Items) and isinstance(part, int) and part < len(node.nodes):
            node = node.nodes[part]
            mark = node.mark
    return mark, node
