"""One Valkey for all tests of a folder, emptied for each; those that hurt it take one of their own."""

from collections.abc import Iterator

import pytest

from tests.valkey import Valkey, valkey


@pytest.fixture(scope="session")
def shared_valkey() -> Iterator[Valkey]:
    with valkey() as server:
        yield server
