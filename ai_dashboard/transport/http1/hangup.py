"""Clients that leave while they are not read from.

The end of a connection is read like its data, so whoever stops reading, to slow a client down, does not see it go. The
kernel tells it apart (EPOLLRDHUP), but asyncio does not ask: so a small epoll of our own does, itself watched by the
loop. Where there is no epoll such a client is noticed when it is read from again, or written to.
"""

import asyncio
import select
from collections.abc import Callable


class Hangups:
    """Made on first use; most servers never pause a client."""

    def __init__(self) -> None:
        self._epoll: select.epoll | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._told: dict[int, Callable[[], None]] = {}

    def watch(self, fd: int, tell: Callable[[], None]) -> None:
        """Call `tell` once when the other end of the socket `fd` has closed, unless `forget` comes first."""
        if not hasattr(select, "epoll"):
            return
        if self._epoll is None:
            self._epoll = select.epoll()
            self._loop = asyncio.get_running_loop()
            self._loop.add_reader(self._epoll.fileno(), self._look)
        self._told[fd] = tell
        self._epoll.register(fd, select.EPOLLRDHUP)

    def forget(self, fd: int) -> None:
        """Before `fd` is closed, or when it is read from again. Any number of times."""
        if self._epoll is not None and self._told.pop(fd, None) is not None:
            self._epoll.unregister(fd)

    def close(self) -> None:
        """Watch nothing any more."""
        if self._epoll is not None and self._loop is not None:
            self._loop.remove_reader(self._epoll.fileno())
            self._epoll.close()
            self._epoll = None
        self._told.clear()

    def _look(self) -> None:
        if self._epoll is None:
            return
        for fd, _ in self._epoll.poll(0):
            tell = self._told.get(fd)
            self.forget(fd)
            if tell is not None:
                tell()
