"""What the configuration says of tenants, keys and providers, as limits."""

from ai_dashboard.config.schema.tenants import Tenant
from ai_dashboard.core.tenancy import Bucket, KeyLimits, Quota, Rate, Slots
from ai_dashboard.tenancy.tenants import key_limits, provider_limits, tenant_view, tenant_views

ACME = Tenant.model_validate(
    {
        "limits": ["1000/hour", "60000 tokens/minute"],
        "quotas": {"daily_tokens": 1_000_000, "monthly_tokens": 9_000_000},
        "max_concurrent": 20,
        "allowed_models": "gpt-*",
        "priority": "high",
    }
)
WRITTEN = {"acme": ACME, "*": Tenant.model_validate({"limits": "10/second burst 5"})}


def test_a_tenant_has_what_is_said_of_it() -> None:
    view = tenant_view(WRITTEN, "acme")
    owner = "the tenant acme"
    assert (view.listed, view.allowed_models, view.priority) == (True, ("gpt-*",), "high")
    assert view.limits == (
        Bucket("tenant:acme:requests:1000:3600:1000", owner, "requests", Rate(1000, 3600, 1000)),
        Bucket("tenant:acme:tokens:60000:60:60000", owner, "tokens", Rate(60000, 60, 60000)),
        Quota("tenant:acme:day", owner, "day", 1_000_000),
        Quota("tenant:acme:month", owner, "month", 9_000_000),
        Slots("tenant:acme:places", owner, 20),
    )


def test_others_have_what_is_said_of_all_others_each_for_itself() -> None:
    first, second = tenant_view(WRITTEN, "x"), tenant_view(WRITTEN, "y")
    assert not first.listed
    assert [it.name for it in (*first.limits, *second.limits)] == [
        "tenant:x:requests:10:1:5",
        "tenant:y:requests:10:1:5",
    ]
    nothing = tenant_view({}, "x")
    assert (nothing.limits, nothing.allowed_models, nothing.strategy) == ((), (), None)


def test_all_that_are_named_can_be_listed() -> None:
    assert [view.name for view in tenant_views(WRITTEN)] == ["acme", "*"]


def test_a_provider_lets_through_what_is_said_of_it() -> None:
    assert provider_limits("gpu", ["20/minute", "10 tokens/second burst 40"]) == (
        Bucket("provider:gpu:requests:20:60:20", "the provider gpu", "requests", Rate(20, 60, 20)),
        Bucket("provider:gpu:tokens:10:1:40", "the provider gpu", "tokens", Rate(10, 1, 40)),
    )


def test_keys_have_theirs_a_minute() -> None:
    limits = key_limits(KeyLimits(rpm=60, tpm=1000, concurrency=2), "key_1", "sk-aid-…abcd")
    assert [it.name for it in limits] == ["key:key_1:requests:60", "key:key_1:tokens:1000", "key:key_1:places"]
    assert limits[0].owner == "the key sk-aid-…abcd"
    assert key_limits(KeyLimits(), "key_1", "") == ()
