import asyncio
from collections.abc import Sequence

from ai_dashboard.core.logs import LogEvent, LogLevel
from ai_dashboard.telemetry.json_log import MAX_CHARS, MAX_WAITING, REMEMBERED, JsonLog
from tests.unit.telemetry.still import Heap, Still

SECRET = "sk-proj-abcdefghijklmnopqrstuvwxyz0123456789"


class Told:
    """A source that has these events, once."""

    def __init__(self, *events: LogEvent, overwritten: int = 0) -> None:
        self._events, self._overwritten = events, overwritten

    def waiting(self) -> bool:
        return bool(self._events)

    def take(self, least: LogLevel) -> tuple[Sequence[LogEvent], int]:
        events, self._events = [it for it in self._events if it.level.rank >= least.rank], ()
        overwritten, self._overwritten = self._overwritten, 0
        return events, overwritten


def names(events: Sequence[LogEvent]) -> list[str]:
    return [event.event for event in events]


def test_what_matters_less_than_the_level_is_not_told() -> None:
    log = JsonLog(LogLevel.WARNING, Still(), [heap := Heap()])
    log.note(LogLevel.INFO, "a")
    log.note(LogLevel.ERROR, "b")
    log.level = LogLevel.DEBUG
    log.note(LogLevel.DEBUG, "c")
    log.write()
    assert names(heap.taken) == ["b", "c"]
    assert [event.seq for event in heap.taken] == [1, 2]


def test_no_secret_gets_further_wherever_it_stands() -> None:
    log = JsonLog(LogLevel.INFO, Still(), [heap := Heap()])
    log.note(LogLevel.INFO, "a", f"key {SECRET}", model=SECRET, provider=f"x {SECRET}", said=f"Bearer {SECRET}", n=7)
    long = "x" * (MAX_CHARS - 10) + SECRET
    log.note(LogLevel.INFO, "b", long)
    log.write()
    assert SECRET not in repr(heap.taken)
    assert "abcdefghij" not in repr(heap.taken)
    assert heap.taken[0].context["n"] == 7
    assert len(heap.taken[1].message) <= MAX_CHARS


def test_half_a_character_is_no_reason_to_fail() -> None:
    log = JsonLog(LogLevel.INFO, Still(), [heap := Heap()])
    log.note(LogLevel.INFO, "a", "\ud83d", said="\udc00")
    log.write()
    assert (heap.taken[0].message, heap.taken[0].context["said"]) == ("?", "?")


def test_too_much_at_one_time_is_dropped_counted_and_told() -> None:
    log = JsonLog(LogLevel.INFO, Still(), [heap := Heap()])
    for _ in range(MAX_WAITING + 7):
        log.note(LogLevel.INFO, "storm")
    log.write()
    assert log.dropped == 7
    assert len(heap.taken) == MAX_WAITING + 1
    assert heap.taken[-1].event == "log_dropped"
    assert heap.taken[-1].context["dropped"] == 7
    log.note(LogLevel.INFO, "calm")
    log.write()
    assert names(heap.taken[-1:]) == ["calm"]  # it is told once


def test_sources_are_read_when_lines_are_written_and_all_is_in_order() -> None:
    clock = Still()
    log = JsonLog(LogLevel.INFO, clock, [heap := Heap()])
    at = clock.wall()
    early, late = LogEvent(0, at - 1, LogLevel.INFO, "early"), LogEvent(0, at + 1, LogLevel.INFO, "late")
    log.sources.append(Told(late, early, LogEvent(0, at, LogLevel.DEBUG, "never"), overwritten=3))
    log.note(LogLevel.INFO, "now")
    log.write()
    assert names(heap.taken) == ["early", "now", "late", "log_dropped"]
    assert log.page(0, 10).dropped == 3


def test_a_page_goes_on_where_the_last_one_ended_and_counts_what_is_gone() -> None:
    log = JsonLog(LogLevel.INFO, Still(), file="/logs/x")
    for number in range(REMEMBERED + 5):
        log.note(LogLevel.INFO, f"e{number}")
    log.write()
    page = log.page(0, 3)
    assert (names(page.events), page.next, page.lost) == (["e2002", "e2003", "e2004"], 2005, 2002)
    assert (page.level, page.file) == (LogLevel.INFO, "/logs/x")
    assert len(log.page(0, 9999).events) == REMEMBERED
    assert log.page(0, 9999).lost == 5
    assert names(log.page(2003, 10).events) == ["e2003", "e2004"]
    assert log.page(2005, 10).events == ()
    assert len(log.page(7777, 10).events) == 10  # a gateway from before: from the beginning


def test_what_a_stream_does_not_take_is_counted_and_remembered_all_the_same() -> None:
    log = JsonLog(LogLevel.INFO, Still(), [Heap(stuck=True), heap := Heap()])
    log.note(LogLevel.INFO, "a")
    log.write()
    assert (log.unwritten, names(heap.taken), len(log.page(0, 10).events)) == (1, ["a"], 1)


def test_the_end_writes_the_rest_once() -> None:
    log = JsonLog(LogLevel.INFO, Still(), [heap := Heap()])
    log.note(LogLevel.INFO, "last")
    log.close()
    log.close()
    assert (names(heap.taken), heap.closed) == (["last"], 1)


async def test_it_writes_by_itself_off_the_loop() -> None:
    log = JsonLog(LogLevel.INFO, Still(), [heap := Heap()])
    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        running = group.create_task(log.run())
        log.note(LogLevel.INFO, "a")
        while not heap.taken:  # noqa: ASYNC110 - a thread of its own fills it
            await asyncio.sleep(0.005)
        running.cancel()
    assert names(heap.taken) == ["a"]
