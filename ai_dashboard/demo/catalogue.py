"""Who plays in the demo: three providers with the manners of a cloud, a GPU server and a desktop.

The figures describe characters, not products: they are what makes the three distinguishable on a screen. Every name
begins with `demo-`, and models overlap so that a fallback has somewhere to go.
"""

from dataclasses import dataclass
from typing import Literal

ProviderKind = Literal["openai_compatible", "ollama"]


@dataclass(frozen=True, slots=True)
class SimulatedModel:
    """A model that a simulated provider offers. `context_length` is in tokens, `size` the number of parameters as
    people write it (`8B`; None where a cloud does not say), `file_bytes` what the model takes on disk and in memory."""

    name: str
    context_length: int
    size: str | None = None
    file_bytes: int = 0


@dataclass(frozen=True, slots=True)
class FaultRates:
    """How often a request goes wrong, each from 0 to 1; what is left of 1 goes well."""

    rate_limited: float = 0.0
    """Answered 429 with a `retry-after`."""
    server_error: float = 0.0
    """Answered 500."""
    stall: float = 0.0
    """Falls silent in mid-answer, and is cut after a long while."""
    cut: float = 0.0
    """The connection closes in mid-answer."""


@dataclass(frozen=True, slots=True)
class SimulatedProvider:
    """One provider's character. The time to the first token is log-normal: `ttft_median_s` seconds with `ttft_sigma`
    the standard deviation of its logarithm. `load_s` is what a model's first use takes on top."""

    name: str
    kind: ProviderKind
    description: str
    models: tuple[SimulatedModel, ...]
    ttft_median_s: float
    ttft_sigma: float
    tokens_per_s: float
    faults: FaultRates
    load_s: float = 0.0


CLOUD = SimulatedProvider(
    name="demo-cloud",
    kind="openai_compatible",
    description="Simulated cloud: quick, and strict about its rate limit",
    models=(SimulatedModel("gpt-5", 400_000), SimulatedModel("gpt-5-mini", 400_000)),
    ttft_median_s=0.32,
    ttft_sigma=0.35,
    tokens_per_s=90.0,
    faults=FaultRates(rate_limited=0.02, server_error=0.008, cut=0.004),
)

VLLM = SimulatedProvider(
    name="demo-vllm",
    kind="openai_compatible",
    description="Simulated vLLM server on one large GPU: even and seldom wrong",
    models=(SimulatedModel("qwen3-32b", 40_960, "32B"), SimulatedModel("qwen2.5-coder:7b", 32_768, "7B")),
    ttft_median_s=0.18,
    ttft_sigma=0.25,
    tokens_per_s=60.0,
    faults=FaultRates(server_error=0.006, stall=0.002, cut=0.003),
)

OLLAMA = SimulatedProvider(
    name="demo-ollama",
    kind="ollama",
    description="Simulated Ollama on a desktop: loads a model before its first answer, and takes its time",
    models=(
        SimulatedModel("llama3.1:8b", 131_072, "8B", 4_920_753_328),
        SimulatedModel("qwen2.5-coder:7b", 32_768, "7B", 4_683_087_332),
    ),
    ttft_median_s=0.55,
    ttft_sigma=0.5,
    tokens_per_s=34.0,
    faults=FaultRates(server_error=0.012, stall=0.004, cut=0.004),
    load_s=4.0,
)

PROVIDERS = (CLOUD, VLLM, OLLAMA)
