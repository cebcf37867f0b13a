"""What the gateway tells of itself: events from any thread, remembered in a ring and written as lines.

Nothing of it is on the path of a request. What is noted goes into a queue that is bounded, and what requests have done
is read from their own ring afterwards; four times a second both are made into events, redacted and written, on a thread
of the loop's own pool. What does not fit is dropped and counted, and that is told. No request waits for a line, and
none of a stream that takes nothing.
"""

import asyncio
import os
import threading
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from ai_dashboard.core.clock import Clock
from ai_dashboard.core.logs import Fact, LogEvent, LogEvents, LogLevel
from ai_dashboard.state.beat import next_beat
from ai_dashboard.telemetry.log_outlets import Outlet
from ai_dashboard.telemetry.redaction import without_secrets

GATHER_S = 0.25
"""How often what was noted is written."""

REMEMBERED = 2000
"""Events that screens can ask for."""

MAX_WAITING = 10_000
"""Events that wait to be written. More than that at one time is a storm of which the first tell enough."""

MAX_CHARS = 400
"""Of any text in an event."""

MAX_LONG_CHARS = 2400
"""Of a text that is long by nature: where a program crashed."""

LONG = "traceback"

SHORTEST_SECRET = 13
"""Characters. Nothing shorter is found to be one."""

CLOSE_S = 2.0
"""How long the end waits for what is being written already."""


class Source(Protocol):
    """Events that are made from what is kept anyway, when somebody has the time."""

    def waiting(self) -> bool:
        """Whether there is anything new. Costs nothing."""
        ...

    def take(self, least: LogLevel) -> tuple[Sequence[LogEvent], int]:
        """What is new and matters enough, oldest first, and how much was overwritten before it was read."""
        ...


class JsonLog:
    """From the start of the process to `close`. `outlets` take what is written; `file` is where, for people."""

    def __init__(self, level: LogLevel, clock: Clock, outlets: Sequence[Outlet] = (), *, file: str = "") -> None:
        self.level = level
        self.file = file
        self.sources: list[Source] = []
        self.dropped = 0
        self.unwritten = 0
        self._clock = clock
        self._outlets = tuple(outlets)
        self._waiting: deque[LogEvent] = deque()
        self._counting = threading.Lock()
        self._writing = threading.Lock()
        self._remembering = threading.Lock()
        self._ring: deque[LogEvent] = deque(maxlen=REMEMBERED)
        self._last = 0
        self._told_dropped = 0
        self._pid = os.getpid()

    def note(
        self,
        level: LogLevel,
        event: str,
        message: str = "",
        *,
        model: str | None = None,
        provider: str | None = None,
        request_id: str | None = None,
        **context: Fact,
    ) -> None:
        """This has happened. From any thread; returns at once."""
        if level.rank < self.level.rank:
            return
        if len(self._waiting) >= MAX_WAITING:
            with self._counting:
                self.dropped += 1
            return
        at = self._clock.wall()
        self._waiting.append(LogEvent(0, at, level, event, message, model, provider, None, None, request_id, context))

    def page(self, after: int, limit: int) -> LogEvents:
        """Events with `seq` greater than `after`, oldest first: the newest `limit` of them. An `after` from before the
        start (greater than any) reads from the beginning. From any thread."""
        with self._remembering:
            last, kept = self._last, tuple(self._ring)
        if after > last:
            after = 0
        wanted = kept[len(kept) - min(last - after, len(kept)) :]
        found = wanted[max(0, len(wanted) - limit) :]
        return LogEvents(found, last, last - after - len(found), self.dropped, self.unwritten, self.level, self.file)

    # ── writing ──────────────────────────────────────────────────────────────────────────────────────────────────────

    async def run(self) -> None:
        """Write what was noted, until cancelled."""
        while True:
            await next_beat(GATHER_S)
            if self._waiting or any(source.waiting() for source in self.sources):
                await asyncio.to_thread(self.write)

    def write(self) -> None:
        """Write what was noted until now. Not for the loop while it serves."""
        with self._writing:
            self._write()

    def close(self) -> None:
        """Write the rest and let go of where lines go; without it where a stream holds the writer up."""
        if self._writing.acquire(timeout=CLOSE_S):
            try:
                self._write()
                for outlet in self._outlets:
                    outlet.close()
                self._outlets = ()
            finally:
                self._writing.release()

    def _write(self) -> None:
        events = self._gathered()
        if not events:
            return
        with self._remembering:
            self._ring.extend(events)
            self._last += len(events)
        for outlet in self._outlets:
            self.unwritten += outlet.write(events)

    def _gathered(self) -> list[LogEvent]:
        """All that waits, in the order in which it happened."""
        waiting = self._waiting
        events = [waiting.popleft() for _ in range(len(waiting))]
        for source in self.sources:
            made, overwritten = source.take(self.level)
            spare = max(0, MAX_WAITING - len(events))
            events += made[:spare]
            with self._counting:
                self.dropped += overwritten + max(0, len(made) - spare)
        events.sort(key=lambda event: event.at)
        if self.dropped != self._told_dropped:
            lost, self._told_dropped = self.dropped - self._told_dropped, self.dropped
            text = f"{lost} events came faster than they could be written"
            at = self._clock.wall()
            events.append(LogEvent(0, at, LogLevel.WARNING, "log_dropped", text, context={"dropped": lost}))
        return [self._bounded(event, seq) for seq, event in enumerate(events, self._last + 1)]

    def _bounded(self, event: LogEvent, seq: int) -> LogEvent:
        """With its number, without secrets, and of a length that a line can bear."""
        context: Mapping[str, Fact] = {name: _bare(value, name) for name, value in event.context.items()}
        return replace(
            event,
            seq=seq,
            message=_text(event.message, MAX_CHARS),
            model=_short(event.model),
            provider=_short(event.provider),
            context={**context, "pid": self._pid},
        )


def _bare(value: Fact, name: str) -> Fact:
    return _text(value, MAX_LONG_CHARS if name == LONG else MAX_CHARS) if isinstance(value, str) else value


def _short(text: str | None) -> str | None:
    return None if text is None else _text(text, MAX_CHARS)


def _text(text: str, most: int) -> str:
    """Masked first: a secret at the cut is not recognised by its first half. Half a character has no place in JSON."""
    if len(text) < SHORTEST_SECRET and text.isascii():
        return text
    bare = without_secrets(text[: 4 * most].encode("utf-8", "replace").decode())
    return bare if len(bare) <= most else f"{bare[: most - 1]}…"
