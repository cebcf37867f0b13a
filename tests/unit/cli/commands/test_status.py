"""A picture in a few lines, and in one."""

import dataclasses
import json
from typing import Any

import pytest

from ai_dashboard.cli.commands.status import lines, one_line
from ai_dashboard.core.snapshot import (
    Alert,
    AlertLevel,
    ConfigView,
    GatewayView,
    Health,
    Percentiles,
    ProviderView,
    Snapshot,
)


def provider(name: str, health: Health) -> ProviderView:
    none = Percentiles()
    times = Percentiles(0.25, 1.5, 3.0)
    return ProviderView(
        name, "vllm", "127.0.0.1:8001", True, health, "", ("m", "n"), 0, 9, 12.0, 0.0, times, none, None, "", None, ()
    )


def picture(*providers: ProviderView, alerts: tuple[Alert, ...] = (), simulated: bool = False) -> dict[str, Any]:
    """As it comes over the admin API."""
    view = GatewayView("127.0.0.1", 4000, 1, "0", 3725.0, 1.25, 2, 9, 0, 0, 0.0, Percentiles())
    snapshot = Snapshot(
        1,
        0.0,
        dataclasses.replace(view, simulated=simulated),
        ConfigView(1, None, "a test", usable=True),
        providers,
        ttft=Percentiles(0.0884, 0.2, 0.3),
        alerts=alerts,
    )
    read: dict[str, Any] = json.loads(json.dumps(dataclasses.asdict(snapshot)))
    return read


A, B = provider("ollama", Health.ACTIVE), provider("vllm", Health.UNAVAILABLE)
OFF = provider("cloud", Health.DISABLED)
DRAINED = dataclasses.replace(provider("vllm", Health.DRAINING), wish="drained")
ALERT = Alert("k", AlertLevel.CRITICAL, 0.0, "vllm is unavailable", "r checks again")
NOTED = dataclasses.replace(ALERT, key="n", text="ollama is slow", acked=True)
SILENT = dataclasses.replace(ALERT, key="s", text="cloud is full", silenced_until=3_600.0)


@pytest.mark.parametrize(
    ("snapshot", "line"),
    [
        (picture(A), "● 1/1 1.2/s 88ms"),
        (picture(A, B, OFF, alerts=(ALERT,)), "◐ 1/2 1.2/s 88ms ⚠1"),
        (picture(A, alerts=(NOTED, SILENT, ALERT)), "● 1/1 1.2/s 88ms ⚠1"),
        (picture(A, alerts=(NOTED, SILENT)), "● 1/1 1.2/s 88ms"),
        (picture(B), "○ 0/1 1.2/s 88ms"),
        (picture(A, DRAINED), "● 1/1 1.2/s 88ms"),
        (picture(A, simulated=True), "● 1/1 1.2/s 88ms DEMO"),
    ],
)
def test_one_line(snapshot: dict[str, Any], line: str) -> None:
    assert one_line(snapshot) == line


def test_lines() -> None:
    heading, _, first, second, _, counted, alert = lines(picture(A, B, alerts=(ALERT,)))
    assert heading == "http://127.0.0.1:4000  up 1h02  1.2 req/s  2 in flight  9 answered"
    assert first == "● ollama  active       p50  250ms  p95   1.5s     12 req/min    2 models"
    assert second.startswith("○ vllm    unavailable")
    assert (counted, alert) == ("1 alert", "⚠ vllm is unavailable (r checks again)")


def test_alerts_that_somebody_has_seen_to_stand_below_and_are_counted_apart() -> None:
    *_, counted, first, second, third = lines(picture(A, alerts=(NOTED, SILENT, ALERT)))
    assert counted == "1 alert, 2 noted"
    assert first == "⚠ vllm is unavailable (r checks again)"
    assert second == "· ollama is slow (noted)"
    assert third.startswith("· cloud is full (silent until ")
    assert lines(picture(A, alerts=(NOTED,)))[-2] == "no alerts, 1 noted"


def test_no_provider_says_what_to_do() -> None:
    assert "ai-dashboard --demo" in lines(picture())[-1]
