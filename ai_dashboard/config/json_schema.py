"""The JSON Schema of a configuration file. The docstring under a field is its description, for editors to show.

Sections say what is written in full; the short forms that are read as well, and the second names of keys, are added
here, so that no editor marks a file as wrong that loads.
"""

import json
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from ai_dashboard.config.load import SECTIONS
from ai_dashboard.config.schema.base import Section
from ai_dashboard.core.errors import ConfigRefused

DIALECT = "https://json-schema.org/draft/2020-12/schema"

FOLDER = ".schemas"
"""Beside the files: the schemas that their first lines point to."""

JsonSchema = dict[str, Any]

_WORD: JsonSchema = {"type": "string"}
_NUMBER: JsonSchema = {"type": "number"}
_SWITCH: JsonSchema = {"type": "boolean"}
_MAP: JsonSchema = {"type": "object"}
_REFERENCE: JsonSchema = {"type": "string", "pattern": r"\$\{"}

SHORT_FORMS: Mapping[str, tuple[JsonSchema, ...]] = MappingProxyType(
    {
        "Model": (_WORD, _NUMBER),
        "Price": (_NUMBER,),
        "ExactMatch": (_WORD,),
        "WeightedProvider": (_WORD,),
        "ChainLink": (_WORD,),
        "LoadBalance": ({"type": "array", "items": {"anyOf": [{"$ref": "#/$defs/WeightedProvider"}, _WORD]}},),
        "Region": (_WORD,),
        "Arm": (_NUMBER, _WORD),
        "RegionalFailover": (_SWITCH, _MAP),
        "DataResidency": (_MAP,),
        "LatencyRouting": (_SWITCH,),
        "CostOptimization": (_SWITCH,),
    }
)
"""What may stand for a section, by the section's name."""

FIELDS: Mapping[tuple[str, str], tuple[JsonSchema, ...]] = MappingProxyType(
    {
        ("Provider", "type"): ({"const": "gemini"},),
        ("Provider", "cost_per_1k_tokens"): (_NUMBER, {"$ref": "#/$defs/Price"}),
        ("ProviderRegions", "data_residency_support"): (_SWITCH, _WORD),
        ("Mappings", "fallback_chains"): (
            {"type": "object", "additionalProperties": {"type": ["null", "string", "array", "object"]}},
        ),
        ("RoutingRules", "request_metadata_routing"): (_MAP,),
        ("RoutingRules", "model_size_routing"): ({"type": "array"},),
        **{
            (section, "context_thresholds"): ({"type": "array"},)
            for section in ("Capability", "LoadBalance", "RoutingRules")
        },
    }
)
"""What may stand in a field, by the names of its section and its own."""


def json_schema(section: type[Section]) -> JsonSchema:
    """The schema, with what is said of each field."""
    schema = section.model_json_schema() | {"$schema": DIALECT}
    shapes = {shape.__name__: shape for shape in _all(Section)}
    # Choices (an enumeration) have no keys to be described.
    parts = [(shapes[name], part) for name, part in schema.get("$defs", {}).items() if name in shapes]
    described = [(section, schema), *parts]
    for shape, part in described:
        properties: JsonSchema = part.get("properties", {})
        said = shape.described()
        for name in shape.model_fields:
            key = next((key for key in shape.names(name) if key in properties), name)
            if key not in properties:
                continue
            if name in said:
                properties[key] = dict(sorted({**properties[key], "description": said[name]}.items()))
            properties[key] = _widened(properties[key], FIELDS.get((shape.__name__, name), ()))
            for other in shape.names(name):
                properties.setdefault(other, {**properties[key], "description": f"Another word for `{key}`."})
    return _with_short_forms(schema)


def editor_schema(section: type[Section]) -> JsonSchema:
    """The schema for editors that know nothing of this program: a key may be empty, and `${VAR}` may stand anywhere."""
    schema = json_schema(section)
    for part in (schema, *schema.get("$defs", {}).values()):
        required = part.get("required", [])
        part.pop("title", None)
        for name, shape in part.get("properties", {}).items():
            shape.pop("title", None)  # the key once more, in capitals
            more = [] if name in required else [{"type": "null"}]
            kinds = {branch.get("type") for branch in (shape, *shape.get("anyOf", ()))}
            more += [_REFERENCE] if kinds & {"integer", "number", "boolean"} else []
            part["properties"][name] = _widened(shape, tuple(more))
    return schema


def schema_text(file: str) -> str:
    """The schema of a file by its name, as JSON. Raises `ConfigRefused` for what is no configuration file."""
    return json.dumps(json_schema(_section(file)), ensure_ascii=False)


def editor_schema_text(file: str) -> str:
    """The schema of a file as it is written beside it. Raises `ConfigRefused` for what is no configuration file."""
    return json.dumps(editor_schema(_section(file)), ensure_ascii=False, indent=2) + "\n"


def schema_file(file: str) -> str:
    """Where the schema of a file is, seen from the file."""
    return f"{FOLDER}/{file.removesuffix('.yaml')}.json"


def schema_line(file: str) -> str:
    """The line by which editors (VS Code's YAML extension, Helix, Neovim) find a file's schema, without a network."""
    return f"# yaml-language-server: $schema={schema_file(file)}\n"


def _section(file: str) -> type[Section]:
    section = SECTIONS.get(file)
    if section is None:
        raise ConfigRefused(f"{file!r} is none of {', '.join(SECTIONS)}")
    return section


def _with_short_forms(schema: JsonSchema) -> JsonSchema:
    """Every reference to a section that has short forms, and every list of words, with what may stand instead."""
    for part in (schema, *schema.get("$defs", {}).values()):
        properties = part.get("properties", {})
        for name in properties:
            properties[name] = _loosened(properties[name])
    return schema


def _loosened(shape: JsonSchema) -> JsonSchema:
    shape = {
        key: _loosened(inner) if key in ("items", "additionalProperties") and isinstance(inner, dict) else inner
        for key, inner in shape.items()
    }
    if "anyOf" in shape:
        shape["anyOf"] = [_loosened(branch) for branch in shape["anyOf"]]
    if shape.get("type") == "array" and shape.get("items") == _WORD:
        return _widened(shape, (_WORD,))
    return _widened(shape, SHORT_FORMS.get(str(shape.get("$ref", "")).removeprefix("#/$defs/"), ()))


def _widened(shape: JsonSchema, more: tuple[JsonSchema, ...]) -> JsonSchema:
    """A shape or one of these; what is said of it (its description and default) stays outside."""
    if not more:
        return shape
    said: JsonSchema = {key: shape[key] for key in ("description", "default", "title") if key in shape}
    bare = {key: value for key, value in shape.items() if key not in said}
    known = bare["anyOf"] if set(bare) == {"anyOf"} else [bare]
    return {**said, "anyOf": [*known, *(form for form in more if form not in known)]}


def _all(shape: type[Section]) -> Iterator[type[Section]]:
    for heir in shape.__subclasses__():
        yield heir
        yield from _all(heir)
