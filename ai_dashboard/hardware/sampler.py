"""The hardware thread: reads the machine on its own beat and publishes each picture as one reference.

Reading NVML and `/proc` blocks, at times for long, so it happens nowhere else. Whoever shows the figures takes
`latest`, an immutable view; there is no lock and no call across threads.
"""

import threading
import time
from typing import TYPE_CHECKING

from ai_dashboard.core.snapshot import HostView
from ai_dashboard.state.background import give_way

if TYPE_CHECKING:
    from ai_dashboard.hardware.nvml import GpuReader

WARM_UP_S = 0.5
"""Seconds from the first picture to the second: CPU load is a difference, so the first picture cannot have it."""

STOP_S = 1.0
"""Seconds that `stop` waits. A driver call that hangs longer is left behind; the thread is a daemon."""


class HardwareSampler:
    """Samples every `interval_s` seconds from `start` to `stop`; it can be started once."""

    def __init__(self, interval_s: float = 2.0, gpus: "GpuReader | None" = None) -> None:
        self.latest = HostView()
        """The newest picture; all unknown until the first one is taken."""
        self._interval_s = interval_s
        self._gpus = gpus
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="hardware", daemon=True)

    def start(self) -> None:
        """Begin sampling; returns at once."""
        self._thread.start()

    def stop(self) -> None:
        """End sampling within a second. Harmless when it was never started, or twice."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(STOP_S)

    def _run(self) -> None:
        give_way()
        # Imported here: neither the screen nor the gateway waits for it.
        from ai_dashboard.hardware.host import HostReader
        from ai_dashboard.hardware.nvml import GpuReader

        host, gpus = HostReader(time.monotonic), self._gpus or GpuReader()
        pause = min(WARM_UP_S, self._interval_s)
        self.latest = host.read(*gpus.read())
        while not self._stopping.wait(pause):
            self.latest = host.read(*gpus.read())
            pause = self._interval_s
        gpus.close()
