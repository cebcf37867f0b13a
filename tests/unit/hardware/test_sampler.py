"""The hardware thread publishes pictures of this machine, and ends when it is told to."""

import threading
from dataclasses import replace

import psutil
import pytest

from ai_dashboard.core.snapshot import GpuView, HostView
from ai_dashboard.hardware.nvml import GpuReader
from ai_dashboard.hardware.sampler import STOP_S, HardwareSampler

GPU = GpuView(0, "Fake H100", 0.5, 1, 2, 40.0, 100.0, 700.0)


class CountingReader(GpuReader):
    """One GPU, and the wish to be waited for: `seen` is set at the `enough`-th reading."""

    def __init__(self, enough: int) -> None:
        super().__init__()
        self.seen = threading.Event()
        self.threads: list[str] = []
        self.closed = False
        self._enough = enough

    def read(self) -> tuple[tuple[GpuView, ...], str]:
        self.threads.append(threading.current_thread().name)
        if len(self.threads) == self._enough:
            self.seen.set()
        return (GPU,), ""

    def close(self) -> None:
        self.closed = True


class HangingReader(GpuReader):
    """A driver call that does not return until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.begun = threading.Event()
        self.let_go = threading.Event()

    def read(self) -> tuple[tuple[GpuView, ...], str]:
        self.begun.set()
        self.let_go.wait()
        return (), "late"


def test_pictures_come_from_one_thread_and_stop() -> None:
    gpus = CountingReader(enough=4)
    sampler = HardwareSampler(interval_s=0.001, gpus=gpus)
    assert sampler.latest == HostView()
    sampler.start()
    assert gpus.seen.wait(5)
    sampler.stop()
    sampler.stop()
    assert set(gpus.threads) == {"hardware"}
    assert gpus.closed
    view = sampler.latest
    assert (replace(view.gpus[0], trend=()), view.gpu_note, view.cores) == (GPU, "", psutil.cpu_count())
    assert view.gpus[0].trend == (GPU.utilisation,) * len(gpus.threads)
    assert view.memory_total == psutil.virtual_memory().total
    assert view.memory_used is not None
    assert 0 < view.memory_used < view.memory_total
    assert view.cpu is not None
    assert 0 <= view.cpu <= 1


def test_the_first_picture_does_not_invent_a_load() -> None:
    gpus = CountingReader(enough=1)
    sampler = HardwareSampler(interval_s=3600, gpus=gpus)
    sampler.start()
    assert gpus.seen.wait(5)
    sampler.stop()
    assert sampler.latest.cpu is None
    assert sampler.latest.memory_total


def test_figures_that_the_system_hides_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    def hidden() -> None:
        raise PermissionError("/proc/meminfo")

    monkeypatch.setattr(psutil, "virtual_memory", hidden)
    monkeypatch.setattr(psutil, "getloadavg", hidden)
    gpus = CountingReader(enough=2)
    sampler = HardwareSampler(interval_s=0.001, gpus=gpus)
    sampler.start()
    assert gpus.seen.wait(5)
    sampler.stop()
    view = sampler.latest
    assert (view.memory_used, view.memory_total, view.load1) == (None, None, None)
    assert replace(view.gpus[0], trend=()) == GPU


def test_stop_does_not_wait_for_a_driver_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    assert STOP_S <= 1
    monkeypatch.setattr("ai_dashboard.hardware.sampler.STOP_S", 0.01)
    gpus = HangingReader()
    sampler = HardwareSampler(gpus=gpus)
    sampler.start()
    assert gpus.begun.wait(5)
    sampler.stop()
    assert sampler.latest == HostView()
    gpus.let_go.set()


def test_stop_without_start() -> None:
    HardwareSampler().stop()
