"""The host is read without ever failing, and traffic is what went by since the reading before."""

import time
from collections import namedtuple

import psutil
import pytest

from ai_dashboard.core.snapshot import GpuView
from ai_dashboard.hardware.host import TREND, HostReader

Net = namedtuple("Net", "bytes_recv bytes_sent")  # noqa: PYI024
Disk = namedtuple("Disk", "read_bytes write_bytes")  # noqa: PYI024


class Counters:
    """Traffic that a test sets; `now` moves by two seconds a reading."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.net = {"lo": Net(10**12, 10**12), "eth0": Net(1000, 500), "wlan0": Net(0, 0)}
        self.disk: Disk | None = Disk(4096, 0)
        self.now = 100.0
        monkeypatch.setattr(psutil, "net_io_counters", lambda **_: self.net)
        monkeypatch.setattr(psutil, "disk_io_counters", lambda: self.disk)

    def __call__(self) -> float:
        return self.now


def test_traffic_is_a_difference_and_the_loopback_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    counters = Counters(monkeypatch)
    reader = HostReader(counters)
    first = reader.read((), "no GPU")
    assert (first.net_in, first.net_out, first.disk_read, first.cpu) == (None, None, None, None)
    assert first.gpu_note == "no GPU"
    counters.now += 2
    counters.net = {"lo": Net(10**13, 10**13), "eth0": Net(3000, 600), "wlan0": Net(200, 0)}
    counters.disk = Disk(8192, 1024)
    second = reader.read((), "")
    assert (second.net_in, second.net_out) == (1100.0, 50.0)
    assert (second.disk_read, second.disk_write) == (2048.0, 512.0)


def test_counters_that_were_set_back_or_went_away_are_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    counters = Counters(monkeypatch)
    reader = HostReader(counters)
    reader.read((), "")
    counters.now += 2
    counters.net, counters.disk = {"eth0": Net(0, 0)}, None
    view = reader.read((), "")
    assert (view.net_in, view.disk_read) == (None, None)


def test_trends_are_as_long_as_they_may_be() -> None:
    reader = HostReader(lambda: 0.0)
    gpu = GpuView(0, "G", 0.5, 1, 2, None, None, None)
    for _ in range(TREND + 5):
        view = reader.read((gpu,), "")
    assert view.gpus[0].trend == (0.5,) * TREND
    assert len(view.cpu_trend) == TREND


def test_the_root_is_among_the_disks() -> None:
    view = HostReader(lambda: 0.0).read((), "")
    assert view.disks[0].path == "/"
    assert 0 < view.disks[0].used <= view.disks[0].total
    assert view.own_memory


def test_what_is_hidden_is_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    def hidden(*_args: object, **_more: object) -> None:
        raise PermissionError("/proc")

    for name in ("virtual_memory", "swap_memory", "getloadavg", "disk_usage", "net_io_counters", "disk_io_counters"):
        monkeypatch.setattr(psutil, name, hidden)
    view = HostReader(lambda: 0.0).read((), "")
    assert (view.memory_used, view.swap_used, view.load1, view.disks, view.net_in) == (None, None, None, (), None)


def test_what_the_gateway_takes_is_known_from_the_second_reading_on() -> None:
    reader = HostReader(lambda: 0.0)
    assert reader.read((), "").own_cpu is None
    began = time.process_time()
    while time.process_time() - began < 0.02:
        pass
    own_cpu = reader.read((), "").own_cpu
    assert own_cpu is not None
    assert own_cpu > 0
