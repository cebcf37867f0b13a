from ai_dashboard.core.snapshot import GpuPart, GpuProcess, GpuView, HostView
from ai_dashboard.tui.ink import Ink, text_of, width_of
from ai_dashboard.tui.panels.gpus import draw, select
from ai_dashboard.tui.picture import Picture
from tests.tui.fakes import GIB, busy, empty

FULL = GpuView(
    0, "NVIDIA H200", 0.76, 118 * GIB, 139 * GIB, 61.0, 402.2, 700.0, 1_755.0, 1_980.0, 2_619.0, 3,
    ("power limit", "too hot (driver)"),
    (GpuProcess(412, "vllm", "qwen3-32b", 112 * GIB), GpuProcess(9, "", "", None)),
    (GpuPart("MIG 1g.10gb", 2 * GIB, 10 * GIB),),
    (0.1, 0.5, 0.9),
)  # fmt: skip


def shown(*gpus: GpuView, width: int = 100) -> list[str]:
    return [text_of(line) for line in draw(select(Picture(busy(host=HostView(gpus=gpus, gpu_note="")))), width)]


def test_everything_the_driver_tells_is_shown() -> None:
    text = "\n".join(shown(FULL))
    for words in (
        "0 NVIDIA H200", "76%", "118/139 G", "61°C", "402/700 W", "1760/1980 MHz, memory 2619", "ecc 3",
        "⚠ held back: power limit, too hot (driver)", "vllm", "112G", "qwen3-32b", "pid 412", "another user's",
        "MIG 1g.10gb", "2/10 G",
    ):  # fmt: skip
        assert words in text, words


def test_memory_errors_and_throttling_stand_out() -> None:
    lines = draw(select(Picture(busy(host=HostView(gpus=(FULL,), gpu_note="")))), 120)
    inks = {text.strip(): ink for line in lines for text, ink in line}
    assert inks["ecc 3"] is Ink.BAD
    assert inks["⚠ held back: power limit, too hot (driver)"] is Ink.WARN


def test_what_a_gpu_does_not_tell_is_left_out() -> None:
    lines = shown(GpuView(0, "Unified", None, None, None, None, None, None))
    assert lines[0].strip() == "0 Unified"
    assert lines[1].endswith("–")
    assert lines[2].endswith("not told")
    assert not lines[3].strip()
    assert "does not tell which processes" in lines[4]


def test_a_gpu_without_processes_has_no_line_for_them() -> None:
    assert len(shown(GpuView(0, "Idle", 0.0, 0, GIB, None, None, None, processes=()))) == 4


def test_no_gpu_is_one_calm_line() -> None:
    assert [text_of(line) for line in draw(select(Picture(empty())), 80)] == ["no NVIDIA GPU"]
    assert [text_of(line) for line in draw(select(Picture()), 80)] == ["waiting for the gateway"]


def test_a_watt_more_is_no_other_view() -> None:
    views = {
        select(Picture(busy(host=HostView(gpus=(GpuView(0, "G", 0.5, 1, 2, 40.0, watts, 700.0, clock),), gpu_note=""))))
        for watts, clock in ((402.1, 1_754.0), (402.4, 1_752.0))
    }
    assert len(views) == 1


def test_every_width_holds_it() -> None:
    for width in range(24, 160, 7):
        lines = draw(select(Picture(busy(host=HostView(gpus=(FULL, FULL), gpu_note="")))), width)
        assert all(width_of(line) <= width for line in lines), width
