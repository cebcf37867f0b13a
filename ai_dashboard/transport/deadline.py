"""A deadline that moves with every request and is hardly ever reached.

Arming and cancelling a loop timer per request would cost more than the rest of the bookkeeping together, so a deadline
is two plain floats: moving it later, or clearing it, touches no timer. The one timer that is armed looks at the float
when it rings and sleeps on if it came too early (the scheme of nginx's and Netty's lazy timers).
"""

from collections.abc import Callable
from typing import Protocol

NEVER = float("inf")


class Timer(Protocol):
    """What arming a timer gives back."""

    def cancel(self) -> None: ...


class Timers(Protocol):
    """The part of an event loop that keeps time, in seconds."""

    def time(self) -> float: ...

    def call_at(self, when: float, callback: Callable[[], None], /) -> Timer: ...


def _nobody() -> None:
    """Who is rung when the owner is gone."""


class Deadline:
    """Calls `ring` once when the moment set last has passed. Moments are `loop.time()` seconds."""

    __slots__ = ("_armed_for", "_handle", "_loop", "_ring", "due")

    def __init__(self, loop: Timers, ring: Callable[[], None]) -> None:
        self._loop = loop
        self._ring = ring
        self._handle: Timer | None = None
        self._armed_for = NEVER
        self.due = NEVER
        """The moment itself. Setting it to `NEVER` is the cheap way to call the deadline off."""

    def set(self, due: float) -> None:
        """Move the deadline; the last one set holds."""
        self.due = due
        if due < self._armed_for:
            if self._handle is not None:
                self._handle.cancel()
            self._arm(due)

    def close(self) -> None:
        """Never ring again, and let go of the owner: the two would keep each other until a collector came by."""
        self.due = NEVER
        self._ring = _nobody
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None

    def _arm(self, due: float) -> None:
        self._armed_for = due
        self._handle = self._loop.call_at(due, self._on_timer)

    def _on_timer(self) -> None:
        self._handle = None
        self._armed_for = NEVER
        if self.due == NEVER:
            return
        # uvloop's timers count whole milliseconds, so one may ring a fraction early: that is no reason to sleep again.
        if self._loop.time() + 0.001 < self.due:
            self._arm(self.due)
            return
        self.due = NEVER
        self._ring()
