"""A finished request as the request log writes it down."""

from ai_dashboard.core.request_log import LogEntry
from ai_dashboard.gateway.masking import masked
from ai_dashboard.gateway.trip import Trip


def entry_of(trip: Trip) -> LogEntry:
    """All that is known of it. Called on the log's own thread, after the request is over."""
    arrived, ended, first = trip.arrived, trip.ended, trip.first_token
    stages = {"overhead": trip.overhead_s}
    if trip.queued_s:
        stages["queue"] = trip.queued_s
    waited = sum([attempt.paused_s for attempt in trip.attempts])
    if waited:
        stages["pauses"] = waited
    if first is not None:
        stages["first_token"] = first - arrived
        stages["stream"] = max(0.0, ended - first)
    provider, model = trip.answerer
    return LogEntry(
        trip.id,
        trip.at,
        trip.tenant,
        trip.key_id,
        trip.dialect,
        trip.method,
        trip.path,
        masked(trip.asked),
        provider,
        model,
        trip.stage,
        trip.status,
        trip.stream,
        first - arrived if first is not None else None,
        ended - arrived,
        trip.overhead_s,
        trip.usage,
        trip.cost,
        trip.error,
        masked(trip.message),
        trip.warnings,
        stages,
        trip.tries(ended),
        trip.plan,
        trip.cached,
        trip.asked_body,
        b"".join(trip.said) if trip.said is not None else None,
    )
