"""Attempts until one commits. Up to a provider's first content another one can still answer; after it none can."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import field
from functools import partial
from typing import assert_never

from ai_dashboard.core.chat import Ask
from ai_dashboard.core.data import dataclass
from ai_dashboard.core.errors import (
    CallerError,
    GatewayError,
    UpstreamContextExceeded,
    UpstreamCrowded,
    UpstreamError,
    UpstreamRateLimited,
    UpstreamRefusedKey,
    UpstreamRejected,
    UpstreamUnreachable,
)
from ai_dashboard.core.plan import Candidate, Plan
from ai_dashboard.core.records import AttemptKind
from ai_dashboard.core.snapshot import BreakerState, Health
from ai_dashboard.gateway.commit import Answer, MakeRelay, commit, note_failure, note_left
from ai_dashboard.gateway.generation import Destination, Generation
from ai_dashboard.gateway.handling import Handling
from ai_dashboard.gateway.hedge import Course, Hedge, race
from ai_dashboard.gateway.runtime import Runtime
from ai_dashboard.gateway.trip import Attempt, Trip
from ai_dashboard.routing.nobody import nobody
from ai_dashboard.routing.retry import GiveUp, Next, Retry, Tried, after
from ai_dashboard.tenancy.limits import Taken
from ai_dashboard.transport.client import UpstreamClient

Commit = Callable[[Attempt, Destination], Awaitable[Answer]]
"""One try: what commits us to a provider, or raises why it does not."""

Opening = Callable[[Course], Awaitable[list[Answer | Tried]]]
"""How a request begins where it does not begin with its first candidate alone. What its tries came to that are over, an
answer last."""

DOWN = frozenset({Health.UNAVAILABLE, Health.AUTH_FAILED, Health.DISABLED})


def dispatch(
    ask: Ask,
    plan: Plan,
    trip: Trip,
    generation: Generation,
    runtime: Runtime,
    client: UpstreamClient,
    opening: Opening | None = None,
    read: MakeRelay | None = None,
) -> Awaitable[Answer]:
    """The first candidate that commits; `read` makes what reads its reply, where that is not passed on as usual. Raises
    what the caller should be told when none does."""
    handling = generation.handlings.of(plan.asked)

    def one(attempt: Attempt, destination: Destination) -> Awaitable[Answer]:
        return commit(ask, trip, attempt, destination, handling, runtime, client, read)

    if opening is None and handling.hedge_after is not None:
        opening = partial(race, hedge=Hedge(ask, handling))
    return first_to_commit(plan, trip, generation, runtime, one, opening)


async def first_to_commit(
    plan: Plan,
    trip: Trip,
    generation: Generation,
    runtime: Runtime,
    commit: Commit,
    opening: Opening | None = None,
) -> Answer:
    """Try the candidates in order, by the rules of `routing.retry`, after an `opening` that may try several at once.
    Raises what the caller should be told when none commits."""
    if not plan.attempts:
        raise nobody(plan)
    handling = generation.handlings.of(plan.asked)
    trip.total_s = min(handling.total_s, trip.timeout_s)
    outcomes: list[Answer | Tried]
    if opening is None:
        outcomes = [await _try(0, plan, trip, generation, runtime, commit)]
        if isinstance(outcomes[0], Answer):
            return outcomes[0]  # as nearly always: no need to prepare for anything else
    course = _Course(plan, trip, generation, runtime, commit, handling)
    if opening is not None:
        outcomes = await opening(course)
    while True:
        for outcome in outcomes:
            if isinstance(outcome, Answer):
                return outcome
            course.failed.append(outcome)
        outcomes = [await course.next()]


async def _try(
    place: int,
    plan: Plan,
    trip: Trip,
    generation: Generation,
    runtime: Runtime,
    commit: Commit,
    kind: AttemptKind = "first",
    paused_s: float = 0.0,
) -> Answer | Tried:
    """Try one candidate. Whatever it comes to, the record has it."""
    candidate = plan.attempts[place]
    taken: Taken | None = None
    if runtime.provider(candidate.provider).exact is not None:
        try:
            taken = await take(trip, candidate.provider, runtime)
        except UpstreamRateLimited as refused:
            return Tried(place, refused, runtime.clock.monotonic())
    if runtime.places is not None:
        is_last = place == len(plan.attempts) - 1
        within_s = trip.deadline - runtime.clock.monotonic() if is_last else 0.0
        waited_s = await runtime.places.take(runtime.provider(candidate.provider), within_s)
        if waited_s is None:
            await give_back(taken, candidate.provider, runtime)
            full = UpstreamCrowded("all of its places are taken, by other gateways too", retry_after_s=1)
            return Tried(place, full, runtime.clock.monotonic())
        trip.waited_s += waited_s
        trip.queued_s += waited_s
    attempt = trip.attempt(candidate, runtime.clock.monotonic(), kind, paused_s)
    attempt.taken = taken
    runtime.attempt_begins(attempt)
    error: GatewayError
    try:
        destination = generation.destination(candidate)
        await reserve(attempt, trip, destination, generation, runtime)
        return await commit(attempt, destination)
    except UpstreamError as failure:
        error = note_failure(trip, attempt, failure, destination, runtime)
    except CallerError as failure:
        # This provider's dialect cannot express the ask; the next one's may.
        note_left(attempt, runtime, failure)
        error = failure
    except BaseException:
        note_left(attempt, runtime)
        raise
    return Tried(place, error, runtime.clock.monotonic())


async def take(trip: Trip, provider: str, runtime: Runtime) -> Taken | None:
    """Take from what a provider lets through. Until that is done the try counts as in flight. Raises
    `UpstreamRateLimited`."""
    state, facts = runtime.provider(provider), trip.facts
    if state.exact is None:
        return None
    tokens = facts.prompt_tokens + facts.max_tokens * trip.answers if facts is not None else 0
    state.in_flight += 1
    try:
        return await state.exact.take(tokens)
    finally:
        state.in_flight -= 1
        runtime.reckon(runtime.clock.monotonic())


async def give_back(taken: Taken | None, provider: str, runtime: Runtime) -> None:
    """The try does not begin after all: its tokens are free again."""
    exact = runtime.provider(provider).exact
    if taken is not None and exact is not None:
        await exact.home.settle(taken, 0)


async def reserve(
    attempt: Attempt, trip: Trip, destination: Destination, generation: Generation, runtime: Runtime
) -> None:
    """Hold what the try may cost. Raises `BudgetExceeded`; somebody who costs nothing may answer still."""
    payer, facts, candidate = trip.payer, trip.facts, attempt.candidate
    if payer is not None and facts is not None and runtime.book is not None:
        factor = generation.table.regions.price_factor(candidate.region)
        attempt.ticket = runtime.book.unheld(payer, candidate.provider, candidate.model, factor)
        if attempt.ticket is not None:
            return
        prompt_tokens, max_tokens = facts.prompt_tokens, facts.max_tokens
        if attempt.kind == "judge":  # it reads all answers, and writes one of its own
            prompt_tokens += sum(it.usage.completion_tokens for it in trip.attempts if it.usage is not None)
            max_tokens = 0
        attempt.ticket = await runtime.book.reserve(
            payer,
            candidate.provider,
            candidate.model,
            prompt_tokens=prompt_tokens,
            max_tokens=max_tokens,
            max_output=destination.target.max_output,
            answers=trip.answers,
            factor=factor,
        )


@dataclass(slots=True)
class _Course:
    """One request's way through its candidates."""

    plan: Plan
    trip: Trip
    generation: Generation
    runtime: Runtime
    commit: Commit
    handling: Handling
    failed: list[Tried] = field(default_factory=list)
    retries: int = 0

    async def attempt(self, place: int, kind: AttemptKind = "first", paused_s: float = 0.0) -> Answer | Tried:
        """Try one candidate."""
        return await _try(place, self.plan, self.trip, self.generation, self.runtime, self.commit, kind, paused_s)

    async def next(self) -> Answer | Tried:
        """Go on after a failure, or raise what the caller should be told."""
        runtime, policy = self.runtime, self.handling.retries
        verdict = after(
            self.failed,
            following=self.following(),
            retries=self.retries,
            now=runtime.clock.monotonic(),
            deadline=self.trip.deadline,
            policy=policy,
            chance=runtime.chance.random(),
        )
        match verdict:
            case Next(place):
                return await self.attempt(place, "fallback")
            case Retry(place, delay_s):
                if not self._hopeful(place) or not runtime.may_retry(policy):
                    raise self._given_up()
                self.retries += 1
                await self._pause(delay_s)
                return await self.attempt(place, "retry", delay_s)
            case GiveUp():
                last = self.failed[-1].error
                raise last if isinstance(last, UpstreamRejected) else self._given_up()
            case _:
                assert_never(verdict)

    def following(self) -> int | None:
        """The next candidate that there is any sense in asking."""
        done = {tried.place for tried in self.failed}
        for place, candidate in enumerate(self.plan.attempts):
            if place not in done and not any(self._rules_out(tried, candidate) for tried in self.failed):
                return place
        return None

    def _rules_out(self, tried: Tried, candidate: Candidate) -> bool:
        """Whether a failure says that another candidate would fail in the same way."""
        before = self.plan.attempts[tried.place]
        match tried.error:
            case UpstreamContextExceeded():
                return not self._is_larger(candidate, before)
            case UpstreamRefusedKey() | UpstreamRateLimited():
                return candidate.provider == before.provider
            case UpstreamUnreachable():
                return (candidate.provider, candidate.region) == (before.provider, before.region)
            case _:
                return False

    def _is_larger(self, candidate: Candidate, before: Candidate) -> bool:
        """Whether a candidate is known to have a larger window than one that was too small."""
        window, exceeded = self._window(candidate), self._window(before)
        return window is not None and (exceeded is None or window > exceeded)

    def _window(self, candidate: Candidate) -> int | None:
        entry = self.generation.table.providers[candidate.provider].models.get(candidate.model)
        return entry.context_length if entry is not None else None

    def _hopeful(self, place: int) -> bool:
        """Whether there is a chance that a candidate is well by now: none for one that has been given up."""
        candidate = self.plan.attempts[place]
        state = self.runtime.provider(candidate.provider)
        return state.health not in DOWN and state.target(candidate.model).breaker is BreakerState.CLOSED

    async def _pause(self, seconds: float) -> None:
        self.trip.waited_s += seconds
        await asyncio.sleep(seconds)

    def _given_up(self) -> GatewayError:
        """What the caller is told: the one failure as it was, or all of them under the status of the last. When all are
        rate limited, the first that may be asked again says when."""
        newest = {tried.place: tried for tried in self.failed}
        told = [self._told(tried) for tried in newest.values()]
        last = self.failed[-1].error
        if all(isinstance(tried.error, UpstreamRateLimited) for tried in newest.values()):
            now = self.runtime.clock.monotonic()
            said = [(it.at, it.error.retry_after_s) for it in newest.values()]
            waits = [at + wait_s - now for at, wait_s in said if wait_s is not None]
            last.retry_after_s = max(0.0, min(waits)) if waits else None
        last.message = told[0] if len(told) == 1 else f"all {len(told)} candidates failed ({'; '.join(told)})"
        return last

    def _told(self, tried: Tried) -> str:
        """What went wrong, behind the provider's name: without its address, and without a full stop."""
        candidate = self.plan.attempts[tried.place]
        upstream = self.generation.upstreams[candidate.provider]
        reason = tried.error.message.removeprefix(f"{upstream.endpoint}: ").rstrip(".")
        return f"{candidate.provider}/{candidate.model}: {reason}"
