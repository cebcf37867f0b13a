"""`gateway.yaml`: how the gateway listens, what it bears, and how long it waits."""

from typing import Annotated

from pydantic import Field, SecretStr

from ai_dashboard.config.schema.base import Count, NotNegative, Positive, Section, Words

MAX_PORT = 65535

Port = Annotated[int, Field(ge=0, le=MAX_PORT)]

NOT_YET = frozenset(
    {
        "auth.jwt",
        "breaker",
        "budgets",
        "cache",
        "experiments",
        "logging",
        "queue",
        "redis",
        "reload",
        "request_log",
        "retries",
        "stream.holdback_ms",
        "stream.on_cut",
        "tenants",
    }
)
"""Keys that may be written already and have no effect in this version."""


class Listen(Section):
    """Where callers find the gateway."""

    host: str = "127.0.0.1"
    """The address to listen on. Anything but this machine's own needs `auth.master_key`."""
    port: Port = 4000
    """0 takes any free port."""


class Auth(Section):
    """Who may call."""

    master_key: SecretStr | None = None
    """The key that callers must send; without one everybody on this machine may call."""


class Limits(Section):
    """What callers may send at most."""

    max_connections: Count = 4096
    """Open connections."""
    max_in_flight: Count = 512
    """Requests at one time; more are answered 503."""
    max_body_mb: Positive = 32
    """MiB of a request's body."""
    max_header_kb: Positive = 32
    """KiB of a request's head."""
    header_read_s: Positive = 10
    """Seconds in which a request's head must arrive."""


class Timeouts(Section):
    """Seconds that providers are given."""

    connect_s: Positive = 5
    """To accept a connection."""
    first_token_s: Positive = 30
    """To begin an answer."""
    first_token_local_s: Positive = 300
    """To begin an answer, for servers of your own, which may have to load the model first."""
    idle_s: Positive = 30
    """Between two pieces of an answer."""
    total_s: Positive = 600
    """For a whole answer."""


class HealthChecks(Section):
    """How providers are watched. Checks ask for lists only and cost nothing."""

    interval_s: Positive = 60
    """Seconds between two checks of a provider."""
    timeout_s: Positive = 5
    """Seconds for one try."""
    attempts: Count = 3
    """Tries before a provider counts as unavailable."""


class Streams(Section):
    """How streamed answers are kept alive."""

    keepalive_s: Positive = 15
    """Seconds of silence after which a comment is sent, so that proxies do not hang up."""


class GatewaySettings(Section):
    """The whole of `gateway.yaml`. Every key has a default."""

    listen: Listen = Listen()
    """Where callers find the gateway."""
    auth: Auth = Auth()
    """Who may call."""
    limits: Limits = Limits()
    """What callers may send at most."""
    timeouts: Timeouts = Timeouts()
    """Seconds that providers are given; `timeouts` of a provider wins."""
    health: HealthChecks = HealthChecks()
    """How providers are watched."""
    stream: Streams = Streams()
    """How streamed answers are kept alive."""
    drain_s: NotNegative = 30
    """Seconds that requests in flight are given when the gateway stops."""
    allowed_hosts: Words = ()
    """Names, besides this machine's own, that callers may use for the gateway in the `Host` header."""
