"""`tenants` and `auth.jwt` in `gateway.yaml`: who there is, what each may use, and tokens that say who somebody is."""

from typing import Annotated, Literal, Self

from pydantic import Field, SecretStr, model_validator
from pydantic_core import PydanticCustomError

from ai_dashboard.config.schema.base import Count, Limits, NotNegative, Section, Words
from ai_dashboard.core.tenancy import Level

OTHERS = "*"
"""Stands for every tenant that is not named."""

MIN_SECRET_BYTES = 32


class Quotas(Section):
    """Tokens, prompt and answer together. Days and months begin at midnight UTC."""

    daily_tokens: Count | None = None
    """In a day."""
    monthly_tokens: Count | None = None
    """In a month."""


class Tenant(Section):
    """What one tenant may use, and how its requests are routed. What it may spend is said in `budgets.tenants`."""

    limits: Limits = ()
    """How much in how much time, such as `1000/hour`, `10/second burst 20` or `60000 tokens/minute`. Each holds."""
    quotas: Quotas = Quotas()
    """Tokens by the calendar."""
    max_concurrent: Count | None = None
    """Requests at one time."""
    allowed_models: Words = ()
    """Names that it may ask for, as callers write them; `gpt-5*` is all that begin so. All, when none is listed."""
    allowed_providers: Words = ()
    """Providers that may answer it. All, when none is listed."""
    preferred_providers: Words = ()
    """Providers that are asked first where several can answer."""
    strategy: str | None = None
    """How to choose among several, where the request does not say."""
    residency: str | None = None
    """The group of `data_residency` that its requests belong to, whatever they say."""
    priority: Level | None = None
    """How urgent its requests are when they do not say."""


class Jwt(Section):
    """Signed tokens (JWT) that callers may bring instead of a key. One of `secret`, `key_file` and `jwks_file` says how
    they are checked; `exp` has to be in every token."""

    algorithm: Literal["HS256", "RS256", "ES256"]
    """The one algorithm that is accepted, whatever a token says of itself."""
    secret: SecretStr | None = None
    """The shared secret of HS256: 32 bytes at least, as `os.environ/VAR`."""
    key_file: str = ""
    """A file with the issuer's public key (PEM), or with the secret of HS256; its full path, or that from the folder of
    `gateway.yaml`."""
    jwks_file: str = ""
    """A file with the issuer's keys as a JWK set; the token's `kid` says which. Read when the configuration is."""
    audience: Words = ()
    """Who tokens have to be for (`aud`), one of these; not looked at when none is listed."""
    issuer: str = ""
    """Who has to have made them (`iss`); not looked at when it is empty."""
    tenant_claim: str = "tenant"
    """Where in a token its tenant is; `a.b` is `b` inside of `a`."""
    role_claim: str = "role"
    """Where its roles are: a word or a list of words."""
    admin_role: str = "admin"
    """The role that opens the admin API."""
    leeway_s: Annotated[NotNegative, Field(le=300)] = 10
    """Seconds that clocks may differ."""

    @model_validator(mode="after")
    def _one_way_to_check(self) -> Self:
        ways = [name for name in ("secret", "key_file", "jwks_file") if getattr(self, name)]
        if len(ways) != 1:
            raise PydanticCustomError("jwt_key", "should have one of `secret`, `key_file` and `jwks_file`")
        if self.secret is not None and self.algorithm != "HS256":
            raise PydanticCustomError("jwt_key", "`secret` is for HS256; the others need `key_file` or `jwks_file`")
        if self.secret is not None and len(self.secret.get_secret_value().encode()) < MIN_SECRET_BYTES:
            raise PydanticCustomError("jwt_key", "`secret` should be at least 32 bytes long, or it can be guessed")
        return self
