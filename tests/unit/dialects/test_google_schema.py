"""Google's schemas as JSON Schema."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.core.chat import JsonObject
from ai_dashboard.core.errors import CallerError
from ai_dashboard.dialects.google.schema import MAX_DEPTH, json_schema


@pytest.mark.parametrize(
    ("schema", "read"),
    [
        ({"type": "STRING"}, {"type": "string"}),
        ({"type": "TYPE_UNSPECIFIED"}, {}),
        ({"type": "STRING", "format": "enum", "enum": ["a"]}, {"type": "string", "enum": ["a"]}),
        ({"type": "STRING", "format": "date-time"}, {"type": "string", "format": "date-time"}),
        ({"type": "INTEGER", "nullable": True}, {"type": ["integer", "null"]}),
        ({"type": "STRING", "nullable": True, "enum": ["a"]}, {"type": ["string", "null"], "enum": ["a", None]}),
        ({"any_of": [{"type": "STRING"}], "nullable": True},
         {"anyOf": [{"anyOf": [{"type": "string"}]}, {"type": "null"}]}),
        ({"type": "ARRAY", "items": {"type": "NUMBER"}, "min_items": "1", "maxItems": 3},
         {"type": "array", "items": {"type": "number"}, "minItems": 1, "maxItems": 3}),
        ({"type": "OBJECT", "properties": {"min_items": {"type": "BOOLEAN"}}, "required": ["min_items"],
          "property_ordering": ["min_items"], "additionalProperties": False, "title": "T", "example": 1},
         {"type": "object", "properties": {"min_items": {"type": "boolean"}}, "required": ["min_items"],
          "additionalProperties": False, "title": "T", "examples": [1]}),
        ({"ref": "#/$defs/A", "defs": {"A": {"type": "NULL"}}},
         {"$ref": "#/$defs/A", "$defs": {"A": {"type": "null"}}}),
        ({"type": ["STRING", "NULL"], "oneOf": [True]}, {"type": ["string", "null"], "oneOf": [True]}),
        ({"type": 5, "pattern": None, "minimum": 0, "default": {"snake_case": 1}},
         {"minimum": 0, "default": {"snake_case": 1}}),
        ({"format": [], "maxItems": "9" * 5000, "minItems": "९"},
         {"format": [], "maxItems": "9" * 5000, "minItems": 9}),
    ],
)  # fmt: skip
def test_schemas_are_read(schema: JsonObject, read: JsonObject) -> None:
    assert json_schema(schema, "x") == read


@pytest.mark.parametrize(
    "schema", [{"items": 5}, {"anyOf": [5]}, {"properties": []}, {"properties": {"a": 1}}, {"defs": 1}]
)
def test_what_is_no_schema_is_refused(schema: JsonObject) -> None:
    with pytest.raises(CallerError, match="`x` has a schema"):
        json_schema(schema, "x")


def test_deep_schemas_are_refused() -> None:
    schema: JsonObject = {}
    for _ in range(MAX_DEPTH + 1):
        schema = {"items": schema}
    with pytest.raises(CallerError, match="nested"):
        json_schema(schema, "x")


plain = st.recursive(
    st.sampled_from(["string", "number", "integer", "boolean"]).map(lambda kind: {"type": kind}),
    lambda inner: st.one_of(
        inner.map(lambda items: {"type": "array", "items": items, "minItems": 1}),
        st.dictionaries(st.text(max_size=5), inner, max_size=3).map(
            lambda named: {"type": "object", "properties": named}
        ),
        st.lists(inner, min_size=1, max_size=3).map(lambda several: {"anyOf": several}),
    ),
    max_leaves=12,
)


@given(plain)
def test_json_schema_is_read_as_it_is(schema: JsonObject) -> None:
    assert json_schema(schema, "x") == schema
