"""How requests are handled: the usual way, and what one name has of its own."""

from dataclasses import replace
from typing import Any

import pytest

from ai_dashboard.config.schema import GatewaySettings
from ai_dashboard.core.errors import CallerError
from ai_dashboard.gateway.handling import NEVER, Handling, breaker_policy, compile_handlings, timeout_of
from ai_dashboard.routing.breaker import BreakerPolicy
from ai_dashboard.routing.retry import RetryPolicy
from ai_dashboard.transport.client import Timeouts


def handling(asked: str, **written: object) -> Handling:
    return compile_handlings(GatewaySettings.model_validate(written)).of(asked)


def test_nothing_written_is_the_usual_way() -> None:
    usual = handling("m")
    assert usual == Handling(total_s=600, retries=RetryPolicy())
    assert breaker_policy(GatewaySettings().breaker) == BreakerPolicy()


def test_what_is_written_applies_to_every_name() -> None:
    made = handling(
        "m",
        timeouts={"total_s": 60},
        retries={"max": 1, "base_delay_s": 0.5, "max_wait_s": 5, "budget_ratio": 0, "budget_min_per_s": 0},
        hedge={"after": 2.5, "budget_ratio": 0.2},
        stream={"holdback_ms": 50, "on_cut": "restart"},
    )
    assert made == Handling(60, RetryPolicy(1, 0.5, 5, 0, 0), 2.5, 0.2, 0.05, "restart")


def test_a_name_has_what_is_its_own_and_the_rest_from_all() -> None:
    written: dict[str, Any] = {
        "retries": {"max": 2, "base_delay_s": 0.5},
        "stream": {"on_cut": "restart", "holdback_ms": 10},
        "routes": {
            "own": {
                "max_retries": 0, "hedge_after": "p95", "holdback_ms": 0, "on_cut": "error",
                "timeouts": {"total_s": 9, "idle_s": 3, "connect_s": 1, "first_token_s": 2},
            },
            "same": {},
        },
    }  # fmt: skip
    assert handling("own", **written) == Handling(9, RetryPolicy(max=0, base_s=0.5), "p95", 0.1, 0.0, "error", 1, 2, 3)
    assert handling("same", **written) == handling("other", **written)


def test_no_breaker_rests_for_less_than_its_cooldown() -> None:
    policy = breaker_policy(GatewaySettings.model_validate({"breaker": {"cooldown_s": 7200}}).breaker)
    assert (policy.cooldown_s, policy.max_cooldown_s) == (7200, 7200)


USUAL = Handling(total_s=600, retries=RetryPolicy())


@pytest.mark.parametrize(
    ("handling", "left_s", "given"),
    [
        (USUAL, 100.0, Timeouts(5, 30, 10, 60)),
        (USUAL, 7.5, Timeouts(5, 30, 10, 7.5)),
        (replace(USUAL, idle_s=2.0), 100.0, Timeouts(5, 30, 2, 60)),
        (replace(USUAL, connect_s=1.0, first_token_s=300.0), 50.0, Timeouts(1, 300, 10, 50)),
    ],
)
def test_an_attempt_is_given_what_is_left(handling: Handling, left_s: float, given: Timeouts) -> None:
    usual = Timeouts(5, 30, 10, 60)
    made = handling.timeouts(usual, left_s)
    assert made == given
    assert (made is usual) == (given == usual)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [({}, NEVER), ({"x-timeout": "2.5"}, 2.5), ({"x-timeout": " 30 "}, 30.0), ({"x": "1"}, NEVER)],
)
def test_a_caller_may_say_how_long_it_waits(headers: dict[str, str], seconds: float) -> None:
    assert timeout_of(headers) == seconds


@pytest.mark.parametrize("text", ["", "soon", "0", "-1", "nan", "inf", "1e999"])
def test_a_time_that_makes_no_sense_is_refused(text: str) -> None:
    with pytest.raises(CallerError, match="x-timeout"):
        timeout_of({"x-timeout": text})
