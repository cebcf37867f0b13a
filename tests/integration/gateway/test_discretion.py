"""A provider's key leaves for its provider only, even when the provider repeats it in everything that it says."""

import json
import logging

import httpx
import pytest

from ai_dashboard.core.records import Stage
from tests.integration.gateway.scene import ADMIN, HELLO, ROLE, Play, Script, error_of, house, reply, stream

SECRET = "plain-secret-without-a-known-shape"
HEADER_SECRET = "another-secret-in-a-header"
ECHO = f"key {SECRET} and {HEADER_SECRET} are wrong"

SAYINGS: dict[str, Script] = {
    f"{status}": reply(status, json.dumps({"error": {"message": ECHO}}).encode()) for status in (400, 401, 429, 500)
}
SAYINGS["200 with an error"] = reply(200, json.dumps({"error": ECHO}).encode())
SAYINGS["an error event"] = stream(ROLE, f"data: {json.dumps({'error': {'message': ECHO}})}\n\n".encode())

ASKS: tuple[tuple[str, dict[str, str]], ...] = (
    ("/health?details=true", {}),
    ("/v1/models", {}),
    ("/nowhere", {}),
    ("/api/admin/snapshot", ADMIN),
    ("/api/admin/requests", ADMIN),
    ("/api/admin/route?model=m", ADMIN),
    ("/api/admin/config", ADMIN),
)


@pytest.mark.parametrize("script", SAYINGS.values(), ids=SAYINGS.keys())
@pytest.mark.parametrize("streamed", [True, False], ids=["stream", "whole"])
async def test_keys_are_in_nothing_that_leaves_the_gateway(
    script: Script, streamed: bool, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    play = Play(script)
    play.listing = reply(401, ECHO.encode())
    entry = {"api_key": SECRET, "headers": {"X-Api-Token": HEADER_SECRET, "X-Team": "blue"}}
    async with house({"first": play}, entries={"first": entry}) as home:
        answers: list[httpx.Response] = [await home.chat(stream=streamed)]
        await home.gateway.refresh()
        assert play.headers[0]["authorization"] == f"Bearer {SECRET}"
        for path, headers in ASKS:
            answers.append(await home.http.get(path, headers=headers))
        record = await home.record()
        told = [
            *(answer.text + str(answer.headers) for answer in answers),
            repr(home.gateway.snapshot()),
            repr(record),
            repr(home.gateway.generation),
            caplog.text,
        ]
    assert record.stage is Stage.FAILED
    for text in told:
        assert SECRET not in text
        assert HEADER_SECRET not in text


async def test_what_a_provider_says_is_told_without_the_key() -> None:
    entry = {"api_key": SECRET}
    async with house({"first": Play(SAYINGS["500"])}, entries={"first": entry}) as home:
        response = await home.chat()
        assert error_of(response)["message"] == f"first/m: HTTP 500: key … and {HEADER_SECRET} are wrong"


async def test_a_key_in_an_error_after_the_first_content_is_not_put_on_record() -> None:
    failure = f"data: {json.dumps({'error': {'message': ECHO}})}\n\n".encode()
    entry = {"api_key": SECRET}
    async with house({"first": Play(stream(ROLE, HELLO, failure))}, entries={"first": entry}) as home:
        await home.chat()
        record = await home.record()
        assert record.stage is Stage.CUT
        assert SECRET not in repr(record) + repr(home.picture())
