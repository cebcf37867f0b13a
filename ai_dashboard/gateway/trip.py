"""One request on its way: the facts that gather while it travels, and the record that they make."""

from collections.abc import Sequence
from dataclasses import field
from typing import Literal

from ai_dashboard.core.data import dataclass
from ai_dashboard.core.errors import GatewayError
from ai_dashboard.core.events import Usage
from ai_dashboard.core.plan import Candidate, Plan, RouteFacts
from ai_dashboard.core.records import AttemptKind, AttemptRecord, RequestRecord, Stage
from ai_dashboard.core.tenancy import Caller
from ai_dashboard.costs.book import Payer
from ai_dashboard.costs.book import Ticket as CostTicket
from ai_dashboard.gateway.caching import Hit, Ticket
from ai_dashboard.gateway.masking import masked, without_keys
from ai_dashboard.gateway.targets import TargetState
from ai_dashboard.tenancy.limits import Taken

NEVER = float("inf")


@dataclass(slots=True)
class Attempt:
    """One try at one provider. Times are monotonic seconds; `paused_s` went by before it. `tokens` is set once its
    answer was whole, `usage` where a try that nobody answered to was paid for. Until it has been counted, `target` is
    the state of whom it was sent to, `headers` those of the reply; `cold` says that the model was not loaded, and
    `streamed` that the answer came in pieces. `ticket` is what was reserved for it and `taken` what of its provider's
    limits, until that is settled; `cost` is in nano-dollars, None when nobody knows."""

    candidate: Candidate
    started: float
    kind: AttemptKind = "first"
    paused_s: float = 0.0
    target: TargetState | None = None
    cold: bool = False
    headers: Sequence[tuple[bytes, bytes]] = ()
    usage: Usage | None = None
    first_token: float | None = None
    ended: float | None = None
    status: int | None = None
    tokens: int | None = None
    error: str | None = None
    message: str = ""
    streamed: bool = False
    ticket: CostTicket | None = None
    taken: Taken | None = None
    cost: int | None = 0

    def answered(self) -> tuple[float, float | None, int]:
        """Seconds in all, seconds to the first token, tokens: of a try whose answer was whole."""
        ended = self.ended if self.ended is not None else self.started
        first = self.first_token if self.first_token is not None else ended
        return ended - self.started, first - self.started, self.tokens or 0


@dataclass(slots=True)
class Trip:
    """`arrived`, `first_token` and `ended` are monotonic, `at` Unix time; `seq` is 0 while it runs. `waited_s` is time
    spent waiting for providers (`queued_s` of it for a place), `overhead_s` what was left of the time to the first
    bytes for the caller: the gateway's own share. `facts` are what routing knew. `timeout_s` is how long the caller
    waits, `total_s` how long the request may take; `winner` is the try that answered, where it is not the last one.

    `caller` is who asks, `payer` who pays (for `answers` of them), `taken` what was taken from limits; `hit` is an
    answer that was known, `ticket` the way for a new one to become known. `said` collects the reply where it is kept;
    `traceparent` is what the caller's own tracing calls it.
    """

    id: str
    dialect: str
    at: float
    arrived: float
    asked: str = ""
    stream: bool = False
    stage: Stage = Stage.WAITING
    status: int = 0
    plan: Plan | None = None
    facts: RouteFacts | None = None
    attempts: list[Attempt] = field(default_factory=list)
    first_token: float | None = None
    waited_s: float = 0.0
    queued_s: float = 0.0
    overhead_s: float = 0.0
    usage: Usage | None = None
    error: str | None = None
    message: str = ""
    warnings: tuple[str, ...] = ()
    seq: int = 0
    ended: float = 0.0
    timeout_s: float = NEVER
    total_s: float = NEVER
    winner: Attempt | None = None
    generation: int = 0
    caller: Caller | None = None
    payer: Payer | None = None
    taken: Taken | None = None
    hit: Hit | None = None
    ticket: Ticket | None = None
    answers: int = 1
    method: str = "POST"
    path: str = ""
    asked_body: bytes | None = None
    said: list[bytes] | None = None
    traceparent: bytes | None = None

    def attempt(self, candidate: Candidate, now: float, kind: AttemptKind = "first", paused_s: float = 0.0) -> Attempt:
        """Begin a try."""
        attempt = Attempt(candidate, now, kind, paused_s)
        self.attempts.append(attempt)
        return attempt

    @property
    def is_heard(self) -> bool:
        """Whether somebody wants the bytes that the caller is sent."""
        return self.said is not None or (self.ticket is not None and self.ticket.keeps)

    def hear(self, data: bytes, made: bytes | None = None) -> None:
        """These bytes are sent to the caller; `made` are those of the answer, where they were written otherwise."""
        if data:
            if self.said is not None:
                self.said.append(data)
            if self.ticket is not None:
                self.ticket.add(data if made is None else made)

    @property
    def tokens(self) -> int:
        """Tokens that were used, for limits: none for an answer that was known."""
        usage = self.usage if self.hit is None else None
        return usage.prompt_tokens + usage.completion_tokens if usage is not None else 0

    @property
    def cost(self) -> int | None:
        """Nano-dollars of all attempts together; None when nobody knows what one of them cost."""
        total = 0
        for attempt in self.attempts:
            if attempt.cost is None:
                return None
            total += attempt.cost
        return total

    @property
    def answered_by(self) -> Candidate | None:
        """Who was asked last, or has answered."""
        return (self.winner or self.attempts[-1]).candidate if self.attempts else None

    @property
    def answerer(self) -> tuple[str, str]:
        """Provider and model of the answer; empty where nobody was asked."""
        if (candidate := self.answered_by) is not None:
            return candidate.provider, candidate.model
        return (self.hit.provider, self.hit.model) if self.hit is not None else ("", "")

    @property
    def tenant(self) -> str:
        """Whose request it is."""
        if self.caller is not None:
            return self.caller.tenant
        return self.facts.tenant if self.facts is not None else ""

    @property
    def key_id(self) -> str:
        """By which key whoever asks was let in."""
        return self.caller.key_id if self.caller is not None else ""

    @property
    def cached(self) -> Literal["exact", "semantic"] | None:
        """How the answer was known before."""
        if self.hit is None:
            return None
        return "exact" if self.hit.similarity is None else "semantic"

    @property
    def deadline(self) -> float:
        """When the time for this request is over."""
        return self.arrived + self.total_s

    def left_s(self, now: float) -> float:
        """What is left of its time; as good as all of it for the first try, unless that had to wait."""
        return self.total_s if len(self.attempts) == 1 and not self.waited_s else self.deadline - now

    def failed(self, error: GatewayError, stage: Stage = Stage.FAILED) -> None:
        """The request ended with an error; `stage` says how far it had come."""
        self.stage, self.error, self.message = stage, error.code, error.message

    def fell_back(self) -> bool:
        """Whether another provider than the first one answered, because that one failed."""
        if len(self.attempts) < 2:
            return False
        answered = self.winner or self.attempts[-1]
        return answered.kind != "ensemble" and self.attempts[0].candidate.provider != answered.candidate.provider

    def finished(self) -> RequestRecord:
        """The record of a request that is over."""
        return self.record(self.ended)

    def record(self, now: float) -> RequestRecord:
        """The request as it stands."""
        provider, model = self.answerer
        return RequestRecord(
            seq=self.seq,
            id=self.id,
            at=self.at,
            dialect=self.dialect,
            asked=masked(self.asked),
            stream=self.stream,
            stage=self.stage,
            status=self.status,
            provider=provider,
            model=model,
            ttft_s=self.first_token - self.arrived if self.first_token is not None else None,
            total_s=now - self.arrived,
            overhead_s=self.overhead_s,
            usage=self.usage,
            attempts=self.tries(now),
            plan=self.plan,
            error=self.error,
            message=masked(self.message),
            warnings=self.warnings,
            facts=without_keys(self.facts) if self.facts is not None else None,
            generation=self.generation,
            queued_s=self.queued_s,
            tenant=self.tenant,
            key_id=self.key_id,
            cost=self.cost,
            cached=self.cached,
        )

    def tries(self, now: float) -> tuple[AttemptRecord, ...]:
        """Each attempt as it stands."""
        return tuple([self._attempt_record(attempt, now) for attempt in self.attempts])

    def _attempt_record(self, attempt: Attempt, now: float) -> AttemptRecord:
        candidate, first, arrived = attempt.candidate, attempt.first_token, self.arrived
        return AttemptRecord(
            candidate.provider,
            candidate.model,
            candidate.why,
            attempt.started - arrived,
            first - arrived if first is not None else None,
            (attempt.ended if attempt.ended is not None else now) - arrived,
            attempt.status,
            attempt.error,
            attempt.message,
            attempt.kind,
            attempt.paused_s,
            attempt.usage,
            attempt.cost,
        )
