"""Lists of models in OpenAI's form."""

from ai_dashboard.core.chat import JsonObject


def one_model(name: str, owner: str, created: int) -> JsonObject:
    """A model as `GET /v1/models/{id}` shows it."""
    return {"id": name, "object": "model", "created": created, "owned_by": owner}


def all_models(models: list[JsonObject]) -> JsonObject:
    """What `GET /v1/models` answers: each as `one_model` shows it."""
    return {"object": "list", "data": models}
