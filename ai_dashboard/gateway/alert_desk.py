"""What an operator has said about alerts, in the memory of the gateway: an alert that was taken note of is quiet for as
long as its cause lasts, one that was silenced until its time is over, however often it comes back."""

from collections.abc import Sequence
from dataclasses import replace
from typing import assert_never

from ai_dashboard.core.clock import Clock
from ai_dashboard.core.errors import AlertNotFound, CallerError
from ai_dashboard.core.logs import AlertAction, LogLevel
from ai_dashboard.core.snapshot import Alert, AlertLevel
from ai_dashboard.telemetry.json_log import JsonLog

MINUTE_S = 60.0
MOST_MINUTES = 7 * 24 * 60
"""Nothing is silenced for longer than a week."""

MOST_SILENCED = 1000

TOLD_OTHERWISE = ("redis:",)
"""Beginnings of the keys of alerts that have an event of their own."""

LEVELS = {
    AlertLevel.CRITICAL: LogLevel.ERROR,
    AlertLevel.WARNING: LogLevel.WARNING,
    AlertLevel.INFO: LogLevel.INFO,
}


class AlertDesk:
    """Marks the alerts of each picture, and tells the log of those that begin and end."""

    def __init__(self, clock: Clock, log: JsonLog) -> None:
        self._clock = clock
        self._log = log
        self._there: dict[str, Alert] = {}
        self._acked: set[str] = set()
        self._silenced: dict[str, float] = {}

    def marked(self, alerts: Sequence[Alert]) -> tuple[Alert, ...]:
        """These are the alerts now; with what was said about them."""
        there = {alert.key: alert for alert in alerts}
        self._tell(there)
        self._there = there
        self._acked &= there.keys()
        now = self._clock.wall()
        if self._silenced:
            self._silenced = {key: until for key, until in self._silenced.items() if until > now}
        if not self._acked and not self._silenced:
            return tuple(alerts)
        return tuple(
            replace(alert, acked=alert.key in self._acked, silenced_until=self._silenced.get(alert.key))
            for alert in alerts
        )

    def act(self, key: str, action: AlertAction, minutes: float) -> Alert:
        """Do that; how the alert is then. Raises `AlertNotFound`, and `CallerError` for a time that is none."""
        alert = self._there.get(key)
        if alert is None:
            raise AlertNotFound(f"there is no alert {key[:64]!r} now", hint="its cause may have ended")
        match action:
            case "ack":
                self._acked.add(key)
            case "silence":
                self._silence(key, minutes)
            case "reopen":
                self._acked.discard(key)
                self._silenced.pop(key, None)
            case _:
                assert_never(action)
        return replace(alert, acked=key in self._acked, silenced_until=self._silenced.get(key))

    def _silence(self, key: str, minutes: float) -> None:
        if not 0 < minutes <= MOST_MINUTES:
            raise CallerError(f"an alert is silenced for more than 0 and at most {MOST_MINUTES} minutes")
        if len(self._silenced) >= MOST_SILENCED and key not in self._silenced:
            raise CallerError(f"{MOST_SILENCED} alerts are silenced already", hint="reopen some of them")
        self._silenced[key] = self._clock.wall() + minutes * MINUTE_S

    def _tell(self, there: dict[str, Alert]) -> None:
        before = self._there
        if before.keys() == there.keys():
            return
        for key, alert in there.items():
            if key not in before:
                self._note("alert_raised", alert, LEVELS[alert.level])
        for key, alert in before.items():
            if key not in there:
                self._note("alert_cleared", alert, LogLevel.INFO)

    def _note(self, event: str, alert: Alert, level: LogLevel) -> None:
        if not alert.key.startswith(TOLD_OTHERWISE):
            self._log.note(
                level, event, alert.text, provider=alert.provider, alert=alert.key, severity=str(alert.level)
            )
