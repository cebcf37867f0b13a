"""`plan()`: the ordered attempts for a request, and every candidate that was left out, each with its reason."""

from ai_dashboard.core.plan import Candidate, Excluded, Plan, RouteFacts
from ai_dashboard.core.snapshot import Health
from ai_dashboard.routing.resolve import Route, resolve
from ai_dashboard.routing.table import Live, Table


def plan(facts: RouteFacts, table: Table, live: Live) -> Plan:
    """Decide. Raises `ModelNotFound` when nothing applies; a plan may be without attempts when all were left out.

    When every candidate is merely unavailable they are tried all the same, in order: a health check that is behind the
    times must not turn into an outage (Envoy calls it panic mode).
    """
    resolution = resolve(facts, table, live)
    reasons = [(route, _barred(route, facts, table), _down(route, live)) for route in resolution.routes]
    up = [route for route, barred, down in reasons if barred is None and down is None]
    last_resort = [] if up else [route for route, barred, down in reasons if barred is None]
    attempts = [
        Candidate(
            route.provider, route.model, route.why if up else f"{route.why}; last resort, nothing else is up", score
        )
        for route, score in _scored(up or last_resort)
    ]
    excluded = [
        Excluded(route.provider, route.model, barred or down or "")
        for route, barred, down in reasons
        if barred is not None or (down is not None and up)
    ]
    return Plan(facts.model, resolution.rule, tuple(attempts), tuple(excluded))


def _scored(routes: list[Route]) -> list[tuple[Route, float]]:
    """List order as a score: the first 1, the second 1/2, the third 1/3."""
    return [(route, round(1 / place, 3)) for place, route in enumerate(routes, start=1)]


def _barred(route: Route, facts: RouteFacts, table: Table) -> str | None:
    """Why this candidate may never answer this request, whatever its health."""
    provider = table.providers.get(route.provider)
    if provider is None:
        return "no such provider"
    if provider.barred is not None:
        return provider.barred
    model = provider.models.get(route.model)
    needed = facts.prompt_tokens + facts.max_tokens
    if model is not None and model.context_length is not None and needed > model.context_length:
        return f"context {needed} > {model.context_length}"
    return None


def _down(route: Route, live: Live) -> str | None:
    """Why this candidate would likely fail now."""
    state = live.get(route.provider)
    if state is None or state.health not in {Health.UNAVAILABLE, Health.AUTH_FAILED}:
        return None
    return f"{state.health}: {state.reason}" if state.reason else str(state.health)
