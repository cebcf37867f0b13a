"""How a provider's state moves, and who moves it."""

import random
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ai_dashboard.core.errors import (
    UpstreamError,
    UpstreamLacksModel,
    UpstreamRateLimited,
    UpstreamRefusedKey,
    UpstreamTimeout,
    UpstreamTruncated,
)
from ai_dashboard.core.plan import RouteFacts
from ai_dashboard.core.snapshot import BreakerState, Health
from ai_dashboard.gateway.runtime import Runtime
from ai_dashboard.gateway.standing import DEGRADED_MIN_REQUESTS, FAILURES_IN_A_ROW
from ai_dashboard.gateway.warmth import Engine
from ai_dashboard.routing.live import Turn
from tests.unit.gateway.hands import Hands, begin, breaker, check_fails, configured, fail, gone, made, succeed


@pytest.fixture
def clock() -> Hands:
    return Hands()


@pytest.fixture
def runtime(clock: Hands) -> Runtime:
    return made(clock)


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


def test_not_being_there_some_times_in_a_row_takes_it_out_and_a_check_brings_it_back(runtime: Runtime) -> None:
    succeed(runtime)
    for _ in range(FAILURES_IN_A_ROW - 1):
        assert gone(runtime).health is Health.ACTIVE
    assert gone(runtime).health is Health.UNAVAILABLE
    runtime.check_passed("p", ("m",))
    state = runtime.provider("p")
    assert (state.health, state.models, state.failures_in_a_row) == (Health.ACTIVE, ("m",), 0)


def test_an_answer_between_failures_starts_the_count_again(runtime: Runtime) -> None:
    for _ in range(FAILURES_IN_A_ROW):
        gone(runtime)
        succeed(runtime)
    assert runtime.provider("p").health is Health.ACTIVE


def test_what_hangs_up_before_it_says_anything_is_not_there_either(runtime: Runtime) -> None:
    for _ in range(FAILURES_IN_A_ROW):
        state = fail(runtime, UpstreamTruncated("the connection ended before the head"))
    assert state.health is Health.UNAVAILABLE


def test_failures_of_one_model_leave_the_others_alone(runtime: Runtime) -> None:
    succeed(runtime, "other")
    for _ in range(FAILURES_IN_A_ROW):
        fail(runtime)
    assert (breaker(runtime), breaker(runtime, "other")) == (BreakerState.OPEN, BreakerState.CLOSED)
    assert runtime.provider("p").health is Health.ACTIVE
    assert runtime.provider("p").targets["m"].reason == "boom"


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
    runtime.attempt_left(begin(runtime))
    assert (state.in_flight, state.requests, state.track.requests) == (0, 6, 0)
    assert breaker(runtime) is BreakerState.CLOSED


def test_the_time_of_a_state_is_that_of_the_change(runtime: Runtime, clock: Hands) -> None:
    check_fails(runtime)
    clock.now += 60
    runtime.check_failed("p", UpstreamTimeout("still no answer"))
    state = runtime.provider("p")
    assert (state.since, state.reason) == (1e9 + 1000.0, "still no answer")


# ── breakers and cooldowns ───────────────────────────────────────────────────────────────────────────────────────────


def test_a_breaker_opens_cools_down_and_comes_back(runtime: Runtime, clock: Hands) -> None:
    succeed(runtime)
    for _ in range(3):
        fail(runtime)
    version = runtime.routing_version
    target = runtime.provider("p").target("m")
    assert (target.breaker, target.share) == (BreakerState.OPEN, 0.0)
    assert 300 <= target.retry_in_s <= 360
    clock.now += 361
    assert breaker(runtime) is BreakerState.PROBING
    assert runtime.routing_version > version
    first = begin(runtime)
    assert runtime.provider("p").target("m").share == 0.0
    runtime.attempt_answers(first)
    assert (breaker(runtime), runtime.provider("p").target("m").share) == (BreakerState.RAMPING, 0.1)
    first.ended, first.tokens = clock.now, 1
    runtime.attempt_succeeded(first)
    shares = []
    for _ in range(3):
        clock.now += 1
        runtime.look()
        shares.append(runtime.provider("p").target("m").share)
    assert shares == [0.25, 0.5, 1.0]
    assert breaker(runtime) is BreakerState.CLOSED


def test_a_caller_who_leaves_does_not_use_up_the_one_request_that_is_let_through(
    runtime: Runtime, clock: Hands
) -> None:
    for _ in range(3):
        fail(runtime)
    clock.now += 361
    runtime.look()
    runtime.attempt_left(begin(runtime))
    assert runtime.provider("p").target("m").share == 1.0


def test_a_check_ends_a_breaker_that_opened_because_nobody_was_there(runtime: Runtime) -> None:
    for _ in range(3):
        gone(runtime)
    assert breaker(runtime) is BreakerState.OPEN
    runtime.check_passed("p", ("m",))
    assert breaker(runtime) is BreakerState.PROBING


def test_a_check_says_nothing_of_a_model_that_fails(runtime: Runtime) -> None:
    for _ in range(3):
        fail(runtime)
    runtime.check_passed("p", ("m",))
    assert breaker(runtime) is BreakerState.OPEN


def test_a_rate_limit_cools_the_provider_down_and_opens_nothing(runtime: Runtime, clock: Hands) -> None:
    for _ in range(5):
        state = fail(runtime, UpstreamRateLimited("slow down", upstream_status=429, retry_after_s=10))
    assert (breaker(runtime), state.health) == (BreakerState.CLOSED, Health.CHECKING)
    assert 10 <= state.cooldown_s <= 12
    fail(runtime, UpstreamRateLimited("slow down", upstream_status=429, retry_after_s=1))
    assert state.cooldown_s >= 10
    version = runtime.routing_version
    clock.now += 12
    runtime.look()
    assert state.cooldown_s == 0
    assert runtime.routing_version > version


def test_busy_for_a_while_is_a_cooldown_too(runtime: Runtime) -> None:
    state = fail(runtime, UpstreamError("busy", upstream_status=503, retry_after_s=7))
    runtime.look()
    assert 7 <= state.cooldown_s <= 8.4


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from([-3600.0, 3600.0, 0.5, 30.0, 301.0]), max_size=30), st.randoms(use_true_random=False))
def test_clocks_that_jump_do_no_lasting_harm(steps: list[float], draw: random.Random) -> None:
    clock = Hands()
    runtime = made(clock)
    for step in steps:
        clock.now += step
        runtime.look()
        draw.choice([fail, gone, succeed, check_fails])(runtime)
        state = runtime.provider("p")
        assert state.in_flight == 0
        assert state.target("m").retry_in_s <= 1.2 * 3600
    runtime.check_passed("p", ("m",))
    for _ in range(8):
        clock.now += 1.2 * 3600
        runtime.look()
        succeed(runtime)
    assert breaker(runtime) is BreakerState.CLOSED


# ── figures ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_averages_are_of_one_model(runtime: Runtime) -> None:
    state = succeed(runtime)
    target = state.target("m")
    assert (target.ewma_ttft_s, target.ewma_total_s, target.success_ratio) == (0.5, 2.0, 1.0)
    assert target.p95_s == pytest.approx(2.0, rel=0.14)
    assert state.target("other").ewma_ttft_s is None


def test_loading_a_model_is_timed_apart(runtime: Runtime, clock: Hands) -> None:
    runtime.check_passed("p", ("m", "warm"), Engine({"warm": None}))
    assert (runtime.provider("p").asked_for("warm", runtime.breaker_policy).warm) is True
    attempt = begin(runtime)
    assert attempt.cold
    clock.now += 18
    attempt.first_token = clock.now
    runtime.attempt_answers(attempt)
    target = runtime.provider("p").target("m")
    assert (target.load_s, target.warm, target.ewma_ttft_s) == (18, True, None)
    assert runtime.provider("p").look_at == clock.now
    runtime.check_failed("p", UpstreamTimeout("no answer"))
    assert target.warm is None


def test_plans_are_made_anew_when_a_model_is_loaded_or_gone(runtime: Runtime) -> None:
    versions = [runtime.routing_version]
    runtime.provider("p").asked_for("m", runtime.breaker_policy)
    for engine in (Engine({}), Engine({"m": None})):
        runtime.check_passed("p", (), engine)
        versions.append(runtime.routing_version)
    runtime.check_passed("p", (), Engine({}))
    succeed(runtime)
    versions.append(runtime.routing_version)
    assert versions == sorted(set(versions))
    succeed(runtime)
    assert runtime.routing_version == versions[-1]


def test_who_answered_a_conversation_is_remembered_until_it_is_gone(runtime: Runtime) -> None:
    facts = RouteFacts("alias", prompt_tokens=7, prefix="0123")
    attempt = begin(runtime)
    attempt.ended = 1001.0
    runtime.attempt_succeeded(attempt, facts)
    conversation = ("", "prefix", "0123")
    assert runtime.provider("p").turn(conversation, "m") == Turn("", 7, 1001.0)
    for _ in range(FAILURES_IN_A_ROW):
        gone(runtime)
    runtime.check_passed("p", ())
    assert runtime.provider("p").turn(conversation, "m") is None


def test_headroom_follows_what_replies_say(runtime: Runtime, clock: Hands) -> None:
    headers = [
        (b"x-ratelimit-limit-requests", b"100"),
        (b"x-ratelimit-remaining-requests", b"0"),
        (b"x-ratelimit-reset-requests", b"30s"),
    ]
    state = succeed(runtime)
    version = runtime.routing_version
    succeed(runtime, headers=headers)
    assert state.headroom == 0.0
    assert runtime.routing_version > version
    clock.now += 31
    runtime.tally()
    assert state.headroom is None


def test_headroom_follows_our_own_limits(runtime: Runtime, clock: Hands) -> None:
    runtime.adopt(configured())
    state = succeed(runtime)
    assert (state.capacity, state.headroom) == (4, 0.9)
    for _ in range(4):
        succeed(runtime)
    assert state.headroom == 0.5
    clock.now += 61
    runtime.tally()
    assert state.headroom == 1.0


def test_slow_answers_degrade_where_the_operator_says_what_slow_is(runtime: Runtime) -> None:
    runtime.adopt(configured(health={"degraded_p95_s": 1.5}))
    state = succeed(runtime)
    assert (state.health, "longer than 2.0 s" in state.reason) == (Health.DEGRADED, True)


def test_another_configuration_keeps_what_happened_and_forgets_who_is_gone(runtime: Runtime) -> None:
    runtime.provider("gone")
    succeed(runtime)
    runtime.adopt(configured(breaker={"failures": 5}))
    assert list(runtime.providers) == ["p"]
    assert runtime.provider("p").requests == 1
    for _ in range(4):
        fail(runtime)
    assert breaker(runtime) is BreakerState.CLOSED


# ── the operator ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_drained_disabled_and_back(runtime: Runtime) -> None:
    state = succeed(runtime)
    for act, expected in (
        (runtime.drain, (True, Health.ACTIVE)),
        (runtime.disable, (True, Health.DISABLED)),
        (runtime.enable, (False, Health.CHECKING)),
    ):
        version = runtime.routing_version
        act("p")
        assert (state.draining, state.health) == expected
        assert runtime.routing_version > version


def test_checks_and_answers_do_not_enable_what_the_operator_disabled(runtime: Runtime) -> None:
    state = succeed(runtime)
    runtime.disable("p")
    runtime.check_passed("p", ("m",))
    succeed(runtime)
    check_fails(runtime)
    assert state.health is Health.DISABLED


def test_a_reset_forgets_what_speaks_against_a_provider(runtime: Runtime) -> None:
    for _ in range(3):
        gone(runtime)
    fail(runtime, UpstreamRateLimited("slow down", upstream_status=429, retry_after_s=10))
    runtime.reset("p")
    state = runtime.provider("p")
    assert (breaker(runtime), state.health, state.cooldown_s) == (BreakerState.CLOSED, Health.CHECKING, 0)
