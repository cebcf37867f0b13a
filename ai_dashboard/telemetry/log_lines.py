"""An event as a line: JSON for programs, text for people, and back from JSON."""

from datetime import UTC, datetime

import orjson

from ai_dashboard.core.logs import Fact, LogEvent, LogLevel

FIELDS = ("timestamp", "level", "event", "message", "model", "provider", "latency_ms", "cache_hit", "request_id")
"""What every line has, `null` where it means nothing. All other names are an event's own."""

YEAR_9999 = 253_370_764_800
"""What is later cannot be written as a day."""

NOT_FOR_PEOPLE = frozenset({"pid", "traceback"})
"""What a line of text leaves out."""


def as_json(event: LogEvent) -> bytes:
    """One line with its end."""
    moment = datetime.fromtimestamp(event.at, UTC).isoformat(timespec="milliseconds")
    line: dict[str, Fact] = {
        "timestamp": moment.replace("+00:00", "Z"),
        "level": event.level,
        "event": event.event,
        "message": event.message,
        "model": event.model,
        "provider": event.provider,
        "latency_ms": event.latency_ms,
        "cache_hit": event.cache_hit,
        "request_id": event.request_id,
    }
    own = {name: value for name, value in event.context.items() if name not in line}
    return orjson.dumps(line | own, option=orjson.OPT_APPEND_NEWLINE)


def as_text(event: LogEvent) -> str:
    """One line without its end; nothing in it reaches a terminal that it could obey."""
    when = datetime.fromtimestamp(event.at).astimezone().strftime("%H:%M:%S")
    words = [f"{when} {event.level.upper():<7} {event.event}"]
    words += [word for word in (event.provider, event.model) if word]
    if event.message:
        words.append(event.message)
    facts = {"latency_ms": event.latency_ms, "cache_hit": event.cache_hit, "request": event.request_id}
    shown = (facts | dict(event.context)).items()
    words += [f"{name}={value}" for name, value in shown if value not in (None, "") and name not in NOT_FOR_PEOPLE]
    return plain("  ".join(words))


def plain(text: str) -> str:
    """Without anything that a terminal would obey: callers and providers choose some of these words."""
    return text if text.isprintable() else "".join(char if char.isprintable() else "�" for char in text)


def read_line(line: bytes, seq: int = 0) -> LogEvent | None:
    """The event in a line of JSON; None where it is none, such as one that a crash cut short."""
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
    match value:
        case {"timestamp": str(written), "level": str(level), "event": str(name)} if level in _LEVELS:
            pass
        case _:
            return None
    try:
        at = datetime.fromisoformat(written).timestamp()
    except (ValueError, OverflowError):
        return None
    if not 0 <= at < YEAR_9999:
        return None
    latency, hit = value.get("latency_ms"), value.get("cache_hit")
    return LogEvent(
        seq,
        at,
        LogLevel(level),
        name,
        str(value.get("message") or ""),
        _text(value.get("model")),
        _text(value.get("provider")),
        float(latency) if isinstance(latency, int | float) and not isinstance(latency, bool) else None,
        hit if isinstance(hit, bool) else None,
        _text(value.get("request_id")),
        {key: it for key, it in value.items() if key not in FIELDS and isinstance(it, str | int | float | bool | None)},
    )


_LEVELS = frozenset(LogLevel)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
