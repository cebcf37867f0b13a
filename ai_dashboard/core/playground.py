"""A question that the operator asks through the gateway, and what is told of the answer while it comes."""

from typing import Literal

from ai_dashboard.core.data import dataclass
from ai_dashboard.core.events import Text, Thinking, Usage
from ai_dashboard.core.records import RequestRecord


@dataclass(frozen=True, slots=True)
class Turn:
    """What one side has said."""

    role: Literal["user", "assistant"]
    text: str


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of a model or capability: the conversation so far, with the question as its last turn. What is None
    is left to the provider."""

    model: str
    turns: tuple[Turn, ...]
    system: str = ""
    temperature: float | None = None
    max_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class Routed:
    """Somebody answers: the request's id, and who it is. `cached` says how the answer was known before."""

    id: str
    provider: str
    model: str
    cached: Literal["exact", "semantic"] | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """There is no whole answer: the gateway's own words on why. `status` is 200 for one that broke off after it had
    begun."""

    status: int
    message: str


@dataclass(frozen=True, slots=True)
class Answered:
    """It is over. `record` is what the gateway has written down (who, why, how long, what it cost), None where that
    cannot be found: another worker has it, or it was overwritten."""

    id: str
    record: RequestRecord | None


Told = Routed | Text | Thinking | Usage | Refused | Answered
"""A closed union. `Routed` or `Refused` comes first, `Answered` last."""
