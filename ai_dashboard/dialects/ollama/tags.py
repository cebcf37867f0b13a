"""Models of any provider, listed as Ollama lists its own: `/api/tags`, `/api/show`, `/api/ps`, `/api/version`."""

from collections.abc import Iterable
from datetime import UTC, datetime
from hashlib import sha256

from ai_dashboard.core.chat import JsonObject
from ai_dashboard.core.data import dataclass
from ai_dashboard.core.errors import CallerError, ModelNotFound
from ai_dashboard.dialects.openai.read import parse_object

API_VERSION = "0.12.11"
"""The Ollama whose API this is: the first with log probabilities and ids of calls. Clients refuse to work with versions
that are older than what they need."""


@dataclass(frozen=True, slots=True)
class Listed:
    """One model. `parameters` is their number as a person writes it (`8B`), `quantization` likewise (`Q4_K_M`);
    `modified_at` is Unix time; `capabilities` are Ollama's: completion, tools, insert, vision, embedding, thinking,
    audio. What is not known is "", 0 or None."""

    name: str
    provider: str
    context_length: int | None = None
    parameters: str = ""
    quantization: str = ""
    size_bytes: int = 0
    modified_at: float = 0
    capabilities: tuple[str, ...] = ("completion",)


def tags(entries: Iterable[Listed]) -> JsonObject:
    """The reply to `GET /api/tags`."""
    return {
        "models": [
            {
                **_named(entry),
                "modified_at": _time(entry.modified_at),
                "details": _details(entry),
                "capabilities": list(entry.capabilities),
            }
            for entry in entries
        ]
    }


def running(entries: Iterable[tuple[Listed, float]]) -> JsonObject:
    """The reply to `GET /api/ps`: what is in memory, each with the Unix time when it leaves, the last one first."""
    return {
        "models": [
            {
                **_named(entry),
                "size_vram": entry.size_bytes,
                "expires_at": _time(expires_at),
                "context_length": entry.context_length or 0,
                "details": _details(entry),
            }
            for entry, expires_at in sorted(entries, key=lambda item: -item[1])
        ]
    }


def show(entry: Listed) -> JsonObject:
    """The reply to `POST /api/show`. Clients look for the window under the name of the architecture."""
    info: JsonObject = {"general.architecture": entry.provider, "general.basename": entry.name}
    if entry.context_length:
        info[f"{entry.provider}.context_length"] = entry.context_length
    return {
        "modelfile": f"FROM {entry.name}\n",
        "parameters": "",
        "template": "",
        "license": "",
        "details": _details(entry),
        "model_info": info,
        "capabilities": list(entry.capabilities),
        "modified_at": _time(entry.modified_at),
    }


def shown(raw: bytes) -> str:
    """The model that `POST /api/show` asks for; older clients call it `name`."""
    given = parse_object(raw)
    model = given.get("model") or given.get("name")
    if not isinstance(model, str) or not model.strip():
        raise CallerError("`model` is missing or not a string", hint="GET /api/tags lists what there is")
    return model


def found(model: str, entries: Iterable[Listed]) -> Listed:
    """The entry of that name; Ollama's names without a tag mean `latest`. Raises `ModelNotFound`."""
    by_name = {entry.name: entry for entry in entries}
    entry = by_name.get(model) or by_name.get(f"{model}:latest") or by_name.get(model.removesuffix(":latest"))
    if entry is None:
        raise ModelNotFound(f"model {model[:200]!r} not found", hint="GET /api/tags lists what there is")
    return entry


def version() -> JsonObject:
    """The reply to `GET /api/version`."""
    return {"version": API_VERSION}


def _named(entry: Listed) -> JsonObject:
    """The digest is one of the name: clients show its beginning, and compare it to see whether a model has changed."""
    digest = sha256(f"{entry.provider}/{entry.name}/{entry.modified_at}".encode()).hexdigest()
    return {"name": entry.name, "model": entry.name, "size": entry.size_bytes, "digest": digest}


def _details(entry: Listed) -> JsonObject:
    details: JsonObject = {
        "parent_model": "",
        "format": "",
        "family": entry.provider,
        "families": [entry.provider],
        "parameter_size": entry.parameters,
        "quantization_level": entry.quantization,
    }
    if entry.context_length:
        details["context_length"] = entry.context_length
    return details


def _time(unix: float) -> str:
    return datetime.fromtimestamp(unix, UTC).isoformat().replace("+00:00", "Z")
