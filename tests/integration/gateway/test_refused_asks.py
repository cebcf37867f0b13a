"""Asks that nobody could answer at any time are the caller's to change: told so in each dialect, and sent to nobody."""

from dataclasses import dataclass
from typing import Any

import pytest

from tests.integration.gateway.scene import WHOLE, Play, house, reply

WINDOW = 100
SMALL = {"small": {"models": [{"name": "m", "context_length": WINDOW}]}}
RULES = {"capabilities": {"code": {"preferred_models": ["m"]}, "chat": {"preferred_models": ["m"]}}}
LONG = "word " * 400


@dataclass(frozen=True)
class Way:
    """How a dialect asks, where its errors keep their message and their code, and what it says of too long an ask."""

    path: str
    body: dict[str, Any]
    message: tuple[Any, ...]
    code: tuple[Any, ...]
    words: str


MESSAGES = [{"role": "user", "content": LONG}]
WAYS = {
    "openai": Way(
        "/v1/chat/completions", {"model": "m", "messages": MESSAGES}, ("error", "message"), ("error", "code"),
        f"This model's maximum context length is {WINDOW} tokens. However, you requested ",
    ),
    "openai.responses": Way(
        "/v1/responses", {"model": "m", "input": LONG}, ("error", "message"), ("error", "code"),
        f"This model's maximum context length is {WINDOW} tokens. However, you requested ",
    ),
    "anthropic": Way(
        "/v1/messages", {"model": "m", "max_tokens": 9, "messages": MESSAGES}, ("error", "message"),
        ("error", "details", "error_code"), "prompt is too long: ",
    ),
    "google": Way(
        "/v1beta/models/m:generateContent", {"contents": [{"parts": [{"text": LONG}]}]}, ("error", "message"),
        ("error", "details", 0, "reason"), "The input token count (",
    ),
    "ollama": Way(
        "/api/chat", {"model": "m", "messages": MESSAGES, "stream": False}, ("error",), ("code",),
        "the input length exceeds the context length (",
    ),
}  # fmt: skip


def at(told: Any, place: tuple[Any, ...]) -> Any:  # noqa: ANN401 - JSON
    for step in place:
        told = told[step]
    return told


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize("streamed", [False, True])
async def test_a_prompt_that_fits_no_window_is_told_so_in_the_words_of_its_dialect(way: Way, streamed: bool) -> None:
    small = Play(reply(200, WHOLE))
    path = way.path.replace("generateContent", "streamGenerateContent?alt=sse") if streamed else way.path
    async with house({"small": small}, entries=SMALL) as home:
        refused = await home.http.post(path, json=way.body | ({} if "contents" in way.body else {"stream": streamed}))
    assert (refused.status_code, at(refused.json(), way.code)) == (400, "context_length_exceeded")
    assert at(refused.json(), way.message).startswith(way.words)
    assert f" > {WINDOW})" in at(refused.json(), way.message)
    assert not small.asked


async def test_as_long_as_somebody_may_have_a_window_for_it_later_it_is_no_fault_of_the_caller() -> None:
    small, down = Play(reply(200, WHOLE)), "http://127.0.0.1:1"
    async with house({"small": small, "down": down}, entries=SMALL) as home:
        home.gateway.runtime.disable("down")
        assert (await home.chat(stream=False, messages=MESSAGES)).status_code == 503
        assert (await home.chat(stream=False)).headers["x-provider"] == "small"


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
async def test_a_capability_that_does_not_exist_is_named_with_the_nearest_that_do(way: Way) -> None:
    play = Play(reply(200, WHOLE))
    async with house({"a": play}, mappings=RULES) as home:
        refused = await home.http.post(way.path, json=way.body, headers={"x-capability": "cod"})
        assert (refused.status_code, at(refused.json(), way.code)) == (400, "unknown_capability")
        assert "there is no capability 'cod'. did you mean code" in at(refused.json(), way.message)
        assert not play.asked
        assert (await home.http.post(way.path, json=way.body, headers={"x-capability": "code"})).status_code == 200
