"""The models that can be asked for, in Anthropic's form (GET /v1/models and /v1/models/{id})."""

from collections.abc import Sequence
from datetime import UTC, datetime

from ai_dashboard.core.chat import JsonObject
from ai_dashboard.core.data import dataclass

PAGE = 20
MAX_PAGE = 1000
"""How many models a list has when nobody says how many, and at most: Anthropic's own figures."""

_LAST_SECOND = 253402300799  # of the year 9999, the last that a date can be in


@dataclass(frozen=True, slots=True)
class Listed:
    """A model: `created` is Unix time, 0 where it is not known; the sizes are in tokens."""

    name: str
    created: int = 0
    context_length: int | None = None
    max_output_tokens: int | None = None


def model_object(model: Listed) -> JsonObject:
    """One model. What it can do nobody here knows better than its provider, so `capabilities` is null."""
    created = datetime.fromtimestamp(min(max(model.created, 0), _LAST_SECOND), UTC)
    return {
        "type": "model",
        "id": model.name,
        "display_name": model.name,
        "created_at": created.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "lifecycle": "active",
        "deprecated_at": None,
        "retires_at": None,
        "line": None,
        "max_input_tokens": model.context_length,
        "max_tokens": model.max_output_tokens,
        "capabilities": None,
    }


def models_object(
    models: Sequence[Listed], *, limit: int = PAGE, after_id: str | None = None, before_id: str | None = None
) -> JsonObject:
    """One page of the list: what follows `after_id`, or the last ones before `before_id`. A name that is not listed
    leaves the list as it is."""
    names = [model.name for model in models]
    size = min(max(limit, 1), MAX_PAGE)
    first, last = 0, len(models)
    if after_id in names:
        first = names.index(after_id) + 1
    if before_id in names:
        last = names.index(before_id)
    backwards = before_id in names and after_id not in names
    page = models[max(first, last - size) : last] if backwards else models[first : min(last, first + size)]
    return {
        "data": [model_object(model) for model in page],
        "first_id": page[0].name if page else None,
        "last_id": page[-1].name if page else None,
        "has_more": last - first > len(page) if page else False,
    }
