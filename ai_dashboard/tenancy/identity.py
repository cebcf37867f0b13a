"""Who a presented key stands for, under one configuration. What was found once is found again by one look-up.

Keys are known by their SHA-256 alone, so how long a look-up takes says nothing about any secret.
"""

import hmac
from collections.abc import Callable, Iterable
from hashlib import sha256

from ai_dashboard.config.schema.gateway import GatewaySettings
from ai_dashboard.core.costs import UNLIMITED, Allowance, nano
from ai_dashboard.core.data import dataclass
from ai_dashboard.core.errors import Unauthorized
from ai_dashboard.core.tenancy import DEFAULT_TENANT, SCOPES, Caller, Key, KeyLimits, KeyScope, TenantView
from ai_dashboard.tenancy.access import narrowed, pattern_of
from ai_dashboard.tenancy.key_book import KeyBook
from ai_dashboard.tenancy.keys import state_of
from ai_dashboard.tenancy.tenants import key_limits, tenant_view
from ai_dashboard.tenancy.tokens import TokenCheck, looks_like_token

MAX_TOKENS_KNOWN = 4096
NEVER = float("inf")

CALLING: tuple[KeyScope, ...] = ("chat", "read")


@dataclass(frozen=True, slots=True)
class _Known:
    """Whom a digest stands for, and until when."""

    digest: bytes
    caller: Caller
    expires: float


class Identity:
    """Made anew with each configuration. `wall` is Unix time, against which keys and tokens expire. `closed`: keys are
    needed although none can be checked, because what the configuration names for that cannot be used."""

    def __init__(
        self,
        settings: GatewaySettings,
        book: KeyBook,
        tokens: TokenCheck | None,
        *,
        admin_token: str,
        wall: Callable[[], float],
        closed: bool = False,
    ) -> None:
        self._tenants = settings.tenants
        self._book = book
        self._tokens = tokens
        self._wall = wall
        self._master = settings.auth.master_key
        self._asked_for = self._master is not None or tokens is not None or closed
        self._open = self._caller(tenant_view(self._tenants, DEFAULT_TENANT), "", CALLING)
        self._fixed = dict(self._fixed_keys(admin_token))
        self._seen = book.version
        self._known = dict(self._fixed)
        self._by_token: dict[bytes, _Known] = {}

    @property
    def needs_key(self) -> bool:
        """Whether callers have to bring one. A list of keys that cannot be read, or of which all were revoked, opens
        nothing."""
        return self._asked_for or self.has_keys

    def tenant(self, name: str) -> Caller:
        """Somebody of a tenant, without a key: for questions about what would happen."""
        return self._caller(tenant_view(self._tenants, name or DEFAULT_TENANT), "", CALLING)

    @property
    def has_keys(self) -> bool:
        """Whether keys of callers were made, or cannot be read."""
        return bool(len(self._book) or self._book.trouble)

    def identify(self, presented: bytes | None) -> Caller:
        """Whoever brings this. Raises `Unauthorized` with what to do."""
        if presented is None:
            return self._anybody("this gateway needs a key", "send it as `Authorization: Bearer …` or `x-api-key`")
        if self._seen != self._book.version:
            self._seen, self._known = self._book.version, dict(self._fixed)
        digest = sha256(presented).digest()
        known = self._known.get(digest) or self._by_token.get(digest)
        if known is None:
            found = self._look_up(digest, presented)
            if isinstance(found, Caller):
                return found
            known = found
        if not hmac.compare_digest(known.digest, digest):
            raise Unauthorized("this key is not known here")
        if known.expires <= self._wall():
            raise Unauthorized("this key has expired", hint="ask the operator of this gateway for a new one")
        return known.caller

    def _look_up(self, digest: bytes, presented: bytes) -> _Known | Caller:
        if (key := self._book.find(digest)) is not None:
            state = state_of(key, self._wall())
            if state in {"disabled", "revoked"}:
                raise Unauthorized(f"this key is {state}", hint="ask the operator of this gateway for another one")
            known = _Known(digest, self._caller_of(key), NEVER if key.expires_at is None else key.expires_at)
            self._known[digest] = known
            return known
        if self._tokens is not None and looks_like_token(presented):
            claims = self._tokens.check(presented, self._wall())
            scopes = SCOPES if claims.is_admin else CALLING
            policy = tenant_view(self._tenants, claims.tenant)
            known = _Known(digest, self._caller(policy, f"jwt:{claims.subject}", scopes), claims.expires)
            if len(self._by_token) >= MAX_TOKENS_KNOWN:
                self._by_token.pop(next(iter(self._by_token)))
            self._by_token[digest] = known
            return known
        return self._anybody("this key is not known here", "ask the operator of this gateway for one")

    def _anybody(self, message: str, hint: str) -> Caller:
        """Where no key is needed, whatever is brought will do: many clients send one in any case."""
        if self.needs_key:
            raise Unauthorized(message, hint=hint)
        return self._open

    def _fixed_keys(self, admin_token: str) -> Iterable[tuple[bytes, _Known]]:
        policy = tenant_view(self._tenants, DEFAULT_TENANT)
        secrets = [("admin", admin_token, SCOPES)]
        if self._master is not None:
            secrets.append(("master", self._master.get_secret_value(), CALLING))
        for name, secret, scopes in secrets:
            digest = sha256(secret.encode()).digest()
            yield digest, _Known(digest, self._caller(policy, name, scopes), NEVER)

    def _caller_of(self, key: Key) -> Caller:
        caller = self._caller(tenant_view(self._tenants, key.tenant), key.id, key.scopes)
        return Caller(
            tenant=caller.tenant,
            key_id=key.id,
            scopes=caller.scopes,
            policy=caller.policy,
            models=(*caller.models, *([pattern_of(key.models)] if key.models else [])),
            providers=narrowed(caller.policy.allowed_providers, key.providers),
            limits=(*caller.limits, *key_limits(key.limits, key.id, key.shown)),
            budget=_allowance(key.limits),
        )

    def _caller(self, policy: TenantView, key_id: str, scopes: Iterable[KeyScope]) -> Caller:
        return Caller(
            tenant=policy.name,
            key_id=key_id,
            scopes=frozenset(scopes),
            policy=policy,
            models=(pattern_of(policy.allowed_models),) if policy.allowed_models else (),
            providers=narrowed(policy.allowed_providers),
            limits=policy.limits,
        )


def _allowance(limits: KeyLimits) -> Allowance:
    daily, monthly, total = limits.budget_daily, limits.budget_monthly, limits.budget_total
    if daily is None and monthly is None and total is None:
        return UNLIMITED
    return Allowance(
        nano(daily) if daily is not None else None,
        nano(monthly) if monthly is not None else None,
        nano(total) if total is not None else None,
    )
