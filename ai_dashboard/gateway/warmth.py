"""What servers of one's own say of themselves for nothing: what they hold in memory, how much they take at one time,
and how busy they are.

| kind | asked at | says |
|---|---|---|
| Ollama | `/api/ps` | the models in memory, how much of each is in VRAM, when the first of them goes by itself |
| llama.cpp | `/props` | how many requests it takes at one time; in its list of models, as a router, which are loaded |
| vLLM | `/metrics` | how many requests it has, other callers' included |

llama.cpp and vLLM load their model before they listen, and have no other; a llama.cpp router says which of its models
it has loaded. vLLM's use of its cache is not read: where the cache is full, requests wait, and those are counted.
"""

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from typing import Any

import orjson

from ai_dashboard.core.data import dataclass

PATHS: Mapping[str, str] = {"ollama": "/api/ps", "llama_cpp": "/props", "vllm": "/metrics"}
"""Where each kind tells it."""

BUSY_AT_VLLM = (b"vllm:num_requests_running", b"vllm:num_requests_waiting")


@dataclass(frozen=True, slots=True)
class Engine:
    """What a server has said; None or False where it says nothing. `loaded` are the models in its memory with their
    share in VRAM, `vram` how many bytes of it each of them takes, `everything`: it has loaded whatever it answers for.
    `slots` are the requests that it takes at one time, `busy` those that it has, `until` when the first of its models
    goes if nobody asks for it (Unix time)."""

    loaded: Mapping[str, float | None] | None = None
    everything: bool = False
    slots: int | None = None
    busy: int | None = None
    until: float | None = None
    vram: Mapping[str, int] = field(default_factory=dict)

    @property
    def tells(self) -> bool:
        """Whether it says what it has loaded."""
        return self.everything or self.loaded is not None

    def holds(self, model: str) -> bool | None:
        """Whether a model is in its memory; None where it does not say."""
        if self.everything or self.loaded is None:
            return True if self.everything else None
        return model in self.loaded or f"{model}:latest" in self.loaded

    def in_vram(self, model: str) -> float | None:
        """How much of a loaded model is in VRAM."""
        loaded = self.loaded or {}
        return loaded.get(model, loaded.get(f"{model}:latest"))


SILENT = Engine()
"""A server that says nothing of itself."""


def read(kind: str, told: bytes, listing: bytes) -> Engine:
    """What a server of this kind says: `told` at its own path, `listing` in its list of models. What cannot be read was
    not said."""
    match kind:
        case "ollama":
            return read_ollama(told)
        case "llama_cpp":
            return read_llama_cpp(told, listing)
        case "vllm":
            return Engine(everything=True, busy=busy_at_vllm(told))
        case _:
            return SILENT


def read_ollama(told: bytes) -> Engine:
    """Ollama's `/api/ps`."""
    entries = _entries(told, "models")
    if entries is None:
        return SILENT
    named = [(name, entry) for entry in entries if isinstance(name := entry.get("name"), str)]
    ends = [end for _, entry in named if (end := _moment(entry.get("expires_at"))) is not None]
    return Engine(
        {name: _share(entry.get("size_vram"), entry.get("size")) for name, entry in named},
        until=min(ends, default=None),
        vram={name: size for name, entry in named if isinstance(size := entry.get("size_vram"), int) and size >= 0},
    )


def read_llama_cpp(told: bytes, listing: bytes) -> Engine:
    """llama.cpp's `/props`, and the states in the list of one that is a router."""
    props = _object(told)
    slots = props.get("total_slots")
    slots = slots if isinstance(slots, int) and slots > 0 else None
    states: dict[str, object] = {}
    for entry in _entries(listing, "data") or ():
        name, status = entry.get("id"), entry.get("status")
        if isinstance(name, str) and isinstance(status, dict):
            states[name] = status.get("value")
    if not states:
        return Engine(everything=True, slots=slots)
    return Engine({name: None for name, state in states.items() if state == "loaded"}, slots=slots)


def busy_at_vllm(told: bytes) -> int | None:
    """The requests that vLLM runs or keeps waiting, of all its models and engines together."""
    counts: list[float] = []
    for line in told.splitlines():
        name, _, value = line.rpartition(b" ")
        if name.partition(b"{")[0] in BUSY_AT_VLLM:
            try:
                counts.append(float(value))
            except ValueError:
                return None
    total = sum(counts)
    return int(total) if counts and 0 <= total < float("inf") else None


def _object(text: bytes) -> dict[str, Any]:
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        return {}
    return value if isinstance(value, dict) else {}


def _entries(text: bytes, key: str) -> list[dict[str, Any]] | None:
    entries = _object(text).get(key)
    return [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else None


def _share(part: object, whole: object) -> float | None:
    if isinstance(part, int) and isinstance(whole, int) and 0 <= part <= whole and whole > 0:
        return part / whole
    return None


def _moment(text: object) -> float | None:
    """A time as Ollama writes it, as Unix time."""
    if not isinstance(text, str):
        return None
    try:
        return datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError):
        return None
