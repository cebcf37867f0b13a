"""Signed tokens (JWT): who somebody is, by the word of an issuer whose key the operator has named.

The algorithm is the operator's choice, never the token's; nothing is fetched from anywhere; and a token without an end
is none.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from ai_dashboard.config.schema.tenants import MIN_SECRET_BYTES, Jwt
from ai_dashboard.core.data import dataclass
from ai_dashboard.core.errors import ConfigError, Unauthorized
from ai_dashboard.core.tenancy import DEFAULT_TENANT, TENANT_NAME

if TYPE_CHECKING:
    from jwt import PyJWK

MAX_TOKEN_BYTES = 8192
MAX_SUBJECT_CHARS = 64


@dataclass(frozen=True, slots=True)
class Claims:
    """What a token says that counts here."""

    subject: str
    tenant: str
    is_admin: bool
    expires: float


class TokenCheck:
    """Checks tokens by one configuration."""

    def __init__(self, settings: Jwt, keys: "dict[str | None, str | bytes | PyJWK]") -> None:
        self._settings = settings
        self._keys = keys

    @classmethod
    def of(cls, settings: Jwt, folder: Path | None) -> "TokenCheck":
        """With the keys that the settings name; relative paths begin at `folder`. Raises `ConfigError`."""
        if settings.secret is not None:
            return cls(settings, {None: settings.secret.get_secret_value()})
        path = (folder or Path()) / (settings.key_file or settings.jwks_file)
        name = "key_file" if settings.key_file else "jwks_file"
        try:
            raw = path.read_bytes()
        except OSError as error:
            raise _unusable(name, path, error.strerror or str(error)) from error
        if settings.key_file:
            return cls(settings, {None: _single_key(settings, path, raw)})
        return cls(settings, _key_set(settings, path, raw))

    def check(self, token: bytes, now: float) -> Claims:
        """Who it speaks for. Raises `Unauthorized` with what is wrong with it, but nothing of what is in it."""
        # Imported late: few gateways use tokens, and the cryptography behind them takes long to load.
        import jwt

        if len(token) > MAX_TOKEN_BYTES:
            raise _refused("it is too long")
        settings = self._settings
        try:
            said = jwt.decode(
                token,
                self._key_for(jwt.get_unverified_header(token)),
                algorithms=[settings.algorithm],
                audience=list(settings.audience) or None,
                issuer=settings.issuer or None,
                options={
                    "require": ["exp", *(["aud"] if settings.audience else []), *(["iss"] if settings.issuer else [])],
                    "verify_aud": bool(settings.audience),
                    "verify_exp": False,  # held against our own clock below
                    "verify_nbf": False,
                    "verify_iat": False,
                },
            )
        except jwt.MissingRequiredClaimError as error:
            raise _refused(f"it has no `{error.claim}`") from None
        except jwt.InvalidSignatureError:
            raise _refused("its signature does not fit") from None
        except jwt.InvalidAlgorithmError:
            raise _refused(f"it is not signed with {settings.algorithm}") from None
        except jwt.InvalidAudienceError:
            raise _refused("it is for somebody else (`aud`)") from None
        except jwt.InvalidIssuerError:
            raise _refused("it is by somebody else (`iss`)") from None
        except jwt.PyJWTError:
            raise _refused("it is not whole") from None
        return self._claims(said, now)

    def _key_for(self, header: dict[str, object]) -> "str | bytes | PyJWK":
        kid = header.get("kid")
        if None in self._keys:
            return self._keys[None]
        if kid is None and len(self._keys) == 1:
            return next(iter(self._keys.values()))
        if not isinstance(kid, str) or kid not in self._keys:
            raise _refused("it is signed with a key that is not known here (`kid`)")
        return self._keys[kid]

    def _claims(self, said: dict[str, object], now: float) -> Claims:
        settings = self._settings
        expires, begins = _time(said, "exp"), _time(said, "nbf") if "nbf" in said else None
        if expires + settings.leeway_s <= now:
            raise _refused("it has expired")
        if begins is not None and begins - settings.leeway_s > now:
            raise _refused("it is not valid yet (`nbf`)")
        tenant = _inside(said, settings.tenant_claim)
        if tenant is None:
            tenant = DEFAULT_TENANT
        elif not isinstance(tenant, str) or TENANT_NAME.fullmatch(tenant) is None:
            raise _refused(f"`{settings.tenant_claim}` is no name of a tenant")
        roles = _inside(said, settings.role_claim)
        is_admin = roles == settings.admin_role or (isinstance(roles, list) and settings.admin_role in roles)
        subject = said.get("sub")
        name = subject[:MAX_SUBJECT_CHARS] if isinstance(subject, str) else ""
        return Claims(name, tenant, is_admin, expires + settings.leeway_s)


def looks_like_token(presented: bytes) -> bool:
    """Three parts with dots between them, the first of which begins an object."""
    return presented.startswith(b"eyJ") and presented.count(b".") == 2


def _single_key(settings: Jwt, path: Path, raw: bytes) -> "str | bytes | PyJWK":
    if settings.algorithm == "HS256":
        secret = raw.strip()
        if len(secret) < MIN_SECRET_BYTES:
            raise _unusable("key_file", path, f"a secret of HS256 has {MIN_SECRET_BYTES} bytes at least")
        return secret
    import jwt
    from jwt.algorithms import get_default_algorithms

    try:
        get_default_algorithms()[settings.algorithm].prepare_key(raw)
    except (jwt.PyJWTError, ValueError, TypeError):
        raise _unusable("key_file", path, f"it holds no public key (PEM) for {settings.algorithm}") from None
    return raw


def _key_set(settings: Jwt, path: Path, raw: bytes) -> "dict[str | None, str | bytes | PyJWK]":
    import jwt

    try:
        found = jwt.PyJWKSet.from_json(raw.decode()).keys
    except (jwt.PyJWTError, ValueError, AttributeError, TypeError):
        raise _unusable("jwks_file", path, "it is no JWK set") from None
    keys: dict[str | None, str | bytes | PyJWK] = {
        key.key_id or f"#{place}": key for place, key in enumerate(found) if key.algorithm_name == settings.algorithm
    }
    if not keys:
        raise _unusable("jwks_file", path, f"it holds no key for {settings.algorithm}")
    return keys


def _time(said: dict[str, object], claim: str) -> float:
    value = said[claim]
    if not isinstance(value, int | float) or isinstance(value, bool) or not abs(value) < 1e12:
        raise _refused(f"its `{claim}` is no time")
    return float(value)


def _inside(said: dict[str, object], path: str) -> object:
    """A claim; a name with dots is looked for as a whole first."""
    if path in said:
        return said[path]
    value: object = said
    for part in path.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def _refused(reason: str) -> Unauthorized:
    return Unauthorized(f"the token is not accepted: {reason}", hint="get a fresh one from whoever issues them")


def _unusable(name: str, path: Path, reason: str) -> ConfigError:
    return ConfigError((f"gateway.yaml: auth.jwt.{name}: {path} cannot be used: {reason}",))
