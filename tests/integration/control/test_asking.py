"""Questions of the operator, at a real gateway: what is told of an answer, and what becomes of one that is stopped."""

from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from ai_dashboard.control.asking import CUT, body_of
from ai_dashboard.control.remote import RemotePort
from ai_dashboard.control.replay import root_url
from ai_dashboard.core.control import ControlPort, PortClosed
from ai_dashboard.core.events import Text, Thinking, Usage
from ai_dashboard.core.playground import Answered, Question, Refused, Routed, Told, Turn
from ai_dashboard.core.records import Stage
from tests.integration.control.doors import door
from tests.integration.gateway.scene import (
    ADMIN_TOKEN,
    DONE,
    HELLO,
    ROLE,
    STOP,
    WORLD,
    House,
    Play,
    Script,
    cut,
    frame,
    hanging,
    house,
    reply,
    stream,
    until,
)

ASKED = Question("m", (Turn("user", "Hi"),))
USED = b'data: {"id": "up-1", "choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 7}}\n\n'
THOUGHT = frame({"reasoning_content": "Hm"})
PRICED = {"first": {"cost_per_1k_tokens": {"m": {"input": 1.0, "output": 2.0}}}}


@asynccontextmanager
async def asking(script: Script, **more: object) -> AsyncIterator[tuple[House, ControlPort]]:
    async with house({"first": Play(script)}, **more) as home:  # type: ignore[arg-type]  # what a house takes
        port = RemotePort(root_url(*home.gateway.address), ADMIN_TOKEN)
        yield home, port
        await port.close()


async def told(port: ControlPort, question: Question = ASKED) -> list[Told]:
    return [it async for it in port.ask(question)]


async def test_an_answer_is_told_as_it_comes_and_its_record_at_the_end() -> None:
    script = stream(ROLE, THOUGHT, HELLO, WORLD, STOP, USED, DONE)
    async with asking(script, entries=PRICED) as (_, port):
        routed, thought, first, second, usage, answered = await told(port)
    assert isinstance(routed, Routed)
    assert (routed.provider, routed.model, routed.cached) == ("first", "m", None)
    assert (thought, first, second) == (Thinking("Hm"), Text("Hello"), Text(" wörld \u2028"))
    assert isinstance(usage, Usage)
    assert (usage.prompt_tokens, usage.completion_tokens) == (3, 7)
    assert isinstance(answered, Answered)
    record = answered.record
    assert record is not None
    assert (record.id, record.stage, record.provider, record.stream) == (routed.id, Stage.DONE, "first", True)
    assert record.cost == 17_000_000
    assert record.plan is not None


async def test_what_is_asked_is_the_whole_conversation_and_only_what_was_chosen() -> None:
    turns = (Turn("user", "a"), Turn("assistant", "b"), Turn("user", "c"))
    async with asking(stream(ROLE, HELLO, STOP, DONE)) as (home, port):
        await told(port, Question("m", turns, "be brief", 0.0, 5))
        await told(port)
        full, bare = home.plays["first"].asked
    assert [(it["role"], it["content"]) for it in full["messages"]] == [
        ("system", "be brief"), ("user", "a"), ("assistant", "b"), ("user", "c"),
    ]  # fmt: skip
    assert (full["temperature"], full["max_tokens"]) == (0.0, 5)
    assert "temperature" not in bare
    assert "max_tokens" not in bare
    assert body_of(ASKED)["messages"] == [{"role": "user", "content": "Hi"}]


async def test_a_provider_that_steps_in_is_the_one_that_is_told() -> None:
    fails, answers = Play(reply(500, b"{}")), Play(stream(ROLE, HELLO, STOP, DONE))
    async with house({"first": fails, "second": answers}) as home:
        port = RemotePort(root_url(*home.gateway.address), ADMIN_TOKEN)
        routed, *_, answered = await told(port)
        await port.close()
    assert isinstance(routed, Routed)
    assert routed.provider == "second"
    assert isinstance(answered, Answered)
    assert answered.record is not None
    assert answered.record.fallback_from == "first"


@pytest.mark.parametrize(
    ("script", "question", "status", "words"),
    [
        (stream(ROLE), replace(ASKED, model="nobody"), 404, "nobody"),
        (reply(400, b'{"error": {"message": "too hot"}}'), ASKED, 400, "too hot"),
        (reply(500, b'{"error": {"message": "broken"}}'), ASKED, 502, "broken"),
        (stream(ROLE), replace(ASKED, turns=(Turn("user", "\ud83d"),)), 400, "half a character"),
    ],
)
async def test_what_is_refused_is_told_in_the_gateways_words(
    script: Script, question: Question, status: int, words: str
) -> None:
    async with asking(script) as (_, port):
        refused, answered = await told(port, question)
    assert isinstance(refused, Refused)
    assert refused.status == status
    assert words in refused.message
    assert isinstance(answered, Answered)
    assert answered.record is None or answered.record.stage is Stage.FAILED


async def test_an_answer_that_breaks_off_is_never_told_as_a_whole_one() -> None:
    async with asking(cut(ROLE, HELLO)) as (_, port):
        _, text, refused, answered = await told(port)
    assert text == Text("Hello")
    assert isinstance(refused, Refused)
    assert refused.message != CUT  # the gateway has said why
    assert isinstance(answered, Answered)
    assert answered.record is not None
    assert answered.record.stage is Stage.CUT


async def test_who_stops_listening_stops_the_provider() -> None:
    async with asking(hanging(ROLE, HELLO)) as (home, port):
        async with aclosing(port.ask(ASKED)) as telling:
            assert isinstance(await anext(telling), Routed)
            assert await anext(telling) == Text("Hello")
        await until(lambda: home.plays["first"].left_at is not None)
        record = await home.record()
    assert record.stage is Stage.GONE


async def test_a_gateway_that_is_gone_is_told() -> None:
    nobody = RemotePort("http://127.0.0.1:9", ADMIN_TOKEN)
    with pytest.raises(PortClosed):
        await told(nobody)
    await nobody.close()


# ── by every door ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("kind", ["local", "process"])
async def test_every_door_of_a_screen_asks_alike(kind: str, tmp_path: Path) -> None:
    play = Play(stream(ROLE, HELLO, STOP, DONE))
    async with door(kind, tmp_path, {"first": play}) as (_, port):
        assert [(it.provider, it.name) for it in (await port.models()).models] == [("first", "m")]
        routed, text, *_, answered = await told(port)
        assert (isinstance(routed, Routed), text) == (True, Text("Hello"))
        assert isinstance(answered, Answered)
        assert answered.record is not None
        assert answered.record.stage is Stage.DONE
        play.script = hanging(ROLE, HELLO)
        async with aclosing(port.ask(ASKED)) as telling:
            assert isinstance(await anext(telling), Routed)
        await until(lambda: play.left_at is not None)
