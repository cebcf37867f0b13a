"""A comment in a silent stream now and then, so that no proxy on the way takes it for dead.

One timer a stream, armed again only when it fires: writing costs a clock reading, not a timer.
"""

import asyncio
from types import TracebackType
from typing import Self

from ai_dashboard.transport.http1 import Exchange


class KeepAlive:
    """Watches one stream while it is relayed, and sends `comment` into it. Bytes leave at event boundaries, so it never
    splits an event."""

    def __init__(self, exchange: Exchange, silence_s: float, comment: bytes) -> None:
        self._exchange = exchange
        self._silence_s = silence_s
        self._comment = comment
        self._loop = asyncio.get_running_loop()
        self._last = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def wrote(self) -> None:
        """Something was sent just now."""
        self._last = self._loop.time()

    def _look(self) -> None:
        silent_for = self._loop.time() - self._last
        if silent_for >= self._silence_s:
            self._exchange.write(self._comment)
            self._last = self._loop.time()
            silent_for = 0.0
        self._timer = self._loop.call_later(self._silence_s - silent_for, self._look)

    def __enter__(self) -> Self:
        self.wrote()
        self._timer = self._loop.call_later(self._silence_s, self._look)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._timer is not None:
            self._timer.cancel()
