"""What holds for each tenant, and what each provider lets through, by the configuration."""

from collections.abc import Iterable, Iterator, Mapping

from ai_dashboard.config.rates import read_rate
from ai_dashboard.config.schema.tenants import OTHERS, Tenant
from ai_dashboard.core.tenancy import Bucket, KeyLimits, Limit, Quota, Rate, Slots, TenantView

MINUTE_S = 60.0


def tenant_view(written: Mapping[str, Tenant], name: str) -> TenantView:
    """What holds for one tenant: what is said of it, else of all others, else nothing."""
    found = written.get(name) or written.get(OTHERS)
    if found is None:
        return TenantView(name)
    return TenantView(
        name=name,
        listed=name in written,
        allowed_models=found.allowed_models,
        allowed_providers=found.allowed_providers,
        preferred_providers=found.preferred_providers,
        strategy=found.strategy,
        residency=found.residency,
        priority=found.priority,
        limits=_limits(found, name),
    )


def tenant_views(written: Mapping[str, Tenant]) -> tuple[TenantView, ...]:
    """Every tenant that is named."""
    return tuple(tenant_view(written, name) for name in written)


def key_limits(limits: KeyLimits, key_id: str, shown: str) -> tuple[Limit, ...]:
    """What one key may use, besides what its tenant may."""
    return _minutely(f"key:{key_id}", f"the key {shown}", limits.rpm, limits.tpm, limits.concurrency)


def provider_limits(name: str, written: Iterable[str]) -> tuple[Limit, ...]:
    """What one provider lets through."""
    return tuple(_buckets(f"provider:{name}", f"the provider {name}", written))


def _buckets(name: str, owner: str, written: Iterable[str]) -> Iterator[Bucket]:
    """A limit is known by what it says, so that one that is changed begins anew."""
    for text in written:
        if (read := read_rate(text)) is not None:
            rate = read.rate
            own_name = f"{name}:{read.counts}:{rate.amount}:{rate.seconds:g}:{rate.burst}"
            yield Bucket(own_name, owner, read.counts, rate)


def _limits(tenant: Tenant, name: str) -> tuple[Limit, ...]:
    owner = f"the tenant {name}"
    limits: list[Limit] = [*_buckets(f"tenant:{name}", owner, tenant.limits)]
    if (daily := tenant.quotas.daily_tokens) is not None:
        limits.append(Quota(f"tenant:{name}:day", owner, "day", daily))
    if (monthly := tenant.quotas.monthly_tokens) is not None:
        limits.append(Quota(f"tenant:{name}:month", owner, "month", monthly))
    if tenant.max_concurrent is not None:
        limits.append(Slots(f"tenant:{name}:places", owner, tenant.max_concurrent))
    return tuple(limits)


def _minutely(name: str, owner: str, rpm: int | None, tpm: int | None, concurrency: int | None) -> tuple[Limit, ...]:
    limits = list[Limit]()
    if rpm is not None:
        limits.append(Bucket(f"{name}:requests:{rpm}", owner, "requests", Rate(rpm, MINUTE_S, rpm)))
    if tpm is not None:
        limits.append(Bucket(f"{name}:tokens:{tpm}", owner, "tokens", Rate(tpm, MINUTE_S, tpm)))
    if concurrency is not None:
        limits.append(Slots(f"{name}:places", owner, concurrency))
    return tuple(limits)
