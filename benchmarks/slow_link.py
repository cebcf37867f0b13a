"""A line of so many bytes a second between a screen and its gateway: both ways together, with a delay."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

DELAY_S = 0.04
PIECE = 4096


class Link:
    """What has gone through it."""

    def __init__(self, bytes_per_s: float) -> None:
        self.carried = 0
        self._bytes_per_s = bytes_per_s
        self._free_at = 0.0
        self._lock = threading.Lock()

    def carry(self, count: int) -> None:
        """Wait for as long as so many bytes take."""
        with self._lock:
            self.carried += count
            self._free_at = max(self._free_at, time.monotonic()) + count / self._bytes_per_s
            free_at = self._free_at
        time.sleep(max(free_at - time.monotonic(), 0.0) + DELAY_S)


@contextmanager
def slow_link(to: int, bytes_per_s: float) -> Iterator[tuple[int, Link]]:
    """The port at which the line to a port of this machine begins, and the line."""
    link = Link(bytes_per_s)
    with socket.create_server(("127.0.0.1", 0)) as door:
        threading.Thread(target=_accept, args=(door, to, link), daemon=True).start()
        yield door.getsockname()[1], link


def _accept(door: socket.socket, to: int, link: Link) -> None:
    while True:
        try:
            near, _ = door.accept()
        except OSError:
            return  # the door is closed
        far = socket.create_connection(("127.0.0.1", to))
        for source, target in ((near, far), (far, near)):
            threading.Thread(target=_carry, args=(source, target, link), daemon=True).start()


def _carry(source: socket.socket, target: socket.socket, link: Link) -> None:
    try:
        while data := source.recv(PIECE):
            link.carry(len(data))
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        return  # either end is gone
