"""The kinds of providers that a configuration may name are those that we can speak to."""

from typing import get_args

from ai_dashboard.config.schema import ProviderType
from ai_dashboard.core.chat import DialectName
from ai_dashboard.dialects.kinds import KINDS


def test_every_type_of_the_configuration_has_its_kind() -> None:
    assert set(KINDS) == set(get_args(ProviderType))


def test_every_entry_is_found_by_its_own_name_and_has_its_paths() -> None:
    for name, kind in KINDS.items():
        assert kind.name == name
        assert kind.dialect in get_args(DialectName)
        assert kind.chat in kind.paths
        assert kind.embed is None or kind.embed in kind.paths
        assert all(path.startswith("/") for path in kind.paths.values())
        assert kind.models_path.startswith("/")
