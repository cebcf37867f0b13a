"""GPUs over NVML: reaching the driver, and letting go of it. What is asked of each is in `hardware.gpu`.

Nothing here raises: a machine without a driver, with one that is being upgraded, or whose GPU fell off the bus is a
machine like any other, and gets one calm line instead of figures.
"""

import time
from collections.abc import Callable

import pynvml

from ai_dashboard.core.snapshot import GpuView
from ai_dashboard.hardware.gpu import LOST, NO_DRIVER, read_gpu

RETRY_S = 60.0
"""Seconds between attempts to reach a driver that did not answer: loading the library costs a search of the disk."""


class GpuReader:
    """Reads all GPUs of the machine. Belongs to one thread; calls block for some milliseconds."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._open = False
        self._retry_at = float("-inf")
        self._note = ""

    def read(self) -> tuple[tuple[GpuView, ...], str]:
        """The GPUs as they are now, and a note that says why there are none; the note is empty when there are some."""
        if not self._open and self._now() < self._retry_at:
            return (), self._note
        try:
            self._connect()
            gpus = _read_gpus()
        except pynvml.NVMLError as error:
            return (), self._give_up(_explain(error))
        if not gpus:
            return (), self._give_up("no NVIDIA GPU in this machine: GPU figures are off")
        return gpus, ""

    def close(self) -> None:
        """Let go of the driver. A later `read` connects again."""
        if self._open:
            self._open = False
            try:
                pynvml.nvmlShutdown()
            except pynvml.NVMLError:
                pass  # a driver that is gone has nothing left to let go of

    def _connect(self) -> None:
        if not self._open:
            pynvml.nvmlInit()
            self._open = True

    def _give_up(self, note: str) -> str:
        """Disconnect, so that the next attempt starts afresh: to NVML a lost GPU stays lost until it is opened anew."""
        self.close()
        self._retry_at = self._now() + RETRY_S
        self._note = note
        return note


def _read_gpus() -> tuple[GpuView, ...]:
    """All GPUs; one that was lost keeps its row beside those that work. Raises `NVMLError` when none works."""
    gpus = []
    losses = []
    for index in range(pynvml.nvmlDeviceGetCount()):
        try:
            gpus.append(read_gpu(index))
        except pynvml.NVMLError as error:
            if error.value not in LOST:
                raise
            losses.append(error)
            gpus.append(GpuView(index, f"GPU {index} (lost)", None, None, None, None, None, None))
    if losses and len(losses) == len(gpus):
        raise losses[0]
    return tuple(gpus)


def _explain(error: pynvml.NVMLError) -> str:
    if error.value in NO_DRIVER:
        return "no NVIDIA driver: GPU figures are off"
    if error.value == pynvml.NVML_ERROR_LIB_RM_VERSION_MISMATCH:
        return "NVIDIA driver and library differ in version: restart the machine to get GPU figures"
    if error.value == pynvml.NVML_ERROR_FUNCTION_NOT_FOUND:
        return "the NVIDIA driver is too old for GPU figures"
    return f"GPU figures are off: {str(error).rstrip('.')}"
