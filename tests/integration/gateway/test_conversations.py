"""Conversations that are kept here: whose they are, what is kept of them, and what is not."""

import json
from typing import Any

from tests.integration.gateway.scene import (
    ANSWER,
    DONE,
    HELLO,
    ROLE,
    WHOLE,
    House,
    Play,
    cut,
    error_of,
    house,
    reply,
    stream,
)

PATH = "/v1/responses"


async def ask(home: House, question: str, *, key: str = "", **fields: object) -> dict[str, Any]:
    """One response, as its object."""
    headers = {"authorization": f"Bearer {key}"} if key else {}
    response = await home.http.post(PATH, json={"model": "m", "input": question, **fields}, headers=headers)
    found = response.json()
    assert isinstance(found, dict)
    return found


def heard(play: Play) -> list[tuple[str, str]]:
    """Roles and texts of the last conversation that a provider was shown."""
    return [(message["role"], message["content"]) for message in play.asked[-1]["messages"]]


async def test_an_ask_brings_the_conversation_that_it_goes_on_from() -> None:
    play = Play(reply(200, WHOLE))
    async with house({"first": play}) as home:
        first = await ask(home, "One?")
        second = await ask(home, "Two?", previous_response_id=first["id"])
        await ask(home, "Three?", previous_response_id=second["id"])
        assert heard(play) == [
            ("user", "One?"),
            ("assistant", "Hello"),
            ("user", "Two?"),
            ("assistant", "Hello"),
            ("user", "Three?"),
        ]
        await ask(home, "Other?", previous_response_id=first["id"])
        assert heard(play)[-1] == ("user", "Other?")
        assert len(heard(play)) == 3


async def test_a_stream_is_kept_like_a_whole_reply() -> None:
    play = Play(stream(ANSWER))
    async with house({"first": play}) as home:
        streamed = await home.http.post(PATH, json={"model": "m", "input": "One?", "stream": True})
        last = json.loads(streamed.text.strip().rpartition("data: ")[2])
        assert last["type"] == "response.completed"
        play.script = reply(200, WHOLE)
        await ask(home, "Two?", previous_response_id=last["response"]["id"])
        assert heard(play) == [("user", "One?"), ("assistant", "Hello wörld \u2028"), ("user", "Two?")]


async def test_nobody_else_can_go_on_from_it() -> None:
    async with house({"first": Play(reply(200, WHOLE))}) as home:
        first = await ask(home, "One?", key="ours")
        for key in ("", "theirs"):
            refused = await ask(home, "Two?", key=key, previous_response_id=first["id"])
            assert refused["error"]["code"] == "previous_response_not_found"
        assert (await ask(home, "Two?", key="ours", previous_response_id=first["id"]))["status"] == "completed"


async def test_what_the_caller_wants_forgotten_is_not_kept() -> None:
    async with house({"first": Play(reply(200, WHOLE))}) as home:
        first = await ask(home, "One?", store=False)
        refused = await home.http.post(PATH, json={"model": "m", "input": "Two?", "previous_response_id": first["id"]})
        assert (refused.status_code, error_of(refused)["code"]) == (400, "previous_response_not_found")


async def test_an_answer_that_broke_off_is_not_kept() -> None:
    play = Play(cut(ROLE, HELLO))
    async with house({"first": play}) as home:
        broken = await home.http.post(PATH, json={"model": "m", "input": "One?", "stream": True})
        opened = json.loads(broken.text.partition("data: ")[2].partition("\n")[0])
        play.script = stream(ANSWER + DONE)
        refused = await ask(home, "Two?", previous_response_id=opened["response"]["id"])
        assert refused["error"]["code"] == "previous_response_not_found"
