"""A finished request as the request log writes it down."""

from ai_dashboard.core.request_log import LogEntry
from ai_dashboard.gateway.trip import Trip


def entry_of(trip: Trip) -> LogEntry:
    """All that is known of it. Called on the log's own thread, after the request is over."""
    record = trip.finished()
    queued, first = trip.queued_s, record.ttft_s
    waited = sum(attempt.paused_s for attempt in trip.attempts)
    stages = {"overhead": record.overhead_s}
    if queued:
        stages["queue"] = queued
    if waited:
        stages["pauses"] = waited
    if first is not None:
        stages["first_token"] = first
        stages["stream"] = max(0.0, record.total_s - first)
    return LogEntry(
        record,
        record.tenant,
        record.key_id,
        trip.method,
        trip.path,
        cost=record.cost,
        stages=stages,
        request_body=trip.asked_body,
        response_body=b"".join(trip.said) if trip.said is not None else None,
    )
