"""What the machine is doing: GPUs over NVML, the host over psutil. Reads block, so one thread does them all."""
