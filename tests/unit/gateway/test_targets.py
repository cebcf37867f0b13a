"""What is kept of a provider and of its models, and that there is an end to it."""

import math

import pytest

from ai_dashboard.config.schema import RateLimits
from ai_dashboard.core.errors import UpstreamError
from ai_dashboard.core.snapshot import BreakerState, Health, LoadedModel
from ai_dashboard.gateway.targets import (
    MAX_FAILURES,
    MAX_REMEMBERED,
    MAX_SHOWN,
    MAX_TARGETS,
    MIN_LOOK_S,
    Present,
    ProviderState,
    TargetState,
)
from ai_dashboard.gateway.warmth import SILENT, Engine
from ai_dashboard.routing.breaker import BreakerPolicy
from ai_dashboard.routing.headroom import Left
from ai_dashboard.routing.live import UNTRIED, ProviderLive, Turn
from ai_dashboard.telemetry.answers import Answers
from ai_dashboard.telemetry.rate import RateCounter
from ai_dashboard.telemetry.track import Track

POLICY = BreakerPolicy()
NOW = 1000.0


def provider() -> ProviderState:
    return ProviderState("p", Track(NOW), RateCounter(), Present(NOW))


def opened(target: TargetState) -> TargetState:
    for _ in range(3):
        target.circuit.failed(NOW, NOW, 0.0)
    target.reason = str(UpstreamError("boom"))
    return target


def test_it_is_what_planning_reads() -> None:
    state = provider()
    live: ProviderLive = state
    assert live.target("m") is UNTRIED
    assert (live.capacity, live.headroom, live.cooldown_s, live.error_ratio, live.draining) == (None, None, 0, 0, False)
    target = state.asked_for("m", POLICY)
    assert live.target("m") is target
    assert (target.breaker, target.share, target.retry_in_s, target.success_ratio) == (BreakerState.CLOSED, 1, 0, 1)


def test_time_is_that_of_the_present() -> None:
    state = provider()
    target = opened(state.asked_for("m", POLICY))
    state.cooldown.begin(NOW, 10, 0.0)
    assert (target.retry_in_s, state.cooldown_s) == (300, 10)
    state.present.now = NOW + 4
    assert (target.retry_in_s, state.cooldown_s) == (296, 6)


def test_names_that_callers_invent_do_not_fill_the_memory() -> None:
    state = provider()
    opened(state.asked_for("broken", POLICY))
    state.asked_for("busy", POLICY).in_flight = 1
    for count in range(MAX_TARGETS + 100):
        state.asked_for(f"invented-{count}", POLICY)
    assert len(state.targets) == MAX_TARGETS
    assert {"broken", "busy"} <= state.targets.keys()
    assert "invented-0" not in state.targets


def test_when_there_is_something_to_remember_of_all_the_oldest_goes() -> None:
    state = provider()
    for count in range(MAX_TARGETS + 1):
        state.asked_for(f"busy-{count}", POLICY).in_flight = 1
    assert "busy-0" not in state.targets


def test_the_most_worrying_models_are_shown_first() -> None:
    state = provider()
    for count in range(2 * MAX_SHOWN):
        state.asked_for(f"m-{count}", POLICY).in_flight = count
    opened(state.asked_for("broken", POLICY))
    views = state.views()
    assert [view.model for view in views[:2]] == ["broken", f"m-{2 * MAX_SHOWN - 1}"]
    assert len(views) == MAX_SHOWN
    assert (views[0].breaker, views[0].share, views[0].retry_in_s, views[0].reason) == (
        BreakerState.OPEN,
        0.0,
        300.0,
        "boom",
    )


def test_what_is_loaded_is_known_of_models_that_come_later_too() -> None:
    state = provider()
    state.asked_for("early", POLICY)
    assert state.target("early").warm is None
    assert state.says(Engine({"early": 0.5}), NOW, 0.0)
    state.asked_for("late", POLICY)
    assert [state.target(model).warm for model in ("early", "late")] == [True, False]
    assert [state.target(model).in_vram for model in ("early", "late")] == [0.5, None]
    assert state.target("untried").warm is False
    assert not state.says(Engine({"early": 0.5}, busy=3), NOW, 0.0)
    assert state.says(Engine({"early": 0.5, "untried": None}), NOW, 0.0)
    assert state.target("untried").warm is True
    assert state.says(SILENT, NOW, 0.0)
    assert state.target("untried") is UNTRIED
    assert [state.target(model).warm for model in ("early", "late")] == [None, None]


def test_what_is_passed_on_to_a_service_never_has_to_load() -> None:
    state = provider()
    state.says(Engine({}), NOW, 0.0)
    assert [state.asked_for(model, POLICY).warm for model in ("own:8b", "gpt-oss:120b-cloud")] == [False, None]


def test_requests_of_others_are_those_that_are_not_ours() -> None:
    state = provider()
    state.in_flight = 2
    state.says(Engine(everything=True, busy=5, slots=4), NOW, 0.0)
    assert (state.others, state.slots) == (3, 4)
    state.in_flight = 9
    state.says(Engine(everything=True, busy=5), NOW, 0.0)
    assert (state.others, state.slots) == (0, None)


@pytest.mark.parametrize(
    ("until", "look_at"), [(None, math.inf), (130.0, NOW + 30), (99.0, math.inf), (100.2, NOW + MIN_LOOK_S)]
)
def test_it_is_looked_at_again_when_a_model_is_about_to_go(until: float | None, look_at: float) -> None:
    state = provider()
    state.says(Engine({"m": 1.0}, until=until), NOW, 100.0)
    assert state.look_at == pytest.approx(look_at)


def test_what_has_answered_is_loaded_and_others_may_have_made_room() -> None:
    state = provider()
    state.says(Engine({}), NOW, 0.0)
    state.loads(state.asked_for("m", POLICY), NOW + 5)
    assert (state.target("m").warm, state.look_at) == (True, NOW + 5)
    state.says(Engine({"m": 1.0}), NOW + 6, 0.0)
    state.loads(state.asked_for("m", POLICY), NOW + 7)
    assert state.look_at == math.inf


def test_who_is_gone_has_lost_its_caches() -> None:
    state, ann = provider(), ("", "user", "ann")
    state.conversations.served(ann, "m", Turn("", 9, NOW))
    state.become(Health.DEGRADED, "slow", 0.0)
    assert state.turn(ann, "m") == Turn("", 9, NOW)
    state.become(Health.UNAVAILABLE, "gone", 0.0)
    assert state.turn(ann, "m") is None


def test_what_is_left_is_the_scarcest_of_all_limits() -> None:
    state = provider()
    assert not state.reckon(NOW)
    state.limits = RateLimits(requests_per_minute=10)
    state.count(NOW, Answers([(1.0, 0.5, 7)] * 4))
    state.in_flight = 1
    assert not state.reckon(NOW)
    assert state.headroom == 0.5
    state.told([Left("tokens", 0.0, NOW + 5)])
    assert state.reckon(NOW)
    assert state.headroom == 0.0
    assert state.reckon(NOW + 6)
    assert state.headroom == 0.5


def test_what_happened_lately_is_remembered_and_there_is_an_end_to_it() -> None:
    state = provider()
    for number in range(MAX_REMEMBERED + 5):
        state.become(Health.ACTIVE if number % 2 else Health.UNAVAILABLE, f"reason {number}", float(number))
        state.failed("m", f"failure {number}", float(number))
    assert len(state.changes) == MAX_REMEMBERED
    assert (state.changes[-1].at, state.changes[-1].reason) == (104.0, "reason 104")
    assert len(state.failures) == MAX_FAILURES
    assert (state.failures[-1].model, state.failures[-1].message) == ("m", state.last_error)
    state.become(Health.UNAVAILABLE, "still", 200.0)
    assert state.changes[-1].at == 104.0  # the same health with another reason is no change


def test_what_is_left_of_each_limit() -> None:
    state = provider()
    state.limits = RateLimits(requests_per_minute=10, tokens_per_minute=1_000)
    state.told([Left("requests", 0.5, NOW + 30), Left("over", 0.1, NOW - 1)])
    state.rate.add(NOW, 3)
    state.in_flight = 1
    state.tokens.add(NOW, 250)
    assert [(it.name, round(it.left, 2), it.resets_in_s) for it in state.limits_left(NOW)] == [
        ("requests", 0.5, 30.0),
        ("10 requests a minute, as configured", 0.6, None),
        ("1,000 tokens a minute, as configured", 0.75, None),
    ]


def test_what_is_in_memory_is_what_the_server_says() -> None:
    state = provider()
    assert not state.loaded
    state.says(Engine({"a": 0.5, "b": None}, vram={"a": 7}), NOW, 0.0)
    assert state.loaded == (LoadedModel("a", 0.5, 7), LoadedModel("b", None, None))
