"""A gateway that runs well, and an environment of one's own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.widgets.gateway import Fake, served, usual
from tests.widgets.running import environment

KEY = 'sk-it\'s "secret"'


@pytest.fixture
def gateway() -> Iterator[Fake]:
    with served(Fake(KEY, usual())) as fake:
        yield fake


@pytest.fixture
def env(gateway: Fake, tmp_path: Path) -> dict[str, str]:
    """Whoever is let in."""
    return environment(tmp_path, LITELLM_HOST=gateway.url, LITELLM_API_KEY=gateway.key)
