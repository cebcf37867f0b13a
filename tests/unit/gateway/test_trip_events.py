from collections.abc import Callable

import pytest

from ai_dashboard.core.errors import GatewayError, ModelNotFound, UpstreamTimeout
from ai_dashboard.core.events import Usage
from ai_dashboard.core.logs import LogEvent, LogLevel
from ai_dashboard.core.plan import Candidate
from ai_dashboard.core.records import Stage
from ai_dashboard.gateway.trip import Trip
from ai_dashboard.gateway.trip_events import TripEvents, events_of
from ai_dashboard.telemetry.ring import RecordRing

PROMPT = "Dear doctor, my name is Jane Roe and since last winter I have had a terrible pain in my left knee"


def trip(seq: int = 1, ended: float = 102.0) -> Trip:
    made = Trip(f"id-{seq}", "openai", 1_000.0, 100.0, asked="chat", seq=seq, ended=ended)
    made.status, made.stage = 200, Stage.DONE
    return made


def attempt(made: Trip, provider: str, *, error: str = "", message: str = "", cost: int | None = 0) -> None:
    one = made.attempt(Candidate(provider, "qwen3", "", 1.0), 100.5, "fallback" if made.attempts else "first")
    one.ended, one.error, one.message, one.cost = 101.0, error or None, message, cost


def well(seq: int = 1) -> Trip:
    made = trip(seq)
    attempt(made, "vllm", cost=1_200_000)
    made.usage, made.first_token = Usage(100, 50), 100.25
    return made


def fell_back(seq: int = 1) -> Trip:
    made = trip(seq)
    attempt(made, "openai", error="upstream_timeout", message="no answer within 5 s")
    attempt(made, "vllm")
    return made


def failed(seq: int = 1, error: GatewayError | None = None) -> Trip:
    made = trip(seq)
    attempt(made, "vllm", error="upstream_timeout")
    attempt(made, "vllm", error="upstream_timeout")
    error = error or UpstreamTimeout("no answer")
    made.failed(error)
    made.status = error.status
    return made


def named(made: Trip, event: str) -> LogEvent:
    return next(it for it in events_of(made) if it.event == event)


@pytest.mark.parametrize(
    ("made", "told"),
    [
        (well, ["request_routed", "cost_tracked"]),
        (fell_back, ["llm_call_failed", "backend_switched", "request_routed", "cost_tracked"]),
        (failed, ["llm_call_failed", "llm_call_failed", "request_failed", "cost_tracked"]),
    ],
)
def test_each_request_tells_what_became_of_it(made: Callable[[], Trip], told: list[str]) -> None:
    assert [event.event for event in events_of(made())] == told


def test_a_failed_call_says_who_failed_how_and_how_often_it_was_tried() -> None:
    first, second = (it for it in events_of(failed()) if it.event == "llm_call_failed")
    assert (first.context["backend"], first.model, first.context["error_type"]) == ("vllm", "qwen3", "upstream_timeout")
    assert (first.context["retry_count"], second.context["retry_count"]) == (0, 1)
    assert (first.level, first.latency_ms, first.request_id, first.at) == (LogLevel.WARNING, 500.0, "id-1", 1_001.0)


def test_a_switch_says_from_whom_to_whom_and_why() -> None:
    event = named(fell_back(), "backend_switched")
    assert (event.provider, event.context["from_provider"]) == ("vllm", "openai")
    assert event.context["reason"] == "upstream_timeout"


def test_what_was_spent_is_told_in_dollars_and_tokens() -> None:
    event = named(well(), "cost_tracked")
    assert (event.context["cost_usd"], event.context["prompt_tokens"]) == (0.0012, 100)
    unknown = trip()
    attempt(unknown, "vllm", cost=None)
    assert named(unknown, "cost_tracked").context["cost_usd"] is None


def test_whose_fault_a_failure_is_says_how_much_it_matters() -> None:
    assert named(failed(), "request_failed").level is LogLevel.WARNING
    assert named(failed(error=ModelNotFound("no such model")), "request_failed").level is LogLevel.INFO
    left = trip()
    left.stage, left.error = Stage.GONE, "client_gone"
    assert named(left, "request_failed").level is LogLevel.INFO
    assert named(left, "request_failed").model == "chat"


def test_nothing_of_a_prompt_and_no_key_is_told() -> None:
    made = trip()
    key = "sk-proj-abcdefghijklmnopqrstuvwxyz0123456789"
    attempt(made, "vllm", error="upstream_rejected", message=f"invalid content '{PROMPT}' with {key}")
    made.failed(GatewayError(f'cannot read "{PROMPT}" by jane@example.org at 10.0.0.7:8000'))
    told = repr(list(events_of(made)))
    assert "Jane" not in told
    assert "knee" not in told
    assert key not in told
    assert "jane@example.org" not in told
    assert "10.0.0.7:8000" in told  # it says where


# ── from the ring ────────────────────────────────────────────────────────────────────────────────────────────────────


def ring(*made: Trip, size: int = 8) -> tuple[RecordRing[Trip], TripEvents]:
    kept = RecordRing(Trip.finished, size)
    source = TripEvents(kept)
    for one in made:
        kept.append(one)
    return kept, source


def test_each_request_is_told_once() -> None:
    kept, source = ring(well(1), failed(2))
    assert source.waiting()
    events, lost = source.take(LogLevel.DEBUG)
    assert ({event.request_id for event in events}, lost) == ({"id-1", "id-2"}, 0)
    assert not source.waiting()
    kept.append(fell_back(3))
    assert {event.request_id for event in source.take(LogLevel.DEBUG)[0]} == {"id-3"}


def test_only_what_matters_is_made_into_events() -> None:
    _, source = ring(well(1), fell_back(2), failed(3))
    events, _ = source.take(LogLevel.INFO)
    assert [event.event for event in events] == [
        "llm_call_failed", "backend_switched", "llm_call_failed", "llm_call_failed", "request_failed",
    ]  # fmt: skip
    _, source = ring(failed(1, ModelNotFound("x")))
    assert source.take(LogLevel.ERROR) == ([], 0)


def test_what_was_overwritten_is_counted() -> None:
    _, source = ring(*(well(seq) for seq in range(1, 12)), size=4)
    events, lost = source.take(LogLevel.DEBUG)
    assert ({event.request_id for event in events}, lost) == ({"id-8", "id-9", "id-10", "id-11"}, 7)
