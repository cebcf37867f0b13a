"""Who plays in the demo: providers with the manners of three clouds, a GPU server and a desktop, in every dialect.

The figures describe characters, not products: they are what makes them distinguishable on a screen. Every name begins
with `demo-`, and models overlap so that a fallback has somewhere to go.
"""

from collections.abc import Mapping
from dataclasses import field
from typing import Literal

from ai_dashboard.core.data import dataclass
from ai_dashboard.demo.faults import ChosenFault

ProviderKind = Literal["openai_compatible", "ollama", "anthropic", "google"]


@dataclass(frozen=True, slots=True)
class SimulatedModel:
    """A model that a simulated provider offers. `context_length` is in tokens, `size` the number of parameters as
    people write it (`8B`; None where a cloud does not say), `file_bytes` what the model takes on disk and in memory,
    `dimensions` the length of its vectors when it makes embeddings."""

    name: str
    context_length: int
    size: str | None = None
    file_bytes: int = 0
    dimensions: int = 0


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
    the standard deviation of its logarithm. `load_s` is what a model's first use takes on top. `embedding_models` make
    vectors and cannot speak. `faults` are its nature; `chosen` are those that somebody asked for on top. `prices` are
    dollars for 1000 tokens, of prompt and answer, by model; one that is `at_home` costs nothing. It
    takes `at_once` requests at one time, where that is limited."""

    name: str
    kind: ProviderKind
    description: str
    models: tuple[SimulatedModel, ...]
    ttft_median_s: float
    ttft_sigma: float
    tokens_per_s: float
    faults: FaultRates
    load_s: float = 0.0
    embedding_models: tuple[SimulatedModel, ...] = ()
    chosen: tuple[ChosenFault, ...] = ()
    prices: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    at_home: bool = False
    at_once: int | None = None

    @property
    def all_models(self) -> tuple[SimulatedModel, ...]:
        return self.models + self.embedding_models


CLOUD = SimulatedProvider(
    name="demo-cloud",
    kind="openai_compatible",
    description="Simulated cloud: quick, and strict about its rate limit",
    models=(SimulatedModel("gpt-5", 400_000), SimulatedModel("gpt-5-mini", 400_000)),
    ttft_median_s=0.32,
    ttft_sigma=0.35,
    tokens_per_s=90.0,
    faults=FaultRates(rate_limited=0.02, server_error=0.008, cut=0.004),
    embedding_models=(SimulatedModel("text-embedding-3-small", 8192, dimensions=1536),),
    prices={"gpt-5": (0.00125, 0.01), "gpt-5-mini": (0.00025, 0.002), "text-embedding-3-small": (0.00002, 0.0)},
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
    at_home=True,
    embedding_models=(SimulatedModel("nomic-embed-text", 2048, "137M", dimensions=768),),
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
    at_once=2,
    embedding_models=(SimulatedModel("nomic-embed-text", 2048, "137M", 274_302_450, dimensions=768),),
)

CLAUDE = SimulatedProvider(
    name="demo-claude",
    kind="anthropic",
    description="Simulated cloud in Anthropic's dialect: thoughtful, and overloaded now and then",
    models=(SimulatedModel("claude-sonnet-5-5", 1_000_000), SimulatedModel("claude-haiku-5-5", 1_000_000)),
    ttft_median_s=0.62,
    ttft_sigma=0.4,
    tokens_per_s=70.0,
    faults=FaultRates(rate_limited=0.01, server_error=0.012, cut=0.003),
)

GEMINI = SimulatedProvider(
    name="demo-gemini",
    kind="google",
    description="Simulated cloud in Google's dialect: fast once it has begun",
    models=(SimulatedModel("gemini-2.5-pro", 1_048_576), SimulatedModel("gemini-2.5-flash", 1_048_576)),
    ttft_median_s=0.45,
    ttft_sigma=0.45,
    tokens_per_s=130.0,
    faults=FaultRates(rate_limited=0.015, server_error=0.006, cut=0.004),
    embedding_models=(SimulatedModel("gemini-embedding-001", 2048, dimensions=3072),),
)

PROVIDERS = (CLOUD, VLLM, OLLAMA, CLAUDE, GEMINI)
