"""What follows a failure: tables of every rule, and the budget that keeps retries from becoming a storm."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ai_dashboard.core.errors import (
    CallerError,
    GatewayError,
    UpstreamContextExceeded,
    UpstreamError,
    UpstreamInvalid,
    UpstreamLacksModel,
    UpstreamRateLimited,
    UpstreamRefusedKey,
    UpstreamRejected,
    UpstreamTimeout,
    UpstreamTruncated,
    UpstreamUnreachable,
)
from ai_dashboard.routing.retry import GiveUp, Next, Retry, RetryBudget, RetryPolicy, Tried, Verdict, after

NOW = 100.0
POLICY = RetryPolicy()

UNREACHABLE = UpstreamUnreachable("connection refused")
BUSY = UpstreamError("HTTP 503", upstream_status=503)
LIMITED = UpstreamRateLimited("HTTP 429", upstream_status=429)
REJECTED = UpstreamRejected("HTTP 400", upstream_status=400, body=b"", content_type="")
TOO_LONG = UpstreamContextExceeded("HTTP 400", upstream_status=400, body=b"", content_type="")


def verdict(
    *errors: GatewayError,
    following: int | None = None,
    retries: int = 0,
    deadline: float = NOW + 600,
    chance: float = 0.5,
) -> Verdict:
    """After these candidates have failed just now, one after the other."""
    failed = [Tried(place, error, NOW) for place, error in enumerate(errors)]
    return after(failed, following=following, retries=retries, now=NOW, deadline=deadline, policy=POLICY, chance=chance)


@pytest.mark.parametrize(
    "error",
    [
        UNREACHABLE, BUSY, LIMITED, TOO_LONG, UpstreamTimeout("late"), UpstreamTruncated("cut"),
        UpstreamInvalid("HTML"), UpstreamLacksModel("404"), UpstreamRefusedKey("401"), UpstreamError("500"),
        CallerError("inexpressible here"),
    ],
)  # fmt: skip
def test_another_candidate_is_better_than_waiting(error: GatewayError) -> None:
    assert verdict(error, following=1) == Next(1)


def test_a_refusal_of_the_ask_itself_is_final() -> None:
    assert verdict(REJECTED, following=3) == GiveUp()


def test_nobody_is_asked_after_the_deadline() -> None:
    assert verdict(BUSY, following=3, deadline=NOW) == GiveUp()


@pytest.mark.parametrize("error", [UNREACHABLE, BUSY, LIMITED])
def test_the_same_provider_is_asked_again_where_that_can_help(error: GatewayError) -> None:
    assert verdict(error) == Retry(0, 0.5)


@pytest.mark.parametrize(
    "error",
    [
        TOO_LONG, UpstreamTimeout("late"), UpstreamTruncated("cut"), UpstreamInvalid("HTML"), UpstreamLacksModel("404"),
        UpstreamRefusedKey("401"), UpstreamError("500", upstream_status=500), CallerError("inexpressible here"),
        UpstreamError("500", upstream_status=500, retry_after_s=1.0),
    ],
)  # fmt: skip
def test_and_not_where_it_cannot(error: GatewayError) -> None:
    assert verdict(error) == GiveUp()


@pytest.mark.parametrize(("retries", "longest"), [(0, 1.0), (1, 2.0), (2, 4.0)])
def test_pauses_double_and_are_drawn_from_nothing_to_the_full(retries: int, longest: float) -> None:
    assert verdict(BUSY, retries=retries, chance=0.0) == Retry(0, 0.0)
    assert verdict(BUSY, retries=retries, chance=1.0) == Retry(0, longest)


def test_there_is_an_end_to_it() -> None:
    assert verdict(BUSY, retries=POLICY.max) == GiveUp()


def limited(wait_s: float | None, *, sensible: bool = True) -> UpstreamRateLimited:
    return UpstreamRateLimited("429", upstream_status=429, retry_after_s=wait_s, may_be_repeated=sensible)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (limited(7.0), Retry(0, 7.0)),
        (limited(0.0), Retry(0, 0.5)),
        (limited(60.0), Retry(0, 60.0)),
        (limited(61.0), GiveUp()),
        (limited(None, sensible=False), GiveUp()),
    ],
)
def test_what_the_provider_says_is_kept(error: UpstreamError, expected: Verdict) -> None:
    assert verdict(error) == expected


def test_what_would_end_after_the_deadline_is_not_begun() -> None:
    assert verdict(limited(7.0), deadline=NOW + 7) == GiveUp()
    assert verdict(limited(7.0), deadline=NOW + 8) == Retry(0, 7.0)


def test_the_time_since_the_failure_counts() -> None:
    failed = [Tried(0, limited(10.0), NOW - 8), Tried(1, UpstreamError("500"), NOW)]
    step = after(failed, following=None, retries=0, now=NOW, deadline=NOW + 60, policy=POLICY, chance=0.0)
    assert step == Retry(0, 2.0)


def test_of_several_the_one_that_is_ready_first_is_asked() -> None:
    assert verdict(limited(9.0), UpstreamError("500"), limited(3.0)) == Retry(2, 3.0)


def test_only_the_latest_failure_of_a_candidate_counts() -> None:
    failed = [Tried(0, BUSY, NOW - 1), Tried(0, UpstreamTimeout("late"), NOW)]
    assert after(failed, following=None, retries=1, now=NOW, deadline=NOW + 60, policy=POLICY, chance=0.0) == GiveUp()


# ── the budget ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_few_retries_are_always_allowed() -> None:
    budget = RetryBudget()
    assert [budget.take(NOW, 1, 0.2, 3) for _ in range(31)] == [True] * 30 + [False]
    assert not budget.take(NOW + 9, 1, 0.2, 3)
    assert budget.take(NOW + 10, 1, 0.2, 3)


def test_beyond_those_they_are_a_share_of_the_requests() -> None:
    budget = RetryBudget()
    assert sum(budget.take(NOW, 1000, 0.2, 3) for _ in range(500)) == 200


def test_a_clock_that_is_set_back_neither_opens_nor_closes_the_tap_for_good() -> None:
    budget = RetryBudget()
    for jump in (0.0, -3600.0, 3600.0, -5.0):
        allowed = sum(budget.take(NOW + 7200 + jump, 1, 0.2, 3) for _ in range(100))
        assert allowed <= 60
    assert budget.take(NOW + 7200 + 3600 + 20, 1, 0.2, 3)


@settings(max_examples=40, deadline=None)
@given(rate=st.integers(150, 600), candidates=st.integers(1, 3), seed=st.integers(0, 99))
def test_with_everything_down_there_are_at_most_a_fifth_more_attempts(rate: int, candidates: int, seed: int) -> None:
    """Half a minute of requests at a steady rate, each of which goes through all candidates and then retries."""
    budget, draw, attempts, requests = RetryBudget(), random.Random(seed), 0, 0
    waiting: list[tuple[float, int]] = []
    for tick in range(60):
        now = NOW + tick / 2
        due = [(when, retries) for when, retries in waiting if when <= now]
        waiting = [item for item in waiting if item[0] > now]
        for retries in [0] * (rate // 2) + [retries for _, retries in due]:
            attempts += candidates if not retries else 1
            requests += not retries
            failed = [Tried(place, UNREACHABLE, now) for place in range(candidates)]
            step = after(
                failed, following=None, retries=retries, now=now, deadline=now + 60, policy=POLICY, chance=draw.random()
            )
            recent = min(rate * 10, requests)
            if isinstance(step, Retry) and budget.take(now, recent, 0.2, 3):
                waiting.append((now + step.delay_s, retries + 1))
    assert attempts <= 1.2 * requests * candidates + POLICY.budget_min_per_s * RetryBudget.WINDOW_S
