"""What is in force: one configuration, compiled. Immutable; a request keeps the generation that it began with."""

from collections.abc import Callable, Mapping
from dataclasses import field, replace
from random import Random
from types import MappingProxyType

from ai_dashboard.config.load import Config
from ai_dashboard.config.schema import GatewaySettings, Provider
from ai_dashboard.core.chat import Target
from ai_dashboard.core.data import dataclass
from ai_dashboard.core.plan import Candidate
from ai_dashboard.dialects.kinds import KINDS, Kind
from ai_dashboard.gateway.handling import Handlings, compile_handlings
from ai_dashboard.routing.experiments import compile_experiments
from ai_dashboard.routing.planner import MAX_REMEMBERED, Planner
from ai_dashboard.routing.table import ModelEntry, Table, compile_table
from ai_dashboard.routing.turns import Turns
from ai_dashboard.transport.client import Endpoint, Timeouts
from ai_dashboard.transport.http1 import HeaderBlock, header_block

Completed = Callable[[Config], Config]
"""The configuration with prices that it does not name itself, so that routing by price knows them too."""


@dataclass(frozen=True, slots=True)
class Upstream:
    """One provider, ready to be asked: where it is, how it speaks, and how long it is waited for."""

    provider: Provider
    kind: Kind
    endpoint: Endpoint
    base_path: str
    timeouts: Timeouts
    health_timeouts: Timeouts

    def target(self, model: str, entry: ModelEntry | None = None) -> Target:
        """What a dialect needs to write a request for one of its models."""
        key = self.provider.api_key
        return Target(
            provider=self.provider.name,
            kind=self.kind.name,
            model=model,
            base_path=self.base_path,
            api_key=key.get_secret_value() if key else None,
            headers=tuple((name.lower(), value) for name, value in self.provider.headers.items()),
            options=entry.options if entry else {},
            context_length=entry.context_length if entry else None,
            max_output=entry.max_output if entry else None,
        )


@dataclass(frozen=True, slots=True)
class Destination:
    """One model at one provider, with everything about it that every request needs again."""

    upstream: Upstream
    target: Target
    reply_head: HeaderBlock
    """`x-provider` and `x-model`, for the caller."""


@dataclass(frozen=True, slots=True)
class Generation:
    """Everything a request looks up. `refused` says why nothing is served, when the configuration had errors. What is
    remembered in it follows from it alone."""

    number: int
    config: Config
    table: Table
    upstreams: Mapping[str, Upstream]
    planner: Planner
    handlings: Handlings
    refused: str | None = None
    completed: Completed | None = None
    _destinations: dict[tuple[str, str, str], Destination] = field(default_factory=dict, repr=False)

    def destination(self, candidate: Candidate) -> Destination:
        """Where an attempt goes: to the provider's address in the region that the plan says, where it has one there."""
        key = (candidate.provider, candidate.model, candidate.region)
        known = self._destinations.get(key)
        if known is None:
            if len(self._destinations) >= MAX_REMEMBERED:
                self._destinations.clear()
            known = self._destinations[key] = self._destination(*key)
        return known

    def _destination(self, provider: str, model: str, region: str) -> Destination:
        upstream = self.upstreams[provider]
        if region and (address := self.table.regions.base_url(provider, region)) is not None:
            endpoint, base_path = Endpoint.parse(address)
            upstream = replace(upstream, endpoint=endpoint, base_path=base_path)
        entry = self.table.providers[provider].models.get(model)
        headers = ((b"x-provider", header_value(provider)), (b"x-model", header_value(model)))
        return Destination(upstream, upstream.target(model, entry), header_block(headers))

    @property
    def settings(self) -> GatewaySettings:
        return self.config.gateway


def build_generation(
    number: int,
    config: Config,
    *,
    refused: str | None = None,
    turns: Turns | None = None,
    chance: Random | None = None,
    completed: Completed | None = None,
) -> Generation:
    """Compile a configuration that loaded without errors. All that can fail fails here, before anything is swapped.
    `turns` are those of the generation before: whose turn it is outlives it; `chance` decides what plans draw."""
    upstreams = {
        name: _upstream(provider, config.gateway) for name, provider in config.providers.items() if provider.active
    }
    table = compile_table(config if completed is None else completed(config))
    planner = Planner(table, chance or Random(), turns=turns, splits=compile_experiments(config.gateway.experiments))
    handlings = compile_handlings(config.gateway)
    return Generation(number, config, table, MappingProxyType(upstreams), planner, handlings, refused, completed)


def header_value(text: str) -> bytes:
    """A name as a header value: non-ASCII and control characters become `?`."""
    if text.isascii() and text.isprintable():  # as nearly every name is
        return text.encode()
    return bytes(byte if 32 <= byte < 127 else 63 for byte in text.encode("ascii", "replace"))


def _upstream(provider: Provider, settings: GatewaySettings) -> Upstream:
    kind = KINDS[provider.type]
    endpoint, base_path = Endpoint.parse(provider.base_url)
    general, own = settings.timeouts, provider.timeouts
    first = general.first_token_local_s if kind.local_engine and provider.local else general.first_token_s
    timeouts = Timeouts(
        connect_s=own.connect_s or general.connect_s,
        first_byte_s=own.first_token_s or first,
        idle_s=own.idle_s or general.idle_s,
        total_s=own.total_s or provider.timeout_s or general.total_s,
    )
    patience = settings.health.timeout_s
    health = Timeouts(connect_s=patience, first_byte_s=patience, idle_s=patience, total_s=patience)
    return Upstream(provider, kind, endpoint, base_path, timeouts, health)
