"""Who says what a model costs, and whose word wins."""

import pytest

from ai_dashboard.config.load import load
from ai_dashboard.config.schema import Price, Provider
from ai_dashboard.core.costs import DOLLAR, Rates
from ai_dashboard.costs.catalogue import public_prices
from ai_dashboard.costs.pricing import MAX_REMEMBERED, Prices, completed, tariff_of

PUBLIC = public_prices()
NOON = 1_795_262_400.0


def provider(**settings: object) -> Provider:
    return Provider.model_validate({"name": "p", "type": "openai", **settings})


def prices(one: Provider) -> Prices:
    return Prices({"p": one}, PUBLIC, lambda _name, model: one.local and not model.endswith("-cloud"))


@pytest.mark.parametrize(
    ("settings", "model", "source", "costs_money"),
    [
        ({}, "gpt-4o", "catalogue", True),
        ({}, "gpt-99", "unknown", True),
        ({"cost_per_1k_tokens": {"gpt-4o": {"input": 1, "output": 2}}}, "gpt-4o", "file", True),
        ({"cost_per_1k_tokens": {"gpt-4o": {"input": 1, "output": 2}}}, "gpt-5", "catalogue", True),
        ({"cost_per_1k_tokens": 0.5}, "gpt-99", "file", True),
        ({"cost_per_1k_tokens": 0}, "gpt-4o", "file", False),
        ({"hourly_cost": 2.5}, "gpt-4o", "hourly", True),
        ({"hourly_cost": 0}, "gpt-4o", "hourly", False),
        ({"hourly_cost": 2.5, "cost_per_1k_tokens": 1}, "gpt-4o", "file", True),
        ({"type": "ollama"}, "llama3.1:8b", "free", False),
        ({"type": "ollama"}, "gpt-oss:120b-cloud", "unknown", True),
        ({"type": "vllm", "base_url": "http://127.0.0.1:8001", "hourly_cost": 1}, "m", "hourly", True),
        ({"type": "openai_compatible", "base_url": "https://api.example.com"}, "gpt-4o", "unknown", True),
    ],
)
def test_whose_word_wins(settings: dict[str, object], model: str, source: str, costs_money: bool) -> None:
    priced = prices(provider(**settings)).of("p", model, NOON)
    assert (priced.source, priced.costs_money) == (source, costs_money)


def test_the_files_price_is_for_a_thousand_tokens() -> None:
    written = Price(input=0.0025, output=0.01, cached_input=0.00125)
    assert tariff_of(written).at(0) == Rates(2_500_000, 10_000_000, 1_250_000)


def test_an_hour_in_nano_dollars() -> None:
    assert prices(provider(hourly_cost=2.5)).of("p", "m", NOON).hourly == 2.5 * DOLLAR


def test_models_without_a_price_are_remembered_for_an_alert_and_there_is_an_end_to_that() -> None:
    known = prices(provider())
    known.of("p", "gpt-4o", NOON)
    known.of("gone", "m", NOON)
    for number in range(MAX_REMEMBERED + 10):
        known.of("p", f"gpt-unheard-of-{number}", NOON)
    assert ("p", "gpt-unheard-of-0") in known.unpriced
    assert ("gone", "m") in known.unpriced
    assert ("p", "gpt-4o") not in known.unpriced
    assert len(known.unpriced) == MAX_REMEMBERED


def test_a_price_that_changes_is_looked_up_for_its_day() -> None:
    google = Provider.model_validate({"name": "p", "type": "google"})
    known = prices(google)
    before, after = known.of("p", "gemini-3.6-flash", NOON), known.of("p", "gemini-3.6-flash", NOON + 90 * 86_400)
    assert before.tariff is not None
    assert after.tariff is not None
    assert (before.tariff.at(0).input, after.tariff.at(0).input) == (750_000, 1_500_000)


def test_routing_is_given_public_prices_where_the_file_says_nothing() -> None:
    config = load(None, {}).config
    assert config is not None
    with_models = {
        "a": provider(models=["gpt-4o", "gpt-99"]),
        "b": provider(models=["gpt-4o"], cost_per_1k_tokens={"*": 1}),
        "c": provider(models=["gpt-4o"], cost_per_1k_tokens={"gpt-4o": 9}),
        "d": provider(models=["gpt-4o"], hourly_cost=1),
    }
    found = completed(type(config)(with_models, config.mappings, config.gateway, "a test"), PUBLIC, NOON).providers
    assert found["a"].cost_per_1k_tokens == {"gpt-4o": Price(input=0.0025, output=0.01)}
    assert all(found[name] is with_models[name] for name in "bcd")
