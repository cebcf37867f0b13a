"""`providers.yaml`: who can answer, where, with which models and at what price."""

import re
from typing import Annotated, Literal

from pydantic import BeforeValidator, ConfigDict, Field, SecretStr, model_validator

from ai_dashboard.config.hosts import is_local_host, split_url, without_v1
from ai_dashboard.config.schema.base import Count, FreeForm, Limits, NotNegative, Positive, Section, Words

ProviderType = Literal["ollama", "llama_cpp", "vllm", "openai", "anthropic", "google", "openai_compatible", "demo"]
ProviderStatus = Literal["active", "disabled", "template"]

DEFAULT_BASE_URLS = {
    "openai": "https://api.openai.com",
    "anthropic": "https://api.anthropic.com",
    "google": "https://generativelanguage.googleapis.com",
    "ollama": "http://127.0.0.1:11434",
}
"""Where a type is found when its entry does not say."""

OLLAMA_CLOUD = "https://ollama.com"
"""Ollama as a service; `DEFAULT_BASE_URLS` has the one on this machine."""

USUAL_KEYS = {
    "openai": ("OPENAI_API_KEY",),
    "anthropic": ("ANTHROPIC_API_KEY",),
    "google": ("GEMINI_API_KEY", "GOOGLE_API_KEY"),
    "ollama": ("OLLAMA_API_KEY",),
}
"""The environment variables in which people keep the key of a type's own service."""

_OWN_HOSTS = {
    "openai": "api.openai.com",
    "anthropic": "api.anthropic.com",
    "google": "generativelanguage.googleapis.com",
    "ollama": "ollama.com",
}
_SELF_HOSTED = frozenset({"ollama", "llama_cpp", "vllm"})
_SIZE = re.compile(r"(?:(\d+)\s*x\s*)?(\d+(?:\.\d+)?)\s*([bm])", re.IGNORECASE)
_SIZE_IN_NAME = re.compile(r"(?:^|[:_-])((?:\d+x)?\d+(?:\.\d+)?[bm])(?=$|[:_-])", re.IGNORECASE)


def parameters_of(size: str) -> float | None:
    """The number of parameters that a size such as `8B`, `1.5b`, `8x7B` or `350M` stands for, or None."""
    found = _SIZE.fullmatch(size.strip())
    if found is None:
        return None
    experts, number, unit = found.groups()
    return int(experts or 1) * float(number) * (1e9 if unit.lower() == "b" else 1e6)


def parameters_in(name: str) -> float | None:
    """The number of parameters that a model's name mentions, as `llama3.1:8b` does, or None."""
    found = _SIZE_IN_NAME.search(name)
    return parameters_of(found.group(1)) if found else None


def _model(value: object) -> object:
    return {"name": value} if isinstance(value, (str, int, float)) else value


class Model(Section):
    """A model that a provider serves. A bare name stands for a map with only `name`."""

    name: Annotated[str, Field(min_length=1)]
    """What the provider calls it."""
    description: str = ""
    """For people."""
    size: str = ""
    """Parameters, such as `8B` or `350M`."""
    quantization: str = ""
    """How its weights are stored, such as `Q4_K_M` or `fp8`."""
    context_length: Count | None = None
    """The window in tokens: prompt and answer together."""
    max_output_tokens: Count | None = None
    """The longest answer in tokens."""
    specialty: Words = ()
    """What it is good at, for people."""
    tags: Words = ()
    """Words to find it by. `low`, `medium` or `high` among them says how good its answers are."""
    supports: Words = ()
    """Features beyond text: `vision`, `tools`, `json`, `thinking`, `embeddings`. Where some are listed the others count
    as missing, and requests that need them go elsewhere; where none is, the model may have them all."""
    options: dict[str, FreeForm] = Field(default_factory=dict)
    """Options of the engine that this model needs."""
    pulled_at: str = ""
    """When it was downloaded."""

    @property
    def parameters(self) -> float | None:
        """The number of parameters, from `size` or else from the name (`llama3.1:8b`), or None when neither says."""
        if self.size:
            return parameters_of(self.size)
        return parameters_in(self.name)


class RateLimits(Section):
    """What a provider lets through. Limits of other kinds are kept out of the way."""

    model_config = ConfigDict(extra="ignore")

    requests_per_minute: Count | None = None
    """Requests in any 60 s."""
    tokens_per_minute: Count | None = None
    """Tokens, prompt and answer together, in any 60 s."""
    max_concurrent: Count | None = None
    """Requests at one time."""
    limits: Limits = ()
    """How much in how much time, such as `1000/hour`, `10/second burst 20` or `60000 tokens/minute`. Each holds, for
    all gateways on one Redis together."""


class Price(Section):
    """US dollars per 1000 tokens."""

    input: NotNegative = 0.0
    """For the prompt."""
    output: NotNegative = 0.0
    """For the answer."""
    cached_input: NotNegative | None = None
    """For what the provider has in its cache; as `input` when it is not said."""
    cache_write: NotNegative | None = None
    """For what it puts there; as `input` when it is not said."""


class ProviderTimeouts(Section):
    """Seconds that this provider is given; what is not set comes from `gateway.yaml`."""

    connect_s: Positive | None = None
    """To accept a connection."""
    first_token_s: Positive | None = None
    """To begin its answer."""
    idle_s: Positive | None = None
    """Between two pieces of an answer."""
    total_s: Positive | None = None
    """For the whole answer."""


def _prices(value: object) -> object:
    """One price for all models (a number, or `input` and `output`) is kept under the name `*`."""
    if isinstance(value, (int, float, str)):
        return {"*": {"input": value, "output": value}}
    if isinstance(value, dict):
        if "input" in value or "output" in value:
            return {"*": value}
        return {
            model: {"input": price, "output": price} if isinstance(price, (int, float, str)) else price
            for model, price in value.items()
            if price is not None
        }
    return value


def _type(value: object) -> object:
    return "google" if value == "gemini" else value


class Provider(Section):
    """Somebody who answers requests: a server of your own or a service."""

    name: str = ""
    """The key of its entry."""
    type: Annotated[ProviderType, BeforeValidator(_type)]
    """What it speaks; `gemini` is another word for `google`."""
    status: ProviderStatus = "active"
    """`disabled` is left out of routing; `template` is an example to copy, and its address may be a placeholder."""
    base_url: Annotated[str, BeforeValidator(without_v1)] = ""
    """Where it listens, with or without a trailing `/v1`. Services have a default."""
    api_key: SecretStr | None = None
    """Its key. Better kept in the environment: `os.environ/VAR`, or `env_var`."""
    env_var: str = ""
    """The environment variable that holds its key."""
    requires_api_key: bool | None = None
    """Whether it refuses requests without a key; the services of openai, anthropic and google do."""
    models: tuple[Annotated[Model, BeforeValidator(_model)], ...] = ()
    """What it serves. Servers of your own are asked as well."""
    location: str = ""
    """`local` when requests never leave your machines; decided by type and address when it is not said."""
    region: str = ""
    """Where it runs."""
    timeout_s: Positive | None = None
    """Seconds for a whole answer; a short form of `timeouts.total_s`."""
    timeouts: ProviderTimeouts = ProviderTimeouts()
    """Seconds for each part of an answer."""
    headers: dict[str, str] = Field(default_factory=dict, repr=False)
    """Sent with every request to it."""
    health_endpoint: str = ""
    """A path that answers 200 while it is well."""
    weight: NotNegative = 1.0
    """Its share where several providers serve a model."""
    rate_limits: RateLimits = RateLimits()
    """What it lets through."""
    max_loaded: Count | None = None
    """Models that its server holds in memory at one time, as with Ollama's `OLLAMA_MAX_LOADED_MODELS`. Requests for
    others wait until those that are there are done with, and then go by model, so that few swaps serve many."""
    cost_per_1k_tokens: Annotated[dict[str, Price], BeforeValidator(_prices)] = Field(default_factory=dict)
    """Prices by model; `*` is for all others."""
    hourly_cost: NotNegative | None = None
    """US dollars for each hour that it runs."""
    description: str = ""
    """For people."""
    docs: str = ""
    """Where its manual is."""
    features: FreeForm = None
    """For people."""
    service: str = ""
    """The systemd user unit that runs it."""
    service_file: str = ""
    """The file of that unit."""
    api_format: str = ""
    """For people."""
    configuration: FreeForm = None
    """How its server was set up, for people."""
    hardware_requirements: FreeForm = None
    """What it needs to run, for people."""

    @model_validator(mode="before")
    @classmethod
    def _with_default_address(cls, data: object) -> object:
        if isinstance(data, dict) and not data.get("base_url") and isinstance(kind := _type(data.get("type")), str):
            return {**data, "base_url": DEFAULT_BASE_URLS.get(kind, "")}
        return data

    @property
    def active(self) -> bool:
        """Whether it takes part in routing."""
        return self.status == "active"

    @property
    def host(self) -> str:
        """The host of its address, lower case, `""` when it has none."""
        return split_url(self.base_url)[1]

    @property
    def own_service(self) -> bool:
        """Whether its address is the public service of its type, the only place where the usual key may be sent."""
        return self.host == _OWN_HOSTS.get(self.type)

    @property
    def local(self) -> bool:
        """Whether requests stay on machines of your own: `location` decides, else type and address."""
        if self.location:
            return self.location.lower() == "local"
        return self.type in _SELF_HOSTED and is_local_host(self.host)

    @property
    def needs_key(self) -> bool:
        """Whether a request without a key is pointless."""
        return self.own_service and self.type != "ollama" if self.requires_api_key is None else self.requires_api_key

    @property
    def key_variables(self) -> tuple[str, ...]:
        """The environment variables that may hold its key, best first."""
        if self.env_var:
            return (self.env_var,)
        return USUAL_KEYS[self.type] if self.own_service else ()


def _named(value: object) -> object:
    if not isinstance(value, dict):
        return value
    return {name: {**entry, "name": name} if isinstance(entry, dict) else entry for name, entry in value.items()}


class ProvidersFile(Section):
    """The whole of `providers.yaml`."""

    providers: Annotated[dict[str, Provider], BeforeValidator(_named)] = Field(default_factory=dict)
    """By name."""
