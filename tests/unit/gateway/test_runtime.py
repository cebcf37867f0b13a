"""What counts in which figure, and how much of it there may be."""

import pytest

from ai_dashboard.core.plan import Candidate
from ai_dashboard.core.records import Stage
from ai_dashboard.gateway.runtime import TALLY_AT, Runtime
from ai_dashboard.gateway.trip import Attempt
from ai_dashboard.routing.retry import RetryPolicy
from tests.unit.gateway.hands import Hands, configured, made, succeed


@pytest.fixture
def clock() -> Hands:
    return Hands()


@pytest.fixture
def runtime(clock: Hands) -> Runtime:
    return made(clock)


def test_what_has_ended_is_counted_once(runtime: Runtime, clock: Hands) -> None:
    state = succeed(runtime)
    runtime.tally()
    assert (state.track.requests, state.track.tokens, state.rate.over(clock.now, 60)) == (1, 30, 1)
    assert (runtime.track.requests, runtime.overhead.requests, runtime.arrivals.over(clock.now, 60)) == (1, 1, 1)


def test_nobody_has_to_tally_for_counts_to_stay_bounded(runtime: Runtime) -> None:
    for _ in range(TALLY_AT):
        runtime.finish(runtime.begin("openai"))
    assert runtime.track.requests == TALLY_AT


@pytest.mark.parametrize(
    ("stage", "error", "failures", "in_track"),
    [
        (Stage.DONE, None, 0, 1),
        (Stage.FAILED, "upstream_error", 1, 1),
        (Stage.CUT, "upstream_truncated", 1, 1),
        (Stage.GONE, "client_gone", 0, 0),
    ],
)
def test_what_counts_as_a_failure(
    runtime: Runtime, stage: Stage, error: str | None, failures: int, in_track: int
) -> None:
    trip = runtime.begin("openai")
    assert list(runtime.running) == [trip.id]
    trip.stage, trip.error = stage, error
    changes = runtime.changes
    runtime.finish(trip)
    runtime.tally()
    assert (trip.seq, runtime.requests, runtime.failures) == (1, 1, failures)
    assert (runtime.track.requests, runtime.track.errors) == (in_track, failures)
    assert runtime.ring.page(0, 10).records == (trip.finished(),)
    assert not runtime.running
    assert runtime.changes > changes


@pytest.mark.parametrize(("stage", "error", "counted"), [(Stage.DONE, None, 1), (Stage.CUT, "x", 0)])
def test_a_fallback_counts_when_it_helped(runtime: Runtime, stage: Stage, error: str | None, counted: int) -> None:
    trip = runtime.begin("openai")
    trip.attempt(Candidate("a", "m", "listing", 1.0), 0.0)
    trip.attempt(Candidate("b", "m", "fallback", 0.5), 0.0)
    trip.stage, trip.error = stage, error
    runtime.finish(trip)
    assert runtime.fallbacks == counted


def test_what_was_counted_is_let_go(runtime: Runtime) -> None:
    succeed(runtime, headers=[(b"server", b"x")])
    (record,) = runtime.ring.page(0, 1).records
    assert record.attempts[0].provider == "p"
    with pytest.raises(RuntimeError, match="counted"):
        runtime.attempt_left(Attempt(Candidate("p", "m", "", 1.0), 0.0))


def test_tokens_count_against_their_limit(runtime: Runtime) -> None:
    runtime.adopt(configured())
    for _ in range(3):
        state = succeed(runtime)
    assert state.headroom == 0.7
    assert state.tokens.over(runtime.clock.monotonic(), 60) == 300


def test_retries_and_hedges_have_budgets(runtime: Runtime) -> None:
    policy = RetryPolicy(budget_ratio=0.2, budget_min_per_s=0.5)
    assert [runtime.may_retry(policy) for _ in range(6)] == [True] * 5 + [False]
    for _ in range(100):
        runtime.finish(runtime.begin("openai"))
    assert sum(runtime.may_retry(policy) for _ in range(100)) == 15
    assert not runtime.may_hedge(0.0)
    assert sum(runtime.may_hedge(0.2) for _ in range(100)) == 20
    assert (runtime.retries, runtime.hedges) == (20, 20)
