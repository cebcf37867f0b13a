"""The list of models as Anthropic's callers read it."""

import pytest

from ai_dashboard.dialects.anthropic.models import Listed, model_object, models_object

MODELS = [Listed(name) for name in "abcde"]


def test_one_model() -> None:
    assert model_object(Listed("llama", 1_700_000_000, 8192, 4096)) == {
        "type": "model",
        "id": "llama",
        "display_name": "llama",
        "created_at": "2023-11-14T22:13:20Z",
        "lifecycle": "active",
        "deprecated_at": None,
        "retires_at": None,
        "line": None,
        "max_input_tokens": 8192,
        "max_tokens": 4096,
        "capabilities": None,
    }


@pytest.mark.parametrize(("created", "date"), [(-5, "1970-01-01T00:00:00Z"), (10**18, "9999-12-31T23:59:59Z")])
def test_dates_that_are_none(created: int, date: str) -> None:
    assert model_object(Listed("m", created))["created_at"] == date


@pytest.mark.parametrize(
    ("asked", "names", "more"),
    [
        ({}, "abcde", False),
        ({"limit": 2}, "ab", True),
        ({"limit": 2, "after_id": "b"}, "cd", True),
        ({"limit": 2, "after_id": "c"}, "de", False),
        ({"limit": 2, "before_id": "e"}, "cd", True),
        ({"limit": 9, "before_id": "c"}, "ab", False),
        ({"after_id": "a", "before_id": "d"}, "bc", False),
        ({"after_id": "e"}, "", False),
        ({"after_id": "nobody"}, "abcde", False),
        ({"limit": -3}, "a", True),
    ],
)
def test_pages(asked: dict[str, str | int], names: str, more: bool) -> None:
    page = models_object(MODELS, **asked)  # type: ignore[arg-type]
    assert "".join(model["id"] for model in page["data"]) == names
    assert page["has_more"] is more
    assert (page["first_id"], page["last_id"]) == ((names[0], names[-1]) if names else (None, None))


def test_no_models_are_an_empty_page() -> None:
    assert models_object([]) == {"data": [], "first_id": None, "last_id": None, "has_more": False}
