"""The machine around the GPUs over psutil: processor, memory, disks, network. What the system hides is None."""

from collections import deque
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import psutil

from ai_dashboard.core.snapshot import DiskView, GpuView, HostView

TREND = 60
"""Samples in a trend: two minutes at the usual beat."""

Figure = TypeVar("Figure")
Traffic = tuple[float, ...]


class HostReader:
    """Reads the host. Belongs to one thread. Loads and traffic are differences: the first reading has none."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._cpu: deque[float | None] = deque(maxlen=TREND)
        self._gpus: dict[int, deque[float | None]] = {}
        self._before: dict[str, tuple[float, Traffic]] = {}
        # psutil keeps the last reading per thread, so the call that throws its figure away is made here.
        figure(psutil.cpu_percent)
        self._primed = False
        self._own = psutil.Process()
        figure(self._own.cpu_percent)

    def read(self, gpus: tuple[GpuView, ...], note: str) -> HostView:
        """One picture, with these GPUs in it."""
        memory, swap = figure(psutil.virtual_memory), figure(psutil.swap_memory)
        load = figure(psutil.getloadavg)
        cpu, own_cpu = self._load()
        net_in, net_out = self._rates("net", figure(_network)) or (None, None)
        disk_read, disk_write = self._rates("disk", figure(_disk_traffic)) or (None, None)
        return HostView(
            cpu=cpu,
            cores=psutil.cpu_count() or 0,
            load1=None if load is None else load[0],
            # What a program could still get counts as free: caches are given back when they are needed.
            memory_used=None if memory is None else memory.total - memory.available,
            memory_total=None if memory is None else memory.total,
            gpus=tuple(map(self._with_trend, gpus)),
            gpu_note=note,
            swap_used=None if swap is None else swap.used,
            swap_total=None if swap is None else swap.total,
            disks=_disks(),
            net_in=net_in,
            net_out=net_out,
            disk_read=disk_read,
            disk_write=disk_write,
            own_memory=figure(lambda: int(self._own.memory_info().rss)),
            own_cpu=own_cpu,
            cpu_trend=tuple(self._cpu),
        )

    def _load(self) -> tuple[float | None, float | None]:
        """Of the machine (0 to 1), and what this process takes of one core."""
        if not self._primed:
            self._primed = True
            return None, None
        percent, own = figure(psutil.cpu_percent), figure(self._own.cpu_percent)
        cpu = None if percent is None else percent / 100
        self._cpu.append(cpu)
        return cpu, None if own is None else own / 100

    def _with_trend(self, gpu: GpuView) -> GpuView:
        trend = self._gpus.setdefault(gpu.index, deque(maxlen=TREND))
        trend.append(gpu.utilisation)
        return replace(gpu, trend=tuple(trend))

    def _rates(self, name: str, counters: Traffic | None) -> Traffic | None:
        """Bytes a second since the reading before; counters that were set back begin anew."""
        if counters is None:
            return None
        now = self._now()
        before = self._before.get(name)
        self._before[name] = now, counters
        if before is None or now <= before[0]:
            return None
        deltas = [later - earlier for later, earlier in zip(counters, before[1], strict=True)]
        return None if min(deltas) < 0 else tuple(delta / (now - before[0]) for delta in deltas)


def figure(read: Callable[[], Figure]) -> Figure | None:
    """What `read` returns, or None where the system hides it (containers mask parts of `/proc`)."""
    try:
        return read()
    except (OSError, psutil.Error):
        return None


def _network() -> Traffic:
    counters = psutil.net_io_counters(pernic=True)
    outside = [counter for name, counter in counters.items() if not name.startswith("lo")]
    return float(sum(it.bytes_recv for it in outside)), float(sum(it.bytes_sent for it in outside))


def _disk_traffic() -> Traffic | None:
    counters = psutil.disk_io_counters()
    return None if counters is None else (float(counters.read_bytes), float(counters.write_bytes))


def _disks() -> tuple[DiskView, ...]:
    """The root's file system, and that of the home where models usually lie, if it is another one."""
    disks: dict[int, DiskView] = {}
    for disk in (_disk("/"), _disk(str(Path.home()))):
        if disk is not None:
            disks.setdefault(*disk)
    return tuple(disks.values())


def _disk(path: str) -> tuple[int, DiskView] | None:
    """The device that a path is on, and how full it is."""
    usage = figure(lambda: psutil.disk_usage(path))
    device = figure(lambda: Path(path).stat().st_dev)
    return None if usage is None or device is None else (device, DiskView(path, usage.used, usage.total))
