"""The real clock."""

import time


class SystemClock:
    """`core.clock.Clock` on the machine's own time."""

    # The functions themselves: a request reads the clock some ten times, and a method around it doubles the price.
    monotonic = staticmethod(time.monotonic)
    wall = staticmethod(time.time)
