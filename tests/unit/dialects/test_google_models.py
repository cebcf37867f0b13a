"""The list of models in Google's form."""

from ai_dashboard.dialects.google.models import Listed, model_object, models_object


def test_a_model_says_what_is_known_of_it() -> None:
    assert model_object(Listed("llama3:8b", context_length=8192, max_output_tokens=4096)) == {
        "name": "models/llama3:8b",
        "displayName": "llama3:8b",
        "supportedGenerationMethods": ["generateContent", "streamGenerateContent", "countTokens"],
        "inputTokenLimit": 8192,
        "outputTokenLimit": 4096,
    }
    assert model_object(Listed("e", "embed")) == {
        "name": "models/e",
        "displayName": "e",
        "supportedGenerationMethods": ["embedContent", "batchEmbedContents"],
    }


def test_all_are_on_one_page() -> None:
    listed = models_object([Listed("a"), Listed("b")])
    assert [model["name"] for model in listed["models"]] == ["models/a", "models/b"]
    assert models_object([]) == {"models": []}
