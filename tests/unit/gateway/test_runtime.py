"""How a provider's state moves, and what counts in which figure."""

from collections.abc import Callable

import pytest

from ai_dashboard.core.errors import UpstreamError, UpstreamLacksModel, UpstreamRefusedKey, UpstreamTimeout
from ai_dashboard.core.plan import Candidate
from ai_dashboard.core.records import Stage
from ai_dashboard.core.snapshot import Health
from ai_dashboard.gateway.runtime import DEGRADED_MIN_REQUESTS, FAILURES_IN_A_ROW, TALLY_AT, ProviderState, Runtime


class Hands:
    """A clock whose hands are moved by the test."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now

    def wall(self) -> float:
        return 1e9 + self.now


@pytest.fixture
def clock() -> Hands:
    return Hands()


@pytest.fixture
def runtime(clock: Hands) -> Runtime:
    numbers = iter(range(1000))
    return Runtime(clock, new_id=lambda: f"id-{next(numbers)}")


def fail(runtime: Runtime, error: UpstreamError | None = None) -> ProviderState:
    runtime.attempt_failed(runtime.attempt_begins("p"), error or UpstreamError("boom"))
    return runtime.provider("p")


def succeed(runtime: Runtime) -> ProviderState:
    trip = runtime.begin("openai")
    attempt = trip.attempt(Candidate("p", "m", "listing", 1.0), runtime.clock.monotonic())
    state = runtime.attempt_begins("p")
    attempt.first_token, attempt.ended, attempt.tokens = attempt.started + 0.5, attempt.started + 2.0, 30
    runtime.attempt_succeeded(state)
    trip.stage = Stage.DONE
    runtime.finish(trip)
    runtime.tally()
    return runtime.provider("p")


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
    "change",
    [
        lambda runtime: runtime.check_failed("p", UpstreamTimeout("no answer")),
        lambda runtime: runtime.check_passed("p", ("found",)),
        lambda runtime: fail(runtime, UpstreamRefusedKey("who?")),
    ],
)
def test_plans_are_made_anew_when_what_they_rest_on_changes(
    runtime: Runtime, change: Callable[[Runtime], object]
) -> None:
    succeed(runtime)
    before = runtime.routing_version
    succeed(runtime)
    assert runtime.routing_version == before
    change(runtime)
    assert runtime.routing_version > before


def test_a_provider_begins_unchecked(runtime: Runtime) -> None:
    assert runtime.provider("p").health is Health.CHECKING
    assert runtime.provider("p") is runtime.provider("p")


def test_an_answer_proves_a_provider_well(runtime: Runtime) -> None:
    state = succeed(runtime)
    assert (state.health, state.in_flight, state.requests) == (Health.ACTIVE, 0, 1)


def test_failures_in_a_row_take_it_out_and_a_check_brings_it_back(runtime: Runtime) -> None:
    succeed(runtime)
    for _ in range(FAILURES_IN_A_ROW - 1):
        assert fail(runtime).health is Health.ACTIVE
    assert fail(runtime).health is Health.UNAVAILABLE
    runtime.check_passed("p", ("m",))
    state = runtime.provider("p")
    assert (state.health, state.models, state.failures_in_a_row) == (Health.ACTIVE, ("m",), 0)


def test_an_answer_between_failures_starts_the_count_again(runtime: Runtime) -> None:
    for _ in range(FAILURES_IN_A_ROW):
        fail(runtime)
        succeed(runtime)
    assert runtime.provider("p").health is Health.ACTIVE


def check_fails(runtime: Runtime) -> None:
    runtime.check_failed("p", UpstreamTimeout("no answer"))


def key_refused(runtime: Runtime) -> None:
    runtime.check_failed("p", UpstreamRefusedKey("who?"))


def nothing(runtime: Runtime) -> None:
    runtime.provider("p")


@pytest.mark.parametrize(
    ("before", "health"),
    [(check_fails, Health.UNAVAILABLE), (key_refused, Health.AUTH_FAILED), (nothing, Health.CHECKING)],
)
def test_a_failure_makes_nobody_well(runtime: Runtime, before: Callable[[Runtime], None], health: Health) -> None:
    before(runtime)
    assert fail(runtime).health is health


def test_a_refused_key_is_its_own_state(runtime: Runtime) -> None:
    state = fail(runtime, UpstreamRefusedKey("who?"))
    assert (state.health, state.reason, state.last_error) == (Health.AUTH_FAILED, "who?", "who?")
    assert succeed(runtime).health is Health.ACTIVE


def test_a_share_of_errors_degrades(runtime: Runtime) -> None:
    for _ in range(DEGRADED_MIN_REQUESTS - 1):
        succeed(runtime)
    state = fail(runtime)
    assert (state.health, state.reason) == (Health.DEGRADED, "10% of requests failed in 15 min")
    for _ in range(10):
        succeed(runtime)
    assert state.health is Health.ACTIVE


def test_errors_leave_the_window(runtime: Runtime, clock: Hands) -> None:
    for _ in range(DEGRADED_MIN_REQUESTS):
        succeed(runtime)
        fail(runtime)
    assert runtime.provider("p").health is Health.DEGRADED
    clock.now += 16 * 60
    runtime.check_passed("p", ())
    runtime.provider("p").track.roll(clock.now)
    runtime.check_passed("p", ())
    assert runtime.provider("p").health is Health.ACTIVE


def test_what_is_not_the_providers_fault_leaves_no_mark(runtime: Runtime) -> None:
    for _ in range(5):
        state = fail(runtime, UpstreamLacksModel("not here"))
    assert (state.health, state.failures_in_a_row, state.track.errors, state.last_error) == (Health.CHECKING, 0, 0, "")
    runtime.attempt_left(runtime.attempt_begins("p"))
    assert (state.in_flight, state.requests, state.track.requests) == (0, 6, 0)


def test_the_time_of_a_state_is_that_of_the_change(runtime: Runtime, clock: Hands) -> None:
    check_fails(runtime)
    clock.now += 60
    runtime.check_failed("p", UpstreamTimeout("still no answer"))
    state = runtime.provider("p")
    assert (state.since, state.reason) == (1e9 + 1000.0, "still no answer")


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
