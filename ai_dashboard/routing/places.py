"""Where each provider can be asked, and which regions that is, as far as the operator has said.

What is not said is not guessed: an address that may be in one of several regions counts as being in all of them.
"""

from collections.abc import Mapping
from types import MappingProxyType

from ai_dashboard.config.schema import MultiRegion, Provider, ProviderRegions
from ai_dashboard.config.schema.regions import EVERYWHERE, LOCAL
from ai_dashboard.core.data import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """An address of a provider. `within` are all regions in which it may be, empty when nothing is known; `region` is
    its name, `""` unless there is just one. `home`: a machine of the operator's own. `base_url` is None for the
    provider's own address."""

    region: str
    within: frozenset[str]
    home: bool = False
    base_url: str | None = None

    def surely_in(self, regions: frozenset[str]) -> bool:
        """Whether it is in one of these regions, whichever of those it may be in is meant."""
        return (self.home and LOCAL in regions) or (bool(self.within) and self.within <= regions)


SOMEWHERE = Place("", frozenset())
"""A place of which nothing is known."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What the operator says of a provider: its places, where it promises that data stay, and what it has been audited
    for, in lower case. `passes_on`: its server hands some models on to a service."""

    name: str
    places: tuple[Place, ...] = (SOMEWHERE,)
    promised: frozenset[str] = frozenset()
    audits: frozenset[str] = frozenset()
    passes_on: bool = False

    def places_of(self, model: str) -> tuple[Place, ...]:
        """Where this model is answered, the provider's own address first."""
        return (SOMEWHERE,) if self.passes_on and leaves_home(model) else self.places

    def promises(self, place: Place) -> bool:
        """Whether data that are sent to this place stay there."""
        return place.home or EVERYWHERE in self.promised or place.surely_in(self.promised)


def leaves_home(model: str) -> bool:
    """Whether an Ollama server answers for this model by asking ollama.com, which it does for the tag `cloud` and tags
    that end in `-cloud`, such as `gpt-oss:120b-cloud` (https://docs.ollama.com/cloud)."""
    _, colon, tag = model.rpartition(":")
    return bool(colon) and (tag == "cloud" or tag.endswith("-cloud"))


def compile_standings(providers: Mapping[str, Provider], settings: MultiRegion) -> Mapping[str, Standing]:
    """What is said of each provider, in `providers.yaml` and in `multi-region.yaml`."""
    return MappingProxyType({name: _standing(provider, settings) for name, provider in providers.items()})


def _standing(provider: Provider, settings: MultiRegion) -> Standing:
    written = settings.provider_regions.get(provider.name, ProviderRegions())
    return Standing(
        provider.name,
        _places(provider, written),
        frozenset(written.data_residency_support or ()),
        frozenset(audit.lower() for audit in written.compliance),
        provider.type == "ollama" and not provider.own_service,
    )


def _places(provider: Provider, written: ProviderRegions) -> tuple[Place, ...]:
    """A provider's own address, unless a region has it or every region has one, then those of its regions."""
    regional = [
        Place(region, frozenset((region,)), region == LOCAL, url) for region, url in written.regional_endpoints.items()
    ]
    own = _own_place(provider, written)
    same = next((place.region for place in regional if place.base_url == provider.base_url), own.region)
    if any(place.region == same for place in regional):
        return tuple(sorted(regional, key=lambda place: place.region != same))
    everywhere = written.regional_endpoints.keys() >= set(written.available_regions)
    return tuple(regional) if written.available_regions and everywhere and not own.region else (own, *regional)


def _own_place(provider: Provider, written: ProviderRegions) -> Place:
    """Where a provider's own address is. Where two files disagree it may be in any region that one of them names."""
    available = frozenset(written.available_regions)
    if written.primary_region is not None:
        within = frozenset((written.primary_region,))
    elif provider.region:
        within = frozenset((provider.region,)) | (frozenset() if provider.region in available else available)
    elif not available and provider.local:
        within = frozenset((LOCAL,))
    else:
        within = available
    home = within == {LOCAL} or (provider.local and bool(provider.location))
    return Place(next(iter(within)) if len(within) == 1 else "", within, home)
