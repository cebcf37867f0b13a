"""What gathers on the way becomes a record, in seconds from the arrival."""

from ai_dashboard.core.errors import UpstreamTimeout
from ai_dashboard.core.events import Usage
from ai_dashboard.core.plan import Candidate, RouteFacts
from ai_dashboard.core.records import Stage
from ai_dashboard.gateway.trip import Trip

FIRST = Candidate("first", "m", "listing", 1.0)
SECOND = Candidate("second", "n", "fallback", 0.5)


def test_a_trip_that_has_just_begun() -> None:
    record = Trip("id-1", "openai", at=1e9, arrived=100.0).record(100.5)
    assert (record.seq, record.id, record.at, record.stage) == (0, "id-1", 1e9, Stage.WAITING)
    assert (record.provider, record.model, record.attempts, record.ttft_s) == ("", "", (), None)
    assert record.total_s == 0.5
    assert record.fallback_from is None


def test_a_trip_with_a_fallback() -> None:
    trip = Trip("id-1", "openai", at=1e9, arrived=100.0)
    first = trip.attempt(FIRST, 100.25)
    first.ended, first.error, first.message = 101.0, "upstream_error", "boom"
    second = trip.attempt(SECOND, 101.0)
    second.first_token = trip.first_token = 102.0
    trip.stage, trip.status = Stage.STREAMING, 200
    trip.seq, trip.ended = 9, 103.0
    record = trip.finished()
    assert (record.seq, record.provider, record.model, record.fallback_from) == (9, "second", "n", "first")
    assert (record.ttft_s, record.total_s) == (2.0, 3.0)
    tried, running = record.attempts
    assert (tried.started_s, tried.ended_s, tried.first_token_s, tried.error) == (0.25, 1.0, None, "upstream_error")
    assert (running.started_s, running.ended_s, running.first_token_s, running.error) == (1.0, 3.0, 2.0, None)


def test_a_second_model_of_the_same_provider_is_no_fallback_to_another() -> None:
    trip = Trip("id-1", "openai", at=1e9, arrived=0.0)
    trip.attempt(FIRST, 0.0)
    trip.attempt(Candidate("first", "n", "chain", 0.5), 1.0)
    assert trip.record(2.0).fallback_from is None


def test_one_of_several_that_were_asked_at_once_is_no_fallback() -> None:
    trip = Trip("id-1", "openai", at=1e9, arrived=0.0)
    lost, won = trip.attempt(FIRST, 0.0, "ensemble"), trip.attempt(SECOND, 0.0, "ensemble")
    lost.usage, trip.usage, trip.winner = Usage(3, 1, estimated=True), Usage(3, 9, cached_tokens=2), won
    record = trip.record(2.0)
    assert (trip.fell_back(), record.fallback_from, record.provider) == (False, None, "second")
    assert record.spent == Usage(6, 10, cached_tokens=2, estimated=True)
    stepped_in = trip.attempt(Candidate("third", "m", "chain", 0.1), 1.0, "fallback")
    lost.error = won.error = "upstream_error"
    trip.winner = stepped_in
    assert (trip.fell_back(), trip.record(2.0).fallback_from) == (True, "first")


def test_nothing_is_spent_where_nobody_says_so() -> None:
    trip = Trip("id-1", "openai", at=1e9, arrived=0.0)
    assert trip.record(1.0).spent is None
    trip.usage = Usage(1, 2)
    assert trip.record(1.0).spent == Usage(1, 2)


def test_facts_are_kept_without_what_looks_like_a_key() -> None:
    trip = Trip("id-1", "openai", at=1e9, arrived=0.0)
    assert trip.record(1.0).facts is None
    trip.facts = RouteFacts("m", headers=(("x-note", "sk-0123456789abcdef"), ("x-priority", "high")))
    facts = trip.record(1.0).facts
    assert facts is not None
    assert facts.headers == (("x-note", "sk-…cdef"), ("x-priority", "high"))


def test_warnings_are_kept() -> None:
    trip = Trip("id-1", "openai", at=1e9, arrived=0.0)
    assert trip.record(1.0).warnings == ()
    trip.warnings += ("`seed` is left out",)
    assert trip.record(1.0).warnings == ("`seed` is left out",)


def test_failing_says_why() -> None:
    trip = Trip("id-1", "openai", at=1e9, arrived=0.0)
    trip.failed(UpstreamTimeout("nothing within 5 s"), Stage.CUT)
    record = trip.record(5.0)
    assert (record.stage, record.error, record.message) == (Stage.CUT, "upstream_timeout", "nothing within 5 s")
