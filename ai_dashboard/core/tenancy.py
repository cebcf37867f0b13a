"""Who calls and what they may: keys, tenants and limits, as they are known to a request and shown to people."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple

from ai_dashboard.core.costs import UNLIMITED, Allowance
from ai_dashboard.core.data import dataclass

KeyScope = Literal["chat", "read", "admin"]
"""What a key opens: asking models, reading which there are, or the admin API."""

SCOPES: tuple[KeyScope, ...] = ("chat", "read", "admin")

DEFAULT_TENANT = "default"
"""Whose requests are that come with no tenant."""

TENANT_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@:-]{0,63}")
"""What a tenant may be called: it becomes part of names elsewhere."""

Counted = Literal["requests", "tokens"]
Level = Literal["critical", "high", "normal", "low", "bulk"]
Calendar = Literal["day", "month"]


@dataclass(frozen=True, slots=True)
class Rate:
    """So many in so many seconds. `burst` of them may come at once after a quiet time."""

    amount: int
    seconds: float
    burst: int

    @property
    def interval_s(self) -> float:
        """Seconds in which one comes back."""
        return self.seconds / self.amount


@dataclass(frozen=True, slots=True)
class Bucket:
    """What counts against one limit. `name` is its own; `owner` is for people."""

    name: str
    owner: str
    counts: Counted
    rate: Rate


@dataclass(frozen=True, slots=True)
class Quota:
    """Tokens from one midnight, or first of a month, to the next (UTC)."""

    name: str
    owner: str
    calendar: Calendar
    tokens: int


@dataclass(frozen=True, slots=True)
class Slots:
    """Requests at one time."""

    name: str
    owner: str
    most: int


Limit = Bucket | Quota | Slots


@dataclass(frozen=True, slots=True)
class TenantView:
    """What holds for a tenant. Empty or None is no restriction; `listed` says that the configuration names it."""

    name: str
    listed: bool = False
    allowed_models: tuple[str, ...] = ()
    allowed_providers: tuple[str, ...] = ()
    preferred_providers: tuple[str, ...] = ()
    strategy: str | None = None
    residency: str | None = None
    priority: Level | None = None
    limits: tuple[Limit, ...] = ()


@dataclass(frozen=True, slots=True)
class KeyLimits:
    """What one key may use at most; None where only its tenant's limits hold. `rpm` and `tpm` are requests and tokens
    in a minute, the budgets US dollars."""

    rpm: int | None = None
    tpm: int | None = None
    concurrency: int | None = None
    budget_daily: float | None = None
    budget_monthly: float | None = None
    budget_total: float | None = None


NO_KEY_LIMITS = KeyLimits()


@dataclass(frozen=True, slots=True)
class Key:
    """A key, without what opens anything: `digest` is the SHA-256 of the secret, `shown` what people know it by. Times
    are Unix time; `revoked_at` is for good, `disabled` is not. `changed_at` decides between two versions of one key."""

    id: str
    digest: str
    shown: str
    tenant: str
    name: str = ""
    scopes: tuple[KeyScope, ...] = ("chat", "read")
    models: tuple[str, ...] = ()
    providers: tuple[str, ...] = ()
    limits: KeyLimits = NO_KEY_LIMITS
    created_at: float = 0.0
    expires_at: float | None = None
    disabled: bool = False
    revoked_at: float | None = None
    changed_at: float = 0.0


@dataclass(frozen=True, slots=True)
class KeyView:
    """A key as it is shown. `state` is what becomes of a request that brings it."""

    id: str
    name: str
    shown: str
    tenant: str
    state: Literal["active", "disabled", "expired", "revoked"]
    scopes: tuple[KeyScope, ...]
    models: tuple[str, ...]
    providers: tuple[str, ...]
    limits: KeyLimits
    created_at: float
    expires_at: float | None
    revoked_at: float | None


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key that was just made. `secret` is never seen again."""

    secret: str
    key: KeyView


@dataclass(frozen=True, slots=True)
class Caller:
    """Whoever asks, as far as it was proved. `key_id` is the key's id, `master`, `admin`, `jwt:` and the subject, or
    empty where no key is needed. Each of `models` has to match what is asked for; `providers` None is all. `limits` and
    `budget` are the key's and its tenant's together, and the key's own."""

    tenant: str
    key_id: str
    scopes: frozenset[KeyScope]
    policy: TenantView
    models: tuple[re.Pattern[str], ...] = ()
    providers: frozenset[str] | None = None
    limits: tuple[Limit, ...] = ()
    budget: Allowance = UNLIMITED


class Left(NamedTuple):
    """How a limit stands: `remaining` of `limit`, all of it again in `reset_s` seconds."""

    limit: int
    remaining: int
    reset_s: float


Standing = Mapping[Counted, Left]
"""The tightest limit of each kind."""

NO_LIMITS: Standing = MappingProxyType({})
