"""What requests have done, as events: read from the ring of the last ones once they are over, so that no request pays
for it. Those that went as they should tell something only at `debug`."""

from collections.abc import Iterator, Sequence

from ai_dashboard.core.costs import dollars
from ai_dashboard.core.logs import LogEvent, LogLevel
from ai_dashboard.core.records import Stage
from ai_dashboard.gateway.masking import masked
from ai_dashboard.gateway.trip import Attempt, Trip
from ai_dashboard.telemetry.redaction import without_quotes
from ai_dashboard.telemetry.ring import RecordRing

SERVER_ERROR = 500


class TripEvents:
    """A `Source` of events: requests that have ended since the last time."""

    def __init__(self, ring: RecordRing[Trip]) -> None:
        self._ring = ring
        self._seen = 0

    def waiting(self) -> bool:
        return self._ring.last != self._seen

    def take(self, least: LogLevel) -> tuple[Sequence[LogEvent], int]:
        trips, overwritten = self._ring.since(self._seen)
        self._seen += len(trips) + overwritten
        rank = least.rank
        if rank > LogLevel.DEBUG.rank:
            trips = [trip for trip in trips if trip.error is not None or len(trip.attempts) > 1]
        return [event for trip in trips for event in events_of(trip) if event.level.rank >= rank], overwritten


def events_of(trip: Trip) -> Iterator[LogEvent]:
    """All that is to be told of one, oldest first."""
    for place, attempt in enumerate(trip.attempts):
        if attempt.error is not None:
            yield _failed(trip, attempt, place)
    if trip.fell_back():
        yield _switched(trip)
    if trip.error is not None:
        yield _refused(trip)
    else:
        yield _routed(trip)
    if trip.attempts:
        yield _cost(trip)


def _failed(trip: Trip, attempt: Attempt, place: int) -> LogEvent:
    backend, model = attempt.candidate.provider, attempt.candidate.model
    ended = attempt.ended if attempt.ended is not None else trip.ended
    before = [it.candidate for it in trip.attempts[:place]]
    return LogEvent(
        0,
        trip.at + ended - trip.arrived,
        LogLevel.WARNING,
        "llm_call_failed",
        f"{backend} failed: {attempt.error}",
        masked(model),
        backend,
        _ms(ended - attempt.started),
        None,
        trip.id,
        {
            "backend": backend,
            "error_type": attempt.error,
            "error_message": without_quotes(masked(attempt.message)),
            "retry_count": sum((it.provider, it.model) == (backend, model) for it in before),
            "upstream_status": attempt.status,
            "kind": attempt.kind,
        },
    )


def _switched(trip: Trip) -> LogEvent:
    first, last = trip.attempts[0], trip.winner or trip.attempts[-1]
    return LogEvent(
        0,
        trip.at + last.started - trip.arrived,
        LogLevel.INFO,
        "backend_switched",
        f"{last.candidate.provider} is asked instead of {first.candidate.provider}",
        masked(last.candidate.model),
        last.candidate.provider,
        None,
        None,
        trip.id,
        {
            "from_provider": first.candidate.provider,
            "from_model": masked(first.candidate.model),
            "reason": first.error or "",
            "kind": last.kind,
        },
    )


def _refused(trip: Trip) -> LogEvent:
    left = trip.stage is Stage.GONE
    whose_fault = LogLevel.WARNING if trip.status >= SERVER_ERROR or trip.stage is Stage.CUT else LogLevel.INFO
    return _ended(
        trip,
        LogLevel.INFO if left else whose_fault,
        "request_failed",
        without_quotes(masked(trip.message)),
        {"error_type": trip.error},
    )


def _routed(trip: Trip) -> LogEvent:
    plan = trip.plan
    return _ended(
        trip,
        LogLevel.DEBUG,
        "request_routed",
        "",
        {
            "rule": plan.rule if plan is not None else "",
            "strategy": plan.strategy if plan is not None else "",
            "ttft_ms": _ms(trip.first_token - trip.arrived) if trip.first_token is not None else None,
            "overhead_ms": _ms(trip.overhead_s),
        },
    )


def _ended(
    trip: Trip, level: LogLevel, event: str, message: str, more: dict[str, str | int | float | None]
) -> LogEvent:
    answered = trip.answered_by
    provider = answered.provider if answered is not None else trip.hit.provider if trip.hit is not None else None
    model = answered.model if answered is not None else trip.hit.model if trip.hit is not None else trip.asked
    return LogEvent(
        0,
        trip.at + trip.ended - trip.arrived,
        level,
        event,
        message,
        masked(model) or None,
        provider,
        _ms(trip.ended - trip.arrived),
        trip.hit is not None,
        trip.id,
        {
            "asked": masked(trip.asked),
            "status": trip.status,
            "stage": str(trip.stage),
            "attempts": len(trip.attempts),
            "dialect": trip.dialect,
            "tenant": trip.caller.tenant if trip.caller is not None else "",
            **more,
        },
    )


def _cost(trip: Trip) -> LogEvent:
    cost, usage = trip.cost, trip.usage
    return _ended(
        trip,
        LogLevel.DEBUG,
        "cost_tracked",
        "",
        {
            "cost_usd": dollars(cost) if cost is not None else None,
            "prompt_tokens": usage.prompt_tokens if usage is not None else None,
            "completion_tokens": usage.completion_tokens if usage is not None else None,
            "cached_tokens": usage.cached_tokens if usage is not None else None,
            "key_id": trip.caller.key_id if trip.caller is not None else "",
        },
    )


def _ms(seconds: float) -> float:
    return round(max(0.0, seconds) * 1000, 3)
