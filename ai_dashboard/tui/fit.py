"""Will a model fit into VRAM? An estimate from its name before it is loaded. Pure.

Weights take their parameters times the bits of their quantisation. The cache of keys and values grows with the window:
131 KB a token for 8 G parameters (Llama 3.1: 32 layers × 8 heads × 128 × 2 × 2 bytes), 328 KB for 70 G, 28 KB for
1.5 G of Qwen 2.5; a power of the parameters meets the usual ones within about a factor of two. What the engine itself
needs comes on top. An estimate for planning, not a promise: engines differ.
"""

import re
from collections.abc import Iterator, Sequence

from ai_dashboard.core.data import dataclass
from ai_dashboard.core.snapshot import GpuView

GIB = 1024**3

DEFAULT_BITS = 4.85
"""Q4_K_M, what Ollama pulls by default."""

DEFAULT_WINDOW = 8192

ENGINE_BYTES = 0.8 * GIB
"""CUDA context and buffers of an engine."""

_CACHE_BYTES_8G = 131_072.0
_CACHE_POWER = 0.45

# Bits a weight, with the scales that belong to it; see llama.cpp's quantisation types.
_BITS: dict[str, float] = {
    "f32": 32.0, "fp32": 32.0, "f16": 16.0, "fp16": 16.0, "bf16": 16.0, "fp8": 8.0, "int8": 8.0, "q8_0": 8.5, "q8": 8.5,
    "q6_k": 6.6, "q6": 6.6, "q5_k_m": 5.7, "q5_k_s": 5.5, "q5_0": 5.5, "q5": 5.7, "q4_k_m": 4.85, "q4_k_s": 4.6,
    "q4_0": 4.5, "q4": 4.85, "iq4_xs": 4.3, "awq": 4.25, "gptq": 4.25, "int4": 4.25, "mxfp4": 4.25, "nvfp4": 4.5,
    "q3_k_m": 3.9, "q3_k_s": 3.5, "q3": 3.9, "iq3_xs": 3.3, "q2_k": 3.0, "q2": 3.0,
}  # fmt: skip

_SIZE = re.compile(r"(?<![\d.])(?:(\d+)x)?(\d+(?:\.\d+)?)(b|m)(?![a-z0-9])")
_WINDOW = re.compile(r"(\d+)(k?)")


@dataclass(frozen=True, slots=True)
class Need:
    """What a model would take, in bytes."""

    parameters: float
    bits: float
    window: int
    weights: float
    cache: float

    @property
    def total(self) -> float:
        """All of it."""
        return self.weights + self.cache + ENGINE_BYTES


@dataclass(frozen=True, slots=True)
class Wrong:
    """Why there is no estimate, and what to write."""

    problem: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a model would sit on one GPU: `spare` bytes are left, or missing where it is negative."""

    gpu: int
    name: str
    spare: float
    total: int


def need(written: str) -> Need | Wrong:
    """`llama3.1:70b q4_k_m 32k`: a name or a size, and if need be a quantisation and a window in tokens."""
    words = written.lower().replace(",", " ").split()
    if not words:
        return Wrong("name a model with its size, such as llama3.1:70b q4_k_m 32k")
    bits, window = DEFAULT_BITS, DEFAULT_WINDOW
    parameters: float | None = None
    for word in words:
        if (size := _SIZE.search(word)) is not None:
            experts, number, unit = size.groups()
            parameters = int(experts or 1) * float(number) * (1e9 if unit == "b" else 1e6)
            bits = _bits_in(word, bits)
        elif word in _BITS:
            bits = _BITS[word]
        elif (tokens := _WINDOW.fullmatch(word)) is not None and int(tokens[1]) > 0:
            window = int(tokens[1]) * (1024 if tokens[2] else 1)
        elif parameters is not None:
            return Wrong(f"{word!r} is neither a quantisation (q4_k_m, fp8, bf16 …) nor a window (32k)")
    if not parameters:
        return Wrong("the name tells no size: write it, such as 8b or 8x7b")
    billions = parameters / 1e9
    cache = window * _CACHE_BYTES_8G * (billions / 8) ** _CACHE_POWER
    return Need(parameters, bits, window, parameters * bits / 8, cache)


def _bits_in(name: str, otherwise: float) -> float:
    """The quantisation that a model's name mentions: `qwen3:8b-q8_0`."""
    parts = re.split(r"[:/-]", name)
    return next((_BITS[part] for part in parts if part in _BITS), otherwise)


def verdicts(needed: Need, gpus: Sequence[GpuView]) -> Iterator[Verdict]:
    """For every GPU whose memory is known: what is left there now, once the model is loaded."""
    for gpu in gpus:
        if gpu.memory_total is not None and gpu.memory_used is not None:
            free = gpu.memory_total - gpu.memory_used
            yield Verdict(gpu.index, gpu.name, free - needed.total, gpu.memory_total)
