"""What a scripted gateway tells of itself, and who changed what."""

from ai_dashboard.core.logs import AuditEntry, AuditTrail, LogEvent, LogEvents, LogLevel
from ai_dashboard.core.snapshot import Snapshot

LEVELS = (LogLevel.INFO, LogLevel.WARNING, LogLevel.DEBUG, LogLevel.ERROR)


def event(seq: int, at: float, level: LogLevel, words: str = "bad gateway", **context: str | int) -> LogEvent:
    """Something that an openai-like provider did."""
    return LogEvent(
        seq, at + seq, level, "llm_call_failed", words, "qwen3-32b", "vllm", 412.0, None, f"req-{seq:06x}", context
    )


def logged(picture: Snapshot, after: int, limit: int, words: str = "") -> LogEvents:
    """Forty events, of every level in turn; none of a gateway that nobody has asked anything."""
    count = 40 if picture.providers else 0
    all_ = [
        event(seq, picture.at, LEVELS[seq % 4], words or f"bad gateway {seq}", backend="vllm", retry_count=seq)
        for seq in range(1, count + 1)
    ]
    return LogEvents(tuple(it for it in all_ if it.seq > after)[-limit:], count, 0, level=LogLevel.DEBUG)


def trail(picture: Snapshot, limit: int, words: str = "") -> AuditTrail:
    """Two changes; a first run has kept no record at all."""
    if not picture.providers:
        return AuditTrail(kept=False)
    by = words or "this screen"
    entries = (
        AuditEntry(1, picture.at, "config.commit", "providers.yaml", by, "::1", "a port", "a" * 64, "b" * 64, ()),
        AuditEntry(2, picture.at + 1, "alert.ack", words or "down:ollama", by, "::1", "", "", "", (words or "x",)),
    )
    return AuditTrail(kept=True, entries=entries[-limit:], total=2)
