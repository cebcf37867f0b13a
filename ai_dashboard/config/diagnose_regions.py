"""`multi-region.yaml` held against the providers: does every region exist, and could a rule be kept at all?

A residency rule that cannot be understood is an error, since what is passed over there lets data go where they must
not. Everything else that names nothing is passed over with a warning.
"""

from collections.abc import Iterable, Iterator, Mapping

from ai_dashboard.config.hosts import is_http, split_url
from ai_dashboard.config.schema import CostOptimization, MultiRegion, Provider, ProviderRegions, ResidencyRule
from ai_dashboard.config.schema.regions import EVERYWHERE
from ai_dashboard.config.validate import Path, Source
from ai_dashboard.core.diagnostics import Diagnostic, Severity


def check_regions(
    settings: MultiRegion, providers: Mapping[str, Provider], source: Source, provider_source: Source
) -> Iterator[Diagnostic]:
    """All findings, section by section. `providers` have their keys looked up already."""
    if not source.written:
        return
    regions = _Regions(settings, providers, source, provider_source)
    yield from regions.places()
    yield from regions.residency()
    yield from regions.failover()
    yield from regions.prices()


class _Regions:
    """The file, with the regions that may be named."""

    def __init__(
        self, settings: MultiRegion, providers: Mapping[str, Provider], source: Source, provider_source: Source
    ) -> None:
        self._settings = settings
        self._providers = providers
        self._source = source
        self._provider_source = provider_source
        self._known = settings.known

    # ── where providers answer ───────────────────────────────────────────────────────────────────────────────────

    def places(self) -> Iterator[Diagnostic]:
        for name, provider in self._providers.items():
            if provider.active and provider.region and provider.region not in self._known:
                where = ("providers", name, "region")
                yield self._unknown(provider.region, where, Severity.WARNING, self._provider_source)
        for name, written in self._settings.provider_regions.items():
            path = ("provider_regions", name)
            if (owner := self._providers.get(name)) is None:
                message = f"there is no provider `{name}`: passed over"
                yield self._source.say(Severity.WARNING, path, message, _one_of(self._providers), at_key=True)
                continue
            yield from self._unknown_regions(written.available_regions, (*path, "available_regions"))
            if written.primary_region is not None:
                yield from self._unknown_regions((written.primary_region,), (*path, "primary_region"))
            yield from self._unknown_regions(written.regional_endpoints, (*path, "regional_endpoints"))
            promised = (region for region in written.data_residency_support or () if region != EVERYWHERE)
            yield from self._unknown_regions(promised, (*path, "data_residency_support"))
            yield from self._endpoints(owner, written, (*path, "regional_endpoints"))
            if owner.region and written.available_regions and owner.region not in written.available_regions:
                message = f"`providers.yaml` says that it runs in `{owner.region}`, which is not among these"
                fix = "say the same in both; until then it may be in any of them"
                yield self._source.say(Severity.WARNING, (*path, "available_regions"), message, fix)

    def _endpoints(self, provider: Provider, written: ProviderRegions, path: Path) -> Iterator[Diagnostic]:
        for region, url in written.regional_endpoints.items():
            if not provider.active:
                continue
            if not is_http(url):
                message, fix = "this is not an http or https address", "write `https://host`"
                yield self._source.say(Severity.ERROR, (*path, region), message, fix)
            elif self._has_usual_key(provider) and _domain(split_url(url)[1]) != _domain(provider.host):
                message = f"the usual key of `{provider.type}` would be sent to somebody else than {provider.host}"
                fix = f"if that is meant, add `env_var: {provider.key_variables[0]}` to its entry in providers.yaml"
                yield self._source.say(Severity.ERROR, (*path, region), message, fix)

    def _has_usual_key(self, provider: Provider) -> bool:
        """Whether its key was found without the operator saying where, which is good for the type's service only."""
        said = provider.env_var or self._provider_source.has(("providers", provider.name, "api_key"))
        return provider.api_key is not None and provider.own_service and not said

    # ── residency ────────────────────────────────────────────────────────────────────────────────────────────────

    def residency(self) -> Iterator[Diagnostic]:
        names = MultiRegion.names("data_residency")
        here = [name for name in names if self._source.has((name,))]
        for second in here[1:]:
            message, fix = f"`{here[0]}` has the rules already: these would not hold", "put all rules into one section"
            yield self._source.say(Severity.ERROR, (second,), message, fix, at_key=True)
        settings, section = self._settings.data_residency, (here or names)[0]
        if settings.rules and not settings.enabled:
            message = "the rules are switched off: requests go anywhere"
            yield self._source.say(Severity.WARNING, (section, "enabled"), message, "set `enabled: true`")
        groups: dict[str, str] = {}
        for name, rule in settings.rules.items():
            path = self._written((section, "rules", name), (section, name))
            for group in (name, *rule.groups):
                if (first := groups.setdefault(group, name)) != name:
                    message, fix = f"the group `{group}` has the rule `{first}` already", "give each group one rule"
                    yield self._source.say(Severity.ERROR, path, message, fix, at_key=True)
            yield from self._rule(rule, path)
        if settings.default is not None and settings.default not in groups:
            message = f"there is no rule `{settings.default}`"
            yield self._source.say(Severity.ERROR, (section, "default"), message, _one_of(groups))
        if self._settings.compliance:
            message = "kept for people: rules are made in `data_residency`, audits listed in `provider_regions`"
            yield self._source.say(Severity.INFO, ("compliance",), message, at_key=True)

    def _rule(self, rule: ResidencyRule, path: Path) -> Iterator[Diagnostic]:
        if rule.strict and not rule.regions:
            message, fix = "a strict rule must say where its data may go", "add `regions: [eu-west, local]`"
            yield self._source.say(Severity.ERROR, path, message, fix, at_key=True)
        where = self._written(*((*path, name) for name in ResidencyRule.names("regions")))
        yield from self._unknown_regions(rule.regions, where, Severity.ERROR)
        if rule.compliant_providers is None:
            return
        path = (*path, "compliant_providers")
        owners = [self._owner(name) for name in rule.compliant_providers]
        for place, (name, owner) in enumerate(zip(rule.compliant_providers, owners, strict=True)):
            if owner is None:
                message, fix = f"there is no provider `{name}`", _one_of(self._providers)
                yield self._source.say(Severity.ERROR, (*path, place), message, fix)
        if not any(owner is not None and owner.active for owner in owners):
            message = "no active provider is among them: all requests of the group are refused"
            yield self._source.say(Severity.WARNING, path, message, "name one that is active", at_key=True)

    def _owner(self, name: str) -> Provider | None:
        """Whose `provider` or `provider/model` is."""
        return self._providers.get(name) or self._providers.get(name.partition("/")[0])

    # ── order and prices ─────────────────────────────────────────────────────────────────────────────────────────

    def failover(self) -> Iterator[Diagnostic]:
        path = self._written(("regional_failover", "sequences"), ("regional_failover",))
        for region, sequence in self._settings.regional_failover.sequences.items():
            yield from self._unknown_regions((region,), path)
            yield from self._unknown_regions(sequence, (*path, region))

    def prices(self) -> Iterator[Diagnostic]:
        names = CostOptimization.names("price_multipliers")
        path = self._written(*(("cost_optimization", name) for name in names))
        yield from self._unknown_regions(self._settings.cost_optimization.price_multipliers, path)

    # ── words ────────────────────────────────────────────────────────────────────────────────────────────────────

    def _written(self, *paths: Path) -> Path:
        """The path that is in the file, of several under which the same thing may stand."""
        return next((path for path in paths if self._source.has(path)), paths[0])

    def _unknown_regions(
        self, regions: Iterable[str], path: Path, severity: Severity = Severity.WARNING
    ) -> Iterator[Diagnostic]:
        """What is said of regions that nobody has described, at the key or item that names them."""
        for place, region in enumerate(regions):
            if region not in self._known:
                where = self._written((*path, region), (*path, place), path)
                yield self._unknown(region, where if self._source.has(where) else path, severity, self._source)

    def _unknown(self, region: str, path: Path, severity: Severity, source: Source) -> Diagnostic:
        message = f"there is no region `{region}`"
        if severity is not Severity.ERROR:
            message += ": no rule can allow it" if "provider" in str(path[0]) else ": passed over"
        return source.say(severity, path, message, _one_of(self._known), at_key=path[-1] == region)


def _one_of(names: Iterable[str]) -> str:
    return f"use one of: {', '.join(names)}"


def _domain(host: str) -> str:
    """The part of a host that belongs to one owner: `openai.com` of `eu.api.openai.com`."""
    return ".".join(host.split(".")[-2:])
