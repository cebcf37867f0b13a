"""Reads the GPUs of each machine named on the command line, in turn and 61 s apart, and prints them as JSON.

A program of its own, because a process can load only one library by the name of NVIDIA's.
"""

import dataclasses
import json
import os
import sys

from ai_dashboard.hardware.nvml import GpuReader


class Minutes:
    """Jumps over the pause between attempts to reach a driver."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


clock = Minutes()
reader = GpuReader(clock)
seen = []
for machine in sys.argv[1:]:
    os.environ["FAKE_NVML"] = machine
    gpus, note = reader.read()
    seen.append({"gpus": [dataclasses.asdict(gpu) for gpu in gpus], "note": note})
    clock.now += 61
reader.close()
sys.stdout.write(json.dumps(seen))
