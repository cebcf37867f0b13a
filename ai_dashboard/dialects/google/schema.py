"""Google's own form of schemas, read into JSON Schema (https://ai.google.dev/api/caching#Schema).

It is a part of OpenAPI 3.0 with types in capitals, `nullable` instead of a type of null, and counts that may be
strings. In the other direction nothing has to be done: Google takes JSON Schema in fields of their own.
"""

from ai_dashboard.core.chat import JsonObject
from ai_dashboard.core.errors import CallerError
from ai_dashboard.dialects.google.fields import camel

MAX_DEPTH = 64
"""Schemas in schemas. Nobody nests them so deeply, and each level is a call here."""

_COUNTS = frozenset({"minItems", "maxItems", "minLength", "maxLength", "minProperties", "maxProperties"})
_SAME = frozenset({"title", "description", "enum", "required", "pattern", "minimum", "maximum", "default", "const"})
_NOT_FORMATS = ("enum", "")
"""Formats that say nothing beside the values themselves. A tuple, since callers write anything there."""
_MOST_DIGITS = 18
"""Of a count; a longer one cannot be of 64 bits, and stays the string that it is."""


def json_schema(schema: JsonObject, where: str, depth: int = 0) -> JsonObject:
    """A schema as everybody else reads it. Raises `CallerError` when it is none."""
    if depth > MAX_DEPTH:
        raise CallerError(f"`{where}` has a schema that is nested more than {MAX_DEPTH} times")
    read: JsonObject = {}
    schema = camel(schema)
    for name, value in schema.items():
        if value is None:
            continue
        if name == "type":
            read |= _type(value)
        elif name in _COUNTS:
            is_count = isinstance(value, str) and value.isdecimal() and len(value) <= _MOST_DIGITS
            read[name] = int(value) if is_count else value
        elif name == "example":
            read["examples"] = [value]
        elif name == "format":
            if value not in _NOT_FORMATS:
                read["format"] = value
        elif name == "ref":
            read["$ref"] = value
        elif name in _SAME or name.startswith("$"):
            read[name] = value
        else:
            _nested(name, value, read, where, depth)
    return _nullable(read) if schema.get("nullable") is True else read


def _nested(name: str, value: object, read: JsonObject, where: str, depth: int) -> None:
    """Schemas inside of a schema. Other fields (`propertyOrdering`, `nullable`) only Google knows."""
    match name, value:
        case (("items" | "additionalProperties" | "not"), dict(inner)):
            read[name] = json_schema(inner, where, depth + 1)
        case ("additionalProperties", bool()):
            read[name] = value
        case (("anyOf" | "oneOf" | "allOf" | "prefixItems"), list(several)):
            read[name] = [_schema_or_bool(inner, where, depth) for inner in several]
        case (("properties" | "defs"), dict(named)):
            inside = {key: _schema_or_bool(inner, where, depth) for key, inner in named.items()}
            read["$defs" if name == "defs" else name] = inside
        case (("items" | "anyOf" | "properties" | "defs"), _):
            raise CallerError(f"`{where}` has a schema whose `{name}` is not what it has to be")
        case _:
            pass


def _schema_or_bool(inner: object, where: str, depth: int) -> JsonObject | bool:
    if isinstance(inner, bool):
        return inner
    if not isinstance(inner, dict):
        raise CallerError(f"`{where}` has a schema in which one is not an object")
    return json_schema(inner, where, depth + 1)


def _type(value: object) -> JsonObject:
    match value:
        case "TYPE_UNSPECIFIED":
            return {}
        case str():
            return {"type": value.lower()}
        case list():
            return {"type": [kind.lower() for kind in value if isinstance(kind, str)]}
        case _:
            return {}


def _nullable(schema: JsonObject) -> JsonObject:
    kind = schema.get("type")
    if not isinstance(kind, str) or kind == "null":
        return {"anyOf": [schema, {"type": "null"}]}
    values = schema.get("enum")
    with_null = {"enum": [*values, None]} if isinstance(values, list) and None not in values else {}
    return schema | {"type": [kind, "null"]} | with_null
