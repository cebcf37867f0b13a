"""Where a request would go, and why: the ordered attempts and every candidate that was left out."""

from typing import Literal

from ai_dashboard.core.data import dataclass

Tier = Literal["low", "medium", "high"]
"""How good a model's answers are, roughly."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One possible attempt: `model` is the name sent upstream, `why` what put it into the plan, `score` 0 to 1 and
    never above that of the attempt before. `facts` are the figures that the score rests on, for people:
    `("ewma ttft", "0.31 s")`."""

    provider: str
    model: str
    why: str
    score: float
    region: str = ""
    facts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Excluded:
    """A candidate that was left out, with the reason (`disabled`, `unavailable: connection refused`, …)."""

    provider: str
    model: str
    reason: str


@dataclass(frozen=True, slots=True)
class Plan:
    """`asked` is the model as the caller named it, `rule` the rule that resolved it (`exact_matches.llama3.1:8b`),
    `strategy` what ordered the attempts. `notes` say what else there is to know (panic mode, affinity, an experiment's
    arm). Where nothing is left to try, `retry_after_s` says in how many seconds the first of those that have to be left
    alone for a while may be asked again, `unmet` that it is the caller's own requirements that rule out the rest,
    `unable` that none of them has what the request needs, whenever it is asked, and `too_long` that it fits no window:
    the tokens that it takes, and the largest window. `full` names the attempts (provider and model) for which it is
    worth waiting: nobody else may answer, and all that speaks against them is that they have no place left.
    """

    asked: str
    rule: str
    attempts: tuple[Candidate, ...]
    excluded: tuple[Excluded, ...]
    strategy: str = "direct"
    notes: tuple[str, ...] = ()
    retry_after_s: float | None = None
    unmet: bool = False
    unable: bool = False
    full: tuple[tuple[str, str], ...] = ()
    too_long: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Requirements:
    """What a caller insists on, None or False where it does not: US dollars for this request, milliseconds in which 95
    of 100 answers are whole, how good the model must be, where it must run."""

    max_cost: float | None = None
    max_latency_ms: float | None = None
    min_quality: Tier | None = None
    region: str | None = None
    local_only: bool = False


@dataclass(slots=True, unsafe_hash=True)  # a value, though not frozen: see `core.events.Usage`
class RouteFacts:
    """What routing may know of a request: no text of it, so that a plan can be kept, shown and replayed.

    `prompt_tokens` is an estimate; `max_tokens` what the caller reserved for the answer (0 when it did not say).
    `headers` are the `x-…` headers, in lower case, and `metadata` the body's, which conditions may read. `user` is
    whoever experiments and affinity tell apart, `prefix` a hash of the conversation's beginning. `residency` is the
    group whose rules on regions apply. `weights` go by provider or by what a strategy weighs; `only` names the
    providers to which the caller restricts itself.
    """

    model: str
    capability: str | None = None
    prompt_tokens: int = 0
    max_tokens: int = 0
    stream: bool = False
    needs: frozenset[str] = frozenset()
    headers: tuple[tuple[str, str], ...] = ()
    metadata: tuple[tuple[str, str], ...] = ()
    user: str = ""
    tenant: str = ""
    residency: str | None = None
    strategy: str | None = None
    weights: tuple[tuple[str, float], ...] = ()
    requirements: Requirements | None = None
    task: str | None = None
    prefix: str = ""
    batch_size: int = 1
    files: int = 0
    code: bool = False
    only: tuple[str, ...] | None = None
