from pathlib import Path

import pytest

from ai_dashboard.config.catalogue import CATALOGUE
from ai_dashboard.config.load import load
from ai_dashboard.config.schema import ProviderType

SHIPPED = Path(__file__).parents[3] / "config"
ENTRIES = {"openai": "openai", "anthropic": "anthropic", "google": "google", "ollama": "ollama-cloud"}


@pytest.mark.parametrize("kind", CATALOGUE)
def test_discovery_offers_what_the_shipped_folder_lists(kind: ProviderType) -> None:
    config = load(SHIPPED, {}).config
    assert config is not None
    listed = config.providers[ENTRIES[kind]].models
    assert [(model.name, model.context_length, model.max_output_tokens) for model in CATALOGUE[kind]] == [
        (model.name, model.context_length, model.max_output_tokens) for model in listed
    ]
