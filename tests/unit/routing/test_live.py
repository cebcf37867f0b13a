"""Live state that does not change, as planning reads it."""

from types import MappingProxyType

from ai_dashboard.routing.live import UNTRIED, BreakerState, KnownProvider, KnownTarget, Live, ProviderLive, TargetLive


def test_what_was_never_asked_is_unknown_and_well() -> None:
    provider: ProviderLive = KnownProvider()
    target: TargetLive = provider.target("m")
    assert target is UNTRIED
    assert (target.breaker, target.share, target.success_ratio, target.ewma_ttft_s) == (BreakerState.CLOSED, 1, 1, None)


def test_what_is_known_of_a_model_is_its_own() -> None:
    slow = KnownTarget(ewma_total_s=9.0)
    live: Live = {"p": KnownProvider(targets=MappingProxyType({"m": slow}))}
    assert live["p"].target("m") is slow
    assert live["p"].target("other") is UNTRIED
