"""What a gateway tells of itself in words: where it listens, and how its breakers move."""

from collections.abc import Iterable

from ai_dashboard.core.logs import LogLevel
from ai_dashboard.core.snapshot import BreakerState
from ai_dashboard.gateway.masking import masked
from ai_dashboard.gateway.targets import TargetState
from ai_dashboard.telemetry.json_log import JsonLog
from ai_dashboard.telemetry.redaction import without_quotes


def listening(address: tuple[str, int], providers: Iterable[str], label: str = "") -> str:
    """Where a gateway listens and who answers."""
    host, port = address
    shown = f"[{host}]" if ":" in host else host
    names = ", ".join(providers) or "none yet"
    return f"{label}listening on http://{shown}:{port}/v1 (providers: {names})"


def breaker_moved(log: JsonLog, target: TargetState, before: BreakerState) -> None:
    """Tell of a breaker that is in another state than when it was last told of."""
    now, name, model = target.breaker, target.provider.name, masked(target.model)
    opened = now is BreakerState.OPEN
    log.note(
        LogLevel.WARNING if opened else LogLevel.INFO,
        "breaker_moved",
        f"the breaker of {model} at {name} is {now}",
        model=model,
        provider=name,
        before=str(before),
        after=str(now),
        reason=without_quotes(masked(target.reason)) if opened else "",
    )
