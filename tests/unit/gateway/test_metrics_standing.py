"""How things stand, as figures: of what nobody knows there is none."""

import pytest

from ai_dashboard.core.costs import BudgetView
from ai_dashboard.core.snapshot import (
    Alert,
    AlertLevel,
    BreakerState,
    ConfigView,
    DiskView,
    GatewayView,
    GpuView,
    Health,
    HostView,
    Percentiles,
    ProviderView,
    SharedView,
    Snapshot,
    TargetView,
)
from ai_dashboard.gateway.metrics_standing import MAX_BUDGETS, standing
from ai_dashboard.telemetry.metrics import Form, lines
from tests.unit.gateway.hands import Hands, made

GATEWAY = GatewayView("127.0.0.1", 4000, 1, "1.0", 60.0, 1.0, 2, 3, 0, 0, 44.5, Percentiles(), connections=3)
GPU = GpuView(
    0, "H200", 0.5, 10, 100, 61.0, 300.0, 700.0, clock_mhz=1980.0, ecc_errors=2, throttled=("power",)
)  # fmt: skip
OLD_GPU = GpuView(1, "old", None, None, None, None, None, None)
HOST = HostView(cpu=0.25, disks=(DiskView("/", 30, 60),), gpus=(GPU, OLD_GPU), own_memory=77)
ALERTS = (
    Alert("a", AlertLevel.WARNING, 1.0, "x"),
    Alert("b", AlertLevel.WARNING, 1.0, "x", acked=True),
)


def provider(name: str, health: Health, **more: object) -> ProviderView:
    return ProviderView(
        name, "vllm", "h:1", local=True, health=health, reason="", models=("m",), in_flight=1, requests=9,
        per_minute=6.0, error_ratio=None, total=Percentiles(), ttft=Percentiles(), tokens_per_s=None, last_error="",
        last_error_at=None, trend=(), **more,  # type: ignore[arg-type]  # the fields of a test
    )  # fmt: skip


def budget(scope: str, name: str = "", used: float = 50.0) -> BudgetView:
    return BudgetView(scope, name, "monthly", 10.0, 5.0, 0.0, 5.0, used, None)


def figures(
    *budgets: BudgetView, providers: tuple[ProviderView, ...] = (), shared: SharedView | None = None
) -> set[str]:
    """Every line but those that say what it is about."""
    picture = Snapshot(
        1, 1e9, GATEWAY, ConfigView(4, None, "a test", usable=True), providers, host=HOST, alerts=ALERTS, shared=shared
    )
    page = lines(standing(picture, made(Hands()), budgets, 999.5), Form.TEXT)
    return {line for text in page for line in text.splitlines() if not line.startswith("#")}


def test_the_gateway_says_what_it_is_and_does() -> None:
    assert figures() >= {
        'gateway_info{version="1.0",simulated="false"} 1',
        "active_connections 3",
        "total_throughput_tokens_per_second 44.5",
        "gateway_config_number 4",
        "gateway_config_usable 1",
        "process_start_time_seconds 999.5",
        "process_resident_memory_bytes 77",
        'gateway_alerts{level="warning"} 1',
    }


def test_a_provider_is_available_or_not_or_nobody_can_say() -> None:
    told = figures(providers=tuple(provider(health.value, health) for health in Health))
    assert {line for line in told if line.startswith("provider_availability")} == {
        'provider_availability{provider="active"} 1.0',
        'provider_availability{provider="degraded"} 1.0',
        'provider_availability{provider="unavailable"} 0.0',
        'provider_availability{provider="auth_failed"} 0.0',
        'provider_availability{provider="cooldown"} 0.0',
    }
    assert 'provider_health{provider="draining",state="draining"} 1' in told
    assert 'provider_health{provider="draining",state="active"} 0' in told


def test_what_is_not_known_of_a_provider_is_left_out() -> None:
    broken = TargetView("m", BreakerState.OPEN)
    known = provider("a", Health.ACTIVE, capacity=8, headroom=0.5, check_s=0.01, targets=(broken, TargetView("n")))
    told = figures(providers=(known, provider("b", Health.ACTIVE)))
    assert told >= {
        'provider_capacity_requests{provider="a"} 8',
        'provider_headroom_ratio{provider="a"} 0.5',
        'provider_open_breakers{provider="a"} 1',
        'router_load_balance_distribution{provider="a"} 0.5',
        'provider_open_breakers{provider="b"} 0',
    }
    assert not any(line.startswith('provider_capacity_requests{provider="b"}') for line in told)


def test_graphics_cards_tell_what_their_driver_tells() -> None:
    told = figures()
    assert told >= {
        "gpu_devices 2",
        'gpu_utilization_ratio{gpu="0",name="H200"} 0.5',
        'gpu_clock_hertz{gpu="0",name="H200"} 1980000000.0',
        'gpu_throttled{gpu="0",name="H200"} 1',
        'gpu_ecc_errors_total{gpu="0",name="H200"} 2',
        'host_disk_used_bytes{path="/"} 30',
    }
    assert not any('gpu="1"' in line for line in told)


def test_budgets_are_told_by_whose_they_are() -> None:
    told = figures(budget("total", used=40.0), budget("tenant", "acme", 120.0))
    assert told >= {
        'budget_used_ratio{scope="total",window="monthly"} 0.4',
        'budget_used_ratio{scope="tenant:acme",window="monthly"} 1.2',
        'budget_limit_usd{scope="tenant:acme",window="monthly"} 10.0',
    }
    assert 'budget_used_ratio{scope="total",window="monthly"} 0.0' in figures(budget("tenant", "acme"))


def test_there_is_an_end_to_budgets() -> None:
    told = figures(budget("total"), *(budget("key", f"k{number}") for number in range(MAX_BUDGETS * 2)))
    assert sum(line.startswith("budget_used_ratio") for line in told) == MAX_BUDGETS


@pytest.mark.parametrize(("up", "value"), [(True, 1), (False, 0)])
def test_the_redis_that_is_shared_is_told_of(up: bool, value: int) -> None:
    shared = SharedView("h:6379", up, "", 1.0, gateways=3)
    assert figures(shared=shared) >= {f"redis_up {value}", "redis_gateways 3"}
    assert not any(line.startswith("redis") for line in figures())
