import pytest

from ai_dashboard.core.snapshot import GpuView, HostView
from ai_dashboard.tui.ink import text_of, width_of
from ai_dashboard.tui.panels.host import View, draw, select, summary
from ai_dashboard.tui.picture import Picture
from tests.tui.fakes import busy, empty


def texts(view: View, width: int = 34, height: int = 8) -> list[str]:
    return [text_of(line) for line in draw(view, width, height)]


def test_a_machine_with_a_gpu() -> None:
    assert texts(select(Picture(busy()))) == [
        "cpu  ▕█████▌          ▏        34%",
        "mem  ▕███▉            ▏   31/128 G",
        "     load 2.1 · 16 cores",
        "0 NVIDIA H200                     ",
        "gpu  ▕████████████▏   ▏        76%",
        "vram ▕█████████████▋  ▏  118/139 G",
        "     61°C  402/700 W",
    ]


def test_details_give_way_when_there_is_no_room() -> None:
    assert [line.split()[0] for line in texts(select(Picture(busy())), height=5)] == ["cpu", "mem", "0", "gpu", "vram"]


def test_no_gpu_is_one_calm_line() -> None:
    assert texts(select(Picture(empty())))[-1] == "no NVIDIA GPU"
    assert summary(empty().host) == "cpu 5%"


def test_what_a_driver_does_not_tell_is_left_out() -> None:
    bare = HostView(gpus=(GpuView(0, "Tegra", None, None, None, None, None, None),), gpu_note="")
    lines = texts(select(Picture(busy(host=bare))))
    assert lines[-1].split() == ["vram", "▕", "▏", "–"]
    assert summary(bare) == "gpu – –"


def test_the_busiest_gpu_speaks_for_all() -> None:
    gpus = tuple(GpuView(i, "A", use, 1024**3, 8 * 1024**3, None, None, None) for i, use in enumerate((0.1, 0.9, None)))
    assert summary(HostView(gpus=gpus)) == "gpu 90% 1.0/8.0 G"


@pytest.mark.parametrize("width", [8, 20, 24, 34, 100])
def test_bars_fit(width: int) -> None:
    assert all(width_of(line) <= max(width, 15) for line in draw(select(Picture(busy())), width, 3)[:2])


def test_a_flicker_below_one_percent_is_the_same_view() -> None:
    views = {select(Picture(busy(host=HostView(cpu=cpu)))) for cpu in (0.341, 0.342)}
    assert len(views) == 1


def test_before_the_first_answer_it_waits() -> None:
    assert texts(select(Picture())) == ["waiting for the gateway"]
