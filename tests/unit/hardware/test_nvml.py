"""GPUs read through a stand-in for NVIDIA's library, compiled here, so that pynvml itself is part of what is tested."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pynvml
import pytest

from ai_dashboard.hardware.nvml import GpuReader

HERE = Path(__file__).parent
MIB = 1 << 20
NO_DRIVER = "no NVIDIA driver: GPU figures are off"

Machine = dict[str, Any]
Read = Callable[..., list[Machine]]


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> Read:
    """Reads machines with a library built with `defines`; the name of a machine is what `FAKE_NVML` says."""
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler (cc) to build the stand-in for libnvidia-ml.so.1")

    def run(*machines: str, defines: tuple[str, ...] = ()) -> list[Machine]:
        folder = tmp_path_factory.mktemp("nvml")
        library = folder / "libnvidia-ml.so.1"
        flags = [f"-D{name}" for name in defines]
        subprocess.run([compiler, "-shared", "-fPIC", *flags, "-o", library, HERE / "fake_nvml.c"], check=True)
        environment = os.environ | {"LD_LIBRARY_PATH": str(folder), "PYTHONPATH": str(HERE.parents[2])}
        program = [sys.executable, str(HERE / "read_machines.py"), *machines]
        done = subprocess.run(program, env=environment, check=True, capture_output=True, text=True)
        seen: list[Machine] = json.loads(done.stdout)
        return seen

    return run


def test_figures_that_a_gpu_lacks_are_none_and_the_others_are_shown(read: Read) -> None:
    (machine,) = read("two")
    full, unified = machine["gpus"]
    assert full == {
        "index": 0,
        "name": "Fake H100",
        "utilisation": 0.73,
        "memory_used": 20000 * MIB,
        "memory_total": 80000 * MIB,
        "temperature_c": 61.0,
        "power_w": 412.5,
        "power_limit_w": 700.0,
        "clock_mhz": 1755.0,
        "clock_max_mhz": 1980.0,
        "memory_clock_mhz": 2619.0,
        "ecc_errors": 3,
        "throttled": ["power limit", "too hot (driver)"],
        "processes": full["processes"],
        "parts": [],
        "trend": [],
    }
    gone, running = full["processes"]
    assert gone == {"pid": 4294967295, "name": "", "model": "", "memory": 18000 * MIB}
    assert running["name"].startswith("python")
    assert (running["pid"] > 0, running["model"], running["memory"]) == (True, "", 500 * MIB)
    assert unified["name"] == "Unified GPU"
    assert unified["utilisation"] == 0.05
    assert {key for key, value in unified.items() if value is None} == {
        "memory_used",
        "memory_total",
        "temperature_c",
        "power_w",
        "power_limit_w",
        "clock_mhz",
        "clock_max_mhz",
        "memory_clock_mhz",
        "ecc_errors",
        "throttled",
        "processes",
    }
    assert machine["note"] == ""


def test_a_driver_that_comes_and_goes(read: Read) -> None:
    machines = read("no driver", "mismatch", "no gpu", "two", "one lost", "all lost", "two", "bad name")
    notes = [machine["note"] for machine in machines]
    assert notes == [
        NO_DRIVER,
        "NVIDIA driver and library differ in version: restart the machine to get GPU figures",
        "no NVIDIA GPU in this machine: GPU figures are off",
        "",
        "",
        "GPU figures are off: GPU is lost",
        "",
        "",
    ]
    assert [[gpu["name"] for gpu in machine["gpus"]] for machine in machines[3:]] == [
        ["Fake H100", "Unified GPU"],
        ["Fake H100", "GPU 1 (lost)"],
        [],
        ["Fake H100", "Unified GPU"],
        ["GPU 0", "GPU 1"],
    ]


def test_a_driver_that_lacks_functions(read: Read) -> None:
    (machine,) = read("two", defines=("NO_FIGURES",))
    assert [gpu["name"] for gpu in machine["gpus"]] == ["Fake H100", "Unified GPU"]
    always = {"index", "name", "parts", "trend"}
    assert all(value is None for gpu in machine["gpus"] for key, value in gpu.items() if key not in always)


def test_a_gpu_that_is_divided_shows_its_instances(read: Read) -> None:
    (machine,) = read("divided")
    divided, unified = machine["gpus"]
    assert divided["parts"] == [{"name": "MIG 1g.10gb", "memory_used": 20000 * MIB, "memory_total": 80000 * MIB}]
    assert divided["processes"] is None
    assert unified["parts"] == []


def test_a_driver_with_only_the_first_memory_call(read: Read) -> None:
    (machine,) = read("two", defines=("OLD_MEMORY",))
    assert machine["gpus"][0]["memory_used"] == 20600 * MIB


def test_without_a_library_the_driver_is_asked_again_once_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    times = [0.0, 2.0, 59.9, 60.0, 61.0, 121.0]

    def no_library() -> None:
        asked.append(times[0])
        raise pynvml.NVMLError(pynvml.NVML_ERROR_LIBRARY_NOT_FOUND)

    monkeypatch.setattr(pynvml, "nvmlInit", no_library)
    reader = GpuReader(lambda: times[0])
    while times:
        assert reader.read() == ((), NO_DRIVER)
        del times[0]
    assert asked == [0.0, 60.0, 121.0]
