"""What is said of a change of the configuration, in the form of diagnostics."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from ai_dashboard.config.backups import Backup
from ai_dashboard.config.changes import Change
from ai_dashboard.config.load import Loaded
from ai_dashboard.config.schema import GatewaySettings
from ai_dashboard.core.diagnostics import Diagnostic, Severity
from ai_dashboard.core.snapshot import Alert, AlertLevel


class Showing(Protocol):
    """Who shows findings."""

    diagnostics: tuple[Diagnostic, ...]


class Told:
    """What a gateway shows of its configuration: `standing` for as long as one is in force, and other findings instead
    of them for as long as they hold. What others have found stays beside them. `alert` is what a person should look
    at."""

    def __init__(self, gateway: Showing) -> None:
        self.standing = gateway.diagnostics
        self.alert: Alert | None = None
        self._gateway = gateway
        self._shown = gateway.diagnostics
        self._standing_alert: Alert | None = None

    def show(self, findings: Iterable[Diagnostic], alert: Alert | None) -> None:
        """These, instead of what was shown before."""
        findings = tuple(findings)
        others = [finding for finding in self._gateway.diagnostics if finding not in self._shown]
        self._gateway.diagnostics = (*findings, *others)
        self._shown, self.alert = findings, alert

    def show_standing(self) -> None:
        """What was shown instead holds no longer."""
        self.show(self.standing, self._standing_alert)

    def stand(self, findings: Iterable[Diagnostic], alert: Alert | None = None) -> None:
        """These belong to what is in force from now on."""
        self.standing, self._standing_alert = tuple(findings), alert
        self.show_standing()

    def add(self, finding: Diagnostic, alert: Alert) -> None:
        """One more for as long as this configuration is in force."""
        self.stand((finding, *self.standing), alert)


def note(
    message: str, fix: str = "", *, file: str = "configuration", severity: Severity = Severity.WARNING
) -> Diagnostic:
    """A finding about the configuration as a whole."""
    return Diagnostic(severity, file, 0, 0, "", message, fix)


def first_error(loaded: Loaded) -> str:
    """Why it is refused, in one line."""
    errors = [finding for finding in loaded.diagnostics if finding.severity is Severity.ERROR]
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    return f"{errors[0]}{more}"


def gone(losses: Sequence[Change], kept: Sequence[Backup]) -> Diagnostic:
    """Other programs have changed the files, and something that was written is written no more."""
    said = "; ".join(map(str, losses))
    undo = " and ".join(f"`ai-dashboard config rollback {backup.id}`" for backup in kept)
    return note(
        f"other programs have changed the files, and something is gone: {said}", f"{undo} puts it back" if undo else ""
    )


def alert(finding: Diagnostic, at: float) -> Alert:
    """A finding that a person should look at now."""
    level = AlertLevel.CRITICAL if finding.severity is Severity.ERROR else AlertLevel.WARNING
    return Alert("config:attention", level, at, finding.message, finding.fix)


def taken_back(number: int, why: str, kept: str, at: float) -> Alert:
    """A configuration was rolled back by itself; `kept` names the backups of what was taken back."""
    hint = f"what was taken back is kept as {kept}; `ai-dashboard config backups` lists all"
    return Alert("config:rolled_back", AlertLevel.WARNING, at, f"configuration {number} was rolled back: {why}", hint)


def not_taken_back(number: int, why: str, problem: str, at: float) -> Alert:
    """A configuration should have been rolled back, and stays in force."""
    text = f"configuration {number} could not be rolled back: {problem}"
    return Alert("config:not_rolled_back", AlertLevel.CRITICAL, at, text, f"it should have been, because {why}")


def restart_needed(started: GatewaySettings, now: GatewaySettings, fixed: frozenset[str]) -> tuple[Diagnostic, ...]:
    """The settings that are read when the gateway starts and are others by now; not those that the command line has
    `fixed`."""
    before, after = dict(_read_at_start(started)), dict(_read_at_start(now))
    changed = [name for name in before if name not in fixed and before[name] != after[name]]
    if not changed:
        return ()
    verb = "takes" if len(changed) == 1 else "take"
    return (
        note(f"{', '.join(changed)} {verb} effect at the next start", "start the gateway again", file="gateway.yaml"),
    )


def _read_at_start(settings: GatewaySettings) -> Iterator[tuple[str, object]]:
    yield "listen.host", settings.listen.host
    yield "listen.port", settings.listen.port
    limits = settings.limits
    yield "limits.max_connections", limits.max_connections
    yield "limits.max_body_mb", limits.max_body_mb
    yield "limits.max_header_kb", limits.max_header_kb
    yield "limits.header_read_s", limits.header_read_s
    yield "logging.file", settings.logging.file
    yield "logging.max_mb", settings.logging.max_mb
    yield "logging.keep_files", settings.logging.keep_files
    yield "redis.url", settings.redis.url
    yield "redis.protocol", settings.redis.protocol
