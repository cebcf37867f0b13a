"""Several providers are asked for one answer: a second one when the first keeps the caller waiting, or several at once.
Whoever commits first answers; the others are called off, and all are on record."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol

from ai_dashboard.core.chat import Ask
from ai_dashboard.core.data import dataclass
from ai_dashboard.core.events import Usage
from ai_dashboard.core.plan import Plan
from ai_dashboard.core.records import AttemptKind
from ai_dashboard.dialects.openai.read import facts_of
from ai_dashboard.gateway.commit import Answer
from ai_dashboard.gateway.handling import Handling
from ai_dashboard.gateway.runtime import Runtime
from ai_dashboard.gateway.trip import Trip
from ai_dashboard.routing.retry import Tried

LOST = "hedge_lost"
OUTRUN = "ensemble_lost"
"""What a try ends with that another one was faster than."""

Start = Callable[[int, AttemptKind], asyncio.Task[Answer | Tried]]
"""Begins a try at the candidate in a place."""


class Course(Protocol):
    """A request's way through its candidates."""

    @property
    def plan(self) -> Plan: ...
    @property
    def trip(self) -> Trip: ...
    @property
    def runtime(self) -> Runtime: ...
    async def attempt(self, place: int, kind: AttemptKind = "first", paused_s: float = 0.0) -> Answer | Tried: ...


@dataclass(frozen=True, slots=True)
class Hedge:
    """For which ask, and by which rules."""

    ask: Ask
    handling: Handling

    def patience_s(self, plan: Plan, runtime: Runtime) -> float | None:
        """Seconds that the first candidate is given; None when it is not known how long it usually takes."""
        after = self.handling.hedge_after
        if after != "p95":
            return after
        first = plan.attempts[0]
        target = runtime.provider(first.provider).targets.get(first.model)
        if target is None:
            return None
        return target.averages.ttft_p95_s if self.ask.stream else target.averages.p95_s


async def race(course: Course, hedge: Hedge) -> list[Answer | Tried]:
    """What the tries came to that are over, an answer last. Both are paid for, and the record says so."""
    second = _second(course.plan)
    wait_s = hedge.patience_s(course.plan, course.runtime) if second is not None else None
    if second is None or wait_s is None:
        return [await course.attempt(0)]

    async def begin(start: Start) -> None:
        first = start(0, "first")
        await asyncio.wait([first], timeout=wait_s)
        if not first.done() and course.runtime.may_hedge(hedge.handling.hedge_ratio):
            start(second, "hedge")

    return await _first_of(course, begin, hedge.ask, LOST)


async def at_once(course: Course, ask: Ask, members: int) -> list[Answer | Tried]:
    """As `race`, with the first so many candidates from the beginning."""

    async def begin(start: Start) -> None:
        for place in range(members):
            start(place, "ensemble")

    return await _first_of(course, begin, ask, OUTRUN)


async def _first_of(
    course: Course, begin: Callable[[Start], Awaitable[None]], ask: Ask, lost: str
) -> list[Answer | Tried]:
    tries: list[asyncio.Task[Answer | Tried]] = []
    try:
        async with asyncio.TaskGroup() as group:

            def start(place: int, kind: AttemptKind) -> asyncio.Task[Answer | Tried]:
                tries.append(group.create_task(course.attempt(place, kind), name=kind))
                return tries[-1]

            await begin(start)
            outcomes = await _until_answered(tries)
            for slower in tries:
                slower.cancel()
    except BaseException:
        for answer in _answers(tries):
            answer.close()
        raise
    # A try may have come to its end in the very moment in which it was called off.
    answers = _answers(tries)
    if answers:
        _settle(course.trip, answers, ask, lost)
    return [*(outcome for outcome in outcomes if not isinstance(outcome, Answer)), *answers[:1]]


async def _until_answered(tries: list[asyncio.Task[Answer | Tried]]) -> list[Answer | Tried]:
    """What has come of those that are done, once one of them has answered or none is left."""
    while True:
        done = [one.result() for one in tries if one.done()]
        if len(done) == len(tries) or any(isinstance(outcome, Answer) for outcome in done):
            return done
        await asyncio.wait([one for one in tries if not one.done()], return_when=asyncio.FIRST_COMPLETED)


def _answers(tries: list[asyncio.Task[Answer | Tried]]) -> list[Answer]:
    """Of the tries that have come to an end by themselves, those that were answered."""
    ended = [one.result() for one in tries if one.done() and not one.cancelled() and one.exception() is None]
    return [outcome for outcome in ended if isinstance(outcome, Answer)]


def _second(plan: Plan) -> int | None:
    """The first candidate that somebody else than the first one serves."""
    provider = plan.attempts[0].provider
    return next((place for place, it in enumerate(plan.attempts) if it.provider != provider), None)


def _settle(trip: Trip, answers: list[Answer], ask: Ask, lost: str) -> None:
    """Let go of whoever was slower, and put on record what it cost: at least the prompt."""
    trip.winner = answers[0].attempt
    for answer in answers[1:]:
        answer.close()
    for attempt in trip.attempts:
        if attempt is not trip.winner and attempt.error is None:
            attempt.error, attempt.message = lost, "another provider was faster"
            attempt.usage = Usage(facts_of(ask).prompt_tokens, 0, estimated=True)
