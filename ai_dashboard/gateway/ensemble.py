"""Several models answer one request, and the caller reads one answer (`routing/ensemble.py` says which).

Every member and the judge are planned like any request, so that residency, requirements and all other rules hold for
each of them. A member that fails is missed by nobody; when all fail, the plan's other candidates step in. What the
members cost stands on their attempts.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Protocol, assert_never

from ai_dashboard.core.chat import Ask, JsonObject
from ai_dashboard.core.data import dataclass
from ai_dashboard.core.errors import CallerError, GatewayError, ModelNotFound, UpstreamError
from ai_dashboard.core.events import Usage
from ai_dashboard.core.plan import Candidate, Excluded, Plan, RouteFacts
from ai_dashboard.dialects.body import encode
from ai_dashboard.dialects.forms import ReplyHead
from ai_dashboard.dialects.kept import Kept, keep
from ai_dashboard.dialects.openai.read import CHARS_PER_TOKEN
from ai_dashboard.gateway.commit import Answer
from ai_dashboard.gateway.dispatch import dispatch
from ai_dashboard.gateway.generation import Generation
from ai_dashboard.gateway.hedge import Course, at_once
from ai_dashboard.gateway.runtime import Runtime
from ai_dashboard.gateway.trip import Trip
from ai_dashboard.routing.ensemble import (
    ENSEMBLE,
    MEMBER,
    TASK,
    Ensemble,
    Said,
    longest,
    question,
    read,
    verdict,
    voted,
)
from ai_dashboard.routing.retry import Tried
from ai_dashboard.transport.client import UpstreamClient

MAX_CONVERSATION_CHARS = 60_000
"""Of a conversation that a judge is shown: its end."""


class AtDesk(Protocol):
    """What one request needs."""

    @property
    def generation(self) -> Generation: ...
    @property
    def runtime(self) -> Runtime: ...
    @property
    def client(self) -> UpstreamClient: ...
    def plan(self, facts: RouteFacts) -> Plan: ...


@dataclass(frozen=True, slots=True)
class Gathering:
    """One request that several answer."""

    ensemble: Ensemble
    ask: Ask
    facts: RouteFacts
    trip: Trip
    desk: AtDesk

    async def all_answers(self, course: Course, members: int) -> list[Answer | Tried]:
        """Ask all members, wait for all, and take the answer that it is to be."""
        trip, now = self.trip, course.runtime.clock.monotonic
        waited_s, began = trip.waited_s, now()
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._whole(course, place), name=ENSEMBLE) for place in range(members)]
        outcomes = [task.result() for task in tasks]
        answers = [outcome for outcome in outcomes if isinstance(outcome, Answer)]
        failed = [outcome for outcome in outcomes if not isinstance(outcome, Answer)]
        if answers:
            winner = await self._merged(answers)
            winner.attempt.usage = None  # it is the usage of the request
            trip.winner = winner.attempt
            answers = [winner]
        trip.waited_s = waited_s + now() - began  # they were waited for together
        return [*failed, *answers]

    async def _whole(self, course: Course, place: int) -> Answer | Tried:
        """One member's answer, to its end."""
        outcome = await course.attempt(place, "ensemble")
        if not isinstance(outcome, Answer):
            return outcome
        try:
            await _to_its_end(outcome, self.facts.prompt_tokens)
        except UpstreamError as error:
            return Tried(place, outcome.failed(error), course.runtime.clock.monotonic())
        finally:
            outcome.close()
        return outcome

    async def _merged(self, answers: list[Answer]) -> Answer:
        said = [_said(answer) for answer in answers]
        match self.ensemble.merge:
            case "longest":
                place, how = longest(said), "is the longest"
            case "vote":
                place, agree = voted(said)
                how = f"{agree} of {len(said)} agree"
            case "judge":
                place, how = await self._judged(said)
            case "first":
                place, how = 0, "was first"
            case _:
                assert_never(self.ensemble.merge)
        candidate = answers[place].attempt.candidate
        self._note(f"ensemble, {self.ensemble.merge}: {candidate.provider}/{candidate.model} answers, {how}")
        return answers[place]

    async def _judged(self, said: Sequence[Said]) -> tuple[int, str]:
        """The place of the answer that the judge finds best; the first one where it does not say."""
        if len(said) == 1:
            return 0, "the only answer"
        judge = self.ensemble.judge or ""
        try:
            text = await self._asked(judge, question(_conversation(self.ask.body), said))
        except GatewayError as error:
            return 0, f"the first, since {judge} could not judge: {error.message}"
        place = verdict(text, len(said))
        return (0, f"the first, since {judge} named none") if place is None else (place, f"{judge} found it best")

    async def _asked(self, judge: str, text: str) -> str:
        """A question to the judge, who may be whoever the caller's rules allow."""
        messages = [{"role": "system", "content": TASK}, {"role": "user", "content": text}]
        body: JsonObject = {"model": judge, "messages": messages}
        ask = Ask(judge, False, body, encode(body), False)
        plan = self.desk.plan(_alone(self.facts, judge, prompt_tokens=len(text) // CHARS_PER_TOKEN))
        desk = self.desk
        answer = await dispatch(ask, plan, self.trip, desk.generation, desk.runtime, desk.client, _as_judge, keep)
        try:
            await _to_its_end(answer, len(text) // CHARS_PER_TOKEN)
        except UpstreamError as error:
            raise answer.failed(error) from None
        finally:
            answer.close()
        return _said(answer).text

    def _note(self, text: str) -> None:
        if (plan := self.trip.plan) is not None:
            self.trip.plan = replace(plan, notes=(*plan.notes, text))


async def together(ask: Ask, plan: Plan, trip: Trip, desk: AtDesk) -> Answer:
    """The one answer of several models. Raises `CallerError` for a wish that makes no sense, and what any request may
    when nobody answers."""
    generation, runtime, client = desk.generation, desk.runtime, desk.client
    facts = trip.facts or RouteFacts(plan.asked)
    wish = ask.body.get(ENSEMBLE)
    if ask.operation != "chat":
        if wish is not None:
            raise CallerError("embeddings of several models cannot become one", hint="leave `ensemble` out")
        return await dispatch(ask, plan, trip, generation, runtime, client)
    ensemble = read(wish) if wish is not None else _configured(generation, plan.asked)
    trip.plan, members = _planned(ensemble, facts, plan, desk, strict=wish is not None)
    if not members:
        return await dispatch(ask, trip.plan, trip, generation, runtime, client)
    if ensemble.merge == "first":
        opening = partial(at_once, ask=ask, members=members)
        return await dispatch(ask, trip.plan, trip, generation, runtime, client, opening)
    gathering = Gathering(ensemble, ask, facts, trip, desk)
    opening = partial(gathering.all_answers, members=members)
    answer = await dispatch(_readable(ask), trip.plan, trip, generation, runtime, client, opening, keep)
    try:
        return await _told(answer, ask, facts)
    except UpstreamError as error:
        answer.close()
        raise answer.failed(error) from None
    except BaseException:
        answer.close()
        raise


# ── who is asked ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _configured(generation: Generation, asked: str) -> Ensemble:
    """What the configuration says for this name, or for all others, or what is usual."""
    ensembles = generation.config.mappings.ensembles
    written = ensembles.get(asked) or ensembles.get("default")
    return Ensemble() if written is None else Ensemble(written.models, written.merge, written.judge)


def _planned(ensemble: Ensemble, facts: RouteFacts, plan: Plan, desk: AtDesk, *, strict: bool) -> tuple[Plan, int]:
    """The plan with the members in front, and how many they are. `strict`: a model that nobody knows is an error."""
    excluded, notes = plan.excluded, plan.notes
    if isinstance(ensemble.models, int):
        # Under the strategy those that were chosen are asked, and not those that step in.
        chosen = [it for it in plan.attempts if plan.strategy != ENSEMBLE or MEMBER in it.facts]
        members = [*_distinct(chosen).values()][: ensemble.models]
    else:
        found: list[Candidate] = []
        for model in ensemble.models:
            try:
                own = desk.plan(_alone(facts, model))
            except ModelNotFound as error:
                if strict:
                    raise
                notes = (*notes, f"ensemble: {error.message}")
                continue
            found += own.attempts[:1]
            excluded = _with(excluded, own.excluded)
        members = [replace(it, score=1.0) for it in _distinct(found).values()]
    taken = {(it.provider, it.model) for it in members}
    marked = [it if MEMBER in it.facts else replace(it, facts=(*it.facts, MEMBER)) for it in members]
    rest = [it for it in plan.attempts if (it.provider, it.model) not in taken]
    return replace(plan, attempts=(*marked, *rest), excluded=excluded, strategy=ENSEMBLE, notes=notes), len(members)


def _alone(facts: RouteFacts, model: str, *, prompt_tokens: int | None = None) -> RouteFacts:
    """The request as one model is asked: the caller's limits hold, and what chose the model is settled. A judge, who is
    asked something else, needs nothing of what the request needs."""
    alone = replace(facts, model=model, capability=None, task=None, strategy=None, weights=())
    if prompt_tokens is None:
        return alone
    return replace(
        alone, prompt_tokens=prompt_tokens, max_tokens=0, needs=frozenset(), stream=False, user="", prefix=""
    )


def _distinct(candidates: Sequence[Candidate]) -> dict[tuple[str, str], Candidate]:
    """Each model of each provider once, wherever it runs."""
    distinct: dict[tuple[str, str], Candidate] = {}
    for candidate in candidates:
        distinct.setdefault((candidate.provider, candidate.model), candidate)
    return distinct


def _with(excluded: tuple[Excluded, ...], more: tuple[Excluded, ...]) -> tuple[Excluded, ...]:
    return tuple(dict.fromkeys((*excluded, *more)))


# ── what they say ────────────────────────────────────────────────────────────────────────────────────────────────────


def _readable(ask: Ask) -> Ask:
    """The ask in a form whose replies can be read: those to OpenAI's Responses are only ever passed on."""
    return replace(ask, form="unified.chat", raw=encode(ask.body)) if ask.form == "openai.responses" else ask


async def _as_judge(course: Course) -> list[Answer | Tried]:
    return [await course.attempt(0, "judge")]


async def _to_its_end(answer: Answer, prompt_tokens: int) -> None:
    """Read an answer to its end, and count it. Raises `UpstreamError`."""
    while not answer.whole:
        _, answer.whole = await answer.more()
    relay = answer.relay
    usage = relay.usage or Usage(prompt_tokens, -(-relay.said // CHARS_PER_TOKEN), estimated=True)
    answer.attempt.usage = usage
    answer.succeeded(usage.completion_tokens)


async def _told(answer: Answer, ask: Ask, facts: RouteFacts) -> Answer:
    """The answer in the caller's form, all of it at once."""
    if not answer.settled:  # one that stepped in
        await _to_its_end(answer, facts.prompt_tokens)
        answer.attempt.usage = None
    trip = answer.trip
    head = ReplyHead(trip.id, answer.destination.target.model, int(trip.at))
    relay, held = _kept(answer).written(ask, head)
    return replace(answer, relay=relay, held=held, whole=True)


def _said(answer: Answer) -> Said:
    choice = _kept(answer).first_choice
    return Said(choice.text or choice.refusal, tuple((call.name, call.arguments) for call in choice.whole_calls))


def _kept(answer: Answer) -> Kept:
    if not isinstance(answer.relay, Kept):
        raise RuntimeError("the answer was not kept")
    return answer.relay


def _conversation(body: JsonObject) -> str:
    """The text of a conversation, its end where it is long."""
    messages: list[Any] = body.get("messages") or []
    told = "\n".join(f"{message.get('role')}: {_text(message.get('content'))}" for message in messages)
    return told if len(told) <= MAX_CONVERSATION_CHARS else "…" + told[-MAX_CONVERSATION_CHARS:]


def _text(content: object) -> str:
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    texts = (part.get("text") or f"({part.get('type')})" for part in parts if isinstance(part, dict))
    return " ".join(text for text in texts if isinstance(text, str))
