"""What a request finds in the cache, what it leaves there, and who never sees it."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.cache.keys import Scope
from ai_dashboard.config.schema.cache import CacheSettings
from ai_dashboard.core.chat import Ask
from ai_dashboard.core.errors import CallerError
from ai_dashboard.core.events import Finished, Text
from ai_dashboard.core.plan import Candidate, Excluded, Plan, RouteFacts
from ai_dashboard.core.tenancy import Caller
from ai_dashboard.gateway.caching import Caching, Hit, Ticket
from ai_dashboard.transport.http1 import HeaderBlock
from tests.integration.cache.homes import Turned
from tests.unit.cache.asks import SCOPE, USAGE, ask, reply

PLAN = Plan("m", "r", (Candidate("p", "m", "w", 1.0),), ())
NEW = "f" * 16
NOTHING: Mapping[str, str] = {}


class Embedder:
    """Whom the gateway routes embeddings to: notes who asks for what, and how far it may go."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, tuple[str, ...], Scope]] = []

    async def __call__(
        self, model: str, texts: Sequence[str], scope: Scope, _caller: Caller | None
    ) -> list[list[float]] | None:
        self.asked.append((model, tuple(texts), scope))
        return [[1.0, float(len(text)) / 1000] for text in texts]


def caching(clock: Turned | None = None, env: Mapping[str, str] = NOTHING, **settings: object) -> Caching:
    written = CacheSettings.model_validate({"enabled": True, **settings})
    return Caching(written, clock or Turned(), embed_via=Embedder(), env=env)


async def look(
    made: Caching, asked: Ask, headers: Mapping[str, str] = NOTHING, plan: Plan = PLAN, scope: Scope = SCOPE
) -> Hit | Ticket:
    return await made.look(asked, RouteFacts(asked.model), headers, plan, scope, NEW)


async def missed(made: Caching, asked: Ask, headers: Mapping[str, str] = NOTHING, scope: Scope = SCOPE) -> Ticket:
    found = await look(made, asked, headers, scope=scope)
    assert isinstance(found, Ticket)
    return found


async def answered(
    made: Caching, asked: Ask, body: bytes = b"", headers: Mapping[str, str] = NOTHING, scope: Scope = SCOPE
) -> Ticket:
    """One request that misses, and its answer."""
    async with await missed(made, asked, headers, scope) as ticket:
        whole = body or reply(asked)
        ticket.add(whole[:20])
        ticket.add(whole[20:])
        await ticket.keep("p", "m", USAGE, took_s=2.0, cost_usd=0.25)
    return ticket


async def hit(made: Caching, asked: Ask, headers: Mapping[str, str] = NOTHING) -> Hit:
    found = await look(made, asked, headers)
    assert isinstance(found, Hit)
    return found


async def test_the_same_ask_gets_the_same_answer_with_its_age_and_what_it_saved() -> None:
    clock = Turned()
    made = caching(clock)
    ticket = await answered(made, ask())
    assert ticket.head == b"x-cache: miss\r\n"
    clock.ahead += 12.5
    found = await hit(made, ask())
    assert found.head == b"x-cache: hit\r\nage: 12\r\n"
    assert found.body == reply(ask()).replace(b"0123456789abcdef", NEW.encode())
    assert (found.provider, found.model, found.usage, found.saved_s, found.saved_usd) == ("p", "m", USAGE, 2.0, 0.25)
    figures = made.figures()
    assert (figures.saved_s, figures.saved_usd, figures.exact.hits, figures.exact.misses) == (2.0, 0.25, 1, 1)
    assert HeaderBlock(found.head)


async def test_a_stream_is_given_whole_and_a_whole_reply_as_a_stream_in_any_dialect() -> None:
    made = caching()
    await answered(made, ask(stream=True))
    assert (await hit(made, ask())).body.startswith(b'{"id"')
    assert (await hit(made, ask(stream=True))).body.endswith(b"data: [DONE]\n\n")
    same = {"messages": [{"role": "user", "content": "Hi"}], "max_tokens": 5, "temperature": 0}
    assert b"message_stop" in (await hit(made, ask("anthropic.messages", stream=True, **same))).body


async def test_two_hundred_at_one_time_are_one_call_upstream() -> None:
    made = caching()
    calls = 0

    async def one(number: int) -> bytes:
        nonlocal calls
        found = await look(made, ask(stream=number % 2 == 0))
        if isinstance(found, Hit):
            return found.body
        async with found as ticket:
            calls += 1
            await asyncio.sleep(0)
            body = reply(ticket.ask)
            ticket.add(body)
            await ticket.keep("p", "m", USAGE, 1.0)
            return body

    bodies = await asyncio.gather(*(one(number) for number in range(200)))
    assert calls == 1
    assert all(b"Hello" in body for body in bodies)


async def test_a_caller_who_leaves_hands_over_to_those_who_wait() -> None:
    made = caching()
    async with await missed(made, ask()):
        waiting = asyncio.get_running_loop().create_task(look(made, ask()))
        await asyncio.sleep(0)
        assert not waiting.done()
    found = await waiting
    assert isinstance(found, Ticket)
    assert found.lead is not None
    await found.__aexit__(None, None, None)


async def test_the_time_spent_waiting_for_somebody_else_is_told_apart() -> None:
    clock = Turned()
    made = caching(clock)
    async with await missed(made, ask()) as ticket:
        waiting = asyncio.get_running_loop().create_task(look(made, ask()))
        await asyncio.sleep(0)
        clock.ahead += 30
        ticket.add(reply(ask()))
        await ticket.keep("p", "m", USAGE, 1.0)
    found = await waiting
    assert isinstance(found, Hit)
    assert 30 <= found.waited_s < 40
    assert (await hit(made, ask())).waited_s < 10


@pytest.mark.parametrize(
    ("settings", "asked", "kept"),
    [
        ({}, ask(), True),
        ({}, ask("ollama.chat"), True),
        ({}, ask("google.generate"), True),
        ({}, ask(temperature=0.0), True),
        ({}, ask(temperature=0.7), False),
        ({}, ask(temperature=False), False),
        ({}, ask(temperature=None), False),
        ({}, ask(temperature=0.7, cache="always"), True),
        ({}, ask("anthropic.messages", temperature=1, cache={"always": True}), True),
        ({"when": "always"}, ask(temperature=0.7), True),
        ({"when": "always"}, ask(cache="off"), False),
        ({"enabled": False}, ask(cache="always"), False),
        ({"max_entry_mb": 0.0001}, ask(), False),
    ],
)
async def test_who_takes_part(settings: dict[str, Any], asked: Ask, kept: bool) -> None:
    made = caching(**settings)
    await answered(made, asked)
    assert isinstance(await look(made, asked), Hit) == kept


@pytest.mark.parametrize("events", [(Text("a"), Finished("length")), (Text(" "), Finished("stop"))])
async def test_an_answer_that_was_cut_or_is_empty_is_given_to_nobody(events: tuple[Any, ...]) -> None:
    made = caching()
    await answered(made, ask(), reply(ask(), events))
    assert isinstance(await look(made, ask()), Ticket)


async def test_an_answer_put_together_from_two_is_not_kept() -> None:
    made = caching()
    async with await missed(made, ask()) as ticket:
        ticket.add(reply(ask()))
        ticket.spoil()
        await ticket.keep("p", "m", USAGE, 1.0)
    assert isinstance(await look(made, ask()), Ticket)


async def test_a_caller_can_do_without_what_is_there_and_without_leaving_anything() -> None:
    made = caching()
    assert (await answered(made, ask(), headers={"cache-control": "no-store"})).head == b"x-cache: bypass\r\n"
    assert made.figures().exact.entries == 0
    await answered(made, ask())
    newer = await answered(made, ask(), reply(ask(), (Text("newer"), Finished("stop"))), {"cache-control": "no-cache"})
    assert newer.head == b"x-cache: miss\r\n"
    assert b"newer" in (await hit(made, ask())).body
    with pytest.raises(CallerError):
        await look(made, ask(), {"x-cache-ttl": "soon"})


async def test_a_caller_can_make_an_answer_good_for_less_time_and_not_for_more() -> None:
    clock = Turned()
    made = caching(clock, ttl_s=100)
    await answered(made, ask(), headers={"x-cache-ttl": "10"})
    await answered(made, ask(seed=1), headers={"x-cache-ttl": "10000"})
    clock.ahead += 11
    assert isinstance(await look(made, ask()), Ticket)
    await hit(made, ask(seed=1))
    clock.ahead += 90
    assert isinstance(await look(made, ask(seed=1)), Ticket)


@pytest.mark.parametrize(
    ("plan", "given"),
    [
        (PLAN, True),
        (Plan("m", "r", (), (Excluded("p", "m", "unavailable"),)), True),
        (Plan("m", "r", (), (Excluded("p", "m", "breaker_open: it failed too often"),)), True),
        (Plan("m", "r", (), (Excluded("p", "m", "disabled_by_operator"),)), False),
        (Plan("m", "r", (), (Excluded("p", "m", "residency:eu (answers in us)"),)), False),
        (Plan("m", "r", (), (Excluded("p", "m", "not_asked_for: the caller wants q"),)), False),
        (Plan("m", "r", (Candidate("other", "m", "w", 1.0),), ()), False),
        (Plan("m", "r", (Candidate("p", "newer", "w", 1.0),), ()), False),
    ],
)
async def test_an_answer_is_given_only_where_whoever_made_it_could_be_asked(plan: Plan, given: bool) -> None:
    made = caching()
    await answered(made, ask())
    assert isinstance(await look(made, ask(), plan=plan), Hit) == given
    assert made.figures().exact.hits == int(given)


async def test_a_conversation_can_go_on_from_a_response_that_was_given_again() -> None:
    made = caching()
    asked = ask("openai.responses")
    await answered(made, asked)
    found = await hit(made, asked)
    assert found.told is not None
    assert found.told.response_id.endswith(NEW)
    assert found.told.response_id.encode() in found.body


names = st.text(max_size=6)
SEMANTIC: dict[str, Any] = {"enabled": True, "embedder": "hashing", "threshold": 0.5}


@given(st.lists(st.tuples(names, names), min_size=2, max_size=5, unique=True), st.booleans())
def test_no_tenant_and_no_residency_group_ever_gets_another_s_answer(scopes: list[tuple[str, str]], same: bool) -> None:
    async def matrix() -> None:
        made = caching(semantic=SEMANTIC)
        for giver in scopes:
            await answered(made, ask(), scope=Scope(*giver))
            other = ask() if same else ask(messages=[{"role": "user", "content": "hi!"}])
            for taker in scopes[scopes.index(giver) + 1 :]:
                found = await look(made, other, scope=Scope(*taker))
                assert isinstance(found, Ticket)
                await found.__aexit__(None, None, None)

    asyncio.run(matrix())


def asking(prompt: str) -> Ask:
    return ask(messages=[{"role": "user", "content": prompt}])


async def test_what_means_the_same_gets_the_same_answer_and_says_how_similar_it_is() -> None:
    made = caching(semantic=SEMANTIC)
    await answered(made, asking("How do I boil an egg?"))
    found = await hit(made, asking("How do you boil an egg?"))
    assert found.similarity is not None
    lines = dict(line.split(b": ") for line in found.head.split(b"\r\n") if line)
    assert lines[b"x-cache"] == b"semantic"
    assert float(lines[b"x-cache-similarity"]) == pytest.approx(found.similarity, abs=1e-4)
    assert isinstance(await look(made, asking("How do you not boil an egg?")), Ticket)
    figures = made.figures().semantic
    assert figures is not None
    assert (figures.hits, figures.near_misses) == (1, 1)
    taken = await made.feedback(lines[b"x-cache-entry"].decode(), found.similarity)
    assert taken is not None
    assert isinstance(await look(made, asking("How would you boil an egg?")), Ticket)
    assert await made.feedback("nobody", None) is None


async def test_a_caller_can_do_without_meaning() -> None:
    made = caching(semantic=SEMANTIC)
    await answered(made, asking("How do I boil an egg?"))
    plain = ask(messages=[{"role": "user", "content": "How do you boil an egg?"}], cache={"semantic": False})
    assert isinstance(await look(made, plain), Ticket)


async def test_those_who_wait_while_a_meaning_is_found_find_it_too() -> None:
    made = caching(semantic=SEMANTIC)
    await answered(made, asking("How do I boil an egg?"))
    found = await asyncio.gather(*(look(made, asking("How do you boil an egg?")) for _ in range(5)))
    assert all(isinstance(it, Hit) for it in found)


async def test_a_provider_s_vectors_are_asked_for_within_the_tenant_and_its_residency_group() -> None:
    embedder = Embedder()
    settings = CacheSettings.model_validate({"enabled": True, "semantic": SEMANTIC | {"embedder": "ollama:all-minilm"}})
    made = Caching(settings, Turned(), embed_via=embedder, env={})
    await answered(made, asking("boil an egg"))
    assert embedder.asked == [("ollama/all-minilm", ("boil an egg",), SCOPE)]


async def test_everything_is_forgotten_by_tenant_and_by_model() -> None:
    made = caching(semantic=SEMANTIC)
    for tenant in ("a", "b"):
        await answered(made, ask(), scope=Scope(tenant, ""))
    forgotten = await made.invalidate(tenant="a")
    assert (forgotten.exact, forgotten.semantic, forgotten.complete) == (1, 1, True)
    forgotten = await made.invalidate(model="m")
    assert (forgotten.exact, forgotten.semantic) == (1, 1)


async def test_a_changed_configuration_keeps_what_it_has_room_for() -> None:
    made = caching(semantic=SEMANTIC)
    await answered(made, ask())
    made.adopt(CacheSettings.model_validate({"enabled": True, "ttl_s": 5, "semantic": SEMANTIC}))
    await hit(made, ask())
    before = made.meanings
    made.adopt(CacheSettings.model_validate({"enabled": True, "semantic": SEMANTIC | {"threshold": 0.9}}))
    assert made.meanings is not before
    made.adopt(CacheSettings.model_validate({"enabled": True}))
    assert made.figures().semantic is None
    made.adopt(CacheSettings.model_validate({"enabled": True, "max_mb": 0.0001}))
    assert made.figures().exact.entries == 0


async def test_an_embedder_that_is_not_there_turns_meaning_off_and_says_why() -> None:
    made = caching(semantic=SEMANTIC | {"embedder": "word2vec"})
    assert made.meanings is None
    assert "word2vec" in made.figures().problem
    await answered(made, ask())
    await hit(made, ask())


async def test_the_environment_wins() -> None:
    env = {"SEMANTIC_CACHE_THRESHOLD": "0.77", "SEMANTIC_CACHE_EMBEDDING_MODEL": "hashing"}
    figures = caching(env=env, semantic={"enabled": True, "embedder": "local"}).figures().semantic
    assert figures is not None
    assert (figures.threshold, figures.embedder) == (0.77, "hashing")
