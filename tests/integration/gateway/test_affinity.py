"""Conversations come back to who answered them, through a whole gateway."""

from collections import Counter
from pathlib import Path
from typing import Any

import yaml

from ai_dashboard.config.load import load
from ai_dashboard.core.errors import UpstreamTimeout
from ai_dashboard.core.plan import RouteFacts
from ai_dashboard.core.snapshot import Health
from tests.integration.gateway.scene import ANSWER, WHOLE, House, Play, closed_port, house, playing, reply, stream

TURNS: dict[str, Any] = {"routing_rules": {"strategy": "round_robin"}}


def three() -> dict[str, Play]:
    return {name: Play(reply(200, WHOLE)) for name in ("first", "second", "third")}


def conversation(turns: int, about: str = "pools") -> list[dict[str, str]]:
    """The messages of a conversation at its turn number `turns`."""
    messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": f"What are {about}?"}]
    for turn in range(1, turns):
        messages += [
            {"role": "assistant", "content": "Hello"},
            {"role": "user", "content": f"Why, for the {turn}th time?"},
        ]
    return messages


async def ask(home: House, messages: list[dict[str, str]], **headers: str) -> str:
    """Who answers."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    response = await home.chat(stream=False, messages=messages, headers=named)
    assert response.status_code == 200
    return response.headers["x-provider"]


async def notes(home: House) -> tuple[str, ...]:
    plan = (await home.record(home.gateway.runtime.requests)).plan
    assert plan is not None
    return plan.notes


async def test_a_conversation_stays_where_it_began_and_its_beginnings_are_spread() -> None:
    async with house(three(), mappings=TURNS) as home:
        began = {about: await ask(home, conversation(1, about)) for about in ("pools", "taps", "seas")}
        assert sorted(began.values()) == ["first", "second", "third"]
        kept = 0
        for turn in (2, 2, 3):
            for about, provider in reversed(began.items()):
                assert await ask(home, conversation(turn, about)) == provider
                # It is said where it was not the provider's turn anyway.
                said = await notes(home)
                assert said in ((), (f"affinity: {provider} served the last turn",))
                kept += bool(said)
        assert kept > 0


async def test_the_same_question_asked_again_is_no_conversation() -> None:
    async with house(three(), mappings=TURNS) as home:
        answered = Counter([await ask(home, conversation(1)) for _ in range(9)])
        assert answered == {"first": 3, "second": 3, "third": 3}


async def test_a_session_stays_whatever_it_asks() -> None:
    async with house(three(), mappings=TURNS) as home:
        for header in ("x_session_id", "x_conversation_id"):
            about = ["pools", "taps", "seas", "pools"]
            answered = {await ask(home, conversation(1, it), **{header: header}) for it in about}
            assert len(answered) == 1
        assert len({await ask(home, conversation(1), x_session_id=name) for name in "abc"}) == 3


async def test_a_conversation_that_somebody_else_had_to_answer_stays_there() -> None:
    plays = three()
    async with house(plays) as home:
        assert await ask(home, conversation(1)) == "first"
        plays["first"].script = reply(503, b'{"error":{"message":"busy"}}')
        assert await ask(home, conversation(2)) == "second"
        plays["first"].script = reply(200, WHOLE)
        assert await ask(home, conversation(3)) == "second"
        assert await notes(home) == ("affinity: second served the last turn",)
        assert await ask(home, conversation(1, "taps")) == "first"


async def test_a_streamed_turn_counts_and_one_that_failed_does_not() -> None:
    plays = {"first": Play(stream(ANSWER)), "second": Play(stream(ANSWER))}
    async with house(plays, mappings=TURNS) as home:
        first = await home.chat(messages=conversation(1))
        again = await home.chat(messages=conversation(2))
        assert first.headers["x-provider"] == again.headers["x-provider"]
        plays["first"].script = plays["second"].script = reply(400, b'{"error":{"message":"no"}}')
        refused = [await home.chat(messages=conversation(1, "taps")) for _ in range(2)]
        assert {response.status_code for response in refused} == {400}
        held = [len(home.gateway.runtime.provider(name).conversations) for name in plays]
        assert sum(held) == 1


async def test_who_was_restarted_has_forgotten() -> None:
    async with house(three(), mappings=TURNS) as home:
        runtime = home.gateway.runtime
        provider = await ask(home, conversation(1))
        runtime.check_failed(provider, UpstreamTimeout("no answer"))
        runtime.check_passed(provider, ("m",))
        assert runtime.provider(provider).health is Health.ACTIVE
        assert await ask(home, conversation(2)) != provider


async def test_too_busy_a_replica_lets_a_conversation_go() -> None:
    entries = {name: {"rate_limits": {"max_concurrent": 1}} for name in ("first", "second", "third")}
    async with house(three(), mappings=TURNS, entries=entries) as home:
        provider = await ask(home, conversation(1))
        state = home.gateway.runtime.provider(provider)
        state.in_flight += 1
        assert await ask(home, conversation(2)) != provider
        state.in_flight -= 1


async def test_embeddings_are_no_conversations() -> None:
    vectors = b'{"object":"list","data":[{"object":"embedding","index":0,"embedding":[1.0]}],"model":"m"}'
    plays = {name: Play(reply(200, vectors)) for name in ("first", "second")}
    async with house(plays, mappings=TURNS) as home:
        body = {"model": "m", "input": "x", "user": "ann"}
        answers = [await home.http.post("/v1/embeddings", json=body) for _ in range(4)]
        assert Counter(answer.headers["x-provider"] for answer in answers) == {"first": 2, "second": 2}


async def test_turns_and_conversations_go_on_in_the_next_configuration(tmp_path: Path) -> None:
    def write(**more: object) -> None:
        rules = {"strategy": "round_robin", **more}
        entry = {"type": "openai_compatible", "models": ["m"]}
        entries = {name: entry | {"base_url": play.address} for name, play in plays.items()}
        (tmp_path / "providers.yaml").write_text(yaml.safe_dump({"providers": entries}))
        (tmp_path / "model-mappings.yaml").write_text(yaml.safe_dump({"routing_rules": rules}))

    plays = {name: Play(reply(200, WHOLE)) for name in ("first", "second")}
    async with playing(plays["first"]), playing(plays["second"]):
        write()
        async with house(loaded=load(tmp_path, {})) as home:
            assert await ask(home, conversation(1)) == "first"
            write(description="the same")
            assert await home.gateway.reloader.reload() == 2
            assert await ask(home, conversation(1, "taps")) == "second"
            assert [await ask(home, conversation(turn)) for turn in (2, 3)] == ["first", "first"]
            assert await notes(home) == ("affinity: first served the last turn",)


async def test_one_who_cannot_be_reached_takes_no_conversation_along() -> None:
    play = Play(reply(200, WHOLE))
    with closed_port() as nobody:
        async with house({"gone": nobody, "here": play}) as home:
            await home.gateway.refresh()
            for turn in (1, 2):
                assert await ask(home, conversation(turn)) == "here"
            assert len(home.gateway.runtime.provider("gone").conversations) == 0


async def test_it_is_shown_where_such_a_request_would_go() -> None:
    async with house(three(), mappings=TURNS) as home:
        provider = await ask(home, conversation(1), x_session_id="ann")
        await ask(home, conversation(1, "taps"))
        plan = home.gateway.explain(RouteFacts("m", user="ann"))
        assert (plan.attempts[0].provider, plan.notes) == (provider, (f"affinity: {provider} served the last turn",))
