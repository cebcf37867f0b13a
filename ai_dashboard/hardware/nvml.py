"""GPUs over NVML. Every figure may be missing on some device, so each is asked for by itself and is None where refused.

Nothing here raises: a machine without a driver, with one that is being upgraded, or whose GPU fell off the bus is a
machine like any other, and gets one calm line instead of figures.
"""

import time
from collections.abc import Callable
from typing import TypeVar

import pynvml

from ai_dashboard.core.snapshot import GpuView

RETRY_S = 60.0
"""Seconds between attempts to reach a driver that did not answer: loading the library costs a search of the disk."""

Figure = TypeVar("Figure")

_NO_DRIVER = frozenset({pynvml.NVML_ERROR_LIBRARY_NOT_FOUND, pynvml.NVML_ERROR_DRIVER_NOT_LOADED})
_LOST = frozenset({pynvml.NVML_ERROR_GPU_IS_LOST, pynvml.NVML_ERROR_GPU_NOT_FOUND, pynvml.NVML_ERROR_RESET_REQUIRED})
_NOTHING_LEFT = _NO_DRIVER | _LOST | {pynvml.NVML_ERROR_UNINITIALIZED}


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
            gpus.append(_read_gpu(index))
        except pynvml.NVMLError as error:
            if error.value not in _LOST:
                raise
            losses.append(error)
            gpus.append(GpuView(index, f"GPU {index} (lost)", None, None, None, None, None, None))
    if losses and len(losses) == len(gpus):
        raise losses[0]
    return tuple(gpus)


def _read_gpu(index: int) -> GpuView:
    """One GPU. Raises `NVMLError` when the device itself is gone, as opposed to a figure that it does not offer."""
    handle = pynvml.nvmlDeviceGetHandleByIndex(index)
    utilisation = _figure(lambda: pynvml.nvmlDeviceGetUtilizationRates(handle).gpu / 100)
    used, total = _figure(lambda: _memory(handle)) or (None, None)
    return GpuView(
        index=index,
        name=_figure(lambda: _text(pynvml.nvmlDeviceGetName(handle))) or f"GPU {index}",
        utilisation=utilisation,
        memory_used=used,
        memory_total=total,
        temperature_c=_figure(lambda: float(pynvml.nvmlDeviceGetTemperature(handle, pynvml.NVML_TEMPERATURE_GPU))),
        power_w=_figure(lambda: pynvml.nvmlDeviceGetPowerUsage(handle) / 1000),
        power_limit_w=_figure(lambda: pynvml.nvmlDeviceGetEnforcedPowerLimit(handle) / 1000),
    )


def _figure(read: Callable[[], Figure]) -> Figure | None:
    """What `read` returns, or None where this device, driver or user may not have it."""
    try:
        return read()
    except UnicodeDecodeError:
        return None
    except pynvml.NVMLError as error:
        if error.value in _NOTHING_LEFT:
            raise
        return None


def _memory(handle: object) -> tuple[int, int]:
    """Bytes used and in total. The second version of the call leaves the driver's own reserve out of `used`, as
    `nvidia-smi` does; drivers before 510 have only the first."""
    try:
        memory = pynvml.nvmlDeviceGetMemoryInfo(handle, version=pynvml.nvmlMemory_v2)
    except pynvml.NVMLError as error:
        if error.value not in {pynvml.NVML_ERROR_FUNCTION_NOT_FOUND, pynvml.NVML_ERROR_ARGUMENT_VERSION_MISMATCH}:
            raise
        memory = pynvml.nvmlDeviceGetMemoryInfo(handle)
    return int(memory.used), int(memory.total)


def _text(name: str | bytes) -> str:
    """NVML's names are bytes in some versions of its Python module and text in others."""
    return name.decode() if isinstance(name, bytes) else name


def _explain(error: pynvml.NVMLError) -> str:
    if error.value in _NO_DRIVER:
        return "no NVIDIA driver: GPU figures are off"
    if error.value == pynvml.NVML_ERROR_LIB_RM_VERSION_MISMATCH:
        return "NVIDIA driver and library differ in version: restart the machine to get GPU figures"
    if error.value == pynvml.NVML_ERROR_FUNCTION_NOT_FOUND:
        return "the NVIDIA driver is too old for GPU figures"
    return f"GPU figures are off: {str(error).rstrip('.')}"
