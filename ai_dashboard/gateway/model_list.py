"""Which models there are: at whom, what they take and cost, and what lies in a server's memory."""

from collections.abc import Mapping
from dataclasses import replace

from ai_dashboard.core.models import ModelList, ModelView
from ai_dashboard.gateway.desk import Desk
from ai_dashboard.gateway.targets import ProviderState
from ai_dashboard.routing.listing import listed
from ai_dashboard.routing.resolve import known_models
from ai_dashboard.routing.table import ProviderEntry

ENGINE = "ollama"
"""The kind of provider whose models come and go by an operator's word."""

THOUSANDS = 1000
"""Prices are written for a thousand tokens, and shown for a million."""

Used = Mapping[tuple[str, str], tuple[float, int]]
"""When a model of a provider was asked last (Unix time), and how often."""


def model_list(desk: Desk) -> ModelList:
    """Everything that routing knows; what only the request log knows is added by `with_use`."""
    table, live = desk.generation.table, desk.runtime.providers
    models = tuple(
        _view(name, entry, model, live.get(name))
        for name, entry in table.providers.items()
        if entry.barred is None
        for model in listed(name, table, live)
    )
    return ModelList(models, tuple(known_models(table, live)), engines(desk))


def engines(desk: Desk) -> tuple[str, ...]:
    """The Ollama providers that may be used."""
    providers = desk.generation.table.providers
    return tuple(name for name, entry in providers.items() if entry.kind == ENGINE and entry.barred is None)


def with_use(models: ModelList, used: Used, log_since: float | None) -> ModelList:
    """The same with when each was asked last."""
    seen = {(provider, tagged(model)): use for (provider, model), use in used.items()}

    def dated(model: ModelView) -> ModelView:
        last, times = seen.get((model.provider, tagged(model.name)), (None, 0))
        return replace(model, last_used=last, requests=times)

    return replace(models, models=tuple(map(dated, models.models)), log_since=log_since)


def tagged(model: str) -> str:
    """A model as Ollama spells it in full: `llama3.1` is `llama3.1:latest`."""
    return model if ":" in model.rpartition("/")[2] else f"{model}:latest"


def _view(name: str, entry: ProviderEntry, model: str, state: ProviderState | None) -> ModelView:
    known, price = entry.models.get(model), entry.price(model)
    engine = state.engine if state is not None else None
    vram = engine.vram if engine is not None else {}
    return ModelView(
        provider=name,
        kind=entry.kind,
        name=model,
        local=entry.keeps(model),
        window=known.context_length if known is not None else None,
        max_output=known.max_output if known is not None else None,
        input_usd=price.input * THOUSANDS if price is not None else None,
        output_usd=price.output * THOUSANDS if price is not None else None,
        loaded=engine.holds(model) if engine is not None else None,
        vram=vram.get(model, vram.get(tagged(model))),
    )
