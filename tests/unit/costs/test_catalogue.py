"""Public prices as they are in our list, and how a model is found in it."""

from datetime import UTC, datetime

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.core.costs import Rates
from ai_dashboard.costs.catalogue import Catalogue, Json, Period, Tariff, public_prices

OPENAI, ANTHROPIC = "https://api.openai.com", "https://api.anthropic.com"
GOOGLE = "https://generativelanguage.googleapis.com"
MICRO = 1_000_000
ODD = public_prices()
FLAT: dict[str, Json] = {"input": 1, "output": 2}


@pytest.fixture(scope="module")
def prices() -> Catalogue:
    return public_prices()


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def listed(*models: dict[str, Json], address: str = "https://shop", others: tuple[str, ...] = ()) -> Catalogue:
    services = [
        {"name": "shop", "address": address, "models": list(models), "others": list(others)},
        {"name": "maker", "address": "https://maker", "models": [model("own", FLAT)]},
    ]
    return Catalogue(orjson.dumps({"about": {"date": "2026-11-21", "source": "a test"}, "services": services}))


def model(name: str, *prices: dict[str, Json], match: list[Json] | None = None) -> dict[str, Json]:
    return {"id": name, "match": match or ["is", name], "prices": list(prices)}


@pytest.mark.parametrize(
    ("kind", "address", "name", "cents"),
    [
        ("openai", OPENAI, "gpt-4o", {"input": 250, "output": 1000, "cached_input": 125}),
        ("openai", OPENAI, "gpt-4o-2024-08-06", {"input": 250, "output": 1000, "cached_input": 125}),
        ("openai", OPENAI, "gpt-4o-mini", {"input": 15, "output": 60, "cached_input": 7.5}),
        ("openai", OPENAI, "gpt-4.1", {"input": 200, "output": 800, "cached_input": 50}),
        ("openai", OPENAI, "gpt-5", {"input": 125, "output": 1000, "cached_input": 12.5}),
        ("openai", OPENAI, "gpt-5.2-20251211", {"input": 175, "output": 1400, "cached_input": 17.5}),
        ("openai", OPENAI, "text-embedding-3-small", {"input": 2}),
        ("anthropic", ANTHROPIC, "claude-3-5-haiku-20241022",
         {"input": 80, "output": 400, "cached_input": 8, "cache_write": 100}),
        ("anthropic", ANTHROPIC, "claude-sonnet-4-5-20250929",
         {"input": 300, "output": 1500, "cached_input": 30, "cache_write": 375}),
        ("anthropic", "http://proxy.corp:8080", "claude-3-haiku-20240307",
         {"input": 25, "output": 125, "cached_input": 3, "cache_write": 30}),
        ("google", GOOGLE, "models/gemini-2.5-flash",
         {"input": 30, "output": 250, "cached_input": 3, "input_audio": 100}),
        ("google", GOOGLE, "gemini-2.5-flash-image", {"input": 30, "output": 250, "output_image": 3000}),
        ("openai_compatible", "https://openrouter.ai/api/v1", "openai/gpt-4o",
         {"input": 250, "output": 1000, "cached_input": 125}),
        ("openai_compatible", "https://api.deepseek.com", "deepseek-chat", None),
        ("openai_compatible", "https://api.groq.com/openai", "whisper-large-v3", "unpriced"),
        ("openai_compatible", "http://10.0.0.5:8000", "gpt-4o", "unpriced"),
        ("openai", OPENAI, "whisper-1", "unpriced"),
        ("openai", OPENAI, "gpt-99", "unpriced"),
        ("openai", OPENAI, "x" * 10_000, "unpriced"),
        ("ollama", "https://ollama.com", "gpt-oss:120b", "unpriced"),
    ],
)  # fmt: skip
def test_well_known_models(
    prices: Catalogue, kind: str, address: str, name: str, cents: dict[str, float] | str | None
) -> None:
    found = prices.find(kind, address, name)
    if cents == "unpriced":
        assert found is None
        return
    assert found is not None
    if isinstance(cents, dict):
        rates = {"input": None, "output": None, **{kind: round(price * MICRO / 100) for kind, price in cents.items()}}
        assert found.at(at("2026-11-21")).at(0) == Rates(**rates)


def test_models_that_cost_nothing_are_known_to_cost_nothing(prices: Catalogue) -> None:
    found = prices.find("google", GOOGLE, "gemma-3-27b-it")
    assert found is not None
    assert found.at(0).at(0) == Rates(0, 0)


def test_long_prompts_have_prices_of_their_own(prices: Catalogue) -> None:
    found = prices.find("google", GOOGLE, "gemini-2.5-pro")
    assert found is not None
    tariff = found.at(at("2026-11-21"))
    assert [start for start, _ in tariff.steps] == [-1, 200_000]
    assert (tariff.at(200_000).input, tariff.at(200_001).input) == (1_250_000, 2_500_000)
    assert (tariff.at(200_000).output, tariff.at(200_001).output) == (10_000_000, 15_000_000)


def test_steps_may_differ_between_kinds_of_tokens() -> None:
    catalogue = listed(model("m", {"input": [1, [10, 2]], "output": [3, [20, 4]]}))
    tariff = catalogue.find("x", "https://shop", "m")
    assert tariff is not None
    assert tariff.at(0).steps == (
        (-1, Rates(1 * MICRO, 3 * MICRO)),
        (10, Rates(2 * MICRO, 3 * MICRO)),
        (20, Rates(2 * MICRO, 4 * MICRO)),
    )


def test_of_the_periods_that_hold_the_last_one_counts() -> None:
    changing = model("m", FLAT, {"from": "2026-12-01", "input": 3, "output": 4})
    listing = listed(changing).find("x", "https://shop", "m")
    assert listing is not None
    assert listing.at(at("2026-11-30T23:59:59")).at(0) == Rates(MICRO, 2 * MICRO)
    assert listing.at(at("2026-12-01T00:00")).at(0) == Rates(3 * MICRO, 4 * MICRO)


@pytest.mark.parametrize(
    ("between", "cheap"),
    [
        (["00:30", "16:30"], {"00:30": True, "16:29": True, "16:30": False, "00:29": False}),
        (["22:00", "06:00"], {"22:00": True, "05:59": True, "06:00": False, "21:59": False}),
    ],
)
def test_prices_for_hours_of_the_day(between: list[Json], cheap: dict[str, bool]) -> None:
    listing = listed(model("m", FLAT, {"between": between, "input": 0, "output": 0})).find("x", "https://shop", "m")
    assert listing is not None
    found = {time: listing.at(at(f"2026-11-21T{time}")).at(0) == Rates(0, 0) for time in cheap}
    assert found == cheap


@pytest.mark.parametrize(
    ("rule", "name", "matches"),
    [
        (["is", "a"], "a", True),
        (["is", "a"], "ab", False),
        (["starts", "a"], "ab", True),
        (["ends", "b"], "ab", True),
        (["has", "b"], "abc", True),
        (["fits", "^a.c$"], "abc", True),
        (["fits", "^a.c$"], "abcd", False),
        (["any", ["is", "a"], ["is", "b"]], "b", True),
        (["all", ["starts", "a"], ["ends", "b"]], "ab", True),
        (["all", ["starts", "a"], ["ends", "b"]], "ac", False),
    ],
)
def test_rules(rule: list[Json], name: str, matches: bool) -> None:
    found = listed(model("m", FLAT, match=rule)).find("x", "https://shop", name.upper())
    assert (found is not None) == matches


def test_who_passes_on_the_models_of_another_takes_the_others_prices() -> None:
    catalogue = listed(model("m", FLAT), others=("maker",))
    assert catalogue.find("x", "https://shop", "own") is not None
    assert catalogue.find("x", "https://maker", "m") is None


def test_an_address_says_more_than_a_kind() -> None:
    catalogue = listed(model("m", FLAT))
    assert catalogue.find("maker", "https://shop", "own") is None
    assert catalogue.find("maker", "https://elsewhere", "own") is not None


@given(st.text(max_size=300))
def test_no_name_is_too_odd_to_be_looked_up(name: str) -> None:
    assert ODD.find("openai", OPENAI, name) is None or name.strip()


def test_the_list_says_how_old_it_is(prices: Catalogue) -> None:
    assert prices.source.startswith("genai-prices ")
    assert datetime.fromisoformat(prices.date).year >= 2026


def test_a_period_without_a_condition_always_holds() -> None:
    assert Period(Tariff(((-1, Rates(0, 0)),))).holds(datetime.now(UTC))
