"""Providers that a tenant would rather be answered by, as far as they may answer at all."""

from collections.abc import Sequence
from dataclasses import replace

from ai_dashboard.core.plan import Plan


def preferring(plan: Plan, providers: Sequence[str], tenant: str) -> Plan:
    """The plan with the attempts at these in front, in the order given; among themselves, and behind them, all stand as
    they did. Scores never rise from one attempt to the next, so whoever was overtaken counts no more than that one."""
    places = {name: place for place, name in enumerate(providers)}
    ordered = sorted(plan.attempts, key=lambda it: places.get(it.provider, len(places)))
    if tuple(ordered) == plan.attempts:
        return plan
    lowest, attempts = 1.0, []
    for it in ordered:
        lowest = min(lowest, it.score)
        attempts.append(it if it.score == lowest else replace(it, score=lowest))
    note = f"{tenant} would rather be answered by {', '.join(providers)}"
    return replace(plan, attempts=tuple(attempts), notes=(*plan.notes, note))
