"""How the process of a gateway uses memory: when garbage is looked for, and what goes back to the system."""

import ctypes
import gc
from collections.abc import Mapping

COLLECT_AFTER = 200_000
"""Objects more than there were before the garbage collector looks at them. Nearly all of ours are gone without its
help; with the default of 700 it took a twentieth of the gateway's time, and among five thousand streams a look takes
0.1 s."""

LARGE_BLOCK = 4 << 20
"""Bytes from which on a block is the system's own and goes back to it when it is freed. glibc would otherwise learn
from the first large body to keep all that are as large; smaller ones are too frequent to be fetched each time."""

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8  # <malloc.h>


def share_one_heap() -> None:
    """Called before any thread starts. glibc would give each a heap of its own, against a contention that the
    interpreter's lock leaves no room for; and what one thread makes and another lets go of, as every line of the
    request log, would be spread over all of them: 99 MB instead of 76 after seventy thousand requests."""
    _mallopt({_M_ARENA_MAX: 1})


def keep_house() -> None:
    """Called once, when the gateway listens: what start-up left behind is out of the collector's way, it looks less
    often, and large blocks are given back."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER, 10, 10)
    _mallopt({_M_MMAP_THRESHOLD: LARGE_BLOCK, _M_TRIM_THRESHOLD: 2 * LARGE_BLOCK})


def _mallopt(options: Mapping[int, int]) -> None:
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return  # not glibc: musl and macOS need no telling
    for option, value in options.items():
        mallopt(option, value)
