"""What happened to one request: the row in the request list and everything behind it."""

from enum import StrEnum
from typing import Literal

from ai_dashboard.core.data import dataclass
from ai_dashboard.core.events import Usage
from ai_dashboard.core.plan import Plan, RouteFacts


class Stage(StrEnum):
    """How far a request has come."""

    WAITING = "waiting"
    STREAMING = "streaming"
    DONE = "done"
    FAILED = "failed"
    CUT = "cut"
    """The reply broke off after it had begun; the caller was told."""
    GONE = "gone"
    """The caller left before the reply was whole."""


AttemptKind = Literal["first", "fallback", "retry", "hedge", "continue", "ensemble", "judge"]
"""How it came to a try: it was the first, the one before failed, the same provider was asked again, a second one was
asked beside a slow first, it goes on where another broke off, several were asked at once, or one was asked which of
their answers is best."""


@dataclass(slots=True, unsafe_hash=True)  # a value, though not frozen: see `core.events.Usage`
class AttemptRecord:
    """One try at one provider. Times are seconds from the start of the request; `error` is a code of the error tree.
    `paused_s` went by before it; `usage` is what it cost although its answer was not the one that was used; `cost` is
    in nano-dollars, None when nobody knows."""

    provider: str
    model: str
    why: str
    started_s: float
    first_token_s: float | None
    ended_s: float
    status: int | None
    error: str | None
    message: str = ""
    kind: AttemptKind = "first"
    paused_s: float = 0.0
    usage: Usage | None = None
    cost: int | None = None


@dataclass(frozen=True, slots=True)
class RequestRecord:
    """One request, finished or as far as it has come. `at` is Unix time; durations are seconds from its arrival.

    `seq` numbers finished requests from 1 without gaps, and is 0 while the request runs. `status` is what the caller
    was sent, 0 while nothing was. `overhead_s` is the gateway's own share of the time to the first token. `warnings`
    say what the answer does not: what the provider could not be told, and that it did not hear the whole prompt.
    `usage` is what the answer itself cost; `facts` are all that routing knew, so that the plan can be made again.
    `queued_s` is how long it waited for a place at a provider, `generation` the number of the configuration that it
    began and ended with. `cost` is what all attempts together cost in nano-dollars, None when nobody knows; `cached`
    says that the answer was known before, and how it was recognised.
    """

    seq: int
    id: str
    at: float
    dialect: str
    asked: str
    stream: bool
    stage: Stage
    status: int
    provider: str
    model: str
    ttft_s: float | None
    total_s: float
    overhead_s: float
    usage: Usage | None
    attempts: tuple[AttemptRecord, ...]
    plan: Plan | None
    error: str | None = None
    message: str = ""
    warnings: tuple[str, ...] = ()
    facts: RouteFacts | None = None
    generation: int = 0
    queued_s: float = 0.0
    tenant: str = ""
    key_id: str = ""
    cost: int | None = None
    cached: Literal["exact", "semantic"] | None = None

    @property
    def fallback_from(self) -> str | None:
        """The provider that was tried first, when another one answered because that one failed."""
        if len(self.attempts) > 1 and self.attempts[0].provider != self.provider and not self._is_members_answer:
            return self.attempts[0].provider
        return None

    @property
    def tokens_per_s(self) -> float | None:
        """The speed of the stream after its first token; None where that cannot be told."""
        if not self.stream or self.ttft_s is None or self.usage is None or self.usage.completion_tokens < 2:
            return None
        streaming_s = self.total_s - self.ttft_s
        return (self.usage.completion_tokens - 1) / streaming_s if streaming_s > 0 else None

    @property
    def spent(self) -> Usage | None:
        """What all attempts together cost: the answer, and those that were paid for beside it. None when nobody knows
        of anything, and for an answer that was known before."""
        answer = self.usage if self.cached is None else None
        parts = [part for part in (answer, *(attempt.usage for attempt in self.attempts)) if part is not None]
        if len(parts) < 2:
            return parts[0] if parts else None
        return Usage(
            prompt_tokens=sum(part.prompt_tokens for part in parts),
            completion_tokens=sum(part.completion_tokens for part in parts),
            cached_tokens=sum(part.cached_tokens for part in parts),
            reasoning_tokens=sum(part.reasoning_tokens for part in parts),
            estimated=any(part.estimated for part in parts),
            cache_write_tokens=sum(part.cache_write_tokens for part in parts),
            input_audio_tokens=sum(part.input_audio_tokens for part in parts),
            output_audio_tokens=sum(part.output_audio_tokens for part in parts),
            input_image_tokens=sum(part.input_image_tokens for part in parts),
            output_image_tokens=sum(part.output_image_tokens for part in parts),
        )

    @property
    def _is_members_answer(self) -> bool:
        """Whether one of several that were asked at once has answered."""
        asked = (attempt for attempt in self.attempts if attempt.kind == "ensemble")
        return any(attempt.provider == self.provider and attempt.error is None for attempt in asked)


@dataclass(frozen=True, slots=True)
class RecordPage:
    """Finished requests in order. `next` is the `seq` to ask after; `lost` were overwritten before they were read."""

    records: tuple[RequestRecord, ...]
    next: int
    lost: int
