"""What is said of a change of the configuration, in the form of diagnostics."""

from collections.abc import Iterator

from ai_dashboard.config.load import Loaded
from ai_dashboard.config.schema import GatewaySettings
from ai_dashboard.core.diagnostics import Diagnostic, Severity


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
    yield "auth.master_key", settings.auth.master_key
    yield "allowed_hosts", settings.allowed_hosts
    limits = settings.limits
    yield "limits.max_connections", limits.max_connections
    yield "limits.max_body_mb", limits.max_body_mb
    yield "limits.max_header_kb", limits.max_header_kb
    yield "limits.header_read_s", limits.header_read_s
