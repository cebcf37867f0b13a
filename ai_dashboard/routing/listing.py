"""Who has which model: what the configuration lists, and what providers list themselves."""

from ai_dashboard.routing.live import Live
from ai_dashboard.routing.table import Table


def providers_of(model: str, table: Table, live: Live) -> tuple[str, ...]:
    """Providers that list a model, in the configuration or by their own word, in file order."""
    tagged = None if ":" in model else f"{model}:latest"
    # One loop without calls: this is asked for every request whose model no rule names.
    found: list[str] = []
    for name, entry in table.providers.items():
        own = entry.models
        its = model in own or tagged in own
        if not its and (state := live.get(name)) is not None:
            its = model in state.models or tagged in state.models
        if its:
            found.append(name)
    return tuple(found)


def listed(provider: str, table: Table, live: Live) -> tuple[str, ...]:
    """A provider's models, without repeats: those of the configuration, then those that it listed itself."""
    discovered = live[provider].models if provider in live else ()
    return tuple(dict.fromkeys((*table.providers[provider].models, *discovered)))


def lists(provider: str, model: str, table: Table, live: Live) -> bool:
    """Whether a provider lists a model under exactly this name."""
    return model in table.providers[provider].models or (provider in live and model in live[provider].models)


def as_listed(model: str, provider: str, table: Table, live: Live) -> str:
    """`llama3.1` as the provider spells it: `llama3.1:latest` where only that is listed."""
    tagged = f"{model}:latest"
    return tagged if not lists(provider, model, table, live) and lists(provider, tagged, table, live) else model


def same_at(provider: str, wanted: tuple[str, ...], table: Table, live: Live) -> str | None:
    """The first of these models that a provider has, as it spells it."""
    spelled = (as_listed(model, provider, table, live) for model in wanted)
    return next((model for model in spelled if lists(provider, model, table, live)), None)


def model_at(provider: str, wanted: tuple[str, ...], table: Table, live: Live) -> str:
    """What to ask a provider for that steps in: the same model if it has it, else the first that it lists."""
    same = same_at(provider, wanted, table, live)
    return same or next(iter(listed(provider, table, live)), wanted[0])
