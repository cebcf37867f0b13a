"""What the screen shows: one immutable picture of the gateway, frozen at most four times a second.

Everything here crosses a thread (as a reference) or a socket (as JSON), so it holds plain values only, and no secret.
Durations are seconds, sizes bytes, rates per second unless a name says otherwise, `at` Unix time. `None` means "not
known", never zero.
"""

from dataclasses import field
from enum import StrEnum
from typing import Literal

from ai_dashboard.core.costs import Window
from ai_dashboard.core.data import dataclass
from ai_dashboard.core.diagnostics import Diagnostic
from ai_dashboard.core.records import RequestRecord
from ai_dashboard.core.screen import ScreenSettings

SLICE_S = 5.0
"""Seconds that one point of a time series covers."""

SLICES = 180
"""Points in a time series: 15 minutes."""


class Health(StrEnum):
    """A provider's state, in the order in which the screen lists them: what is broken comes first."""

    UNAVAILABLE = "unavailable"
    AUTH_FAILED = "auth_failed"
    COOLDOWN = "cooldown"
    DEGRADED = "degraded"
    CHECKING = "checking"
    ACTIVE = "active"
    DRAINING = "draining"
    DISABLED = "disabled"


class BreakerState(StrEnum):
    """Whether a model at a provider is asked: as usual, not at all, once to see, or a growing share of the time."""

    CLOSED = "closed"
    OPEN = "open"
    PROBING = "probing"
    RAMPING = "ramping"


@dataclass(frozen=True, slots=True)
class TargetView:
    """One model at one provider as it stands. Averages are of its latest answers. `share` (0 to 1) is the part of its
    usual traffic that it gets while it recovers, `retry_in_s` what is left until an open breaker lets one request
    through; `warm` says whether the model is loaded, `load_s` how long loading took."""

    model: str
    breaker: BreakerState = BreakerState.CLOSED
    share: float = 1.0
    retry_in_s: float = 0.0
    reason: str = ""
    in_flight: int = 0
    ewma_ttft_s: float | None = None
    ewma_total_s: float | None = None
    p95_s: float | None = None
    success_ratio: float = 1.0
    warm: bool | None = None
    load_s: float | None = None


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """A model that a server of one's own has in memory: the share of it (0 to 1) and the bytes in a graphics card's."""

    name: str
    share_in_vram: float | None = None
    vram: int | None = None


Wish = Literal["drained", "disabled"]
"""What an operator has asked for while the gateway runs. What the configuration keeps off is no such wish."""


@dataclass(frozen=True, slots=True)
class Percentiles:
    """Of one thing over one window; None where nothing was measured."""

    p50: float | None = None
    p95: float | None = None
    p99: float | None = None


@dataclass(frozen=True, slots=True)
class ProviderView:
    """One provider as it stands. Percentiles and `error_ratio` are over the last 15 minutes, `per_minute` over the last
    60 s. `total` is the whole answer's time, `ttft` the time to the first token. `trend` holds the p95 of `total` for
    each slice, oldest first, None where nothing was asked. `cooldown_s` is how long it is left alone still, `headroom`
    (0 to 1) what is left of its rate limits, `capacity` the requests that it takes at one time; `targets` are those of
    its models that were asked, `loaded` those that its server has in memory, where it says; `wish` is what an operator
    wants of it, None when that is nothing; `check_s` what the last health check took that it passed."""

    name: str
    kind: str
    address: str
    local: bool
    health: Health
    reason: str
    models: tuple[str, ...]
    in_flight: int
    requests: int
    per_minute: float
    error_ratio: float | None
    total: Percentiles
    ttft: Percentiles
    tokens_per_s: float | None
    last_error: str
    last_error_at: float | None
    trend: tuple[float | None, ...]
    simulated: bool = False
    cooldown_s: float = 0.0
    headroom: float | None = None
    capacity: int | None = None
    targets: tuple[TargetView, ...] = ()
    wish: Wish | None = None
    loaded: tuple[LoadedModel, ...] = ()
    check_s: float | None = None


@dataclass(frozen=True, slots=True)
class SeriesPoint:
    """One slice of the whole gateway's traffic; `at` is the start of the slice."""

    at: float
    requests: int
    errors: int
    ttft: Percentiles = field(default_factory=Percentiles)
    total: Percentiles = field(default_factory=Percentiles)


@dataclass(frozen=True, slots=True)
class GpuProcess:
    """A process with memory on a GPU. `model` is the model that its command line names, empty where it names none;
    `memory` is None where the driver does not tell."""

    pid: int
    name: str
    model: str
    memory: int | None


@dataclass(frozen=True, slots=True)
class GpuPart:
    """A part of a GPU that is divided into instances (MIG)."""

    name: str
    memory_used: int | None
    memory_total: int | None


@dataclass(frozen=True, slots=True)
class GpuView:
    """One GPU. A field that the driver or the device does not offer is None. `ecc_errors` are those since the driver
    was loaded that could not be corrected; `throttled` says what keeps the clocks down; `trend` is the utilisation in
    the latest samples, oldest first."""

    index: int
    name: str
    utilisation: float | None
    """0 to 1."""
    memory_used: int | None
    memory_total: int | None
    temperature_c: float | None
    power_w: float | None
    power_limit_w: float | None
    clock_mhz: float | None = None
    clock_max_mhz: float | None = None
    memory_clock_mhz: float | None = None
    ecc_errors: int | None = None
    throttled: tuple[str, ...] | None = None
    processes: tuple[GpuProcess, ...] | None = None
    parts: tuple[GpuPart, ...] = ()
    trend: tuple[float | None, ...] = ()


@dataclass(frozen=True, slots=True)
class DiskView:
    """A file system, by where it is mounted."""

    path: str
    used: int
    total: int


@dataclass(frozen=True, slots=True)
class HostView:
    """The machine. `cpu` is 0 to 1 over all cores; `gpu_note` says calmly why there is no GPU, when there is none.
    Traffic is in bytes per second, over all network interfaces but the loopback and over all disks; `own_memory` is
    what the gateway's process holds, `own_cpu` what it takes of one core (above 1 where it keeps several busy);
    `cpu_trend` is `cpu` in the latest samples, oldest first."""

    cpu: float | None = None
    cores: int = 0
    load1: float | None = None
    memory_used: int | None = None
    memory_total: int | None = None
    gpus: tuple[GpuView, ...] = ()
    gpu_note: str = "looking for a GPU"
    swap_used: int | None = None
    swap_total: int | None = None
    disks: tuple[DiskView, ...] = ()
    net_in: float | None = None
    net_out: float | None = None
    disk_read: float | None = None
    disk_write: float | None = None
    own_memory: int | None = None
    own_cpu: float | None = None
    cpu_trend: tuple[float | None, ...] = ()


class AlertLevel(StrEnum):
    """`critical` needs somebody now, `warning` soon, `info` is news."""

    CRITICAL = "critical"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Alert:
    """Something the operator should know. `key` stays the same while the cause lasts; `hint` says what to do. `acked`
    says that somebody has taken note of it, `silenced_until` (Unix time) that nobody wants to hear of it until then."""

    key: str
    level: AlertLevel
    at: float
    text: str
    hint: str = ""
    provider: str | None = None
    acked: bool = False
    silenced_until: float | None = None

    @property
    def is_open(self) -> bool:
        """Whether somebody should look at it still."""
        return not self.acked and self.silenced_until is None


@dataclass(frozen=True, slots=True)
class GatewayView:
    """The gateway itself. `rate` is requests per second over the last 10 s; `overhead` what the gateway adds to the
    time to the first token, over 15 minutes; `tokens_per_s` all answers together, over the last 60 s;
    `connections` are those that callers have open, busy or not."""

    host: str
    port: int
    pid: int
    version: str
    uptime_s: float
    rate: float
    in_flight: int
    requests: int
    failures: int
    fallbacks: int
    tokens_per_s: float
    overhead: Percentiles
    draining: bool = False
    simulated: bool = False
    connections: int = 0


@dataclass(frozen=True, slots=True)
class SharedView:
    """The Redis that several gateways share. `address` holds no password; `reason` says what was wrong with it last,
    `since` from when it is `up` or is not; `gateways` counts those that are there, this one included;
    `answer_s` is what its last answer took."""

    address: str
    up: bool
    reason: str
    since: float
    gateways: int
    answer_s: float | None = None


@dataclass(frozen=True, slots=True)
class CacheGauge:
    """The cache at a glance. `hit_ratio` (0 to 1) is the share of those asks of the last 15 minutes that were looked up
    whose answer was known, `trend` the same minute by minute, oldest first; what is saved counts since the start."""

    enabled: bool = False
    hit_ratio: float | None = None
    trend: tuple[float | None, ...] = ()
    entries: int = 0
    bytes: int = 0
    max_bytes: int = 0
    saved_s: float = 0.0
    saved_usd: float = 0.0


@dataclass(frozen=True, slots=True)
class QueueGauge:
    """Requests that wait for a place, at a glance. `drain_s` is when all of them will have been served, None while
    nobody can say; `shed` were turned away and `expired` passed their deadline in the last 15 minutes; `trend` is the
    most that waited at one time, minute by minute, oldest first."""

    waiting: int = 0
    oldest_s: float = 0.0
    drain_s: float | None = 0.0
    shed: int = 0
    expired: int = 0
    trend: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class MoneyGauge:
    """Money at a glance, in dollars. `window`, `spent`, `budget` and `used` (0 to 1, and more where it is overdrawn)
    are of that limit of all together of which most is used, None where there is none; `reserved` is what calls in
    flight may still cost. The forecast (`per_hour`, `day_end`, `month_end`) is None until it is first worked out;
    `hours` are what the last hours took, oldest first, the current one last. `saved` is what the cache has saved since
    the start; `top` the model that took most today, and its share."""

    today: float = 0.0
    reserved: float = 0.0
    window: Window | None = None
    spent: float | None = None
    budget: float | None = None
    used: float | None = None
    per_hour: float | None = None
    day_end: float | None = None
    month_end: float | None = None
    hours: tuple[float, ...] = ()
    saved: float = 0.0
    top: str = ""
    top_share: float | None = None


@dataclass(frozen=True, slots=True)
class ConfigView:
    """Which configuration is in force. `number` counts accepted configurations since the start; `usable` is False when
    files were refused and nothing of them is served; `origin` says in words where it came from; `hash` tells
    its files from any others, empty where it has none; `screen` is how screens shall look."""

    number: int
    folder: str | None
    origin: str
    usable: bool
    diagnostics: tuple[Diagnostic, ...] = ()
    hash: str = ""
    screen: ScreenSettings = field(default_factory=ScreenSettings)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All of it. `version` grows by one with each snapshot; `running` holds requests in flight, newest first, at most
    100; `series` runs oldest to newest with the current, unfinished slice last; `shared` is None for a gateway that
    shares nothing; `money` is what is spent, `cache` what need not be, `queue` who waits."""

    version: int
    at: float
    gateway: GatewayView
    config: ConfigView
    providers: tuple[ProviderView, ...] = ()
    running: tuple[RequestRecord, ...] = ()
    series: tuple[SeriesPoint, ...] = ()
    ttft: Percentiles = field(default_factory=Percentiles)
    total: Percentiles = field(default_factory=Percentiles)
    host: HostView = field(default_factory=HostView)
    alerts: tuple[Alert, ...] = ()
    shared: SharedView | None = None
    money: MoneyGauge = field(default_factory=MoneyGauge)
    cache: CacheGauge = field(default_factory=CacheGauge)
    queue: QueueGauge = field(default_factory=QueueGauge)
