"""What `/metrics` tells of how things stand: providers, the queue, budgets, the machine, and the gateway itself.

Nearly all of it is in the picture that is frozen for the screen in any case, and no older than a second.
"""

import resource
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice

from ai_dashboard.core.costs import BudgetView
from ai_dashboard.core.snapshot import AlertLevel, Health, HostView, ProviderView, Snapshot
from ai_dashboard.costs.account import EVERYBODY
from ai_dashboard.gateway.metering import OTHER
from ai_dashboard.gateway.runtime import Runtime
from ai_dashboard.queueing.priority import Priority
from ai_dashboard.telemetry.metrics import Family, Kind, pairs, sample

MAX_BUDGETS = 200
"""Limits that are told."""

MAX_QUEUES = 200
"""Models whose waiting are told apart."""

ANSWERING = frozenset({Health.ACTIVE, Health.DEGRADED})
SILENT = frozenset({Health.UNAVAILABLE, Health.AUTH_FAILED, Health.COOLDOWN})
"""Of any other nobody can say whether it would answer: it is off, or has not been asked yet."""

MHZ = 1e6


def standing(picture: Snapshot, runtime: Runtime, budgets: Iterable[BudgetView], began: float) -> Iterator[Family]:
    """Every family. `began` is when the gateway did, in Unix time."""
    yield from _gateway(picture, runtime, began)
    yield from _providers(picture.providers)
    yield from _queue(picture, runtime)
    yield from _cache(picture)
    yield from _budgets(picture, budgets)
    yield from _host(picture.host)
    yield from _gpus(picture.host)


def _gateway(picture: Snapshot, runtime: Runtime, began: float) -> Iterator[Family]:
    gateway, config = picture.gateway, picture.config
    used = resource.getrusage(resource.RUSAGE_SELF)
    alerts = Counter(alert.level for alert in picture.alerts if alert.is_open)
    yield _one("gateway_info", "What runs here.", 1, pairs(version=gateway.version, simulated=_word(gateway.simulated)))
    yield _one("active_connections", "Connections that callers have open, busy or not.", gateway.connections)
    yield _one("gateway_requests_in_flight", "Requests that are not over yet.", len(runtime.running))
    yield _one(
        "total_throughput_tokens_per_second", "Tokens of all answers, over the last minute.", gateway.tokens_per_s
    )
    yield _one("gateway_draining", "1 while it shuts down.", gateway.draining)
    yield _one("gateway_config_number", "Configurations in force so far.", config.number)
    yield _one("gateway_config_usable", "0 where the files were refused.", config.usable)
    yield Family(
        "gateway_alerts",
        "gauge",
        "Alerts that nobody has taken note of, by level.",
        [sample(alerts[level], pairs(level=level)) for level in AlertLevel],
    )
    yield _one("process_start_time_seconds", "When it began, in Unix time.", began)
    yield _one("process_cpu_seconds_total", "Processor time.", used.ru_utime + used.ru_stime, kind="counter")
    if picture.host.own_memory is not None:
        yield _one("process_resident_memory_bytes", "Memory that it holds.", picture.host.own_memory)
    if picture.shared is not None:
        yield _one("redis_up", "Whether the Redis is there that gateways share.", picture.shared.up)
        yield _one("redis_gateways", "Gateways that share it.", picture.shared.gateways)


def _providers(providers: Iterable[ProviderView]) -> Iterator[Family]:
    views = [(pairs(provider=it.name), it) for it in providers]
    asked = sum(it.per_minute for _, it in views)
    yield _per(
        "provider_availability",
        "Whether a provider answers: 1 or 0. Without a value where it is off or was not asked yet.",
        ((labels, float(it.health in ANSWERING)) for labels, it in views if it.health in ANSWERING | SILENT),
    )
    yield _per(
        "provider_health",
        "1 for the state in which a provider is.",
        ((f"{labels},{pairs(state=state)}", it.health is state) for labels, it in views for state in Health),
    )
    yield _per(
        "router_load_balance_distribution",
        "A provider's share of all attempts of the last minute.",
        ((labels, it.per_minute / asked if asked else 0.0) for labels, it in views),
    )
    yield _per(
        "provider_requests_in_flight",
        "Attempts that are not over yet.",
        ((labels, it.in_flight) for labels, it in views),
    )
    yield _per(
        "provider_capacity_requests", "How many it takes at one time.", _known((n, it.capacity) for n, it in views)
    )
    yield _per(
        "provider_headroom_ratio", "What is left of its rate limits.", _known((n, it.headroom) for n, it in views)
    )
    yield _per(
        "provider_tokens_per_second",
        "The speed of its answers behind the first token, over 15 minutes.",
        _known((labels, it.tokens_per_s) for labels, it in views),
    )
    yield _per("provider_cooldown_seconds", "How long it is left alone still.", ((n, it.cooldown_s) for n, it in views))
    yield _per(
        "provider_open_breakers",
        "Models of it that are left alone because they fail.",
        ((labels, sum(target.breaker == "open" for target in it.targets)) for labels, it in views),
    )
    yield _per(
        "provider_check_seconds", "The time of the last health check.", _known((n, it.check_s) for n, it in views)
    )


def _queue(picture: Snapshot, runtime: Runtime) -> Iterator[Family]:
    waiting: Counter[tuple[str, str]] = Counter()
    models: set[str] = set()
    listed = {view.name: frozenset(view.models) for view in picture.providers}
    for line in runtime.waiting.views():
        known = line.model in listed.get(line.provider, ())
        model = line.model if known and (line.model in models or len(models) < MAX_QUEUES) else OTHER
        models.add(model)
        for priority, count in line.waiting.items():
            waiting[model, priority] += count
    yield _per(
        "request_queue_size",
        "Places in line, by model and priority. A request that several providers could answer has one at each.",
        (
            (pairs(model=model, priority=priority.name.lower()), waiting[model, priority.name])
            for model in sorted(models | {OTHER})
            for priority in reversed(Priority)
        ),
    )
    yield _one("queue_waiting_requests", "Requests that wait for a place.", picture.queue.waiting)
    yield _one("queue_oldest_seconds", "How long the oldest of them has waited.", picture.queue.oldest_s)


def _cache(picture: Snapshot) -> Iterator[Family]:
    cache = picture.cache
    yield _one(
        "cache_hit_rate",
        "The share of those asks of the last 15 minutes that were looked up whose answer was known.",
        cache.hit_ratio or 0.0,
    )
    yield _one("cache_entries", "Answers that are kept.", cache.entries)
    yield _one("cache_bytes", "Memory that they take.", cache.bytes)
    yield _one("cache_max_bytes", "Memory that they may take.", cache.max_bytes)


def _budgets(picture: Snapshot, budgets: Iterable[BudgetView]) -> Iterator[Family]:
    told = [
        (pairs(scope=f"{it.scope}:{it.name}" if it.name else it.scope, window=it.window), it)
        for it in islice(budgets, MAX_BUDGETS)
    ]
    used = [(labels, it.used_percent / 100) for labels, it in told]
    if not any(it.scope == EVERYBODY for _, it in told):
        used.append((pairs(scope=EVERYBODY, window="monthly"), 0.0))
    yield _per(
        "budget_used_ratio",
        "The part of a budget that is spent; more than 1 where it is overdrawn, 0 of all where there is no end to it.",
        used,
    )
    yield _per("budget_limit_usd", "What may be spent.", ((labels, it.limit) for labels, it in told))
    yield _per("budget_remaining_usd", "What is left of it.", ((labels, it.remaining) for labels, it in told))
    yield _one("llm_cost_reserved_usd", "What calls in flight may cost still.", picture.money.reserved)
    yield _one("llm_cost_today_usd", "What was spent today, by the clock of the budgets.", picture.money.today)
    if picture.money.month_end is not None:
        yield _one("llm_cost_month_end_usd", "What the month will have cost at its end.", picture.money.month_end)


def _host(host: HostView) -> Iterator[Family]:
    figures: tuple[tuple[str, str, float | None], ...] = (
        ("host_cpu_ratio", "Processors in use, all together.", host.cpu),
        ("host_load1", "Load average of the last minute.", host.load1),
        ("host_memory_used_bytes", "Memory in use.", host.memory_used),
        ("host_memory_total_bytes", "Memory.", host.memory_total),
        ("host_swap_used_bytes", "Swap in use.", host.swap_used),
        ("host_swap_total_bytes", "Swap.", host.swap_total),
        ("host_network_receive_bytes_per_second", "What comes in, without loopback.", host.net_in),
        ("host_network_transmit_bytes_per_second", "What goes out, without loopback.", host.net_out),
        ("host_disk_read_bytes_per_second", "What is read from disks.", host.disk_read),
        ("host_disk_write_bytes_per_second", "What is written to disks.", host.disk_write),
    )
    for name, text, value in figures:
        if value is not None:
            yield _one(name, text, value)
    disks = [(pairs(path=disk.path), disk) for disk in host.disks]
    yield _per("host_disk_used_bytes", "Space in use on a file system.", ((n, disk.used) for n, disk in disks))
    yield _per("host_disk_total_bytes", "Space on a file system.", ((n, disk.total) for n, disk in disks))


def _gpus(host: HostView) -> Iterator[Family]:
    gpus = [(pairs(gpu=str(gpu.index), name=gpu.name), gpu) for gpu in host.gpus]
    yield _one("gpu_devices", "Graphics cards that are seen.", len(gpus))
    yield _per("gpu_utilization_ratio", "How busy it is.", _known((n, it.utilisation) for n, it in gpus))
    yield _per("gpu_memory_used_bytes", "Its memory in use.", _known((n, it.memory_used) for n, it in gpus))
    yield _per("gpu_memory_total_bytes", "Its memory.", _known((n, it.memory_total) for n, it in gpus))
    yield _per("gpu_temperature_celsius", "How hot it is.", _known((n, it.temperature_c) for n, it in gpus))
    yield _per("gpu_power_watts", "What it draws.", _known((n, it.power_w) for n, it in gpus))
    yield _per("gpu_power_limit_watts", "What it may draw.", _known((n, it.power_limit_w) for n, it in gpus))
    clocks = ((n, None if it.clock_mhz is None else it.clock_mhz * MHZ) for n, it in gpus)
    yield _per("gpu_clock_hertz", "The clock of its processors.", _known(clocks))
    yield _per(
        "gpu_throttled",
        "1 while something keeps its clocks down.",
        _known((labels, None if it.throttled is None else bool(it.throttled)) for labels, it in gpus),
    )
    yield _per(
        "gpu_ecc_errors_total",
        "Errors of its memory that could not be corrected, since the driver was loaded.",
        _known((labels, it.ecc_errors) for labels, it in gpus),
        kind="counter",
    )


def _one(name: str, text: str, value: float, labels: str = "", kind: Kind = "gauge") -> Family:
    return Family(name, kind, text, (sample(+value, labels),))


def _per(name: str, text: str, values: Iterable[tuple[str, float]], kind: Kind = "gauge") -> Family:
    return Family(name, kind, text, (sample(+value, labels) for labels, value in values))


def _known(values: Iterable[tuple[str, float | None]]) -> Iterator[tuple[str, float]]:
    """Without those that nobody knows."""
    return ((labels, value) for labels, value in values if value is not None)


def _word(value: bool) -> str:
    return "true" if value else "false"
