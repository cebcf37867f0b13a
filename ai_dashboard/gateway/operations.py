"""What an operator does by hand while the gateway runs: with a provider, and to find a request again."""

import difflib
from typing import assert_never

from ai_dashboard.config.schema import Provider
from ai_dashboard.core.control import ProviderAction
from ai_dashboard.core.errors import OffInConfig, ProviderNotFound, RecordNotFound
from ai_dashboard.core.plan import Excluded
from ai_dashboard.core.reasons import in_words
from ai_dashboard.core.records import RequestRecord
from ai_dashboard.core.snapshot import Health, Wish
from ai_dashboard.gateway.generation import Generation
from ai_dashboard.gateway.runtime import Runtime
from ai_dashboard.gateway.targets import ProviderState

MAX_SHOWN = 5
"""Ids that are named when several begin alike."""


def operate(provider: str, action: ProviderAction, generation: Generation, runtime: Runtime) -> None:
    """Do it. Raises `ProviderNotFound` with the nearest names, or `OffInConfig`."""
    known = generation.config.providers
    if provider not in known:
        near = difflib.get_close_matches(provider, known, n=3, cutoff=0.4)
        hint = f"did you mean {', '.join(near)}?" if near else f"there are {', '.join(known) or 'none'}"
        raise ProviderNotFound(f"there is no provider {provider[:64]!r}", hint=hint)
    if (barred := generation.table.providers[provider].barred) is not None:
        why = in_words(Excluded(provider, "", barred))
        raise OffInConfig(f"{provider} is kept off by the configuration ({why})", hint=_how_to_put_on(known[provider]))
    match action:
        case "enable":
            runtime.enable(provider)
        case "disable":
            runtime.disable(provider)
        case "drain":
            runtime.drain(provider)
        case "reset":
            runtime.reset(provider)
        case _:
            assert_never(action)


def _how_to_put_on(provider: Provider) -> str:
    """What to change for a provider that its configuration keeps off."""
    if not provider.active:
        return f"set `status: active` for {provider.name} in providers.yaml"
    variables = " or ".join(provider.key_variables) or "its `api_key`"
    return f"set {variables}, and start the gateway again with it"


def wish(state: ProviderState) -> Wish | None:
    """What an operator has asked of a provider while the gateway runs."""
    if state.health is Health.DISABLED:
        return "disabled"
    return "drained" if state.draining else None


def find(id_prefix: str, runtime: Runtime) -> RequestRecord:
    """The one request whose id is this or begins with it. Raises `RecordNotFound`."""
    if (running := runtime.running.get(id_prefix)) is not None:
        return running.record(runtime.clock.monotonic())
    kept = [*runtime.ring.kept()]
    found = [trip for trip in (*runtime.running.values(), *kept) if trip.id.startswith(id_prefix)]
    exact = next((trip for trip in found if trip.id == id_prefix), None)
    if exact is None and len(found) > 1:
        some = ", ".join(trip.id for trip in found[:MAX_SHOWN])
        raise RecordNotFound(
            f"{len(found)} requests have an id that begins with {id_prefix[:64]!r}: {some}"
            f"{', …' if len(found) > MAX_SHOWN else ''}",
            hint="give more of the id",
        )
    if not found:
        raise RecordNotFound(
            f"no request with an id that begins with {id_prefix[:64]!r} is remembered",
            hint=f"{len(kept)} of {runtime.requests} finished requests are, and {len(runtime.running)} in flight",
        )
    trip = exact or found[0]
    return trip.finished() if trip.seq else trip.record(runtime.clock.monotonic())
