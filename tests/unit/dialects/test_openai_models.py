"""Models in OpenAI's form, as the official client reads them."""

from openai.types import Model

from ai_dashboard.dialects.openai.models import all_models, one_model


def test_models() -> None:
    model = one_model("a/b:c", "ollama", 7)
    assert Model.model_validate(model, strict=True).to_dict() == model
    assert all_models([model]) == {"object": "list", "data": [model]}
