"""`tenants` and `auth.jwt` held against the providers, the residency rules and the files that they name.

What would let a tenant's data go further than was meant is an error; what only keeps it from something is a warning.
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path as File

from ai_dashboard.config.schema import GatewaySettings, MultiRegion, Provider
from ai_dashboard.config.schema.mappings import STRATEGIES
from ai_dashboard.config.schema.tenants import OTHERS, Tenant
from ai_dashboard.config.validate import Path, Source
from ai_dashboard.core.diagnostics import Diagnostic, Severity
from ai_dashboard.core.tenancy import TENANT_NAME


def check_tenants(
    gateway: GatewaySettings,
    providers: Mapping[str, Provider],
    regions: MultiRegion,
    source: Source,
    folder: File | None,
) -> Iterator[Diagnostic]:
    """All findings, tenant by tenant, then those about tokens."""
    groups = {name for key, rule in regions.data_residency.rules.items() for name in (key, *rule.groups)}
    for name, tenant in gateway.tenants.items():
        path = ("tenants", name)
        if name != OTHERS and TENANT_NAME.fullmatch(name) is None:
            message = "no tenant can be called so: nothing that is brought could name it"
            yield source.say(Severity.ERROR, path, message, "use letters, digits and . _ @ : -", at_key=True)
        yield from _providers(tenant, path, providers, source)
        if tenant.residency is not None and tenant.residency not in groups:
            message = f"there is no residency rule for the group `{tenant.residency}`"
            yield source.say(Severity.ERROR, (*path, "residency"), message, _one_of(sorted(groups)))
        if tenant.strategy is not None and tenant.strategy not in STRATEGIES:
            message = "there is no such strategy: the usual one is taken"
            yield source.say(Severity.WARNING, (*path, "strategy"), message, _one_of(sorted(STRATEGIES)))
    yield from _tokens(gateway, source, folder)


def _providers(
    tenant: Tenant, path: tuple[str, ...], providers: Mapping[str, Provider], source: Source
) -> Iterator[Diagnostic]:
    for key, names in (
        ("allowed_providers", tenant.allowed_providers),
        ("preferred_providers", tenant.preferred_providers),
    ):
        for place, name in enumerate(names):
            if name not in providers:
                item: Path = (*path, key, place)
                where = item if source.has(item) else (*path, key)
                message = f"there is no provider `{name}`: passed over"
                yield source.say(Severity.WARNING, where, message, _one_of(providers))
    allowed = tenant.allowed_providers
    if allowed and not any(name in providers and providers[name].active for name in allowed):
        message = "no active provider is among them: all of its requests are refused"
        yield source.say(
            Severity.WARNING, (*path, "allowed_providers"), message, "name one that is active", at_key=True
        )


def _tokens(gateway: GatewaySettings, source: Source, folder: File | None) -> Iterator[Diagnostic]:
    jwt = gateway.auth.jwt
    if jwt is None:
        return
    for name, written in (("key_file", jwt.key_file), ("jwks_file", jwt.jwks_file)):
        if written and not ((folder or File()) / written).is_file():
            message = "there is no such file, so no token could be checked"
            yield source.say(
                Severity.ERROR, ("auth", "jwt", name), message, f"put it at {folder or File()}, or say where"
            )


def _one_of(names: Iterable[str]) -> str:
    return f"use one of: {', '.join(names) or 'none is there yet'}"
