"""A configuration, compiled: who is asked where, for how long, and with what."""

from types import MappingProxyType
from typing import Any

import pytest

from ai_dashboard.config.load import Config
from ai_dashboard.config.schema import GatewaySettings, Mappings, ProvidersFile
from ai_dashboard.costs.catalogue import public_prices
from ai_dashboard.costs.pricing import completed
from ai_dashboard.gateway.generation import Upstream, build_generation


def compiled(entry: dict[str, Any], settings: dict[str, Any] | None = None) -> dict[str, Upstream]:
    providers = ProvidersFile.model_validate({"providers": {"p": entry}}).providers
    gateway = GatewaySettings.model_validate(settings or {})
    return dict(build_generation(7, Config(MappingProxyType(providers), Mappings(), gateway, "a test")).upstreams)


@pytest.mark.parametrize(
    ("entry", "first_byte_s"),
    [
        ({"type": "vllm", "base_url": "http://127.0.0.1:8001"}, 300),
        ({"type": "vllm", "base_url": "https://gpu.example"}, 30),
        ({"type": "openai_compatible", "base_url": "http://127.0.0.1:1"}, 30),
        ({"type": "vllm", "base_url": "http://127.0.0.1:1", "timeouts": {"first_token_s": 4}}, 4),
    ],
    ids=["own engine", "engine elsewhere", "anything else", "its own word"],
)
def test_who_may_have_to_load_a_model_is_given_more_time(entry: dict[str, Any], first_byte_s: float) -> None:
    assert compiled(entry)["p"].timeouts.first_byte_s == first_byte_s


def test_a_providers_own_times_win() -> None:
    entry = {"type": "openai", "timeout_s": 50, "timeouts": {"connect_s": 1, "idle_s": 2}}
    times = compiled(entry, {"timeouts": {"connect_s": 9, "idle_s": 9, "total_s": 9}})["p"].timeouts
    assert (times.connect_s, times.idle_s, times.total_s) == (1, 2, 50)


@pytest.mark.parametrize("status", ["disabled", "template"])
def test_who_is_not_active_is_not_asked(status: str) -> None:
    assert compiled({"type": "vllm", "base_url": "http://127.0.0.1:1", "status": status}) == {}


def test_a_target_holds_what_a_dialect_needs_and_shows_no_secret() -> None:
    entry = {
        "type": "openai_compatible",
        "base_url": "http://127.0.0.1:1/api/v1",
        "api_key": "sk-0123456789",
        "headers": {"X-Team": "blue"},
    }
    target = compiled(entry)["p"].target("m")
    assert (target.provider, target.model, target.base_path, target.api_key) == ("p", "m", "/api", "sk-0123456789")
    assert target.headers == (("x-team", "blue"),)
    assert "sk-0123456789" not in repr(target)


def test_routing_knows_prices_that_the_configuration_does_not_name() -> None:
    providers = ProvidersFile.model_validate(
        {"providers": {"openai": {"type": "openai", "models": ["gpt-5"]}}}
    ).providers
    config = Config(MappingProxyType(providers), Mappings(), GatewaySettings(), "a test")
    public = public_prices()
    made = build_generation(1, config, completed=lambda it: completed(it, public, 1_795_262_400.0))
    assert made.table.providers["openai"].prices["gpt-5"].output > 0
    assert made.config is config
    assert not build_generation(1, config).table.providers["openai"].prices
