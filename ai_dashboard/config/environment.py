"""Environment variables that win over what is written in the files, as flags win over them.

Each variable of a setting is one line in `SETTINGS`. It counts from the moment in which the settings have such a key,
and is read as that key would be. A variable that is empty counts as missing.
"""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import TypeVar

from pydantic import BaseModel

from ai_dashboard.config.expand import Env
from ai_dashboard.config.hosts import address_of
from ai_dashboard.config.schema import GatewaySettings, Provider
from ai_dashboard.config.validate import Source, validate
from ai_dashboard.config.yaml_scalars import resolved
from ai_dashboard.config.yaml_tree import Entry, Map, Mark, Node, Scalar
from ai_dashboard.core.diagnostics import Diagnostic, Severity

PLACE = "environment"
"""Stands for a file's name in findings about variables."""

VLLM_ENDPOINT = "VLLM_ENDPOINT"
"""Where the vLLM server is."""

VLLM_HOURLY_RATE = "VLLM_HOURLY_RATE"
"""US dollars for each hour that a vLLM server runs."""

VLLM_PORT = 8001

REDIS_HOST = "REDIS_HOST"
REDIS_PORT = "REDIS_PORT"

SETTINGS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "AI_DASHBOARD_PORT": ("listen", "port"),
        "REDIS_URL": ("redis", "url"),
        "MAX_QUEUE_SIZE": ("queue", "max_size"),
        "PRIORITY_AGE_BOOST_SECONDS": ("queue", "age_boost_s"),
        "SEMANTIC_CACHE_THRESHOLD": ("cache", "semantic", "threshold"),
        "SEMANTIC_CACHE_EMBEDDING_MODEL": ("cache", "semantic", "embedder"),
        "BUDGET_LIMIT": ("budgets", "total"),
    }
)
"""The key of `gateway.yaml` that each variable stands for."""

S = TypeVar("S", bound=BaseModel)

_NOWHERE = Mark(1, 1, 0)


def setting_variables(env: Env) -> dict[tuple[str, ...], tuple[str, str]]:
    """The variables that are set and have an effect, with their values, by the key of `gateway.yaml` over which they
    win. `REDIS_HOST` and `REDIS_PORT` are a short form of `REDIS_URL`."""
    host, port = env.get(REDIS_HOST, "").strip(), env.get(REDIS_PORT, "").strip()
    said: dict[tuple[str, ...], tuple[str, str]] = {}
    if host:
        said["redis", "url"] = REDIS_HOST, f"redis://{host}:{port or 6379}/0"
    for name, path in SETTINGS.items():
        if (text := env.get(name, "").strip()) and has_effect(name):
            said[path] = name, text
    return said


def has_effect(name: str) -> bool:
    """Whether there is such a key in this version."""
    section: type[BaseModel] = GatewaySettings
    *above, last = SETTINGS[name]
    for part in above:
        field = section.model_fields.get(part)
        if field is None or not (isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)):
            return False
        section = field.annotation
    return last in section.model_fields


def with_variables(gateway: GatewaySettings, env: Env, found: list[Diagnostic]) -> GatewaySettings:
    """The settings with what the environment says instead."""
    for path, (name, text) in setting_variables(env).items():
        # A word no longer than any number that counts: what is longer is not worth reading as one.
        value = resolved(text) if len(text) < 100 else text
        said, complaints = validate(
            GatewaySettings, Source(PLACE, _tree(path, Scalar(_NOWHERE, _NOWHERE, text, value)))
        )
        if said is None:
            first = complaints[0]
            found.append(Diagnostic(Severity.ERROR, PLACE, 0, 0, name, f"{name} {first.message}", f"unset {name}"))
        else:
            gateway = _replaced(gateway, said, path)
    return gateway


def vllm_changes(providers: Mapping[str, Provider], env: Env) -> dict[tuple[str, str], tuple[str, str | float]]:
    """What the environment says of vLLM servers: by provider and field, the variable and the value."""
    servers = [name for name, provider in providers.items() if provider.type == "vllm" and provider.active]
    changed: dict[tuple[str, str], tuple[str, str | float]] = {}
    url = address_of(env.get(VLLM_ENDPOINT, ""), VLLM_PORT)
    if url is not None and len(servers) == 1:
        changed[servers[0], "base_url"] = VLLM_ENDPOINT, url
    rate = _rate(env)
    if rate is not None:
        changed.update({(name, "hourly_cost"): (VLLM_HOURLY_RATE, rate) for name in servers})
    return changed


def with_vllm_variables(
    providers: dict[str, Provider], env: Env, source: Source, found: list[Diagnostic]
) -> dict[str, Provider]:
    """The providers with what the environment says of vLLM servers, and findings about it."""
    found.extend(_complaints(providers, env))
    updates: dict[str, dict[str, str | float]] = {}
    for (name, field), (variable, value) in vllm_changes(providers, env).items():
        updates.setdefault(name, {})[field] = value
        if field == "base_url" and value != providers[name].base_url:
            message = f"{variable} wins over what is written here"
            found.append(source.say(Severity.INFO, ("providers", name, field), message, at_key=True))
    return {
        name: provider.model_copy(update=updates[name]) if name in updates else provider
        for name, provider in providers.items()
    }


def _complaints(providers: Mapping[str, Provider], env: Env) -> Iterator[Diagnostic]:
    endpoint = env.get(VLLM_ENDPOINT, "").strip()
    servers = [name for name, provider in providers.items() if provider.type == "vllm" and provider.active]
    if endpoint and address_of(endpoint, VLLM_PORT) is None:
        message = f"{VLLM_ENDPOINT} should be an address such as http://127.0.0.1:{VLLM_PORT}"
        yield Diagnostic(Severity.ERROR, PLACE, 0, 0, VLLM_ENDPOINT, message, f"unset {VLLM_ENDPOINT}")
    elif endpoint and len(servers) > 1:
        message = f"{VLLM_ENDPOINT} is one address, and {', '.join(servers)} are several servers: none is changed"
        yield Diagnostic(Severity.WARNING, PLACE, 0, 0, VLLM_ENDPOINT, message, f"unset {VLLM_ENDPOINT}")
    if env.get(VLLM_HOURLY_RATE, "").strip() and _rate(env) is None:
        message = f"{VLLM_HOURLY_RATE} should be a number of US dollars, 0 or more"
        yield Diagnostic(Severity.ERROR, PLACE, 0, 0, VLLM_HOURLY_RATE, message, f"unset {VLLM_HOURLY_RATE}")


def _rate(env: Env) -> float | None:
    text = env.get(VLLM_HOURLY_RATE, "").strip()
    value = resolved(text) if 0 < len(text) < 100 else None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < float("inf"):
        return None
    return float(value)


def _tree(path: tuple[str, ...], leaf: Node) -> Node:
    for part in reversed(path):
        leaf = Map(_NOWHERE, {part: Entry(_NOWHERE, leaf)})
    return leaf


def _replaced(section: S, said: BaseModel, path: Sequence[str]) -> S:
    """`section` with the value that `said` has at `path`."""
    part, *rest = path
    value: object = getattr(said, part)
    if rest and isinstance(value, BaseModel):
        value = _replaced(getattr(section, part), value, rest)
    return section.model_copy(update={part: value})
