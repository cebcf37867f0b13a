"""`queue:` and `redis:` of `gateway.yaml`."""

from typing import Annotated, Literal
from urllib.parse import parse_qsl, urlsplit

from pydantic import AfterValidator, SecretStr
from pydantic_core import PydanticCustomError

from ai_dashboard.config.schema.base import Count, Positive, Section

SCHEMES = ("redis://", "rediss://", "unix://")
OPTIONS = frozenset({"db", "username", "password", "client_name"})
TLS_OPTIONS = frozenset({"ssl_cert_reqs", "ssl_ca_certs", "ssl_certfile", "ssl_keyfile", "ssl_check_hostname"})
"""What may follow the `?` of an address."""


class QueueSettings(Section):
    """How requests wait for a provider that has no place left."""

    max_size: Count = 1000
    """Requests that may wait for one provider and model at each of the five levels; more are answered 429."""
    age_boost_s: Positive = 30
    """Seconds of waiting after which a request rises one level, so that nothing waits for ever."""
    adaptive: bool = True
    """Whether a provider without `rate_limits.max_concurrent` is given fewer requests at one time once it answers late
    or refuses."""


def _redis_url(value: SecretStr) -> SecretStr:
    text = value.get_secret_value()
    if not text.startswith(SCHEMES):
        raise PydanticCustomError("redis_url", "should begin with redis://, rediss:// or unix://")
    try:
        parts = urlsplit(text)
        sound = parts.port != 0
    except ValueError:
        sound = False
    if not sound:
        raise PydanticCustomError("redis_url", "should look like redis://host:6379/0")
    options = dict(parse_qsl(parts.query))
    known = OPTIONS | TLS_OPTIONS if parts.scheme == "rediss" else OPTIONS
    if (unknown := set(options) - known) or not options.get("db", "0").isdecimal():
        wrong = ", ".join(sorted(unknown)) or "db"
        raise PydanticCustomError("redis_url", "has an option that cannot be used: {wrong}", {"wrong": wrong})
    return value


RedisUrl = Annotated[SecretStr, AfterValidator(_redis_url)]


class RedisSettings(Section):
    """A Redis or Valkey that several gateways share, so that they serve as one."""

    url: RedisUrl | None = None
    """Where it is: `redis://host:6379/0`, `rediss://…` with TLS, or `unix:///path/to/socket`. Without it every gateway
    keeps its own state."""
    protocol: Literal[2, 3] = 2
    """The version of its protocol, RESP2 or RESP3."""
