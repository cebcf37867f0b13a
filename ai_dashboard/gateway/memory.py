"""How the process of a gateway uses memory: when garbage is looked for, and what goes back to the system."""

import ctypes
import gc

COLLECT_AFTER = 200_000
"""Objects more than there were before the garbage collector looks at them. Nearly all of ours are gone without its
help; with the default of 700 it took a twentieth of the gateway's time, and among five thousand streams a look takes
0.1 s."""

LARGE_BLOCK = 4 << 20
"""Bytes from which on a block is the system's own and goes back to it when it is freed. glibc would otherwise learn
from the first large body to keep all that are as large; smaller ones are too frequent to be fetched each time."""

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # <malloc.h>


def keep_house() -> None:
    """Called once, when the gateway listens: what start-up left behind is out of the collector's way, it looks less
    often, and large blocks are given back."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER, 10, 10)
    _give_back_large_blocks()


def _give_back_large_blocks() -> None:
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return  # not glibc: musl and macOS give them back without being told
    mallopt(_M_MMAP_THRESHOLD, LARGE_BLOCK)
    mallopt(_M_TRIM_THRESHOLD, 2 * LARGE_BLOCK)
