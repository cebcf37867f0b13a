"""NVIDIA's driver, where there is a card for it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pynvml

from ai_dashboard.cli.doctoring.finding import Finding, Level
from ai_dashboard.core.data import dataclass

GPU = "gpu"
NO_DRIVER = frozenset({pynvml.NVML_ERROR_LIBRARY_NOT_FOUND, pynvml.NVML_ERROR_DRIVER_NOT_LOADED})

PCI = Path("/sys/bus/pci/devices")
_NVIDIA = "0x10de"
_DISPLAY = "0x03"


@dataclass(frozen=True, slots=True)
class Driver:
    """Its version, and the names of the cards that it has."""

    version: str
    cards: tuple[str, ...]


def check_gpu(ask: Callable[[], Driver] | None = None, pci: Path = PCI) -> Iterator[Finding]:
    """`ask` raises `NVMLError` for a driver that does not answer."""
    try:
        driver = (ask or _driver)()
    except pynvml.NVMLError as error:
        yield _without(error, _cards(pci))
        return
    if driver.cards:
        yield Finding(GPU, Level.OK, f"driver {driver.version}: {', '.join(driver.cards)}")
    else:
        yield Finding(GPU, Level.NOTE, f"driver {driver.version}, and no card: figures of GPUs are off")


def _without(error: pynvml.NVMLError, cards: int) -> Finding:
    if error.value in NO_DRIVER and not cards:
        return Finding(GPU, Level.NOTE, "no NVIDIA card: figures of GPUs are off")
    if error.value in NO_DRIVER:
        fix = "install NVIDIA's driver, or load it with `modprobe nvidia`; then run `nvidia-smi`"
        return Finding(GPU, Level.PROBLEM, "there is an NVIDIA card, and no driver for it", fix)
    if error.value == pynvml.NVML_ERROR_LIB_RM_VERSION_MISMATCH:
        return Finding(
            GPU, Level.PROBLEM, "driver and library differ in version after an update", "restart the machine"
        )
    if error.value == pynvml.NVML_ERROR_NO_PERMISSION:
        fix = "join the group that owns /dev/nvidia* (often `video` or `render`), and log in again"
        return Finding(GPU, Level.PROBLEM, "this user may not use the driver", fix)
    return Finding(GPU, Level.WARNING, f"the driver does not answer: {str(error).rstrip('.')}", "run `nvidia-smi`")


def _driver() -> Driver:
    pynvml.nvmlInit()
    try:
        handles = [pynvml.nvmlDeviceGetHandleByIndex(index) for index in range(pynvml.nvmlDeviceGetCount())]
        return Driver(_text(pynvml.nvmlSystemGetDriverVersion()), tuple(_name(handle) for handle in handles))
    finally:
        pynvml.nvmlShutdown()


def _name(handle: object) -> str:
    return _text(pynvml.nvmlDeviceGetName(handle))


def _text(name: str | bytes) -> str:
    """NVML's names are bytes in some versions of its Python module and text in others."""
    return name.decode(errors="replace") if isinstance(name, bytes) else name


def _cards(pci: Path) -> int:
    """NVIDIA's display controllers on the bus, whether anything drives them or not."""
    return sum(_read(it / "vendor") == _NVIDIA and _read(it / "class").startswith(_DISPLAY) for it in pci.glob("*"))


def _read(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:
        return ""
