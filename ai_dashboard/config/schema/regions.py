"""`multi-region.yaml`: where providers answer, and which data may go where."""

from typing import Annotated

from pydantic import AliasChoices, BeforeValidator, Field

from ai_dashboard.config.hosts import without_v1
from ai_dashboard.config.schema.base import FreeForm, NotNegative, Positive, Section, Words

LOCAL = "local"
"""The region of machines of your own. It is always known."""

EVERYWHERE = "*"
"""Stands for every region of a provider."""


def _region(value: object) -> object:
    return {"location": value} if isinstance(value, str) else value


class Region(Section):
    """A part of the world that providers answer in. A bare word stands for a map with only `location`."""

    location: str = ""
    """Where it is, for people."""
    timezone: str = ""
    """Its time zone, such as `Europe/Dublin`, for people."""
    description: str = ""
    """For people."""


USUAL_REGIONS = {
    "us-east": Region(location="eastern United States", timezone="America/New_York"),
    "us-west": Region(location="western United States", timezone="America/Los_Angeles"),
    "eu-west": Region(location="western Europe", timezone="Europe/Dublin"),
    "ap-southeast": Region(location="south-east Asia", timezone="Asia/Singapore"),
    LOCAL: Region(location="machines of your own"),
}
"""The regions that are known when a file names none."""


def _support(value: object) -> object:
    """`true` is every region, `false` none; otherwise a list of regions."""
    if isinstance(value, bool):
        return (EVERYWHERE,) if value else ()
    return [value] if isinstance(value, str) else value


class ProviderRegions(Section):
    """Where one provider answers."""

    available_regions: Words = ()
    """Where it answers. Its own address is taken to be in any of those that have no address of their own below."""
    primary_region: str | None = None
    """Where its own address is, when that is known."""
    regional_endpoints: dict[str, Annotated[str, BeforeValidator(without_v1)]] = Field(default_factory=dict)
    """Addresses by region. They are sent the same key as the provider's own."""
    data_residency_support: Annotated[tuple[str, ...] | None, BeforeValidator(_support)] = None
    """Whether it promises that data stay in the region: `true`, `false`, or the regions for which it does."""
    compliance: Words = ()
    """Frameworks that it has been audited for, such as `gdpr`."""
    description: str = ""
    """For people."""


class ResidencyRule(Section):
    """Where the data of one group may go. Whatever is mistyped here must narrow the rule, never widen it."""

    regions: Annotated[
        Words, Field(validation_alias=AliasChoices("regions", "allowed_regions", "required_regions", "region"))
    ] = ()
    """Where its requests may be answered. A strict rule needs at least one."""
    compliant_providers: Words | None = None
    """Who may answer, as `provider` or `provider/model`; when it is not said, machines of your own and providers with
    `data_residency_support` there."""
    strict: bool = True
    """Whether everything else is left out of every attempt. Otherwise it is only tried last."""
    required_compliance: Words = ()
    """Frameworks that a provider must have been audited for."""
    groups: Words = ()
    """Other names by which callers may ask for the rule."""
    tenants: Words = ()
    """Tenants that it holds for, whatever a request says."""
    description: str = ""
    """For people."""


def _rules(value: object) -> object:
    """Rules written without `rules:` around them. What could be one is taken for one, so that none is passed over."""
    if not isinstance(value, dict):
        return value
    inner = value.get("rules")
    if inner is not None and not isinstance(inner, dict):
        return value
    others = {key: item for key, item in value.items() if key != "rules"}
    settings = {key: item for key, item in others.items() if not _could_be_a_rule(key, item)}
    rules = {key: item for key, item in others.items() if key not in settings}
    return {**settings, "rules": {**rules, **(inner or {})}}


def _could_be_a_rule(key: object, value: object) -> bool:
    return isinstance(value, dict | list) or (value is None and key not in DataResidency.model_fields)


class DataResidency(Section):
    """Rules by the group that they are for. A request belongs to a group by its tenant or by `x-residency`."""

    enabled: bool = True
    """Whether the rules hold."""
    default: str | None = None
    """The group of requests that belong to none."""
    rules: dict[str, ResidencyRule] = Field(default_factory=dict)
    """By group. `rules:` itself may be left out."""


def _failover(value: object) -> object:
    """Sequences written without `sequences:` around them, each a list or a map that holds one."""
    if not isinstance(value, dict):
        return {"enabled": value} if isinstance(value, bool) else value
    written = value.get("sequences")
    if not isinstance(written, dict):
        written = {key: item for key, item in value.items() if key != "sequences" and isinstance(item, list | dict)}
    settings = {key: item for key, item in value.items() if key != "sequences" and key not in written}
    return {**settings, "sequences": {region: _sequence(item) for region, item in written.items()}}


def _sequence(value: object) -> object:
    if isinstance(value, dict):
        names = ("sequence", "failover_sequence", "failover_order", "failover_to")
        return next((value[name] for name in names if name in value), value)
    return value


class RegionalFailover(Section):
    """Where the next attempt goes when a region fails."""

    enabled: bool = True
    """Whether attempts are put into this order."""
    max_failover_hops: Annotated[int, Field(ge=0)] | None = None
    """Changes of region that one request may make; any number when it is not said."""
    sequences: dict[str, Words] = Field(default_factory=dict)
    """By region: the regions that step in, in order. `sequences:` itself may be left out."""


def _switch(value: object) -> object:
    return {"enabled": value} if isinstance(value, bool) else value


class LatencyRouting(Section):
    """Whether the region that answers fastest goes first."""

    enabled: bool = False
    """Whether measured times put the regions into order."""
    threshold_ms: NotNegative = 50
    """By how much another region must be faster than the one of the first choice; what is less is noise."""


class CostOptimization(Section):
    """What the same tokens cost in different regions."""

    enabled: bool = True
    """Whether prices differ by region."""
    price_multipliers: Annotated[
        dict[str, Positive],
        Field(validation_alias=AliasChoices("price_multipliers", "regional_multipliers", "multipliers")),
    ] = Field(default_factory=dict)
    """By region: what a provider's price is multiplied by."""


class MultiRegion(Section):
    """The whole of `multi-region.yaml`. Without it requests go wherever a rule sends them."""

    regions: dict[str, Annotated[Region, BeforeValidator(_region)]] = Field(default_factory=dict)
    """By name. When there are none, `us-east`, `us-west`, `eu-west` and `ap-southeast` are known; `local` always is."""
    provider_regions: dict[str, ProviderRegions] = Field(default_factory=dict)
    """Where providers answer, by provider."""
    data_residency: Annotated[
        DataResidency,
        BeforeValidator(_rules),
        Field(validation_alias=AliasChoices("data_residency", "data_residency_rules", "residency_rules", "residency")),
    ] = DataResidency()
    """Which data may go where."""
    compliance: FreeForm = None
    """For people: what counts is the `compliance` of each provider."""
    regional_failover: Annotated[RegionalFailover, BeforeValidator(_failover)] = RegionalFailover()
    """Where the next attempt goes when a region fails."""
    latency_routing: Annotated[LatencyRouting, BeforeValidator(_switch)] = LatencyRouting()
    """Whether the region that answers fastest goes first."""
    cost_optimization: Annotated[CostOptimization, BeforeValidator(_switch)] = CostOptimization()
    """What the same tokens cost in different regions."""
    metadata: FreeForm = None
    """For people."""
    notes: FreeForm = None
    """For people."""

    @property
    def known(self) -> dict[str, Region]:
        """Every region that a rule may name."""
        return {**self.regions, LOCAL: self.regions.get(LOCAL, USUAL_REGIONS[LOCAL])} if self.regions else USUAL_REGIONS
