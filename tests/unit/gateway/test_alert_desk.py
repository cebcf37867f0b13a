import pytest

from ai_dashboard.core.errors import AlertNotFound, CallerError
from ai_dashboard.core.logs import LogLevel
from ai_dashboard.core.snapshot import Alert, AlertLevel
from ai_dashboard.gateway.alert_desk import MOST_MINUTES, AlertDesk
from ai_dashboard.telemetry.json_log import JsonLog
from tests.unit.telemetry.still import Heap, Still

DOWN = Alert("provider:a:unavailable", AlertLevel.CRITICAL, 1.0, "a is unavailable", provider="a")
SLOW = Alert("provider:b:degraded", AlertLevel.WARNING, 2.0, "b is slow", provider="b")
REDIS = Alert("redis:down", AlertLevel.WARNING, 3.0, "Redis is not there")


class Scene:
    """A desk with two alerts."""

    def __init__(self) -> None:
        self.clock, self.heap = Still(), Heap()
        self.log = JsonLog(LogLevel.INFO, self.clock, [self.heap])
        self.desk = AlertDesk(self.clock, self.log)
        self.desk.marked((DOWN, SLOW))

    def open(self, *alerts: Alert) -> list[str]:
        return [alert.key for alert in self.desk.marked(alerts) if alert.is_open]


def test_what_nobody_has_spoken_of_is_as_it_was() -> None:
    assert Scene().desk.marked((DOWN, SLOW)) == (DOWN, SLOW)


def test_an_alert_that_was_noted_is_quiet_until_its_cause_ends() -> None:
    scene = Scene()
    assert scene.desk.act(DOWN.key, "ack", 60).acked
    assert scene.open(DOWN, SLOW) == [SLOW.key]
    assert scene.open(SLOW) == [SLOW.key]
    assert scene.open(DOWN, SLOW) == [DOWN.key, SLOW.key]


def test_an_alert_that_was_silenced_is_quiet_however_often_it_comes_back_until_its_time_is_over() -> None:
    scene = Scene()
    until = scene.desk.act(DOWN.key, "silence", 5).silenced_until
    assert until == scene.clock.now + 300
    assert scene.open(SLOW) == [SLOW.key]
    scene.clock.now += 299
    assert scene.open(DOWN, SLOW) == [SLOW.key]
    scene.clock.now += 1
    assert scene.open(DOWN, SLOW) == [DOWN.key, SLOW.key]


def test_either_can_be_taken_back() -> None:
    scene = Scene()
    scene.desk.act(DOWN.key, "ack", 60)
    scene.desk.act(DOWN.key, "silence", 60)
    assert scene.desk.act(DOWN.key, "reopen", 60).is_open
    assert scene.open(DOWN, SLOW) == [DOWN.key, SLOW.key]


def test_what_cannot_be_done_is_said() -> None:
    scene = Scene()
    with pytest.raises(AlertNotFound, match="no alert 'x'"):
        scene.desk.act("x", "ack", 60)
    for minutes in (0.0, -1.0, MOST_MINUTES + 1, float("nan"), float("inf")):
        with pytest.raises(CallerError):
            scene.desk.act(DOWN.key, "silence", minutes)
    assert scene.open(DOWN, SLOW) == [DOWN.key, SLOW.key]


def test_the_log_is_told_once_of_each_that_begins_and_ends() -> None:
    scene = Scene()
    for alerts in ((DOWN, SLOW), (SLOW, REDIS), (SLOW,)):
        scene.desk.marked(alerts)
    scene.log.write()
    assert [(it.event, it.level, it.context["alert"]) for it in scene.heap.taken] == [
        ("alert_raised", LogLevel.ERROR, DOWN.key),
        ("alert_raised", LogLevel.WARNING, SLOW.key),
        ("alert_cleared", LogLevel.INFO, DOWN.key),
    ]  # Redis has events of its own
