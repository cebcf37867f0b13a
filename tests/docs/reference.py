"""`docs/reference.md`: every key of every configuration file, from the docstrings under the fields."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

from ai_dashboard.config.json_schema import JsonSchema, json_schema
from ai_dashboard.config.load import SECTIONS

HEAD = """\
# Every key

Made from the docstrings in `ai_dashboard/config/schema/` by `./dev docs`, and never edited by hand. What keys mean
together is told in [configuration](configuration.md); editors show the same words beside the key
([how](configuration.md#in-an-editor-that-knows-yaml)). `*` stands for a name of your own, `[]` for each item of a list.

"""

WORDS = {
    "boolean": "`true` or `false`",
    "integer": "whole number",
    "number": "number",
    "string": "text",
    "object": "map",
    "null": "nothing",
}
BOUNDS = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}


@dataclass(frozen=True, slots=True)
class Part:
    """A map of a file: where it stands, and its schema."""

    path: str
    shape: JsonSchema


def page() -> str:
    """The whole page."""
    return HEAD + "\n".join(_file(name) for name in SECTIONS)


def _file(name: str) -> str:
    schema = json_schema(SECTIONS[name])
    defs: dict[str, JsonSchema] = schema.get("$defs", {})
    text = f"## {name}\n\n"
    for part in _parts(Part("", schema), defs, ()):
        if part.path:
            text += f"### `{part.path}`\n\n{_plain(part.shape.get('description', ''))}\n\n".replace("\n\n\n\n", "\n\n")
        text += "| key | what it may be | default | |\n|---|---|---|---|\n"
        text += "".join(f"{row}\n" for row in _rows(part.shape)) + "\n"
    return text


def _parts(part: Part, defs: dict[str, JsonSchema], above: tuple[str, ...]) -> Iterator[Part]:
    """This map and all below it. What is written in the same form at several places is told at each."""
    yield part
    for key, shape in part.shape.get("properties", {}).items():
        if _is_another_word(shape):
            continue
        for suffix, name in _named(shape, ""):
            if name not in above and "properties" in defs[name]:
                path = f"{part.path}.{key}{suffix}".removeprefix(".")
                yield from _parts(Part(path, defs[name]), defs, (*above, name))


def _named(shape: JsonSchema, suffix: str) -> Iterator[tuple[str, str]]:
    """The sections that a value may be or hold, each with how to get to it."""
    if "$ref" in shape:
        yield suffix, _name(shape)
    for branch in shape.get("anyOf", ()):
        yield from _named(branch, suffix)
    for inside, mark in (("items", "[]"), ("additionalProperties", ".*")):
        if isinstance(shape.get(inside), dict):
            yield from _named(shape[inside], suffix + mark)


def _rows(shape: JsonSchema) -> Iterator[str]:
    required = shape.get("required", ())
    for key, value in shape.get("properties", {}).items():
        default = "**needed**" if key in required else _default(value)
        cells = (f"`{key}`", _kind(value), default, _plain(value.get("description", "")))
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _kind(shape: JsonSchema) -> str:
    if "anyOf" in shape:
        kinds = dict.fromkeys(_kind(branch) for branch in shape["anyOf"] if branch.get("type") != "null")
        return " or ".join(kinds)
    if "enum" in shape:
        return ", ".join(f"`{word}`" for word in shape["enum"])
    if "const" in shape:
        return f"`{shape['const']}`"
    if "$ref" in shape:
        return "map"
    kind = shape.get("type")
    if kind == "array":
        return f"list of {_several(_kind(shape.get('items', {})))}"
    if kind == "object" and isinstance(inside := shape.get("additionalProperties"), dict) and inside:
        return f"map of {_several(_kind(inside))}"
    bounds = [f"{sign} {shape[bound]:g}" for bound, sign in BOUNDS.items() if bound in shape]
    words = WORDS[kind] if isinstance(kind, str) else "anything"
    return " ".join([words, ", ".join(bounds)]).strip()


def _several(words: str) -> str:
    plural = {"text": "texts", "map": "maps", "number": "numbers"}.get(words, words)
    return f"({plural})" if " or " in plural else plural


def _default(shape: JsonSchema) -> str:
    if "default" not in shape or isinstance(shape["default"], dict) or shape["default"] in (None, "", []):
        return ""
    return f"`{json.dumps(shape['default'], ensure_ascii=False)}`"


def _is_another_word(shape: JsonSchema) -> bool:
    return str(shape.get("description", "")).startswith("Another word for")


def _name(shape: JsonSchema) -> str:
    return str(shape["$ref"]).removeprefix("#/$defs/")


def _plain(text: str) -> str:
    return " ".join(text.split())
