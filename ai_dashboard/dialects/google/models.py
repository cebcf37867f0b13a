"""The models that can be asked for, in Google's form (GET /v1beta/models and /v1beta/models/{model})."""

from collections.abc import Sequence

from ai_dashboard.core.chat import JsonObject, Operation
from ai_dashboard.core.data import dataclass

_METHODS: dict[Operation, list[str]] = {
    "chat": ["generateContent", "streamGenerateContent", "countTokens"],
    "embed": ["embedContent", "batchEmbedContents"],
}


@dataclass(frozen=True, slots=True)
class Listed:
    """A model; the sizes are in tokens, None where they are not known."""

    name: str
    operation: Operation = "chat"
    context_length: int | None = None
    max_output_tokens: int | None = None


def model_object(model: Listed) -> JsonObject:
    """One model."""
    body: JsonObject = {
        "name": f"models/{model.name}",
        "displayName": model.name,
        "supportedGenerationMethods": _METHODS[model.operation],
    }
    if model.context_length is not None:
        body["inputTokenLimit"] = model.context_length
    if model.max_output_tokens is not None:
        body["outputTokenLimit"] = model.max_output_tokens
    return body


def models_object(models: Sequence[Listed]) -> JsonObject:
    """All of them on one page, so that there is no `nextPageToken`."""
    return {"models": [model_object(model) for model in models]}
