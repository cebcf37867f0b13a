"""Models as the operator sees them: who has which, what it takes and costs, and what lies on the disk of an Ollama."""

from typing import Literal

from ai_dashboard.core.data import dataclass


@dataclass(frozen=True, slots=True)
class ModelView:
    """One model at one provider. `window` and `max_output` are in tokens, prices in dollars for a million tokens,
    `vram` in bytes; None where nobody knows. `loaded` says whether it is in memory, None where its server does not
    tell. `last_used` (Unix time) and `requests` are by the request log, 0 requests where it has none."""

    provider: str
    kind: str
    name: str
    local: bool
    window: int | None
    max_output: int | None
    input_usd: float | None
    output_usd: float | None
    loaded: bool | None = None
    vram: int | None = None
    last_used: float | None = None
    requests: int = 0


@dataclass(frozen=True, slots=True)
class ModelList:
    """All of them. `names` are what callers may ask for: models, aliases and capabilities; `engines` the Ollama
    providers; `log_since` is when the request log begins (Unix time), None without one."""

    models: tuple[ModelView, ...]
    names: tuple[str, ...]
    engines: tuple[str, ...]
    log_since: float | None = None


@dataclass(frozen=True, slots=True)
class Removed:
    """A model that is gone from a provider's disk."""

    provider: str
    model: str


Verdict = Literal["unused", "removed", "kept", "failed"]
"""What becomes of a model: it could go, it is gone, it stays, or it would not go."""


@dataclass(frozen=True, slots=True)
class Judged:
    """One stored model. `bytes` is what it takes on the disk; `why` says in words what the verdict rests on."""

    provider: str
    model: str
    bytes: int | None
    last_used: float | None
    verdict: Verdict
    why: str


@dataclass(frozen=True, slots=True)
class Cleaned:
    """What a clean-up came to, or would come to. `freed` counts the bytes of what is (or could be) gone."""

    models: tuple[Judged, ...]
    freed: int
    dry_run: bool
