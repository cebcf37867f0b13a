"""Tables compiled from a configuration as it is written, and providers in any state."""

from collections.abc import Callable
from types import MappingProxyType
from typing import Any

import pytest

from ai_dashboard.config.load import Config
from ai_dashboard.config.schema import GatewaySettings, Mappings, ProvidersFile
from ai_dashboard.core.snapshot import Health
from ai_dashboard.routing.live import KnownProvider, Live
from ai_dashboard.routing.table import Table, compile_table

Compile = Callable[..., Table]
MakeLive = Callable[..., Live]


@pytest.fixture(scope="session")
def compiled() -> Compile:
    """`compiled(providers={…}, **mappings)`. An entry of `providers` may be its list of models only."""

    def compiled(providers: dict[str, Any], **mappings: object) -> Table:
        entries = {
            name: {"type": "vllm", "base_url": "http://127.0.0.1:8001"}
            | (entry if isinstance(entry, dict) else {"models": entry})
            for name, entry in providers.items()
        }
        file = ProvidersFile.model_validate({"providers": entries})
        config = Config(
            MappingProxyType(file.providers),
            Mappings.model_validate(mappings),
            GatewaySettings(),
            "written by the test",
        )
        return compile_table(config)

    return compiled


@pytest.fixture(scope="session")
def live() -> MakeLive:
    """`live(name=state)`: a state is a `Health`, a list of discovered models, a pair of health and reason, or whole."""

    def live(**states: Health | list[str] | tuple[Health, str] | KnownProvider) -> Live:
        made: dict[str, KnownProvider] = {}
        for name, state in states.items():
            match state:
                case KnownProvider():
                    made[name] = state
                case Health():
                    made[name] = KnownProvider(health=state)
                case list():
                    made[name] = KnownProvider(models=tuple(state))
                case (health, reason):
                    made[name] = KnownProvider(health, reason)
        return made

    return live
