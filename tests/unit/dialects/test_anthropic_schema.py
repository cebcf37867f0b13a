"""JSON schemas, closed as Anthropic wants them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.core.errors import CallerError
from ai_dashboard.dialects.anthropic.schema import MAX_DEPTH, closed

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["type", "properties", "items", "anyOf", "oneOf", "$defs", "format", "minItems", "pattern", "x"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


def test_objects_are_closed_at_every_level() -> None:
    lost: set[str] = set()
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": {"a": {"type": "array", "items": {"properties": {}}}, "b": {"$ref": "#/$defs/B"}, "c": True},
        "required": ["a"],
        "$defs": {"B": {"oneOf": [{"type": "object"}, {"type": "null"}]}},
    }
    shut = {"additionalProperties": False}
    assert closed(schema, lost) == {
        "type": "object",
        "properties": {
            "a": {"type": "array", "items": {"properties": {}} | shut},
            "b": {"$ref": "#/$defs/B"},
            "c": True,
        },
        "required": ["a"],
        "$defs": {"B": {"anyOf": [{"type": "object"} | shut, {"type": "null"}]}},
        "additionalProperties": False,
    }
    assert lost == set()


def test_limits_that_nobody_enforces_become_words() -> None:
    lost: set[str] = set()
    schema = {"type": "integer", "description": "An age", "minimum": 0, "maximum": 150}
    assert closed(schema, lost) == {"type": "integer", "description": "An age (minimum: 0, maximum: 150)"}
    assert closed({"type": "string", "format": "color"}, lost) == {
        "type": "string",
        "description": '(format: "color")',
    }
    assert lost == {"minimum", "maximum", "format"}


@pytest.mark.parametrize("kept", [{"format": "date"}, {"minItems": 1}, {"enum": ["a", None]}, {"const": 1}])
def test_what_anthropic_takes_stays(kept: dict[str, Any]) -> None:
    lost: set[str] = set()
    assert closed(kept, lost) == kept
    assert not lost


def test_open_objects_are_closed_and_said_to_be() -> None:
    lost: set[str] = set()
    assert closed({"type": "object", "additionalProperties": {"type": "string"}}, lost)["additionalProperties"] is False
    assert lost == {"additionalProperties"}


def test_of_two_kinds_of_alternatives_one_becomes_words() -> None:
    lost: set[str] = set()
    schema = {"anyOf": [{"type": "string"}], "oneOf": [{"type": "null"}]}
    assert closed(schema, lost) == {"anyOf": [{"type": "string"}], "description": '(oneOf: [{"type":"null"}])'}
    assert lost == {"oneOf"}


def test_too_deep_a_schema_is_refused() -> None:
    schema: dict[str, Any] = {}
    for _ in range(MAX_DEPTH):
        schema = {"items": schema}
    with pytest.raises(CallerError, match="levels deep"):
        closed(schema, set())


@given(st.dictionaries(st.text(max_size=6), JSON, max_size=4))
def test_no_schema_crashes_it_and_closing_twice_is_closing_once(schema: dict[str, Any]) -> None:
    once = closed(schema, set())
    lost: set[str] = set()
    assert closed(once, lost) == once
    assert not lost
