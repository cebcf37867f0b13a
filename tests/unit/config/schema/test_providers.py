import pytest
from pydantic import ValidationError

from ai_dashboard.config.schema import Model, Provider, ProvidersFile, parameters_of
from ai_dashboard.config.schema.base import Section


def provider(**fields: object) -> Provider:
    return Provider.model_validate({"name": "p", "type": "ollama", **fields})


def test_a_word_is_a_model() -> None:
    assert provider(models=["a:7b", 12, {"name": "c", "tags": "fast"}]).models == (
        Model(name="a:7b"),
        Model(name="12"),
        Model(name="c", tags=("fast",)),
    )


def test_an_entry_is_named_by_its_key() -> None:
    file = ProvidersFile.model_validate({"providers": {"mine": {"type": "gemini"}}})
    assert file.providers["mine"].name == "mine"
    assert file.providers["mine"].type == "google"


@pytest.mark.parametrize(
    ("fields", "url"),
    [
        ({}, "http://127.0.0.1:11434"),
        ({"base_url": ""}, "http://127.0.0.1:11434"),
        ({"type": "openai"}, "https://api.openai.com"),
        ({"type": "openai", "base_url": "http://x/v1/"}, "http://x"),
        ({"type": "vllm"}, ""),
    ],
)
def test_address(fields: dict[str, object], url: str) -> None:
    assert provider(**fields).base_url == url


@pytest.mark.parametrize(
    ("fields", "local"),
    [
        ({}, True),
        ({"base_url": "https://ollama.com"}, False),
        ({"base_url": "http://gpu-box:11434"}, True),
        ({"type": "vllm", "base_url": "http://8.8.8.8"}, False),
        ({"type": "vllm", "base_url": "http://8.8.8.8", "location": "Local"}, True),
        ({"location": "cloud"}, False),
        ({"type": "openai_compatible", "base_url": "http://127.0.0.1:1"}, False),
        ({"type": "openai_compatible", "base_url": "http://127.0.0.1:1", "location": "local"}, True),
    ],
)
def test_local(fields: dict[str, object], local: bool) -> None:
    assert provider(**fields).local is local


@pytest.mark.parametrize(
    ("fields", "variables", "needs"),
    [
        ({"type": "openai"}, ("OPENAI_API_KEY",), True),
        ({"type": "google"}, ("GEMINI_API_KEY", "GOOGLE_API_KEY"), True),
        ({"type": "openai", "env_var": "MINE"}, ("MINE",), True),
        ({"type": "openai", "base_url": "https://elsewhere.example"}, (), False),
        ({"type": "openai", "requires_api_key": False}, ("OPENAI_API_KEY",), False),
        ({}, (), False),
        ({"base_url": "https://ollama.com"}, ("OLLAMA_API_KEY",), False),
        ({"base_url": "https://ollama.com.example"}, (), False),
    ],
)
def test_a_usual_key_goes_to_its_own_service_only(
    fields: dict[str, object], variables: tuple[str, ...], needs: bool
) -> None:
    assert provider(**fields).key_variables == variables
    assert provider(**fields).needs_key is needs


def test_secrets_are_not_shown() -> None:
    shown = repr(provider(api_key="sk-verysecret", headers={"x-token": "hush-hush"}))
    assert "verysecret" not in shown
    assert "hush" not in shown


@pytest.mark.parametrize(
    ("written", "prices"),
    [
        (0.002, {"*": (0.002, 0.002)}),
        ({"input": 1, "output": 2}, {"*": (1, 2)}),
        ({"m": 3, "n": {"input": 1, "output": 2}, "o": None}, {"m": (3, 3), "n": (1, 2)}),
    ],
)
def test_prices(written: object, prices: dict[str, tuple[float, float]]) -> None:
    entry = provider(cost_per_1k_tokens=written)
    assert {model: (price.input, price.output) for model, price in entry.cost_per_1k_tokens.items()} == prices


@pytest.mark.parametrize("price", [-1, {"m": -1}, {"m": {"input": -0.1}}, {"m": "free"}])
def test_no_negative_price(price: object) -> None:
    with pytest.raises(ValidationError):
        provider(cost_per_1k_tokens=price)


def test_other_rate_limits_are_tolerated() -> None:
    limits = provider(rate_limits={"requests_per_minute": 5, "requests_per_day": 9}).rate_limits
    assert limits.requests_per_minute == 5


def test_limits_are_written_as_those_of_tenants() -> None:
    assert provider(rate_limits={"limits": "1000/hour"}).rate_limits.limits == ("1000/hour",)
    with pytest.raises(ValidationError, match="should be limits such as"):
        provider(rate_limits={"limits": ["1000/hour", "often"]})


@pytest.mark.parametrize(
    ("size", "count"),
    [("8B", 8e9), ("1.5b", 1.5e9), ("8x7B", 56e9), ("350M", 350e6), (" 70 B ", 70e9), ("4.7GB", None), ("big", None)],
)
def test_sizes(size: str, count: float | None) -> None:
    assert parameters_of(size) == count


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("llama3.1:8b", 8e9),
        ("mixtral:8x7b", 56e9),
        ("qwen2.5-coder:32b-instruct-q4", 32e9),
        ("Qwen/Qwen2.5-7B-Instruct", 7e9),
        ("gpt-4o", None),
        ("phi3:latest", None),
    ],
)
def test_sizes_in_names(name: str, count: float | None) -> None:
    assert Model(name=name).parameters == count


def test_a_stated_size_wins_over_the_name() -> None:
    assert Model(name="x:7b", size="7.6B").parameters == 7.6e9


def sections(section: type[Section] = Section) -> list[type[Section]]:
    return [section, *(inner for outer in section.__subclasses__() for inner in sections(outer))]


@pytest.mark.parametrize("section", sections(), ids=lambda section: section.__name__)
def test_every_field_is_documented(section: type[Section]) -> None:
    assert section.__doc__
    assert section.model_fields.keys() - section.described().keys() == set()
