"""One value of a YAML text changed, and nothing else: comments, quotes, order, line ends and blank lines of all the
rest stay byte for byte.

Places come from the parser's marks. No change is trusted because it looks right: the new text is read again, and must
say what the old one said but for that one value; whatever would change more is refused in words.
"""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import field
from typing import Any, Literal

import yaml

from ai_dashboard.config.paths import Path
from ai_dashboard.config.validate import dotted
from ai_dashboard.config.yaml_read import LOADER, YamlProblem, decode, parse
from ai_dashboard.config.yaml_scalars import resolved
from ai_dashboard.config.yaml_tree import Data, Node, plain
from ai_dashboard.core.data import dataclass

BOM = b"\xef\xbb\xbf"

Kind = Literal["value", "alias", "block map", "flow map", "block list", "flow list"]


class EditRefused(Exception):
    """The value cannot be changed without changing more. The message says why and what to do."""


@dataclass(frozen=True, slots=True)
class NewValue:
    """What a value becomes: what it means, and how it is written where it needs no quotes."""

    meaning: Data
    text: str


@dataclass(slots=True)
class _Written:
    """A part of the text as it stands there: aliases are aliases, and `<<` is a key. `start` and `end` are characters;
    `last` is where its last word ends, `column` (from 0) where the keys of a block map stand."""

    kind: Kind
    start: int
    end: int
    last: int
    quote: str = ""
    anchor: str = ""
    column: int = 0
    entries: dict[str, "_Written"] = field(default_factory=dict)
    items: list["_Written"] = field(default_factory=list)
    key: str | None = None


def new_value(text: str, *, as_text: bool = False) -> NewValue:
    """What somebody writes for a value: `[…]`, `{…}` and quoted texts are YAML, everything else is one word, read as
    YAML reads words without quotes. Raises `YamlProblem`."""
    if as_text:
        return NewValue(text, text)
    if text[:1] in ("[", "{", '"', "'"):
        data = plain(parse(f"- {text}\n"))
        if not isinstance(data, list) or len(data) != 1:
            raise EditRefused("this is more than one value")
        return NewValue(data[0], text)
    return NewValue(resolved(text.strip()), text.strip())


def set_value(raw: bytes, path: Path, value: NewValue) -> bytes:
    """A file's bytes with another value at `path`; a key that is not there is added to its map. Raises `YamlProblem`
    for what is no YAML, and `EditRefused`."""
    text = decode(raw)
    before = parse(text)
    end_of_line = "\r\n" if "\r\n" in text else "\n"
    changed = _changed(text, path, value, end_of_line)
    try:
        after = plain(parse(changed))
    except YamlProblem as problem:
        raise EditRefused(f"`{dotted(path)}` cannot be changed alone: {problem.message}; use `config edit`") from None
    # repr tells 1 from true and 1.0, and takes NaN for NaN
    if repr(after) != repr(_expected(before, path, value.meaning)):
        raise EditRefused(f"`{dotted(path)}` cannot be changed without changing other values; use `config edit`")
    return (BOM if raw.startswith(BOM) else b"") + changed.encode()


def _changed(text: str, path: Path, value: NewValue, end_of_line: str) -> str:
    here, left = _as_written(text), list(path)
    if here is None:
        return _appended(text, left, value, end_of_line)
    done: list[str | int] = []
    while left:
        if here.kind == "alias":
            name = dotted(done)
            raise EditRefused(f"`{name}` is `{text[here.start : here.end]}`: change it where its anchor is")
        part = left[0]
        if isinstance(part, int) and here.items:
            here = here.items[part]
        elif isinstance(part, str) and part in here.entries:
            here = here.entries[part]
        else:
            return _added(text, here, done, left, value, end_of_line)
        done.append(left.pop(0))
    return _replaced(text, here, done, value)


def _replaced(text: str, here: _Written, path: Sequence[str | int], value: NewValue) -> str:
    if here.kind in ("block map", "block list"):
        what = here.kind.removeprefix("block ")
        raise EditRefused(f"`{dotted(path)}` is a {what} over several lines: change its parts, or use `config edit`")
    if here.anchor and f"*{here.anchor}" in text:
        raise EditRefused(f"`{dotted(path)}` has the anchor `&{here.anchor}`, and other values are the same by it")
    old = text[here.start : here.end]
    # A block text ends after its last line break, which stays.
    end = here.start + len(old.rstrip(" \t\r\n")) if here.kind == "value" and not here.quote else here.end
    space = " " if here.start == here.end and text[here.start - 1 : here.start] not in ("", " ") else ""
    return text[: here.start] + space + _written(value, here.quote) + text[end:]


def _added(
    text: str,
    here: _Written,
    done: Sequence[str | int],
    left: Sequence[str | int],
    value: NewValue,
    end_of_line: str,
) -> str:
    """The keys that are left, in the map that is there."""
    keys = [str(part) for part in left]
    match here.kind:
        case "block map":
            head, tail = _after_line(text, here.last, end_of_line)
            return head + _block(keys, value, here.column, end_of_line) + tail
        case "flow map":
            inside = text[here.start : here.end - 1].rstrip()
            comma = "" if inside.endswith(("{", ",")) else ", "
            return text[: here.end - 1] + comma + _flow(keys, value) + text[here.end - 1 :]
        case "value" if resolved(text[here.start : here.end]) is None and not here.quote:
            return _replaced(text, here, done, NewValue(None, f"{{{_flow(keys, value)}}}"))
        case _:
            raise EditRefused(f"`{dotted(done)}` is no map, so nothing can be added to it; use `config edit`")


def _after_line(text: str, at: int, end_of_line: str) -> tuple[str, str]:
    """The text before and after the end of the line at `at`; a block text ends at the beginning of a line."""
    if text[at - 1 : at] in ("\n", "\r"):
        return text[:at], text[at:]
    newline = text.find("\n", at)
    if newline < 0:
        return text + end_of_line, ""
    return text[: newline + 1], text[newline + 1 :]


def _appended(text: str, left: Sequence[str | int], value: NewValue, end_of_line: str) -> str:
    """The first key of a document that holds nothing but comments."""
    gap = end_of_line if text and not text.endswith(("\n", "\r")) else ""
    return text + gap + _block([str(part) for part in left], value, 0, end_of_line)


def _block(keys: Sequence[str], value: NewValue, column: int, end_of_line: str) -> str:
    lines = [" " * (column + 2 * depth) + f"{_key(key)}:" for depth, key in enumerate(keys)]
    return end_of_line.join(lines) + f" {_written(value, '')}" + end_of_line


def _flow(keys: Sequence[str], value: NewValue) -> str:
    heads = "".join(f"{_key(key)}: {{" for key in keys[:-1])
    return f"{heads}{_key(keys[-1])}: {_written(value, '')}" + "}" * (len(keys) - 1)


def _written(value: NewValue, quote: str) -> str:
    """How a value is written: in the quotes of the one before it, else without any where that means the same."""
    if not isinstance(value.meaning, str):
        return value.text
    word = value.meaning
    if not quote and word.isprintable() and _means(f"[{word}]", [word]) and _means(f"k: {word}\n", {"k": word}):
        return word
    if quote != '"' and word.isprintable():
        return "'" + word.replace("'", "''") + "'"
    return yaml.safe_dump(word, default_style='"', allow_unicode=True, width=sys.maxsize).rstrip("\n")


def _key(key: str) -> str:
    if _means(f"{key}: 1\n", {key: 1}) and _means(f"{{{key}: 1}}", {key: 1}):
        return key
    return _written(NewValue(key, key), "'" if key.isprintable() else '"')


def _means(text: str, data: Data) -> bool:
    try:
        return repr(plain(parse(text))) == repr(data)
    except YamlProblem:
        return False


def _expected(before: Node, path: Path, value: Data) -> Data:
    """What the document should say afterwards."""
    root = plain(before)
    here: Data = root
    for place, part in enumerate(path):
        last = place == len(path) - 1
        if isinstance(here, list) and isinstance(part, int):
            if last:
                here[part] = value
            elif here[part] is None:
                here[part] = {}
            here = here[part]
        elif isinstance(here, dict):
            key = str(part)
            if last:
                here[key] = value
            elif here.get(key) is None:
                here[key] = {}
            here = here[key]
    return root


def _as_written(text: str) -> _Written | None:
    """The document as it stands there; None for one that holds nothing. The text has been read by `parse` before, so it
    is known to be small and flat enough."""
    stack: list[_Written] = []
    root: _Written | None = None
    events: Iterator[Any] = yaml.parse(text, Loader=LOADER)
    for event in events:
        match event:
            case yaml.ScalarEvent() | yaml.AliasEvent() | yaml.MappingStartEvent() | yaml.SequenceStartEvent():
                part = _part(event)
                frame = stack[-1] if stack else None
                if frame is None:
                    root = part
                elif frame.kind.endswith("list"):
                    frame.items.append(part)
                elif frame.key is None:
                    if not frame.entries and event.start_mark is not None:
                        frame.column = event.start_mark.column
                    frame.key = event.value if isinstance(event, yaml.ScalarEvent) else ""
                    continue
                else:
                    frame.entries[frame.key] = part
                    frame.key = None
                if part.kind not in ("value", "alias"):
                    stack.append(part)
                else:
                    _reached(stack, part.end)
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                done = stack.pop()
                if done.kind.startswith("flow") and event.end_mark is not None:
                    done.end = done.last = event.end_mark.index
                    _reached(stack, done.end)
            case _:
                pass
    return None if root is not None and root.kind == "value" and root.start == root.end else root


def _part(event: Any) -> _Written:  # noqa: ANN401 - PyYAML's events have no types
    start, end = event.start_mark.index, event.end_mark.index
    anchor = "" if isinstance(event, yaml.AliasEvent) else event.anchor or ""
    match event:
        case yaml.AliasEvent():
            return _Written("alias", start, end, end)
        case yaml.ScalarEvent():
            quote = event.style if event.style in ("'", '"') else ""
            return _Written("value", start, end, end, quote, anchor)
        case yaml.MappingStartEvent():
            return _Written("flow map" if event.flow_style else "block map", start, end, end, "", anchor)
        case _:
            return _Written("flow list" if event.flow_style else "block list", start, end, end, "", anchor)


def _reached(stack: Sequence[_Written], end: int) -> None:
    for frame in stack:
        frame.last = end
