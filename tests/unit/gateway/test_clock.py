"""The real clock moves forward and knows the date."""

import time

from ai_dashboard.gateway.clock import SystemClock


def test_it_reads_the_machines_time() -> None:
    clock = SystemClock()
    assert clock.monotonic() <= clock.monotonic()
    assert abs(clock.wall() - time.time()) < 60
