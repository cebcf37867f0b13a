"""What libraries, and our own last resorts, say through Python's logging: events like any other."""

import logging
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

from ai_dashboard.core.logs import LogLevel
from ai_dashboard.telemetry.json_log import LONG, JsonLog


class ForeignLog(logging.Handler):
    """Passes records on to a log. Never raises: whoever logs expects none of that."""

    def __init__(self, log: JsonLog) -> None:
        super().__init__(logging.WARNING)
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        try:
            message = record.getMessage()
        except (TypeError, ValueError):
            message = str(record.msg)
        level = LogLevel.ERROR if record.levelno >= logging.ERROR else LogLevel.WARNING
        error = record.exc_info[1] if record.exc_info else None
        if error is None:
            self._log.note(level, "log", message, logger=record.name)
            return
        # The end of it: what was called last is what went wrong.
        frames = "".join(traceback.format_tb(error.__traceback__))[-2000:]
        self._log.note(
            level,
            "internal_error",
            message,
            logger=record.name,
            error_type=type(error).__name__,
            error_message=str(error),
            **{LONG: frames},
        )


@contextmanager
def heard(log: JsonLog) -> Iterator[None]:
    """While the block lasts, what this process logs elsewhere goes here."""
    root, handler = logging.getLogger(), ForeignLog(log)
    root.addHandler(handler)
    try:
        yield
    finally:
        root.removeHandler(handler)
