"""The streams that a program is started with: some are closed, some are full, and of some the reader has left."""

import errno
import io
import os
import sys

FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO})
"""What is wrong with a place that takes nothing more. A name would be there if it were a file of ours."""


def prepare() -> None:
    """What goes to a closed stream goes nowhere, and a letter that a terminal does not know is a question mark."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        stream = getattr(sys, name)
        if stream is None:
            # Not closed again: the number would be given to a file of ours, and what is said would end up there.
            flags = os.O_RDONLY if mode == "r" else os.O_WRONLY
            setattr(sys, name, os.fdopen(os.open(os.devnull, flags), mode, encoding="utf-8"))
        elif mode == "w" and isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def is_full(error: OSError) -> bool:
    """Whether that was said of a stream."""
    return error.errno in FULL and error.filename is None


def give_up() -> None:
    """Forget what was said and could not be written: the end of the process would try once more, and complain."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, stream.fileno())
            os.close(nowhere)
