import logging

from ai_dashboard.core.logs import LogLevel
from ai_dashboard.telemetry.foreign_log import ForeignLog, heard
from ai_dashboard.telemetry.json_log import JsonLog
from tests.unit.telemetry.still import Heap, Still

SECRET = "sk-proj-abcdefghijklmnopqrstuvwxyz0123456789"


def test_warnings_of_others_are_events_while_somebody_listens() -> None:
    log, logger = JsonLog(LogLevel.INFO, Still(), [heap := Heap()]), logging.getLogger("a.library")
    with heard(log):
        logger.warning("%s is odd", "this")
        logger.info("nobody cares")
    logger.warning("nobody listens")
    log.write()
    assert [(it.level, it.event, it.message) for it in heap.taken] == [
        (LogLevel.WARNING, "log", "this is odd"),
    ]
    assert heap.taken[0].context["logger"] == "a.library"


def test_a_message_that_cannot_be_put_together_is_told_as_it_is() -> None:
    log = JsonLog(LogLevel.INFO, Still(), [heap := Heap()])
    ForeignLog(log).handle(logging.LogRecord("a", logging.ERROR, "", 1, "%d is no text", ("x",), None))
    log.write()
    assert [(it.level, it.message) for it in heap.taken] == [(LogLevel.ERROR, "%d is no text")]


def test_a_crash_says_where_it_was_and_keeps_its_secrets() -> None:
    log = JsonLog(LogLevel.INFO, Still(), [heap := Heap()])
    with heard(log):
        try:
            raise ValueError(f"bad key {SECRET}")
        except ValueError:
            logging.getLogger("ai_dashboard.x").exception("POST /v1: the handler crashed")
    log.write()
    (event,) = heap.taken
    assert (event.event, event.level, event.context["error_type"]) == ("internal_error", LogLevel.ERROR, "ValueError")
    assert "test_foreign_log.py" in str(event.context["traceback"])
    assert SECRET not in repr(event)
