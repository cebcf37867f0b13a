import pynvml
import pytest

from ai_dashboard.hardware.gpu import THROTTLES, figure, throttles


def test_throttle_reasons_are_words_and_an_idle_gpu_is_not_held_back() -> None:
    assert throttles(0) == ()
    assert throttles(pynvml.nvmlClocksThrottleReasonGpuIdle) == ()
    assert throttles(0xFFFF) == tuple(THROTTLES.values())
    assert throttles(pynvml.nvmlClocksThrottleReasonHwThermalSlowdown) == ("too hot (hardware)",)


def test_a_figure_that_is_refused_is_none_but_a_lost_gpu_is_an_error() -> None:
    def refuse(code: int) -> None:
        raise pynvml.NVMLError(code)

    for code in (
        pynvml.NVML_ERROR_NOT_SUPPORTED,
        pynvml.NVML_ERROR_NO_PERMISSION,
        pynvml.NVML_ERROR_FUNCTION_NOT_FOUND,
    ):
        assert figure(lambda code=code: refuse(code)) is None  # type: ignore[misc]
    with pytest.raises(pynvml.NVMLError):
        figure(lambda: refuse(pynvml.NVML_ERROR_GPU_IS_LOST))
