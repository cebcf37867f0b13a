"""Requests that are asked again, at a real gateway with a request log."""

from pathlib import Path

import orjson
import pytest

from ai_dashboard.control.remote import RemotePort
from ai_dashboard.control.replay import again, root_url
from ai_dashboard.core.control import Replayed
from ai_dashboard.core.errors import CallerError, RecordNotFound
from ai_dashboard.core.playground import Answered, Question, Turn
from ai_dashboard.core.request_log import LoggedRequest
from tests.integration.control.doors import door
from tests.integration.gateway.scene import ADMIN_TOKEN, ANSWER, WHOLE, House, Play, house, reply, stream

LOG = {"request_log": {"bodies": "full"}, "cache": {"enabled": True}}


async def logged(home: House) -> str:
    """The id of the last request, once it is in the log."""
    record = await home.record()
    log = home.gateway.keeping.log
    assert log is not None
    await log.written()
    return record.id


def remote(home: House) -> RemotePort:
    return RemotePort(root_url(*home.gateway.address), ADMIN_TOKEN)


@pytest.mark.parametrize("streamed", [False, True])
async def test_a_request_is_asked_again_as_it_was(tmp_path: Path, streamed: bool) -> None:
    play = Play(stream(ANSWER) if streamed else reply(200, WHOLE))
    async with house({"first": play}, settings=LOG, state=tmp_path) as home:
        await home.chat(stream=streamed, temperature=0)
        before = await logged(home)
        port = remote(home)
        replayed = await port.replay(before)
        record = await port.record(replayed.id)
        await port.close()
    assert replayed == Replayed(record.id, 200)
    assert record.id != before
    assert (record.asked, record.stream, record.cached) == ("m", streamed, None)


async def test_another_model_may_be_asked(tmp_path: Path) -> None:
    async with house({"first": Play(reply(200, WHOLE))}, settings=LOG, state=tmp_path) as home:
        await home.chat(stream=False)
        before = await logged(home)
        port = remote(home)
        assert (await port.replay(before, "nobody")).status == 404
        await port.close()


async def test_what_was_not_kept_cannot_be_asked_again(tmp_path: Path) -> None:
    async with house({"first": Play(reply(200, WHOLE))}, state=tmp_path) as home:
        await home.chat(stream=False)
        before = await logged(home)
        port = remote(home)
        with pytest.raises(CallerError, match="what was asked is not kept"):
            await port.replay(before)
        with pytest.raises(RecordNotFound):
            await port.replay("nobody-has-this-id")
        await port.close()


@pytest.mark.parametrize("kind", ["local", "process"])
async def test_every_door_of_a_screen_asks_again(kind: str, tmp_path: Path) -> None:
    play = Play(stream(ANSWER))
    async with door(kind, tmp_path, {"first": play}) as (gateway, port):
        question = Question("m", (Turn("user", "Hi"),))
        *_, answered = [it async for it in port.ask(question)]
        assert isinstance(answered, Answered)
        log = gateway.keeping.log
        assert log is not None
        await log.written()
        replayed = await port.replay(answered.id)
        record = await port.record(replayed.id)
        assert (replayed.status, record.asked, record.stream) == (200, "m", True)
        assert record.id != answered.id
        assert play.asked[0] == play.asked[1]
        assert (await port.replay(answered.id, "nobody")).status == 404
        with pytest.raises(RecordNotFound):
            await port.replay("nobody-has-this-id")


def row(dialect: str, path: str, body: str | None) -> LoggedRequest:
    """A row with this request."""
    return LoggedRequest(
        number=1, id="a", at=0.0, tenant="", key_id="", dialect=dialect, method="POST", path=path, asked="m",
        provider="p", model="m", stage="done", status=200, stream=False, ttft_s=None, total_s=1.0, overhead_s=0.0,
        prompt_tokens=None, completion_tokens=None, cached_tokens=None, reasoning_tokens=None, estimated=False,
        cost=None, error=None, message="", warnings=(), stages={}, attempts=(), request_body=body,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("dialect", "path", "model", "asked"),
    [
        ("openai", "/v1/chat/completions", "", ("/v1/chat/completions", {"model": "m", "n": 1})),
        ("openai", "/v1/chat/completions", "x", ("/v1/chat/completions", {"model": "x", "n": 1})),
        ("google", "/v1beta/models/m:generateContent", "a/b:c",
         ("/v1beta/models/a%2Fb%3Ac:generateContent", {"model": "m", "n": 1})),
        ("google", "/v1beta/models/m%3A1:streamGenerateContent", "x",
         ("/v1beta/models/x:streamGenerateContent", {"model": "m", "n": 1})),
        ("google", "/v1beta/models/m:generateContent", "",
         ("/v1beta/models/m:generateContent", {"model": "m", "n": 1})),
    ],
)  # fmt: skip
def test_the_model_stands_where_its_dialect_has_it(
    dialect: str, path: str, model: str, asked: tuple[str, dict[str, object]]
) -> None:
    there, body = again(row(dialect, path, '{"model": "m", "n": 1}'), model)
    assert (there, orjson.loads(body)) == asked


@pytest.mark.parametrize("body", ['{"model": "m", "mess …[cut]', '["m"]', ""])
def test_half_of_what_was_asked_is_not_asked_again(body: str) -> None:
    with pytest.raises(CallerError, match="not kept whole"):
        again(row("openai", "/v1/chat/completions", body), "")


@pytest.mark.parametrize(
    ("host", "url"),
    [("127.0.0.1", "http://127.0.0.1:1"), ("0.0.0.0", "http://127.0.0.1:1"), ("::", "http://127.0.0.1:1"),
     ("::1", "http://[::1]:1"), ("box", "http://box:1")],
)  # fmt: skip
def test_where_a_listener_is_reached(host: str, url: str) -> None:
    assert root_url(host, 1) == url
