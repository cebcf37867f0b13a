"""Tokens counted before they are spent."""

import json
from typing import Any

import pytest

from tests.integration.gateway.scene import Play, cut, error_of, house, reply

MESSAGE = {"role": "user", "content": "How many words are in here?"}
ASK = {"model": "m", "messages": [MESSAGE]}
ENTRY = {"type": "anthropic", "api_key": "sk-ours"}
CONTENTS = [{"role": "user", "parts": [{"text": MESSAGE["content"]}]}]


def counted(tokens: object) -> Play:
    return Play(reply(200, json.dumps({"input_tokens": tokens}).encode()))


async def test_a_provider_of_the_dialect_counts_itself() -> None:
    play = counted(4711)
    async with house({"first": play}, entries={"first": ENTRY}, mappings=_alias("claude")) as home:
        response = await home.http.post("/v1/messages/count_tokens", json=ASK | {"model": "claude"})
        assert response.json() == {"input_tokens": 4711}
        assert "x-estimated" not in response.headers
        assert play.asked[0]["model"] == "m"
        assert play.headers[0]["x-api-key"] == "sk-ours"
        assert home.gateway.runtime.requests == 0


@pytest.mark.parametrize(
    "play",
    [
        Play(reply(500, b"{}")),
        Play(reply(400, b"{}")),
        Play(reply(200, b"<html>")),
        counted("many"),
        Play(cut()),
    ],
    ids=["fails", "refuses", "a page", "no number", "cut"],
)
async def test_whatever_a_provider_says_instead_an_estimate_is_given(play: Play) -> None:
    async with house({"first": play}, entries={"first": ENTRY}) as home:
        response = await home.http.post("/v1/messages/count_tokens", json=ASK)
        _is_estimate(response.headers.get("x-estimated"), response.json()["input_tokens"])


async def test_a_provider_of_another_dialect_is_not_asked() -> None:
    play = counted(1)
    async with house({"first": play}) as home:
        response = await home.http.post("/v1/messages/count_tokens", json=ASK)
        _is_estimate(response.headers.get("x-estimated"), response.json()["input_tokens"])
        assert not play.asked


@pytest.mark.parametrize("path", ["/v1beta/models/m:countTokens", "/v1/models/m:countTokens"])
@pytest.mark.parametrize("body", [{"contents": CONTENTS}, {"generateContentRequest": {"contents": CONTENTS}}])
async def test_googles_callers_are_given_an_estimate(path: str, body: dict[str, Any]) -> None:
    async with house({"first": counted(1)}) as home:
        response = await home.http.post(path, json=body)
        _is_estimate(response.headers.get("x-estimated"), response.json()["totalTokens"])


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/messages/count_tokens", ASK | {"model": "gpt-9"}),
        ("/v1beta/models/gpt-9:countTokens", {"contents": CONTENTS}),
    ],
)
async def test_a_model_that_nobody_has_is_not_counted_for(path: str, body: dict[str, Any]) -> None:
    async with house({"first": counted(1)}) as home:
        missing = await home.http.post(path, json=body)
        assert missing.status_code == 404
        assert "gpt-9" in error_of(missing)["message"]


@pytest.mark.parametrize("path", ["/v1/messages/count_tokens", "/v1beta/models/m:countTokens"])
async def test_what_does_not_call_itself_json_is_refused(path: str) -> None:
    async with house({"first": counted(1)}) as home:
        assert (await home.http.post(path, content=b"{}")).status_code == 415


def _alias(name: str) -> dict[str, Any]:
    return {"exact_matches": {name: {"provider": "first", "backend_model": "m", "fallback": None}}}


def _is_estimate(header: str | None, tokens: int) -> None:
    assert header == "true"
    assert 0 < tokens < 4 * len(MESSAGE["content"].split())
