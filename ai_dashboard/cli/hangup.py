"""SIGHUP has two meanings: a terminal that went away, and an operator who wants files read again.

Whoever was started on a terminal asks whether it is still there; whoever was not can only be asked to read again.
"""

import os
from collections.abc import Callable

STDIN = 0


def on_hangup(gone: Callable[[], object], read_again: Callable[[], object], fd: int = STDIN) -> Callable[[], None]:
    """The handler of SIGHUP for a process that is being started now."""
    had_terminal = os.isatty(fd)

    def handler() -> None:
        # A terminal that was hung up is none any more.
        if had_terminal and not os.isatty(fd):
            gone()
        else:
            read_again()

    return handler
