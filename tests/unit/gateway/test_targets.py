"""What is kept of a provider and of its models, and that there is an end to it."""

from ai_dashboard.config.schema import RateLimits
from ai_dashboard.core.errors import UpstreamError
from ai_dashboard.core.snapshot import BreakerState
from ai_dashboard.gateway.targets import MAX_SHOWN, MAX_TARGETS, Present, ProviderState, TargetState
from ai_dashboard.routing.breaker import BreakerPolicy
from ai_dashboard.routing.headroom import Left
from ai_dashboard.routing.live import UNTRIED, ProviderLive
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
    state.holds(frozenset({"early"}))
    state.asked_for("late", POLICY)
    assert [state.target(model).warm for model in ("early", "late")] == [True, False]
    state.holds(None)
    assert [state.target(model).warm for model in ("early", "late")] == [None, None]


def test_what_is_left_is_the_scarcest_of_all_limits() -> None:
    state = provider()
    assert not state.reckon(NOW)
    state.limits = RateLimits(requests_per_minute=10)
    state.count(NOW, [(1.0, 0.5, 7)] * 4)
    state.in_flight = 1
    assert not state.reckon(NOW)
    assert state.headroom == 0.5
    state.told([Left("tokens", 0.0, NOW + 5)])
    assert state.reckon(NOW)
    assert state.headroom == 0.0
    assert state.reckon(NOW + 6)
    assert state.headroom == 0.5
