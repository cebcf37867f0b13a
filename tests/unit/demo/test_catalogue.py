"""The cast is recognisable as simulated, and every model has somewhere to go when its provider fails."""

from ai_dashboard.demo.catalogue import PROVIDERS


def test_every_name_says_demo() -> None:
    names = ["demo-cloud", "demo-vllm", "demo-ollama", "demo-claude", "demo-gemini"]
    assert [provider.name for provider in PROVIDERS] == names


def test_every_dialect_is_spoken() -> None:
    assert {provider.kind for provider in PROVIDERS} == {"openai_compatible", "ollama", "anthropic", "google"}


def test_embedding_models_have_dimensions_and_others_have_none() -> None:
    for provider in PROVIDERS:
        assert provider.all_models == provider.models + provider.embedding_models
        assert all(model.dimensions > 0 for model in provider.embedding_models)
        assert not any(model.dimensions for model in provider.models)


def test_most_requests_go_well() -> None:
    for provider in PROVIDERS:
        rates = provider.faults
        assert 0 < rates.rate_limited + rates.server_error + rates.stall + rates.cut < 0.1


def test_some_models_are_served_twice() -> None:
    served = [model.name for provider in PROVIDERS for model in provider.models]
    assert len(set(served)) < len(served)


def test_only_the_local_engine_loads_models_and_knows_their_files() -> None:
    for provider in PROVIDERS:
        assert (provider.load_s > 0) is (provider.kind == "ollama")
        assert all((model.file_bytes > 0) is (provider.kind == "ollama") for model in provider.models)
