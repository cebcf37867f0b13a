"""Findings about NVIDIA's driver."""

from pathlib import Path

import pynvml
import pytest

from ai_dashboard.cli.doctoring.finding import Level
from ai_dashboard.cli.doctoring.gpu import Driver, check_gpu


def machine(folder: Path, *devices: tuple[str, str]) -> Path:
    for number, (vendor, kind) in enumerate(devices):
        device = folder / f"0000:0{number}:00.0"
        device.mkdir()
        (device / "vendor").write_text(f"{vendor}\n")
        (device / "class").write_text(f"{kind}\n")
    return folder


CARD = ("0x10de", "0x030200")
ITS_SOUND = ("0x10de", "0x040300")
ANOTHERS = ("0x8086", "0x030000")


def failing(code: int) -> Driver:
    raise pynvml.NVMLError(code)


@pytest.mark.parametrize(
    ("code", "devices", "level", "words"),
    [
        (pynvml.NVML_ERROR_LIBRARY_NOT_FOUND, (), Level.NOTE, "no NVIDIA card"),
        (pynvml.NVML_ERROR_LIBRARY_NOT_FOUND, (ITS_SOUND, ANOTHERS), Level.NOTE, "no NVIDIA card"),
        (pynvml.NVML_ERROR_LIBRARY_NOT_FOUND, (ANOTHERS, CARD), Level.PROBLEM, "no driver for it"),
        (pynvml.NVML_ERROR_DRIVER_NOT_LOADED, (CARD,), Level.PROBLEM, "no driver for it"),
        (pynvml.NVML_ERROR_LIB_RM_VERSION_MISMATCH, (CARD,), Level.PROBLEM, "differ in version"),
        (pynvml.NVML_ERROR_NO_PERMISSION, (CARD,), Level.PROBLEM, "this user may not"),
        (pynvml.NVML_ERROR_UNKNOWN, (CARD,), Level.WARNING, "does not answer: Unknown Error"),
    ],
)
def test_a_driver_that_does_not_answer(
    code: int, devices: tuple[tuple[str, str], ...], level: Level, words: str, tmp_path: Path
) -> None:
    (found,) = check_gpu(lambda: failing(code), machine(tmp_path, *devices))
    assert (found.level, words in found.text) == (level, True)
    assert found.fix or level is Level.NOTE


def test_a_driver_that_answers(tmp_path: Path) -> None:
    (found,) = check_gpu(lambda: Driver("580.1", ("NVIDIA H200",)), tmp_path)
    assert (found.level, found.text) == (Level.OK, "driver 580.1: NVIDIA H200")
    (found,) = check_gpu(lambda: Driver("580.1", ()), tmp_path)
    assert found.level is Level.NOTE


def test_this_machine_has_one_answer() -> None:
    assert len(list(check_gpu())) == 1
