"""Requests that wait for a place, and what they say of how urgent they are.

A request waits where its plan says that all who may answer are full. It is then sent to whoever has the first place;
the others of its plan stand behind that one.
"""

from dataclasses import replace

from ai_dashboard.core.chat import Ask
from ai_dashboard.core.errors import CallerError
from ai_dashboard.core.plan import Plan
from ai_dashboard.gateway.runtime import Runtime
from ai_dashboard.gateway.trip import Trip
from ai_dashboard.queueing.line import Ticket
from ai_dashboard.queueing.priority import Priority, priority_of
from ai_dashboard.queueing.room import Place

LEVELS = ", ".join(priority.name for priority in reversed(Priority))


async def wait_for_place(ask: Ask, plan: Plan, trip: Trip, runtime: Runtime, total_s: float) -> tuple[Plan, Place]:
    """Wait; the plan with whoever has a place in front, and that place, which is kept until `taken`. Raises
    `QueueFull`, `QueueExpired`, and `CallerError` for a priority or a deadline that cannot be read."""
    now = runtime.clock.monotonic()
    until = trip.arrived + min(total_s, trip.timeout_s, deadline_of(ask, trip))
    tenant = trip.facts.tenant if trip.facts is not None else ""
    priority = priority_in(ask, trip)
    place = await runtime.waiting.wait(Ticket(trip.id, plan.asked, priority, trip.arrived, tenant, until), plan.full)
    trip.queued_s = runtime.clock.monotonic() - now
    trip.waited_s += trip.queued_s
    first = [it for it in plan.attempts if (it.provider, it.model) == place]
    rest = [it for it in plan.attempts if (it.provider, it.model) != place]
    note = f"queue: waited {trip.queued_s:.1f} s for a place"
    return replace(plan, attempts=(*first, *rest), notes=(*plan.notes, note)), place


def priority_in(ask: Ask, trip: Trip) -> Priority:
    """What the caller says (`x-priority`, or the field `priority`), else what holds for its tenant. Raises
    `CallerError` for what is no level."""
    said = _said("priority", ask, trip)
    if said is None and trip.caller is not None:
        said = trip.caller.policy.priority
    if said is None:
        return Priority.NORMAL
    if (level := priority_of(said)) is None:
        raise CallerError(f"there is no priority {said[:64]!r}", hint=f"there are {LEVELS}")
    return level


def deadline_of(ask: Ask, trip: Trip) -> float:
    """Seconds after which the caller does not want an answer to begin any more: `x-deadline`, or the field `deadline`.
    Raises `CallerError` for what is no number above 0."""
    said = _said("deadline", ask, trip)
    if said is None:
        return float("inf")
    try:
        seconds = float(said)
    except ValueError:
        seconds = 0.0
    if not seconds > 0:
        raise CallerError(f"`deadline` is {said[:64]!r}, not a number of seconds above 0")
    return seconds


def _said(name: str, ask: Ask, trip: Trip) -> str | None:
    headers = trip.facts.headers if trip.facts is not None else ()
    for header, text in headers:
        if header == f"x-{name}":
            return text
    value: object = ask.body.get(name)
    return None if value is None or isinstance(value, bool) else str(value)
