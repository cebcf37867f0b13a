"""Chats asked for in nobody's dialect: who answers is a wish in the body, and the reply says who it was.

Beside these wishes a body is an OpenAI chat; so are the replies, but for `/api/ai/generate`, which answers with little
more than the text.
"""

from collections.abc import Awaitable, Iterator
from dataclasses import fields, replace
from typing import Protocol

import orjson

from ai_dashboard.core.chat import JsonObject
from ai_dashboard.core.data import dataclass
from ai_dashboard.core.errors import CallerError
from ai_dashboard.core.plan import Candidate, Plan, Requirements, RouteFacts
from ai_dashboard.core.snapshot import Health
from ai_dashboard.dialects.body import encode, with_numbers_as_written
from ai_dashboard.dialects.forms import Call
from ai_dashboard.dialects.openai.encode import usage_object
from ai_dashboard.dialects.openai.read import MAX_MODEL_CHARS, model_of, parse_object
from ai_dashboard.dialects.tap import object_in
from ai_dashboard.gateway.commit import Answer
from ai_dashboard.gateway.described import EVENTS, JSON, described
from ai_dashboard.gateway.desk import Desk, unwanted
from ai_dashboard.gateway.entrances import ENTRANCES, headers_of
from ai_dashboard.gateway.facts import facts_for
from ai_dashboard.gateway.guard import require_json
from ai_dashboard.gateway.handling import timeout_of
from ai_dashboard.gateway.on_record import OnRecord
from ai_dashboard.gateway.pipeline import Shape, answer_stream, answer_whole, known_or
from ai_dashboard.gateway.trip import Trip
from ai_dashboard.routing.requirements import read as read_requirements
from ai_dashboard.routing.tasks import task_key
from ai_dashboard.transport.http1 import Exchange

CHAT = ENTRANCES["openai.chat"]
AUTO = "auto"
NEEDS = ("vision", "tools", "json", "thinking")
"""Requirements that are features of a model."""

LIMITS = tuple(it.name for it in fields(Requirements))
"""Requirements that are held against each candidate; the last one is `min_context`."""

WISHES = frozenset({"provider", "fallback", "requirements", "task", "prompt"})
"""What the body has beyond a chat; none of it leaves the gateway."""

MAX_FALLBACKS = 32


class AtDesk(Protocol):
    """A gateway, as far as unified asks need it."""

    def desk(self) -> Desk: ...


@dataclass(frozen=True, slots=True)
class Wishes:
    """Who is to answer. `model` is "" where the caller leaves the choice to us, `provider` None where any will do;
    `fallback` says whether others may step in, or names them in order."""

    model: str
    provider: str | None
    fallback: bool | tuple[str, ...]
    needs: frozenset[str]
    min_context: int
    limits: Requirements | None
    capability: str | None


class Unified:
    """The handlers."""

    def __init__(self, gateway: AtDesk) -> None:
        self._gateway = gateway

    @described(JsonObject, body=JsonObject, media=(JSON, EVENTS))
    async def chat(self, exchange: Exchange) -> None:
        """`POST /api/ai/chat`: a chat in nobody's dialect, with wishes for who answers."""
        await self._answer(exchange, _chat)

    @described(JsonObject, body=JsonObject, media=(JSON, EVENTS))
    async def generate(self, exchange: Exchange) -> None:
        """`POST /api/ai/generate`: little more than the text. A stream is one of OpenAI's chats here too."""
        await self._answer(exchange, _generated)

    async def _answer(self, exchange: Exchange, shape: Shape) -> None:
        require_json(exchange)
        desk = self._gateway.desk()
        async with OnRecord(exchange, desk, CHAT) as trip:
            desk.admit(trip, exchange)
            raw = await exchange.body()
            desk.keeping.watch(trip, raw)
            body, wishes = read(raw)
            trip.asked = wishes.model or wishes.capability or AUTO
            models = _models(desk, wishes)
            headers = headers_of(exchange)
            ask = CHAT.read(Call(encode(body | {"model": models[0]}), headers=headers))
            trip.stream, trip.timeout_s = ask.stream, timeout_of(headers)
            facts = _with(wishes, facts_for(ask, headers))
            facts = await desk.enter(trip, exchange.caller, ask.model, facts)
            if wishes.provider is not None:
                trip.facts = replace(facts, only=_both((wishes.provider,), facts.only))
            trip.plan = plan = _plan(desk, facts, models, wishes, trip.asked)

            def anew() -> Awaitable[Answer]:
                if ask.stream:
                    return answer_stream(exchange, desk, CHAT, ask, plan, trip)
                return answer_whole(exchange, desk, CHAT, ask, plan, trip, shape)

            shaped = None if ask.stream else shape
            await known_or(anew, exchange, desk, CHAT, ask, trip.facts or facts, headers, plan, trip, shaped)


# ── what is asked ────────────────────────────────────────────────────────────────────────────────────────────────────


def read(raw: bytes) -> tuple[JsonObject, Wishes]:
    """The chat and the wishes in a body. Raises `CallerError` that names the field."""
    given = parse_object(raw)
    needs, min_context, limits = _requirements(given.get("requirements"))
    wishes = Wishes(
        model="" if given.get("model") is None else model_of(given),
        provider=_provider(given.get("provider")),
        fallback=_fallback(given.get("fallback")),
        needs=needs,
        min_context=min_context,
        limits=limits,
        capability=_text(given, "task") or _text(given, "capability"),
    )
    body = {name: value for name, value in with_numbers_as_written(given, raw).items() if name not in WISHES}
    if (prompt := _text(given, "prompt")) is not None:
        if given.get("messages") is not None:
            raise CallerError("`prompt` and `messages` are both there", hint="send one of them")
        body["messages"] = [{"role": "user", "content": prompt}]
    elif given.get("messages") is None:
        raise CallerError("`messages` is missing, and so is `prompt`", hint="send one of them")
    return body, wishes


def _text(given: JsonObject, name: str) -> str | None:
    value = given.get(name)
    if not isinstance(value, str | None):
        raise CallerError(f"`{name}` is not a string")
    return value or None


def _provider(value: object) -> str | None:
    if not isinstance(value, str | None):
        raise CallerError(f'`provider` is neither "{AUTO}" nor the name of a provider')
    return None if value in (None, "", AUTO) else value


def _fallback(value: object) -> bool | tuple[str, ...]:
    match value:
        case None:
            return True
        case bool():
            return value
        case list() if len(value) <= MAX_FALLBACKS and all(map(_is_name, value)):
            return tuple(value)
        case _:
            raise CallerError(f"`fallback` is neither true nor false, nor a list of up to {MAX_FALLBACKS} names")


def _is_name(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= MAX_MODEL_CHARS


def _requirements(value: object) -> tuple[frozenset[str], int, Requirements | None]:
    """The features that the model must have, the window in tokens, and the limits that routing holds against all."""
    if not isinstance(value, dict | None):
        raise CallerError("`requirements` is not an object")
    needs, min_context, limits = set(), 0, {}
    for name, wanted in (value or {}).items():
        if name == "min_context":
            if type(wanted) is not int or wanted < 0:
                raise CallerError("`requirements.min_context` is not a number of tokens")
            min_context = wanted
        elif name in LIMITS:
            limits[name] = wanted
        elif name not in NEEDS:
            known = ", ".join((*NEEDS, "min_context", *LIMITS))
            raise CallerError(f"`requirements.{name[:64]}` is not known", hint=f"known are {known}")
        elif not isinstance(wanted, bool):
            raise CallerError(f"`requirements.{name}` is neither true nor false")
        elif wanted:
            needs.add(name)
    return frozenset(needs), min_context, read_requirements(limits or None)


# ── who answers ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _with(wishes: Wishes, facts: RouteFacts) -> RouteFacts:
    """What routing may know, with what the caller insists on. A window is insisted on by keeping room for an answer
    that fills it."""
    return replace(
        facts,
        capability=wishes.capability or facts.capability,
        needs=facts.needs | wishes.needs,
        requirements=wishes.limits,
        max_tokens=max(facts.max_tokens, wishes.min_context - facts.prompt_tokens),
    )


def _both(wanted: tuple[str, ...], only: tuple[str, ...] | None) -> tuple[str, ...]:
    """Of those who are wanted, whoever may answer this caller."""
    return wanted if only is None else tuple(name for name in wanted if name in only)


def _models(desk: Desk, wishes: Wishes) -> list[str]:
    """What to ask for, best first: the model that the caller names, or what its task is for, or what there is."""
    table = desk.generation.table
    named = wishes.capability
    capability = None
    if named is not None:
        capability = named if named in table.capabilities else table.tasks.get(task_key(named))
        if capability is None:
            known = ", ".join(table.capabilities) or "none"
            raise CallerError(f"there is no task {named[:64]!r}", hint=f"known are {known}")
    if wishes.model or capability:
        return [wishes.model or capability or ""]
    if wishes.provider is None:
        models = [*_everywhere(desk)]
    else:
        desk.check_provider(wishes.provider)
        models = [*_listed(desk, wishes.provider)[:1]]
    if not models:
        raise CallerError("`model` is missing, and nobody who may be asked lists any", hint="name a model")
    return models


def _everywhere(desk: Desk) -> Iterator[str]:
    """The first model of each provider that may be used: the default provider's, then in file order; of those that are
    known to be down last."""
    table, live = desk.generation.table, desk.runtime.providers

    def place(name: str) -> tuple[bool, bool]:
        down = name in live and live[name].health in {Health.UNAVAILABLE, Health.AUTH_FAILED}
        return down, name != table.default_provider

    for name in sorted((name for name, entry in table.providers.items() if entry.barred is None), key=place):
        for model in _listed(desk, name)[:1]:
            yield f"{name}/{model}"


def _listed(desk: Desk, provider: str) -> tuple[str, ...]:
    """A provider's models: those of the configuration, then those that it listed itself."""
    entry, state = desk.generation.table.providers.get(provider), desk.runtime.providers.get(provider)
    return (*(entry.models if entry is not None else ()), *(state.models if state is not None else ()))


def _plan(desk: Desk, facts: RouteFacts, models: list[str], wishes: Wishes, asked: str) -> Plan:
    """The candidates as the caller wants them: at one provider or at any, and after the first one nobody, those that
    the caller names, or those that the configuration has."""
    if wishes.provider is not None:
        plans = [desk.plan_at(facts, wishes.provider)]
    else:
        plans = [desk.plan(replace(facts, model=model)) for model in models]
    plan = _joined(plans, asked)
    if wishes.fallback is True:
        return plan
    first = replace(plan, attempts=plan.attempts[:1], excluded=(*plan.excluded, *unwanted(plan.attempts[1:])))
    if wishes.fallback is False:
        return first
    wanted = (plan.attempts[0].model, facts.model) if plan.attempts else (facts.model,)
    named = [_named(desk, facts, name, wanted) for name in wishes.fallback]
    return _joined([first, *named], asked)


def _named(desk: Desk, facts: RouteFacts, name: str, wanted: tuple[str, ...]) -> Plan:
    """A fallback that the caller names: a provider, which is asked for the same model if it lists it, or a model."""
    if name in desk.generation.table.providers:
        listed = _listed(desk, name)
        model = next((model for model in (*wanted, *listed) if model in listed), wanted[0])
        plan = desk.plan(replace(facts, model=f"{name}/{model}", capability=None))
    else:
        plan = desk.plan(replace(facts, model=name, capability=None))
    attempts = tuple(replace(it, why="fallback named by the caller") for it in plan.attempts[:1])
    return replace(plan, attempts=attempts)


def _joined(plans: list[Plan], asked: str) -> Plan:
    """One plan of several, without repeats; scored by place, since scores of different plans cannot be compared."""
    if len(plans) == 1:
        return replace(plans[0], asked=asked)
    attempts: dict[tuple[str, str], Candidate] = {}
    for plan in plans:
        for it in plan.attempts:
            attempts.setdefault((it.provider, it.model), it)
    scored = (replace(it, score=round(1 / place, 3)) for place, it in enumerate(attempts.values(), start=1))
    excluded = {(it.provider, it.model): it for plan in plans for it in plan.excluded}
    left_out = tuple(it for key, it in excluded.items() if key not in attempts)
    return replace(plans[0], asked=asked, attempts=tuple(scored), excluded=left_out)


# ── what is answered ─────────────────────────────────────────────────────────────────────────────────────────────────


def _chat(held: bytes, trip: Trip) -> bytes:
    reply = with_numbers_as_written(object_in(held), held)
    return encode(reply | _who(trip) | {"attempts": len(trip.attempts)})


def _generated(held: bytes, trip: Trip) -> bytes:
    reply = object_in(held)
    choices = reply.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices and isinstance(choices[0], dict) else {}
    message = choice.get("message")
    text = message.get("content") if isinstance(message, dict) else None
    usage = reply.get("usage") or (usage_object(trip.usage) if trip.usage is not None else None)
    said: JsonObject = {"text": text or "", **_who(trip), "usage": usage, "finish_reason": choice.get("finish_reason")}
    return orjson.dumps(said)


def _who(trip: Trip) -> JsonObject:
    answered_by = trip.hit or trip.answered_by
    return {"provider": answered_by.provider, "model": answered_by.model} if answered_by is not None else {}
