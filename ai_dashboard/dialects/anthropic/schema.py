"""JSON schemas as Anthropic's structured outputs take them (platform.claude.com/docs, "JSON Schema limitations").

Objects must be closed, and some limits of values are refused. Those become words of the description, which the model
reads although nobody enforces them.
"""

from ai_dashboard.core.chat import JsonObject
from ai_dashboard.core.errors import CallerError
from ai_dashboard.dialects.body import encode

MAX_DEPTH = 100

_KEPT = frozenset({
    "type", "enum", "const", "default", "description", "title", "required", "$ref", "format", "minItems",
})  # fmt: skip
_MAPS = frozenset({"properties", "$defs", "definitions"})
_LISTS = {"anyOf": "anyOf", "oneOf": "anyOf", "allOf": "allOf"}
_NOTES = frozenset({"$schema", "$id", "$comment", "$anchor", "examples", "deprecated", "readOnly", "writeOnly"})
"""Keywords that limit nothing."""

_FORMATS = frozenset({
    "date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid",
})  # fmt: skip


def closed(schema: JsonObject, lost: set[str]) -> JsonObject:
    """The schema as it may be sent; the keywords that became words are added to `lost`."""
    return _closed(schema, lost, MAX_DEPTH)


def _closed(schema: JsonObject, lost: set[str], depth: int) -> JsonObject:
    if not depth:
        raise CallerError(f"a JSON schema is nested more than {MAX_DEPTH} levels deep")
    written: JsonObject = {}
    words: list[str] = []
    for name, value in schema.items():
        if name in _MAPS and isinstance(value, dict):
            written[name] = {key: _inner(inner, lost, depth) for key, inner in value.items()}
        elif name in _LISTS and _LISTS[name] not in written and isinstance(value, list):
            written[_LISTS[name]] = [_inner(inner, lost, depth) for inner in value]
        elif name == "items":
            written[name] = _inner(value, lost, depth)
        elif name in _KEPT and not _is_refused(name, value):
            written[name] = value
        elif name not in _NOTES and name != "additionalProperties":
            lost.add(name)
            words.append(f"{name}: {encode({'': value})[4:-1].decode()}")
    if written.get("type") == "object" or "properties" in written:
        if schema.get("additionalProperties"):
            lost.add("additionalProperties")
        written["additionalProperties"] = False
    if words:
        before = written.get("description")
        told = f"({', '.join(words)})"
        written["description"] = f"{before} {told}" if isinstance(before, str) and before else told
    return written


def _inner(schema: object, lost: set[str], depth: int) -> object:
    return _closed(schema, lost, depth - 1) if isinstance(schema, dict) else schema


def _is_refused(name: str, value: object) -> bool:
    if name == "minItems":
        return value not in (0, 1)
    return name == "format" and not (isinstance(value, str) and value in _FORMATS)
