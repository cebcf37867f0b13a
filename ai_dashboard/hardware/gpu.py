"""The figures of one GPU: each asked for by itself, and None where this device, driver or user may not have it."""

from collections.abc import Callable
from types import MappingProxyType
from typing import TypeVar

import pynvml

from ai_dashboard.core.snapshot import GpuPart, GpuProcess, GpuView
from ai_dashboard.hardware.processes import describe

NO_DRIVER = frozenset({pynvml.NVML_ERROR_LIBRARY_NOT_FOUND, pynvml.NVML_ERROR_DRIVER_NOT_LOADED})
LOST = frozenset({pynvml.NVML_ERROR_GPU_IS_LOST, pynvml.NVML_ERROR_GPU_NOT_FOUND, pynvml.NVML_ERROR_RESET_REQUIRED})
NOTHING_LEFT = NO_DRIVER | LOST | {pynvml.NVML_ERROR_UNINITIALIZED}

MAX_PROCESSES = 32

THROTTLES = MappingProxyType({
    pynvml.nvmlClocksThrottleReasonSwPowerCap: "power limit",
    pynvml.nvmlClocksThrottleReasonHwSlowdown: "hardware slowdown",
    pynvml.nvmlClocksThrottleReasonSwThermalSlowdown: "too hot (driver)",
    pynvml.nvmlClocksThrottleReasonHwThermalSlowdown: "too hot (hardware)",
    pynvml.nvmlClocksThrottleReasonHwPowerBrakeSlowdown: "power brake",
    pynvml.nvmlClocksThrottleReasonSyncBoost: "sync boost",
    pynvml.nvmlClocksThrottleReasonApplicationsClocksSetting: "clocks set by hand",
})  # fmt: skip
"""What keeps clocks down, in words. An idle GPU is not held back by anything."""

Figure = TypeVar("Figure")


def read_gpu(index: int) -> GpuView:
    """One GPU. Raises `NVMLError` when the device itself is gone, as opposed to a figure that it does not offer."""
    handle = pynvml.nvmlDeviceGetHandleByIndex(index)
    used, total = figure(lambda: _memory(handle)) or (None, None)
    return GpuView(
        index=index,
        name=figure(lambda: _text(pynvml.nvmlDeviceGetName(handle))) or f"GPU {index}",
        utilisation=figure(lambda: pynvml.nvmlDeviceGetUtilizationRates(handle).gpu / 100),
        memory_used=used,
        memory_total=total,
        temperature_c=figure(lambda: float(pynvml.nvmlDeviceGetTemperature(handle, pynvml.NVML_TEMPERATURE_GPU))),
        power_w=figure(lambda: pynvml.nvmlDeviceGetPowerUsage(handle) / 1000),
        power_limit_w=figure(lambda: pynvml.nvmlDeviceGetEnforcedPowerLimit(handle) / 1000),
        clock_mhz=figure(lambda: float(pynvml.nvmlDeviceGetClockInfo(handle, pynvml.NVML_CLOCK_SM))),
        clock_max_mhz=figure(lambda: float(pynvml.nvmlDeviceGetMaxClockInfo(handle, pynvml.NVML_CLOCK_SM))),
        memory_clock_mhz=figure(lambda: float(pynvml.nvmlDeviceGetClockInfo(handle, pynvml.NVML_CLOCK_MEM))),
        ecc_errors=figure(
            lambda: int(
                pynvml.nvmlDeviceGetTotalEccErrors(
                    handle, pynvml.NVML_MEMORY_ERROR_TYPE_UNCORRECTED, pynvml.NVML_VOLATILE_ECC
                )
            )
        ),
        throttled=figure(lambda: throttles(pynvml.nvmlDeviceGetCurrentClocksThrottleReasons(handle))),
        processes=figure(lambda: _processes(handle)),
        parts=figure(lambda: _parts(handle)) or (),
    )


def figure(read: Callable[[], Figure]) -> Figure | None:
    """What `read` returns, or None where this device, driver or user may not have it."""
    try:
        return read()
    except UnicodeDecodeError:
        return None
    except pynvml.NVMLError as error:
        if error.value in NOTHING_LEFT:
            raise
        return None


def throttles(reasons: int) -> tuple[str, ...]:
    """NVML's bits in words."""
    return tuple(words for bit, words in THROTTLES.items() if reasons & bit)


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


def _processes(handle: object) -> tuple[GpuProcess, ...]:
    """Those with the most memory first. Drivers before 510 have only the second version of the call."""
    try:
        found = pynvml.nvmlDeviceGetComputeRunningProcesses_v3(handle)
    except pynvml.NVMLError as error:
        if error.value != pynvml.NVML_ERROR_FUNCTION_NOT_FOUND:
            raise
        found = pynvml.nvmlDeviceGetComputeRunningProcesses_v2(handle)
    by_size = sorted(found, key=lambda process: -(process.usedGpuMemory or 0))
    return tuple(
        GpuProcess(int(process.pid), *describe(int(process.pid)), _size(process.usedGpuMemory))
        for process in by_size[:MAX_PROCESSES]
    )


def _size(used: int | None) -> int | None:
    return None if used is None else int(used)


def _parts(handle: object) -> tuple[GpuPart, ...]:
    """The instances of a GPU that is divided. Places without one are passed over."""
    if pynvml.nvmlDeviceGetMigMode(handle)[0] != pynvml.NVML_DEVICE_MIG_ENABLE:
        return ()
    found = (_part(handle, place) for place in range(pynvml.nvmlDeviceGetMaxMigDeviceCount(handle)))
    return tuple(part for part in found if part is not None)


def _part(handle: object, place: int) -> GpuPart | None:
    part = figure(lambda: pynvml.nvmlDeviceGetMigDeviceHandleByIndex(handle, place))
    if part is None:
        return None
    used, total = figure(lambda: _memory(part)) or (None, None)
    return GpuPart(figure(lambda: _text(pynvml.nvmlDeviceGetName(part))) or f"instance {place}", used, total)


def _text(name: str | bytes) -> str:
    """NVML's names are bytes in some versions of its Python module and text in others."""
    return name.decode() if isinstance(name, bytes) else name
