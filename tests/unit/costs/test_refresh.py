"""Our list, made anew, against the package that it is made from."""

import io
from datetime import UTC, date, datetime
from pathlib import Path

import orjson
import pytest
from genai_prices.data import providers as services
from genai_prices.types import ModelPrice, TieredPrices, Usage

from ai_dashboard.core.costs import Rates
from ai_dashboard.costs.catalogue import Catalogue
from ai_dashboard.costs.refresh import main, text_of

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
SOLD = {"openai": "https://api.openai.com", "anthropic": "https://api.anthropic.com",
        "google": "https://generativelanguage.googleapis.com", "groq": "https://api.groq.com",
        "azure": "https://me.openai.azure.com", "mistral": "https://api.mistral.ai",
        "openrouter": "https://openrouter.ai"}  # fmt: skip


@pytest.fixture(scope="module")
def made() -> Catalogue:
    return Catalogue(text_of("a test", date(2026, 11, 21), services))


@pytest.mark.parametrize("service", SOLD)
def test_every_model_is_found_and_priced_as_the_package_does_it(made: Catalogue, service: str) -> None:
    theirs = next(it for it in services if it.id == service)
    compared = 0
    for model in theirs.models:
        known = theirs.find_model(model.id, all_providers=services)
        ours = made.find("none", SOLD[service], model.id)
        if known is None or not is_by_the_token(known.get_prices(NOW)):
            continue
        assert ours is not None, model.id
        assert ours.id == known.id
        compared += 1
        rates = ours.at(NOW.timestamp()).at(1000)
        priced = known.get_prices(NOW)
        assert (rates.input, rates.output) == (figure(priced.input_mtok), figure(priced.output_mtok)), model.id
    assert compared > 3


def is_by_the_token(prices: ModelPrice) -> bool:
    return prices.input_mtok is not None


def figure(price: object) -> int | None:
    base = price.base if isinstance(price, TieredPrices) else price
    return None if base is None else round(round(float(str(base)), 6) * 1e6)


@pytest.mark.parametrize("tokens", [1000, 199_999, 200_001, 500_000])
def test_amounts_agree_with_the_package(made: Catalogue, tokens: int) -> None:
    google = next(it for it in services if it.id == "google")
    for name in ("gemini-2.5-pro", "gemini-1.5-flash", "gemini-2.5-flash-lite"):
        model = google.find_model(name)
        assert model is not None
        theirs = model.calc_price(Usage(input_tokens=tokens, output_tokens=300), google, genai_request_timestamp=NOW)
        listing = made.find("google", SOLD["google"], name)
        assert listing is not None
        rates = listing.at(NOW.timestamp()).at(tokens)
        assert rates.input is not None
        assert rates.output is not None
        ours = tokens * rates.input + 300 * rates.output
        assert ours == pytest.approx(float(theirs.total_price) * 1e12)


def test_a_line_for_each_model_and_what_it_was_made_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = io.StringIO()
    monkeypatch.setattr("sys.stderr", said)
    main(tmp_path / "prices.json")
    text = (tmp_path / "prices.json").read_text()
    about = orjson.loads(text)["about"]
    assert about["source"].startswith("genai-prices ")
    assert "models of" in said.getvalue()
    assert text.count('\n{"id":') > 1000
    assert '{"id":"claude-3-haiku","match":["starts","claude-3-haiku"]' in text


def test_what_is_not_paid_by_the_token_is_left_out(made: Catalogue) -> None:
    assert made.find("openai", SOLD["openai"], "whisper-1") is None
    free = made.find("google", SOLD["google"], "gemma-3-27b-it")
    assert free is not None
    assert free.at(0).at(0) == Rates(0, 0)
