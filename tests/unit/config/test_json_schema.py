"""The schemas explain every field, allow every form that is read, and lie where the files say that they are."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ai_dashboard.config.json_schema import editor_schema, editor_schema_text, json_schema, schema_file, schema_line
from ai_dashboard.config.load import FILES, SECTIONS
from ai_dashboard.config.schema.base import Section
from ai_dashboard.config.validate import Source, validate
from ai_dashboard.config.yaml_read import parse
from ai_dashboard.config.yaml_tree import Data, plain
from ai_dashboard.core.errors import ConfigRefused

SHIPPED = Path(__file__).parents[3] / "config"
OLDER_FORM = Path(__file__).parent / "older_form"
TYPES: dict[str, tuple[type, ...]] = {
    "null": (type(None),),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
    "string": (str,),
    "array": (list,),
    "object": (dict,),
}

SHORT_FORMS = [
    ("providers.yaml", "providers: {a: {type: gemini, models: [m, {name: n, tags: one}], cost_per_1k_tokens: 0.1}}"),
    ("providers.yaml", "providers: {a: {type: ollama, cost_per_1k_tokens: {m: 0.1, n: {input: 1}}}}"),
    ("model-mappings.yaml", "exact_matches: {a: p}\nload_balancing: {a: [p, {provider: q}]}"),
    ("model-mappings.yaml", "fallback_chains: {a: null, b: c, d: [e, {provider: p}], f: {chain: [g]}}"),
    ("model-mappings.yaml", "capabilities: {a: {preferred_models: m, routing_strategy: direct}}"),
    ("multi-region.yaml", "regions: {a: somewhere}\nlatency_routing: true\nregional_failover: {a: [b]}"),
    (
        "multi-region.yaml",
        "residency_rules: {a: {region: local}}\nprovider_regions: {p: {data_residency_support: true}}",
    ),
    ("gateway.yaml", "experiments: {a: {models: m, arms: {x: 1, y: model}}}\nallowed_hosts: gateway.lan"),
    ("gateway.yaml", "listen:\nhedge: {after: p95}\ndrain_s: ${DRAIN:-3}"),
]


def complaints(schema: dict[str, Any], value: Data, root: dict[str, Any], path: str = "") -> Iterator[str]:
    """What the schema has against a value: the part of JSON Schema that is used here."""
    if "$ref" in schema:
        yield from complaints(root["$defs"][schema["$ref"].removeprefix("#/$defs/")], value, root, path)
    if "anyOf" in schema:  # as editors do: what the form that fits best has against it
        branches = [list(complaints(branch, value, root, path)) for branch in schema["anyOf"]]
        yield from min(branches, key=lambda found: (len(found), any(" is no " in it for it in found)))
    if "enum" in schema and value not in schema["enum"]:
        yield f"{path}: none of {schema['enum']}"
    if "const" in schema and value != schema["const"]:
        yield f"{path}: not {schema['const']}"
    kinds = schema.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if kinds and not any(_is_a(kind, value) for kind in kinds):
        yield f"{path}: {type(value).__name__} is no {kinds}"
    if isinstance(value, dict):
        yield from _in_map(schema, value, root, path)
    if isinstance(value, list) and "items" in schema:
        for place, item in enumerate(value):
            yield from complaints(schema["items"], item, root, f"{path}/{place}")


def _in_map(schema: dict[str, Any], value: dict[str, Data], root: dict[str, Any], path: str) -> Iterator[str]:
    known = schema.get("properties", {})
    others = schema.get("additionalProperties", True)
    yield from (f"{path}: {name} is missing" for name in schema.get("required", []) if name not in value)
    for name, item in value.items():
        if name in known:
            yield from complaints(known[name], item, root, f"{path}/{name}")
        elif others is False:
            yield f"{path}/{name}: unknown"
        elif isinstance(others, dict):
            yield from complaints(others, item, root, f"{path}/{name}")


def _is_a(kind: str, value: Data) -> bool:
    return isinstance(value, TYPES[kind]) and (kind == "boolean" or not isinstance(value, bool))


@pytest.mark.parametrize("name", FILES)
def test_every_key_is_explained(name: str) -> None:
    schema = json_schema(SECTIONS[name])
    for part in (schema, *schema.get("$defs", {}).values()):
        for key, shape in part.get("properties", {}).items():
            assert shape.get("description") or key == "name", key


@pytest.mark.parametrize("name", FILES)
def test_the_shipped_files_are_as_their_schemas_say(name: str) -> None:
    schema = editor_schema(SECTIONS[name])
    assert list(complaints(schema, plain(parse((SHIPPED / name).read_text())), schema)) == []


@pytest.mark.parametrize("name", ["providers.yaml", "model-mappings.yaml"])
def test_of_an_older_folder_only_unknown_keys_are_marked(name: str) -> None:
    schema = editor_schema(SECTIONS[name])
    found = list(complaints(schema, plain(parse((OLDER_FORM / name).read_text())), schema))
    assert all("unknown" in complaint for complaint in found), found


@pytest.mark.parametrize(("name", "text"), SHORT_FORMS)
def test_whatever_form_is_read_is_allowed(name: str, text: str) -> None:
    section: type[Section] = SECTIONS[name]
    written = parse(text.replace("${DRAIN:-3}", "3"))
    assert validate(section, Source(name, written))[1] == []
    schema = editor_schema(section)
    assert list(complaints(schema, plain(parse(text)), schema)) == []


def test_a_word_where_a_number_belongs_is_still_marked() -> None:
    schema = editor_schema(SECTIONS["gateway.yaml"])
    assert list(complaints(schema, plain(parse("listen: {port: many, hots: x}")), schema)) != []


@pytest.mark.parametrize("name", FILES)
def test_the_first_line_of_a_shipped_file_leads_to_its_schema(name: str) -> None:
    first = (SHIPPED / name).read_text().splitlines(keepends=True)[0]
    assert first == schema_line(name)
    there = (SHIPPED / first.partition("$schema=")[2].strip()).read_text()
    assert json.loads(there)["$schema"].startswith("https://json-schema.org/")
    assert there == editor_schema_text(name), "run `ai-dashboard config schema --write --config-dir config`"


def test_a_file_that_is_none_has_no_schema() -> None:
    assert schema_file("gateway.yaml") == ".schemas/gateway.json"
    with pytest.raises(ConfigRefused, match="is none of"):
        editor_schema_text("secrets.yaml")
