"""Keys as they are made, kept and shown. A secret is seen once; what is kept of it is its SHA-256."""

import base64
import hashlib
from collections.abc import Callable, Iterable
from dataclasses import fields, replace
from typing import Literal

import orjson
from pydantic import TypeAdapter, ValidationError

from ai_dashboard.core.data import dataclass
from ai_dashboard.core.tenancy import DEFAULT_TENANT, NO_KEY_LIMITS, Key, KeyLimits, KeyScope, KeyView

PREFIX = "sk-aid-"
SECRET_BYTES = 32
ID_BYTES = 6
SHOWN_CHARS = 4

Entropy = Callable[[int], bytes]

_KEY = TypeAdapter(Key)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a key shall be."""

    name: str = ""
    tenant: str = DEFAULT_TENANT
    scopes: tuple[KeyScope, ...] = ("chat", "read")
    models: tuple[str, ...] = ()
    providers: tuple[str, ...] = ()
    limits: KeyLimits = NO_KEY_LIMITS
    expires_at: float | None = None


def make_key(wanted: Wanted, now: float, entropy: Entropy) -> tuple[str, Key]:
    """A secret that nobody can guess, and the key that it opens. `entropy` has to be the system's own."""
    secret = PREFIX + base64.urlsafe_b64encode(entropy(SECRET_BYTES)).rstrip(b"=").decode()
    key = Key(
        id=f"key_{entropy(ID_BYTES).hex()}",
        digest=digest_of(secret.encode()).hex(),
        shown=f"{PREFIX}…{secret[-SHOWN_CHARS:]}",
        tenant=wanted.tenant,
        name=wanted.name,
        scopes=wanted.scopes,
        models=wanted.models,
        providers=wanted.providers,
        limits=wanted.limits,
        created_at=now,
        expires_at=wanted.expires_at,
        changed_at=now,
    )
    return secret, key


def digest_of(presented: bytes) -> bytes:
    """What a secret is known by. It is random throughout, so that one round of a fast hash is enough."""
    return hashlib.sha256(presented).digest()


def changed(key: Key, now: float, wanted: Wanted, *, disabled: bool) -> Key:
    """The key with other rights. Time that stands still does not keep a change from counting."""
    rights = {field.name: getattr(wanted, field.name) for field in fields(wanted)}
    return replace(key, **rights, disabled=disabled, changed_at=max(now, key.changed_at + 1e-6))


def revoked(key: Key, now: float) -> Key:
    """The key, which opens nothing from now on. It is kept, so that no older copy can bring it back."""
    return replace(key, revoked_at=key.revoked_at or now, changed_at=max(now, key.changed_at + 1e-6))


def newer(key: Key, other: Key | None) -> Key:
    """Which of two versions of one key holds: one that is revoked, else the one that was changed last."""
    if other is None:
        return key
    if (key.revoked_at is None) != (other.revoked_at is None):
        return key if key.revoked_at is not None else other
    return key if key.changed_at > other.changed_at else other


def merged(*lists: Iterable[Key]) -> dict[str, Key]:
    """All keys by their ids, each in the version that holds."""
    keys: dict[str, Key] = {}
    for key in (key for keys_of_one in lists for key in keys_of_one):
        keys[key.id] = newer(key, keys.get(key.id))
    return keys


def state_of(key: Key, now: float) -> Literal["active", "disabled", "expired", "revoked"]:
    """What becomes of a request that brings it."""
    if key.revoked_at is not None:
        return "revoked"
    if key.disabled:
        return "disabled"
    if key.expires_at is not None and key.expires_at <= now:
        return "expired"
    return "active"


def view_of(key: Key, now: float) -> KeyView:
    """The key without what it is known by."""
    return KeyView(
        id=key.id,
        name=key.name,
        shown=key.shown,
        tenant=key.tenant,
        state=state_of(key, now),
        scopes=key.scopes,
        models=key.models,
        providers=key.providers,
        limits=key.limits,
        created_at=key.created_at,
        expires_at=key.expires_at,
        revoked_at=key.revoked_at,
    )


def written(key: Key) -> bytes:
    """As it is stored."""
    return orjson.dumps(key)


def read(text: bytes | str) -> Key | None:
    """What was stored, None when it is no key."""
    try:
        return _KEY.validate_json(text)
    except ValidationError:
        return None
