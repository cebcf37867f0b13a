from ai_dashboard.core.snapshot import GpuProcess, GpuView, HostView, LoadedModel
from ai_dashboard.tui.ink import text_of, width_of
from ai_dashboard.tui.panels.memory_map import draw, select
from ai_dashboard.tui.picture import Picture
from tests.tui.fakes import GIB, busy, provider


def gpu(index: int, used: int, *processes: GpuProcess) -> GpuView:
    return GpuView(index, f"GPU number {index}", 0.5, used * GIB, 24 * GIB, None, None, None, processes=processes)


def picture(*gpus: GpuView) -> Picture:
    ollama = provider(
        "ollama",
        loaded=(
            LoadedModel("llama3.1:8b", 1.0, 6 * GIB),
            LoadedModel("qwen:32b", 0.4, 9 * GIB),
            LoadedModel("tiny", 0.0, 0),
        ),
    )
    host = HostView(memory_used=4 * GIB, memory_total=16 * GIB, gpus=gpus, gpu_note="" if gpus else "none")
    return Picture(busy(providers=(ollama,), host=host))


def shown(asked: str, *gpus: GpuView, width: int = 110) -> list[str]:
    return [text_of(line) for line in draw(select(picture(*gpus), asked), width)]


def test_models_are_mapped_to_where_they_are() -> None:
    process = GpuProcess(7, "llama-server", "phi-4-q4", 9 * GIB)
    told = GpuProcess(8, "ollama", "llama3.1:8b", 6 * GIB)
    lines = shown("", gpu(0, 20, process, told))
    assert [line.split()[0] for line in lines[1:]] == ["llama3.1:8b", "qwen:32b", "tiny", "phi-4-q4"]
    assert "GPU 0 " in lines[1]
    assert "GPU 0 + host" in lines[2]
    assert " 9.0G  40.0 %" in lines[2]
    assert " host " in lines[3]
    assert "llama-server" in lines[4]


def test_with_several_gpus_nobody_says_on_which_one() -> None:
    assert "GPU 0" not in shown("", gpu(0, 1), gpu(1, 1))[1]


def test_the_estimate_says_how_it_comes_about_and_what_it_means() -> None:
    lines = shown("llama3.1:8b q4_k_m 8k", gpu(0, 2), gpu(1, 20))
    assert lines[0].startswith("≈ 6.3G = weights 4.5G (8.0G at 4.85 bits) + cache 1.0G (8,192 tokens) + engine 819M")
    assert lines[1].startswith("✓ fits on GPU 0 now, 16G to spare")
    assert lines[2].startswith("◐ fits on GPU 1 once 2.3G are freed")
    assert "all GPUs together have 26G free: enough" in lines[3]


def test_what_is_too_large_says_by_how_much() -> None:
    assert shown("70b", gpu(0, 0))[1].startswith("○ larger than GPU 0 by 19G")


def test_without_a_gpu_the_host_is_judged() -> None:
    assert "it fits into the 12G that are free in the host's memory" in shown("8b")[1]
    assert "it does not fit into the 12G" in shown("70b")[1]
    unknown = Picture(busy(host=HostView()))
    assert "not known either" in text_of(draw(select(unknown, "8b"), 100)[1])


def test_what_cannot_be_estimated_is_said() -> None:
    assert shown("gpt")[0].startswith("✗ the name tells no size")


def test_nothing_in_memory_is_one_calm_line() -> None:
    lines = draw(select(Picture(busy(providers=())), ""), 110)
    assert "no server has told" in text_of(lines[0])
    assert text_of(draw(select(Picture(), ""), 80)[0]) == "waiting for the gateway"


def test_every_width_holds_it() -> None:
    for width in range(10, 130, 9):
        lines = draw(select(picture(gpu(0, 2), gpu(1, 20)), "8b"), width)
        assert all(width_of(line) <= width for line in lines), width
