"""A picture of a gateway whose past is known to the second."""

from types import MappingProxyType
from typing import Any

import pytest

from ai_dashboard.config.load import Config
from ai_dashboard.config.schema import GatewaySettings, Mappings, ProvidersFile
from ai_dashboard.core.errors import UpstreamError, UpstreamRateLimited, UpstreamRefusedKey
from ai_dashboard.core.plan import Candidate
from ai_dashboard.core.records import Stage
from ai_dashboard.core.snapshot import SLICE_S, AlertLevel, BreakerState, ConfigView, Health, HostView, Snapshot
from ai_dashboard.gateway.generation import build_generation
from ai_dashboard.gateway.runtime import Runtime
from ai_dashboard.gateway.snapshot import MAX_RUNNING, TREND_POINTS, freeze
from ai_dashboard.gateway.trip import Attempt


class Hands:
    """A clock whose hands are moved by the test."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now

    def wall(self) -> float:
        return 1e9 + self.now


class Past:
    """A runtime, its clock, and pictures of it."""

    def __init__(self) -> None:
        self.clock = Hands()
        self.count = 0
        self.runtime = Runtime(clock=self.clock, new_id=self._next)

    def _next(self) -> str:
        self.count += 1
        return f"id-{self.count}"

    def request(self, *, error: str | None = None) -> None:
        trip = self.runtime.begin("openai")
        trip.first_token = trip.arrived + 0.5
        self.clock.now += 2.0
        trip.stage, trip.error = (Stage.FAILED, error) if error else (Stage.DONE, None)
        self.runtime.finish(trip)

    def picture(self, *, refused: str | None = None, **entries: dict[str, Any]) -> Snapshot:
        providers = ProvidersFile.model_validate({"providers": entries}).providers
        config = Config(MappingProxyType(providers), Mappings(), GatewaySettings(), "a test")
        return freeze(
            1,
            self.runtime,
            build_generation(1, config, refused=refused),
            address=("127.0.0.1", 4000),
            config=ConfigView(1, None, "a test", usable=refused is None),
            host=HostView(),
            simulated=False,
        )


@pytest.fixture
def past() -> Past:
    return Past()


VLLM = {"type": "vllm", "base_url": "http://127.0.0.1:8001", "models": ["m"]}


def test_an_empty_past(past: Past) -> None:
    picture = past.picture(p=VLLM)
    assert (picture.gateway.rate, picture.gateway.requests, picture.ttft.p50) == (0, 0, None)
    assert [(point.at, point.requests) for point in picture.series] == [(1e9 + 1000.0, 0)]
    view = picture.providers[0]
    assert (view.health, view.address, view.local) == (Health.CHECKING, "127.0.0.1:8001", True)
    assert (view.error_ratio, view.tokens_per_s, view.total.p95) == (None, None, None)
    assert view.trend == (None,) * TREND_POINTS


def test_the_series_has_no_holes(past: Past) -> None:
    past.request()
    past.runtime.tally()
    past.clock.now += 4 * SLICE_S
    past.request(error="upstream_error")
    series = past.picture().series
    assert [point.at - series[0].at for point in series] == [SLICE_S * index for index in range(len(series))]
    assert (sum(point.requests for point in series), sum(point.errors for point in series)) == (2, 1)
    assert series[0].total.p50 == pytest.approx(2.0, rel=0.032)
    assert series[0].ttft.p50 == pytest.approx(0.5, rel=0.032)


def test_rates_are_over_the_time_that_has_passed(past: Past) -> None:
    past.request()
    assert past.picture().gateway.rate == pytest.approx(0.5)
    past.clock.now += 100
    assert past.picture().gateway.rate == 0


def test_what_runs_is_shown_newest_first_and_bounded(past: Past) -> None:
    for _ in range(MAX_RUNNING + 5):
        past.runtime.begin("openai")
    picture = past.picture()
    assert picture.gateway.in_flight == MAX_RUNNING + 5
    assert len(picture.running) == MAX_RUNNING
    assert picture.running[0].id == f"id-{MAX_RUNNING + 5}"


def test_what_is_listed_and_what_is_found_are_one_list(past: Past) -> None:
    past.runtime.check_passed("p", ("found", "m"))
    assert past.picture(p=VLLM).providers[0].models == ("m", "found")


def test_who_is_off_is_shown_as_such_and_templates_are_not(past: Past) -> None:
    secret = "http://user:password@gpu.example:1"
    picture = past.picture(
        off={**VLLM, "status": "disabled", "base_url": secret},
        keyless={"type": "openai"},
        template={**VLLM, "status": "template"},
    )
    assert {view.name: (view.health, view.reason) for view in picture.providers} == {
        "off": (Health.DISABLED, "disabled"),
        "keyless": (Health.DISABLED, "no API key"),
    }
    assert "password" not in repr(picture)
    assert [(alert.key, alert.level) for alert in picture.alerts] == [("provider:keyless:barred", AlertLevel.INFO)]


def test_an_alert_lasts_as_long_as_its_cause(past: Past) -> None:
    past.runtime.check_passed("p", ())
    past.runtime.check_failed("p", UpstreamError("connection refused"))
    past.clock.now += 60
    alert = past.picture(p=VLLM).alerts[0]
    assert (alert.key, alert.level, alert.at) == ("provider:p:unavailable", AlertLevel.CRITICAL, 1e9 + 1000.0)
    past.runtime.check_passed("p", ())
    assert past.picture(p=VLLM).alerts == ()


def test_what_was_never_up_is_no_incident(past: Past) -> None:
    past.runtime.check_failed("p", UpstreamError("connection refused"))
    assert past.picture(p=VLLM).alerts[0].level is AlertLevel.WARNING


def test_a_refused_key_names_the_variable(past: Past) -> None:
    past.runtime.check_failed("p", UpstreamRefusedKey("who?"))
    entry = {"type": "openai", "api_key": "sk-0123456789"}
    assert "OPENAI_API_KEY" in past.picture(p=entry).alerts[0].hint


def fail(past: Past, error: UpstreamError, model: str = "m") -> None:
    attempt = Attempt(Candidate("p", model, "listing", 1.0), past.clock.now)
    past.runtime.attempt_begins(attempt)
    past.runtime.attempt_failed(attempt, error)


def test_breakers_are_shown_with_what_they_wait_for(past: Past) -> None:
    past.runtime.check_passed("p", ("m",))
    for _ in range(3):
        fail(past, UpstreamError("HTTP 500: out of memory"))
    picture = past.picture(p=VLLM)
    (view,) = picture.providers
    assert (view.health, view.reason) == (
        Health.UNAVAILABLE,
        "the breaker of m is open: HTTP 500: out of memory",
    )
    (target,) = view.targets
    assert (target.model, target.breaker, target.reason) == ("m", BreakerState.OPEN, "HTTP 500: out of memory")
    assert target.retry_in_s >= 300
    assert picture.alerts[0].key == "provider:p:unavailable"


def test_one_broken_model_of_several_degrades(past: Past) -> None:
    past.runtime.check_passed("p", ("m",))
    fail(past, UpstreamError("boom"), "other")
    for _ in range(3):
        fail(past, UpstreamError("boom"))
    view = past.picture(p=VLLM).providers[0]
    assert (view.health, view.reason) == (Health.DEGRADED, "the breaker of m is open")


def test_a_cooldown_is_shown_as_long_as_it_lasts(past: Past) -> None:
    past.runtime.check_passed("p", ("m",))
    fail(past, UpstreamRateLimited("slow down", upstream_status=429, retry_after_s=20))
    picture = past.picture(p=VLLM)
    view = picture.providers[0]
    assert (view.health, 20 <= view.cooldown_s <= 24) == (Health.COOLDOWN, True)
    assert [alert.key for alert in picture.alerts] == ["provider:p:cooldown"]
    past.clock.now += 25
    assert past.picture(p=VLLM).providers[0].health is Health.ACTIVE


def test_what_the_operator_has_switched_is_shown(past: Past) -> None:
    past.runtime.check_passed("p", ("m",))
    assert past.picture(p=VLLM).providers[0].wish is None
    past.runtime.drain("p")
    view = past.picture(p=VLLM).providers[0]
    assert (view.health, view.wish) == (Health.DRAINING, "drained")
    past.runtime.disable("p")
    picture = past.picture(p=VLLM)
    view = picture.providers[0]
    assert (view.health, view.wish, view.reason) == (Health.DISABLED, "disabled", "disabled by the operator")
    (alert,) = picture.alerts
    assert (alert.key, alert.level) == ("provider:p:off", AlertLevel.INFO)
    assert "providers enable p" in alert.hint


def test_what_the_configuration_keeps_off_is_nobodys_wish(past: Past) -> None:
    assert past.picture(off={**VLLM, "status": "disabled"}).providers[0].wish is None


def test_a_drained_provider_that_goes_down_is_no_incident(past: Past) -> None:
    past.runtime.check_passed("p", ("m",))
    past.runtime.drain("p")
    past.runtime.check_failed("p", UpstreamError("connection refused"))
    picture = past.picture(p=VLLM)
    assert picture.providers[0].health is Health.DRAINING
    assert [alert.level for alert in picture.alerts] == [AlertLevel.INFO]


def test_what_a_drained_provider_has_begun_is_said(past: Past) -> None:
    past.runtime.attempt_begins(Attempt(Candidate("p", "m", "listing", 1.0), past.clock.now))
    past.runtime.drain("p")
    assert past.picture(p=VLLM).providers[0].reason.endswith("1 in flight may end")


def test_limits_and_places_are_shown(past: Past) -> None:
    entry = VLLM | {"rate_limits": {"max_concurrent": 4, "requests_per_minute": 10}}
    providers = ProvidersFile.model_validate({"providers": {"p": entry}}).providers
    past.runtime.adopt(Config(MappingProxyType(providers), Mappings(), GatewaySettings(), "a test"))
    view = past.picture(p=entry).providers[0]
    assert (view.capacity, view.headroom) == (4, 1.0)


def test_a_refused_configuration_comes_first(past: Past) -> None:
    alert = past.picture(refused="providers.yaml:1:1: error").alerts[0]
    assert (alert.key, "providers.yaml:1:1" in alert.text) == ("config:refused", True)
