import pytest

from ai_dashboard.core.snapshot import GpuView
from ai_dashboard.tui.fit import DEFAULT_BITS, DEFAULT_WINDOW, GIB, Need, Wrong, need, verdicts


def needed(written: str) -> Need:
    found = need(written)
    assert isinstance(found, Need)
    return found


@pytest.mark.parametrize(
    ("written", "parameters", "bits", "window"),
    [
        ("llama3.1:8b", 8e9, DEFAULT_BITS, DEFAULT_WINDOW),
        ("llama3.1:70b q4_k_m 32k", 70e9, 4.85, 32768),
        ("Qwen/Qwen3-32B, fp8, 4096", 32e9, 8.0, 4096),
        ("mixtral:8x7b-instruct-q8_0", 56e9, 8.5, DEFAULT_WINDOW),
        ("qwen2.5:0.5b f16", 0.5e9, 16.0, DEFAULT_WINDOW),
        ("smollm2:360m", 360e6, DEFAULT_BITS, DEFAULT_WINDOW),
        ("my-model 13b int4 16k", 13e9, 4.25, 16384),
        ("gpt-oss 120b mxfp4 128k", 120e9, 4.25, 131072),
    ],
)
def test_a_model_is_read_as_people_write_it(written: str, parameters: float, bits: float, window: int) -> None:
    found = needed(written)
    assert (found.parameters, found.bits, found.window) == (parameters, bits, window)


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ("", "name a model"),
        ("  ", "name a model"),
        ("gpt-5-mini", "no size"),
        ("llama3.1:8b fast", "'fast'"),
        ("0b", "no size"),
    ],
)
def test_what_cannot_be_estimated_says_what_to_write(written: str, problem: str) -> None:
    found = need(written)
    assert isinstance(found, Wrong)
    assert problem in found.problem


@pytest.mark.parametrize(
    ("written", "published"),
    [("llama3.1:8b q4_k_m", 4.9e9), ("llama3.1:70b q4_k_m", 42.5e9), ("qwen2.5:7b q4_k_m", 4.7e9), ("8b fp16", 16.1e9)],
)
def test_weights_are_near_the_files_that_are_published(written: str, published: float) -> None:
    assert needed(written).weights == pytest.approx(published, rel=0.12)


@pytest.mark.parametrize(
    ("written", "shape"),
    [("llama3.1:8b", (32, 8, 128)), ("llama3.1:70b", (80, 8, 128)), ("qwen3:32b", (64, 8, 128))],
)
def test_the_cache_is_near_what_the_layers_take(written: str, shape: tuple[int, int, int]) -> None:
    layers, heads, size = shape
    assert needed(f"{written} 8k").cache == pytest.approx(8192 * layers * heads * size * 4, rel=0.15)


def test_a_longer_window_takes_more_and_a_coarser_quantisation_less() -> None:
    assert needed("8b 32k").cache == pytest.approx(4 * needed("8b 8k").cache)
    assert needed("8b q8_0").weights > needed("8b q4_0").weights


def test_each_gpu_is_judged_by_what_is_free_now() -> None:
    gpus = (
        GpuView(0, "A", 0.1, 20 * GIB, 24 * GIB, None, None, None),
        GpuView(1, "B", 0.1, 0, 24 * GIB, None, None, None),
        GpuView(2, "C", 0.1, None, None, None, None, None),
    )
    found = list(verdicts(needed("8b"), gpus))
    assert [(it.gpu, it.spare > 0) for it in found] == [(0, False), (1, True)]
