import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.config.json_schema import schema_text
from ai_dashboard.config.load import FILES
from ai_dashboard.tui.editor.place import Place
from ai_dashboard.tui.editor.schema_walk import Schema

PROVIDERS = Schema(schema_text("providers.yaml"))


def keys(*path: str) -> list[str]:
    return [known.key for known in PROVIDERS.keys(path)]


def test_keys_are_known_by_place() -> None:
    assert "providers" in keys()
    assert {"type", "base_url", "models"} <= set(keys("providers", "mine"))
    assert {"name", "context_length"} <= set(keys("providers", "mine", "models", "-"))
    assert keys("providers", "mine", "type") == []
    assert keys("nothing", "here") == []


def test_a_key_explains_itself_in_the_words_of_the_schema() -> None:
    known = PROVIDERS.known(("providers", "mine", "models", "-", "context_length"))
    assert known is not None
    assert known.doc == "The window in tokens: prompt and answer together."
    assert (known.holds, known.default) == ("a whole number or null", "null")
    of_item = PROVIDERS.known(("providers", "mine", "models", "-"))
    assert of_item is not None
    assert of_item.key == "models"


def test_values_of_an_enum_are_offered() -> None:
    assert {"ollama", "vllm", "openai"} <= set(PROVIDERS.values(("providers", "mine", "type")))
    assert PROVIDERS.values(("providers", "mine", "base_url")) == ()


@pytest.mark.parametrize(
    ("place", "first", "inserted"),
    [
        (Place(("providers", "a"), "base", 4, 4), "base_url", "base_url: "),
        (Place(("providers", "a"), "mod", 4, 4), "models", "models:\n      - "),
        (Place(("providers", "a"), "URL", 4, 4), "base_url", "base_url: "),
        (Place(("providers", "a", "type"), "vl", 10, 4, on_value=True), "vllm", "vllm"),
        (Place(("providers", "a"), "mod", 4, 4, in_flow=True), "models", "models: "),
    ],
)
def test_completion(place: Place, first: str, inserted: str) -> None:
    choice = PROVIDERS.choices(place)[0]
    assert (choice.label, choice.insert) == (first, inserted)


def test_what_begins_with_the_typed_text_comes_first() -> None:
    labels = [choice.label for choice in PROVIDERS.choices(Place(("providers", "a"), "m", 4, 4))]
    begins = [label.startswith("m") for label in labels]
    assert begins == sorted(begins, reverse=True)
    assert False in begins


@pytest.mark.parametrize("file", FILES)
def test_every_key_of_every_file_has_words(file: str) -> None:
    schema = Schema(schema_text(file))
    assert schema.keys(())
    assert all(known.doc for known in schema.keys(()))


@pytest.mark.parametrize(
    "text", ["", "[]", "{", "null", json.dumps({"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/a"}}})]
)
def test_what_is_no_schema_knows_nothing(text: str) -> None:
    assert Schema(text).keys(("a",)) == ()
    assert Schema(text).known(("a",)) is None


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["properties", "items", "anyOf", "$ref", "$defs", "enum", "type", "additionalProperties", "a"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(_JSON)
def test_any_document_is_survived(document: object) -> None:
    schema = Schema(json.dumps(document))
    schema.known(("a", "-", "a"))
    schema.choices(Place(("a",), "x", 0, 0))
    schema.values(("a", "-"))
