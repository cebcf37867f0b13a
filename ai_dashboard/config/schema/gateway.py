"""`gateway.yaml`: how the gateway listens, what it bears, and how long it waits."""

from typing import Annotated, Literal

from pydantic import Field, PlainValidator, SecretStr
from pydantic_core import PydanticCustomError

from ai_dashboard.config.schema.base import Count, NotNegative, Positive, Section, Words
from ai_dashboard.config.schema.budgets import Budgets
from ai_dashboard.config.schema.cache import CacheSettings
from ai_dashboard.config.schema.experiments import Experiment
from ai_dashboard.config.schema.logs import LogSettings
from ai_dashboard.config.schema.monitoring import MetricsSettings, OtelSettings
from ai_dashboard.config.schema.queue import QueueSettings, RedisSettings
from ai_dashboard.config.schema.request_log import RequestLogSettings
from ai_dashboard.config.schema.tenants import Jwt, Tenant

MAX_PORT = 65535

Port = Annotated[int, Field(ge=0, le=MAX_PORT)]

NOT_YET: frozenset[str] = frozenset()
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
    jwt: Jwt | None = None
    """Signed tokens that callers may bring instead of a key."""


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
    degraded_p95_s: Positive | None = None
    """A provider of which 5 of 100 answers take longer than this counts as degraded; never when it is not said."""


Share = Annotated[float, Field(gt=0, le=1)]
OnCut = Literal["error", "continue", "restart"]


def _hedge_after(value: object) -> object:
    """One of two types, with one message for both."""
    if value is None or value == "p95":
        return value
    try:
        seconds = float(value) if isinstance(value, (int, float, str)) and not isinstance(value, bool) else 0.0
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise PydanticCustomError("hedge_after", "should be a number of seconds above 0, or `p95`")
    return seconds


HedgeAfter = Annotated[
    Literal["p95"] | float | None,
    PlainValidator(_hedge_after, json_schema_input_type=Literal["p95"] | float | None),
]


class Retries(Section):
    """When the same provider is asked again: where it could not be reached, or said 429 or 503, and nobody else is
    left."""

    max: Annotated[int, Field(ge=0, le=10)] = 3
    """Pauses for one request; 0 turns retries off."""
    base_delay_s: NotNegative = 1
    """The longest first pause in seconds; each further one may be twice as long."""
    max_wait_s: Positive = 60
    """A provider that wants to be left alone for more seconds than this is not waited for."""
    budget_ratio: Annotated[float, Field(ge=0, le=1)] = 0.2
    """Retries of all requests together, as a share of the requests of the last ten seconds."""
    budget_min_per_s: NotNegative = 3
    """Retries a second that are allowed however few requests there are."""


class BreakerSettings(Section):
    """When a model at a provider is left alone, and how it comes back."""

    failures: Count = 3
    """Failures in the window that open it."""
    window_s: Positive = 60
    """Seconds that a failure is remembered."""
    error_ratio: Share = 0.5
    """It stays closed while failures are a smaller share of the answers than this."""
    cooldown_s: Positive = 300
    """Seconds that it stays open; twice as long each time that coming back fails."""
    max_cooldown_s: Positive = 3600
    """And at most this long."""
    ramp: Annotated[tuple[Share, ...], Field(min_length=1, max_length=20)] = (0.1, 0.25, 0.5)
    """The shares of its usual traffic that it is given one after the other on its way back."""
    ramp_step_s: Positive = 1
    """Seconds that each of those lasts at least."""


class Hedge(Section):
    """A second provider is asked when the first keeps a caller waiting; whoever begins first answers. Both cost."""

    after: HedgeAfter = None
    """Seconds to wait, or `p95`: as long as 95 of 100 answers of that model take at most. Nobody is asked twice when it
    is not said."""
    budget_ratio: Annotated[float, Field(ge=0, le=1)] = 0.1
    """Second asks of all requests together, as a share of the requests of the last ten seconds."""


class Streams(Section):
    """How streamed answers are kept alive, and what becomes of one that breaks off."""

    keepalive_s: Positive = 15
    """Seconds of silence after which a comment is sent, so that proxies do not hang up."""
    holdback_ms: NotNegative = 0
    """Milliseconds that the first content is held back, so that a provider that dies at once can still be replaced."""
    on_cut: OnCut = "error"
    """What becomes of an answer that breaks off: `error` tells the caller, `continue` asks the next provider to go on
    from there, `restart` asks it anew as long as nothing but thoughts has reached the caller; so does `continue`."""


class Reload(Section):
    """How a changed configuration is taken up while the gateway runs."""

    watch_requests: Annotated[int, Field(ge=0, le=1000)] = 20
    """Requests that are watched after a change; 0 watches none, and nothing is rolled back by itself."""
    max_error_rate: Annotated[float, Field(ge=0, le=1)] = 0.5
    """When a larger share of them fails, and no such share did before, the change is rolled back."""
    confirm_removals: bool = False
    """Whether a file that was changed by other programs and has lost something waits for a yes (SIGHUP)."""


class RouteTimeouts(Section):
    """Seconds that requests for one name are given; what is not set is as usual."""

    connect_s: Positive | None = None
    """To accept a connection."""
    first_token_s: Positive | None = None
    """To begin an answer."""
    idle_s: Positive | None = None
    """Between two pieces of an answer."""
    total_s: Positive | None = None
    """For a whole answer, with all attempts and pauses."""


class RouteSettings(Section):
    """What is different for requests for one name."""

    timeouts: RouteTimeouts = RouteTimeouts()
    """Seconds; they win over those of providers."""
    max_retries: Annotated[int, Field(ge=0, le=10)] | None = None
    """Instead of `retries.max`."""
    hedge_after: HedgeAfter = None
    """Instead of `hedge.after`."""
    holdback_ms: NotNegative | None = None
    """Instead of `stream.holdback_ms`."""
    on_cut: OnCut | None = None
    """Instead of `stream.on_cut`."""


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
    """How streamed answers are kept alive, and what becomes of one that breaks off."""
    retries: Retries = Retries()
    """When the same provider is asked again."""
    breaker: BreakerSettings = BreakerSettings()
    """When a model at a provider is left alone, and how it comes back."""
    hedge: Hedge = Hedge()
    """When a second provider is asked at the same time."""
    routes: dict[str, RouteSettings] = Field(default_factory=dict)
    """What is different for requests for one name: a model, a capability or an alias, as callers write it."""
    drain_s: NotNegative = 30
    """Seconds that requests in flight are given when the gateway stops."""
    budgets: Budgets = Budgets()
    """What may be spent, in US dollars."""
    cache: CacheSettings = CacheSettings()
    """Which answers are kept and given again."""
    experiments: dict[str, Experiment] = Field(default_factory=dict)
    """Models whose traffic is split among several, by a name of your own."""
    tenants: dict[str, Tenant] = Field(default_factory=dict)
    """What each tenant may use, by its name; `*` is for each of the others."""
    request_log: RequestLogSettings = RequestLogSettings()
    """What is remembered of requests beyond the next start."""
    logging: LogSettings = LogSettings()
    """What the gateway tells of itself while it runs."""
    metrics: MetricsSettings = MetricsSettings()
    """`/metrics`, as Prometheus reads it."""
    otel: OtelSettings = OtelSettings()
    """Traces for OpenTelemetry."""
    queue: QueueSettings = QueueSettings()
    """How requests wait for a provider that has no place left."""
    redis: RedisSettings = RedisSettings()
    """A Redis or Valkey that several gateways share."""
    reload: Reload = Reload()
    """How a changed configuration is taken up while the gateway runs."""
    allowed_hosts: Words = ()
    """Names, besides this machine's own, that callers may use for the gateway in the `Host` header."""
