"""Threads that do what can wait: writing to disk, looking at the machine."""

import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")

NICE = 10
"""How much later than others such a thread gets a busy processor (Linux: a tenth of the weight of an ordinary one)."""


def give_way() -> None:
    """Let the calling thread have the processor after the others. Where a core is busy, the system would give it the
    core for milliseconds, and who waits for an answer would wait for the disk. Linux alone knows this for a thread."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), max(NICE, os.nice(0)))


class Lookout:
    """A thread that looks at files again and again. It begins with the first look, and ends when nobody knows it any
    more."""

    def __init__(self, name: str) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=name, initializer=give_way)

    def look(self, work: Callable[[], T]) -> "Future[T]":
        """Do it there, soon."""
        return self._thread.submit(work)
