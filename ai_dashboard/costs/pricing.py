"""What each model costs at each provider. The file's own price wins; then what a machine takes an hour; then nothing,
for a machine of one's own; then the public prices. Where none of them says anything it is unknown.
"""

from collections.abc import Callable, Mapping
from dataclasses import field, replace
from types import MappingProxyType

from ai_dashboard.config.load import Config
from ai_dashboard.config.schema import Price, Provider
from ai_dashboard.core.costs import DOLLAR, Rates, Source, nano
from ai_dashboard.core.data import dataclass
from ai_dashboard.costs.catalogue import Catalogue, Listing, Tariff

ALL_MODELS = "*"

MAX_REMEMBERED = 4096
"""Models whose price is remembered. Names come from callers, so there must be an end to them."""

Keeps = Callable[[str, str], bool]
"""Whether requests for a model (second) stay on machines of one's own at a provider (first)."""


@dataclass(frozen=True, slots=True)
class Priced:
    """What a model costs: by the token, by the hour (nano-dollars), or neither. `costs_money`: a call of it may end up
    on somebody's bill."""

    source: Source
    tariff: Tariff | None = None
    hourly: int | None = None
    costs_money: bool = True


FREE = Priced("free", costs_money=False)
UNKNOWN = Priced("unknown")


@dataclass(slots=True)
class Prices:
    """The prices of one configuration. `unpriced` are the models that were asked for and whose price nobody knows."""

    providers: Mapping[str, Provider]
    catalogue: Catalogue
    keeps: Keeps
    unpriced: set[tuple[str, str]] = field(default_factory=set)
    _known: dict[tuple[str, str], Priced | Listing] = field(default_factory=dict)

    def of(self, provider: str, model: str, wall: float) -> Priced:
        """What a model costs at a moment, in Unix time."""
        known = self._known.get((provider, model))
        if known is None:
            if len(self._known) >= MAX_REMEMBERED:
                self._known.clear()
            known = self._known[provider, model] = self._look_up(provider, model)
        if isinstance(known, Listing):
            return _by_the_token("catalogue", known.at(wall))
        if known is UNKNOWN and len(self.unpriced) < MAX_REMEMBERED:
            self.unpriced.add((provider, model))
        return known

    def _look_up(self, name: str, model: str) -> Priced | Listing:
        provider = self.providers.get(name)
        if provider is None:
            return UNKNOWN
        written = provider.cost_per_1k_tokens.get(model) or provider.cost_per_1k_tokens.get(ALL_MODELS)
        if written is not None:
            return _by_the_token("file", tariff_of(written))
        if provider.hourly_cost is not None:
            return Priced("hourly", hourly=nano(provider.hourly_cost), costs_money=provider.hourly_cost > 0)
        if self.keeps(name, model):
            return FREE
        listing = self.catalogue.find(provider.type, provider.base_url, model)
        if listing is None:
            return UNKNOWN
        return _by_the_token("catalogue", listing.periods[0].tariff) if len(listing.periods) == 1 else listing


def tariff_of(price: Price) -> Tariff:
    """A price as the operator wrote it. Where nothing is said of tokens from the provider's cache they cost what others
    do: rather too much on record than too little."""
    return Tariff(
        (
            (
                -1,
                Rates(
                    nano(price.input),
                    nano(price.output),
                    None if price.cached_input is None else nano(price.cached_input),
                    None if price.cache_write is None else nano(price.cache_write),
                ),
            ),
        )
    )


def completed(config: Config, catalogue: Catalogue, wall: float) -> Config:
    """The configuration with public prices where it lists a model and says nothing of its price, so that routing by
    price knows them too."""
    providers = {name: _completed(provider, catalogue, wall) for name, provider in config.providers.items()}
    return replace(config, providers=MappingProxyType(providers))


def _completed(provider: Provider, catalogue: Catalogue, wall: float) -> Provider:
    written = provider.cost_per_1k_tokens
    if provider.local or provider.hourly_cost is not None or ALL_MODELS in written:
        return provider
    found = {
        model.name: _price_of(listing.at(wall))
        for model in provider.models
        if model.name not in written
        and (listing := catalogue.find(provider.type, provider.base_url, model.name)) is not None
    }
    return provider.model_copy(update={"cost_per_1k_tokens": {**found, **written}}) if found else provider


def _price_of(tariff: Tariff) -> Price:
    """What a short prompt costs."""
    rates = tariff.at(0)
    return Price(input=(rates.input or 0) / DOLLAR, output=(rates.output or 0) / DOLLAR)


def _by_the_token(source: Source, tariff: Tariff) -> Priced:
    return Priced(source, tariff, costs_money=any(rates.input or rates.output for _, rates in tariff.steps))
