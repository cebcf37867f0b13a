"""A model at a provider in LiteLLM's words: the prefix that says what is spoken, the address, the key and the limits.

Keys are only ever named (`os.environ/VAR`); what a file holds itself stays there.
"""

import re
from collections.abc import Mapping
from fractions import Fraction
from math import gcd, lcm

from ai_dashboard.config.schema import Model, Provider
from ai_dashboard.config.yaml_tree import Data, Node, Scalar, node_at
from ai_dashboard.core.data import dataclass
from ai_dashboard.core.secrets import PLAIN_HEADERS

PREFIXES: Mapping[str, str] = {
    "ollama": "ollama_chat",
    "vllm": "hosted_vllm",
    "openai": "openai",
    "anthropic": "anthropic",
    "google": "gemini",
    "llama_cpp": "openai",
    "openai_compatible": "openai",
    "demo": "openai",
}
"""What LiteLLM calls each type, before the first slash of a model."""

NO_KEY = "none"
"""Sent where no key is wanted: LiteLLM's client for this dialect insists on one."""

_BELOW_V1 = frozenset({"openai", "hosted_vllm"})
_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-[^}]*)?\}|os\.environ/([A-Za-z_][A-Za-z0-9_]*)")

Section = dict[str, Data]


@dataclass(frozen=True, slots=True)
class Place:
    """A provider as deployments are made from it. `key` is what LiteLLM is told of its key, `""` where it has none;
    `headers` are the harmless ones."""

    provider: Provider
    key: str
    headers: Mapping[str, str]

    @property
    def prefix(self) -> str:
        return PREFIXES[self.provider.type]

    def model(self, name: str) -> Model | None:
        """What its entry says of a model."""
        return next((model for model in self.provider.models if model.name == name), None)

    def first(self, *wanted: str) -> str | None:
        """The first of these that it lists, else the first that it lists at all."""
        names = [model.name for model in self.provider.models]
        return next((name for name in wanted if name in names), names[0] if names else None)

    def deployment(self, group: str, model: str, *, order: int | None = None, weight: int | None = None) -> Section:
        """One entry of `model_list`."""
        params: Section = {"model": f"{self.prefix}/{model}", **self._way()}
        if order is not None:
            params["order"] = order
        if weight is not None:
            params["weight"] = weight
        entry: Section = {"model_name": group, "litellm_params": params}
        if info := self._info(model):
            entry["model_info"] = info
        return entry

    def _way(self) -> Section:
        """Where and how the provider is reached."""
        provider = self.provider
        way: Section = {}
        if not provider.own_service or provider.type == "ollama":
            way["api_base"] = provider.base_url + ("/v1" if self.prefix in _BELOW_V1 else "")
        if key := self.key or (NO_KEY if self.prefix in _BELOW_V1 else ""):
            way["api_key"] = key
        if self.headers:
            way["extra_headers"] = dict(self.headers)
        if (total := provider.timeouts.total_s or provider.timeout_s) is not None:
            way["timeout"] = total
        limits = provider.rate_limits
        for name, limit in (
            ("rpm", limits.requests_per_minute),
            ("tpm", limits.tokens_per_minute),
            ("max_parallel_requests", limits.max_concurrent),
        ):
            if limit is not None:
                way[name] = limit
        return way

    def _info(self, name: str) -> Section:
        """What LiteLLM cannot know by itself: windows, prices and features."""
        model = self.model(name)
        info: Section = {}
        if model is not None and model.context_length is not None:
            info["max_input_tokens"] = model.context_length
        if model is not None and model.max_output_tokens is not None:
            info["max_output_tokens"] = model.max_output_tokens
        prices = self.provider.cost_per_1k_tokens
        if (price := prices.get(name) or prices.get("*")) is not None:
            info["input_cost_per_token"] = float(Fraction(str(price.input)) / 1000)
            info["output_cost_per_token"] = float(Fraction(str(price.output)) / 1000)
        if model is not None and model.supports:
            info["supports_vision"] = "vision" in model.supports
            info["supports_function_calling"] = "tools" in model.supports
        return info


def place_of(provider: Provider, written: Node, notes: list[str]) -> Place:
    """A provider, and notes about what stays behind. `written` is `providers.yaml` before variables were filled in."""
    raw = node_at(written, ("providers", provider.name, "api_key"))
    name = variable_in(raw)
    if name is None and isinstance(raw, Scalar) and raw.value:
        name = provider.env_var or f"{_shouted(provider.name)}_API_KEY"
        notes.append(f"the key of {provider.name} stands in providers.yaml; LiteLLM looks for it in {name}")
    if name is None and provider.key_variables:
        name = provider.key_variables[0]
    shown = {header: value for header, value in provider.headers.items() if header.lower() in PLAIN_HEADERS}
    if hidden := [header for header in provider.headers if header not in shown]:
        notes.append(f"{provider.name}: the headers {', '.join(hidden)} may hold secrets; set them in `extra_headers`")
    return Place(provider, f"os.environ/{name}" if name else "", shown)


def variable_in(node: Node | None) -> str | None:
    """The variable that a value is nothing but."""
    if not isinstance(node, Scalar) or (found := _VARIABLE.fullmatch(node.text)) is None:
        return None
    return found[1] or found[2]


def whole_weights(weights: list[float]) -> list[int]:
    """The same shares in whole numbers, as small as they can be: 0.7 and 0.3 are 7 and 3."""
    shares = [Fraction(str(weight)).limit_denominator(1000) for weight in weights]
    scale = lcm(*(share.denominator for share in shares))
    whole = [int(share * scale) for share in shares]
    return [number // (gcd(*whole) or 1) for number in whole]


def _shouted(name: str) -> str:
    return re.sub(r"[^A-Z0-9]+", "_", name.upper()).strip("_")
