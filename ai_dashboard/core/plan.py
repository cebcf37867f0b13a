"""Where a request would go, and why: the ordered attempts and every candidate that was left out."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Candidate:
    """One possible attempt: `model` is the name sent upstream, `why` what put it into the plan, `score` 0 to 1."""

    provider: str
    model: str
    why: str
    score: float


@dataclass(frozen=True, slots=True)
class Excluded:
    """A candidate that was left out, with the reason (`disabled`, `unavailable: connection refused`, …)."""

    provider: str
    model: str
    reason: str


@dataclass(frozen=True, slots=True)
class Plan:
    """`asked` is the model as the caller named it, `rule` the rule that resolved it (`exact_matches.llama3.1:8b`)."""

    asked: str
    rule: str
    attempts: tuple[Candidate, ...]
    excluded: tuple[Excluded, ...]


@dataclass(frozen=True, slots=True)
class RouteFacts:
    """What routing may know of a request: no text of it, so that a plan can be kept, shown and replayed.

    `prompt_tokens` is an estimate; `max_tokens` what the caller reserved for the answer (0 when it did not say).
    """

    model: str
    capability: str | None = None
    prompt_tokens: int = 0
    max_tokens: int = 0
    stream: bool = False
    needs: frozenset[str] = frozenset()
