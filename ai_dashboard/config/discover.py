"""Who answers on the usual ports, and which services have a key: a start without any configuration.

Servers are recognised by what they reply, never by their port. Only lists are read: no prompt is sent, so looking
costs nothing. All probes run side by side and share one budget of time; whoever is slower was not found.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import httpx
from pydantic import ValidationError

from ai_dashboard.config.catalogue import CATALOGUE
from ai_dashboard.config.environment import VLLM_ENDPOINT, VLLM_PORT
from ai_dashboard.config.expand import Env
from ai_dashboard.config.hosts import address_of
from ai_dashboard.config.load import with_key
from ai_dashboard.config.schema import DEFAULT_BASE_URLS, OLLAMA_CLOUD, USUAL_KEYS, Model, Provider, ProviderType
from ai_dashboard.core.data import dataclass
from ai_dashboard.core.diagnostics import Diagnostic, Severity

USUAL_ADDRESSES = (
    "http://127.0.0.1:11434",  # Ollama
    "http://127.0.0.1:8000",  # llama.cpp
    "http://127.0.0.1:8080",  # llama.cpp
    "http://127.0.0.1:8001",  # vLLM
)

_DEFAULT_PORTS = {"OLLAMA_HOST": 11434, VLLM_ENDPOINT: VLLM_PORT}
_KEY_OF = {"OPENAI_BASE_URL": "OPENAI_API_KEY"}
_SERVICES = {**{kind: (kind, url) for kind, url in DEFAULT_BASE_URLS.items()}, "ollama": ("ollama-cloud", OLLAMA_CLOUD)}
_MAX_REPLY = 4_000_000
_MAX_MODELS = 1000


@dataclass(frozen=True, slots=True)
class Discovery:
    """What was found: providers by name, and one `info` for each that says where."""

    providers: dict[str, Provider]
    diagnostics: tuple[Diagnostic, ...]


async def discover(env: Env, *, budget_s: float = 0.5, addresses: Sequence[str] = USUAL_ADDRESSES) -> Discovery:
    """Local servers that answer within `budget_s` seconds, and services whose key is in `env`. Never raises."""
    found: dict[str, Provider] = {}
    origins: dict[str, str] = {}
    for provider, origin in [*await _servers(env, budget_s, addresses), *_services(env)]:
        name = _free_name(provider, found)
        found[name] = provider.model_copy(update={"name": name})
        origins[name] = origin
    return Discovery(found, tuple(_news(found[name], origin) for name, origin in origins.items()))


def _news(provider: Provider, origin: str) -> Diagnostic:
    count = len(provider.models)
    message = f"found {provider.type} at {provider.base_url} ({origin}): {count} model{'' if count == 1 else 's'}"
    return Diagnostic(Severity.INFO, "discovery", 0, 0, f"providers.{provider.name}", message)


def _free_name(provider: Provider, taken: Mapping[str, Provider]) -> str:
    """`vllm`, then `vllm-2`, `vllm-3`, …"""
    base = provider.name
    number = 1
    while (name := base if number == 1 else f"{base}-{number}") in taken:
        number += 1
    return name


def _services(env: Env) -> list[tuple[Provider, str]]:
    """Services are known by their keys alone; nothing is sent to them.

    With `OPENAI_BASE_URL` the key belongs to that address, so that OpenAI itself is left out.
    """
    found: list[tuple[Provider, str]] = []
    named = address_of(env.get("OPENAI_BASE_URL", ""), None)
    skipped = set() if named in (None, DEFAULT_BASE_URLS["openai"]) else {"openai"}
    for kind, models in CATALOGUE.items():
        variable = next((name for name in USUAL_KEYS[kind] if env.get(name, "").strip()), None)
        if variable is None or kind in skipped:
            continue
        name, base_url = _SERVICES[kind]
        service = Provider(
            name=name, type=kind, base_url=base_url, env_var=variable, requires_api_key=True, models=models
        )
        found.append((with_key(service, env), f"{variable} is set"))
    return found


async def _servers(env: Env, budget_s: float, addresses: Sequence[str]) -> list[tuple[Provider, str]]:
    """Whoever answers, in the order of the addresses; the ones that the environment names come first."""
    places = _places(env, addresses)
    results: dict[str, Provider] = {}
    try:
        async with (
            # No proxies, no redirects: what is asked is this very address.
            httpx.AsyncClient(trust_env=False, timeout=budget_s) as client,
            asyncio.timeout(budget_s),
            asyncio.TaskGroup() as group,
        ):
            for url, variable in places.items():
                group.create_task(_probe_into(results, client, url, variable, env))
    except TimeoutError:
        pass  # what was found until now counts
    return [
        (results[url], f"{variable} names it" if variable else "it answers there")
        for url, variable in places.items()
        if url in results
    ]


def _places(env: Env, addresses: Sequence[str]) -> dict[str, str]:
    """Address → the variable that names it, or `""`."""
    places: dict[str, str] = {}
    for variable in ("OLLAMA_HOST", VLLM_ENDPOINT, "OPENAI_BASE_URL"):
        url = address_of(env.get(variable, ""), _DEFAULT_PORTS.get(variable))
        if url is not None and url != DEFAULT_BASE_URLS["openai"]:
            places.setdefault(url, variable)
    for url in addresses:
        places.setdefault(url, "")
    return places


async def _probe_into(
    results: dict[str, Provider], client: httpx.AsyncClient, url: str, variable: str, env: Env
) -> None:
    key_variable = _KEY_OF.get(variable, "")
    key = env.get(key_variable, "").strip()
    provider = await _probe(client, url, key)
    if provider is not None:
        results[url] = with_key(provider.model_copy(update={"env_var": key_variable}), env) if key else provider


async def _probe(client: httpx.AsyncClient, url: str, key: str) -> Provider | None:
    """The server at an address, told by its replies; None when nobody there speaks a language that we know.

    llama.cpp answers Ollama's `/api/tags`, too, but not its `/api/version`.
    """
    async with asyncio.TaskGroup() as group:
        asked_version = group.create_task(_json(client, f"{url}/api/version", ""))
        asked_models = group.create_task(_json(client, f"{url}/v1/models", key))
    version, listed = asked_version.result(), asked_models.result()
    if isinstance(version, dict) and "version" in version:
        tags = await _json(client, f"{url}/api/tags", "")
        if isinstance(tags, dict) and isinstance(tags.get("models"), list):
            return _provider("ollama", url, [_ollama_model(entry) for entry in tags["models"]])
    if not isinstance(listed, dict) or not isinstance(listed.get("data"), list):
        return None
    entries = [entry for entry in listed["data"] if isinstance(entry, dict)]
    kind = await _kind(client, url, {str(entry.get("owned_by")) for entry in entries})
    return _provider(kind, url, [_openai_model(entry) for entry in entries])


async def _kind(client: httpx.AsyncClient, url: str, owners: set[str]) -> ProviderType:
    """Which engine is behind an OpenAI-style list: it signs its models, else it has an endpoint of its own."""
    if "llamacpp" in owners:
        return "llama_cpp"
    if "vllm" in owners:
        return "vllm"
    props = await _json(client, f"{url}/props", "")
    if isinstance(props, dict) and "default_generation_settings" in props:
        return "llama_cpp"
    version = await _json(client, f"{url}/version", "")
    return "vllm" if isinstance(version, dict) and isinstance(version.get("version"), str) else "openai_compatible"


async def _json(client: httpx.AsyncClient, url: str, key: str) -> Any:  # noqa: ANN401 - whatever the server says
    """A reply's JSON, or None for whatever else happens."""
    headers = {"authorization": f"Bearer {key}"} if key else {}
    try:
        async with client.stream("GET", url, headers=headers) as reply:
            if reply.status_code != httpx.codes.OK:
                return None
            body = bytearray()
            async for piece in reply.aiter_bytes():
                body += piece
                if len(body) > _MAX_REPLY:
                    return None
        return _parsed(bytes(body))
    except (httpx.HTTPError, httpx.InvalidURL, OSError, UnicodeError):
        return None


def _parsed(body: bytes) -> Any:  # noqa: ANN401 - whatever the server says
    import json

    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _ollama_model(entry: object) -> dict[str, object]:
    fields = entry if isinstance(entry, dict) else {}
    details = fields.get("details")
    details = details if isinstance(details, dict) else {}
    return {
        "name": fields.get("name"),
        "size": details.get("parameter_size"),
        "quantization": details.get("quantization_level"),
    }


def _openai_model(entry: dict[str, object]) -> dict[str, object]:
    """vLLM says its window as `max_model_len`; llama.cpp says the trained one in `meta`, which is not what it runs."""
    return {"name": entry.get("id"), "context_length": entry.get("max_model_len")}


def _provider(kind: ProviderType, url: str, entries: list[dict[str, object]]) -> Provider:
    models = [model for entry in entries[:_MAX_MODELS] if (model := _model(entry)) is not None]
    return Provider(name=kind.replace("_", "-"), type=kind, base_url=url, models=tuple(models))


def _model(fields: dict[str, object]) -> Model | None:
    try:
        return Model.model_validate(fields)
    except ValidationError:
        return None
