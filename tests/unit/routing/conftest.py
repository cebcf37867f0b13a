"""Tables compiled from a configuration as it is written, and providers in any state."""

from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import pytest

from ai_dashboard.config.load import Config
from ai_dashboard.config.schema import GatewaySettings, Mappings, ProvidersFile
from ai_dashboard.core.snapshot import Health
from ai_dashboard.routing.table import Live, Table, compile_table

Compile = Callable[..., Table]
MakeLive = Callable[..., Live]


@dataclass(frozen=True, slots=True)
class State:
    """A provider as it stands."""

    health: Health = Health.ACTIVE
    reason: str = ""
    models: tuple[str, ...] = ()


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
    """`live(name=state)`: a state is a `Health`, a list of discovered models, or a pair of health and reason."""

    def live(**states: Health | list[str] | tuple[Health, str]) -> Live:
        made: dict[str, State] = {}
        for name, state in states.items():
            match state:
                case Health():
                    made[name] = State(health=state)
                case list():
                    made[name] = State(models=tuple(state))
                case (health, reason):
                    made[name] = State(health, reason)
        return made

    return live
