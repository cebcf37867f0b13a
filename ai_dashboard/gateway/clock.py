"""The real clock."""

import time


class SystemClock:
    """`core.clock.Clock` on the machine's own time."""

    def monotonic(self) -> float:
        return time.monotonic()

    def wall(self) -> float:
        return time.time()
