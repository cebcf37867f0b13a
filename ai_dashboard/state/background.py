"""Threads that do what can wait: writing to disk, looking at the machine."""

import os
import sys
import threading

NICE = 10
"""How much later than others such a thread gets a busy processor (Linux: a tenth of the weight of an ordinary one)."""


def give_way() -> None:
    """Let the calling thread have the processor after the others. Where a core is busy, the system would give it the
    core for milliseconds, and who waits for an answer would wait for the disk. Linux alone knows this for a thread."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), max(NICE, os.nice(0)))
