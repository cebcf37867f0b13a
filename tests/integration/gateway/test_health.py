"""Health checks against real ports: who is well, who is not, what they list, and how soon they are back."""

import json

import pytest

from ai_dashboard.core.errors import UpstreamInvalid
from ai_dashboard.core.snapshot import AlertLevel, Health
from ai_dashboard.dialects.kinds import KINDS
from ai_dashboard.gateway import health
from ai_dashboard.gateway.health import listed_models
from ai_dashboard.transport.http1 import Exchange
from tests.integration.gateway.scene import (
    ANSWER,
    JSON_TYPE,
    WHOLE,
    Play,
    Script,
    closed_port,
    hanging,
    house,
    reply,
    stream,
    until,
)

OFTEN = {"health": {"interval_s": 0.02, "attempts": 1, "timeout_s": 0.2}}


async def test_a_provider_that_lists_its_models_is_active_and_its_models_can_be_asked_for() -> None:
    play = Play(reply(200, WHOLE), models=("m", "found-by-asking"))
    async with house({"first": play}) as home:
        await until(lambda: home.gateway.runtime.provider("first").health is Health.ACTIVE)
        assert home.provider("first").models == ("m", "found-by-asking")
        response = await home.chat(stream=False, model="found-by-asking")
        assert response.status_code == 200
        listed = (await home.http.get("/v1/models")).json()["data"]
        assert [model["id"] for model in listed] == ["m", "found-by-asking"]


async def hanging_up(exchange: Exchange) -> None:
    exchange.abort()


async def test_down_is_noticed_shown_and_taken_back() -> None:
    play = Play(stream(ANSWER))
    async with house({"first": play}, settings=OFTEN) as home:
        state = home.gateway.runtime.provider("first")
        await until(lambda: state.health is Health.ACTIVE)
        play.listing = reply(500, b'{"error":{"message":"loading the model"}}')
        await until(lambda: state.health is Health.UNAVAILABLE)
        alert = home.picture().alerts[0]
        assert (alert.key, alert.level) == ("provider:first:unavailable", AlertLevel.CRITICAL)
        assert "loading the model" in alert.text
        play.listing = None
        await until(lambda: state.health is Health.ACTIVE)
        assert not home.picture().alerts


async def test_a_provider_that_requests_found_down_is_looked_at_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "RECOVERY_INTERVAL_S", 0.02)
    play = Play(hanging_up)
    async with house({"first": play}) as home:
        await until(lambda: play.checks == 1)
        for _ in range(3):
            await home.chat()
        state = home.gateway.runtime.provider("first")
        assert state.health is Health.UNAVAILABLE
        await until(lambda: state.health is Health.ACTIVE)
        assert play.checks == 2


@pytest.mark.parametrize(
    ("listing", "found", "said"),
    [
        (reply(401, b'{"error":{"message":"no key"}}'), Health.AUTH_FAILED, "no key"),
        (reply(200, b"<html>hi</html>"), Health.UNAVAILABLE, "something else"),
        (reply(200, b'{"data":"?"}'), Health.UNAVAILABLE, "something else"),
        (reply(301, b"", (b"location", b"/elsewhere")), Health.UNAVAILABLE, "redirects are not followed"),
        (hanging(), Health.UNAVAILABLE, "within 0.05 s"),
    ],
    ids=["refused key", "HTML", "another list", "redirect", "silence"],
)
async def test_what_is_wrong_is_said(listing: Script, found: Health, said: str) -> None:
    play = Play(stream(ANSWER))
    play.listing = listing
    settings = {"health": {"interval_s": 3600, "attempts": 1, "timeout_s": 0.05}}
    async with house({"first": play}, settings=settings) as home:
        await home.gateway.refresh()
        view = home.provider("first")
        assert view.health is found
        assert said in view.reason


async def test_a_check_is_tried_again_before_a_provider_counts_as_down() -> None:
    play = Play(stream(ANSWER))
    answers = [reply(500, b"boom"), reply(200, b'{"data":[{"id":"m"}]}')]

    async def flaky(exchange: Exchange) -> None:
        await answers.pop(0)(exchange)

    play.listing = flaky
    settings = {"health": {"interval_s": 3600, "attempts": 2, "timeout_s": 1}}
    async with house({"first": play}, settings=settings) as home:
        state = home.gateway.runtime.provider("first")
        await until(lambda: state.health is Health.ACTIVE)
        assert state.last_error == ""


async def test_a_check_sends_the_key_and_asks_the_health_endpoint_too() -> None:
    asked: list[tuple[str, bytes | None]] = []
    play = Play(stream(ANSWER))

    async def listing(exchange: Exchange) -> None:
        asked.append((exchange.path, exchange.header(b"authorization")))
        exchange.reply(200, [JSON_TYPE], json.dumps({"data": []}).encode())

    play.listing = listing
    async with house(
        {"first": play}, entries={"first": {"api_key": "sk-test-12345678", "health_endpoint": "ready"}}
    ) as home:
        await until(lambda: home.gateway.runtime.provider("first").health is Health.ACTIVE)
    assert asked == [("/ready", b"Bearer sk-test-12345678"), ("/v1/models", b"Bearer sk-test-12345678")]


@pytest.mark.parametrize(
    ("kind", "status", "found"),
    [
        ("openai_compatible", 404, Health.ACTIVE),
        ("openai_compatible", 405, Health.ACTIVE),
        ("openai_compatible", 500, Health.UNAVAILABLE),
        ("vllm", 404, Health.UNAVAILABLE),
    ],
)
async def test_a_server_without_a_list_is_well_if_it_answers_unless_its_kind_has_one(
    kind: str, status: int, found: Health
) -> None:
    play = Play(stream(ANSWER))
    play.listing = reply(status, b'{"error":{"message":"no such page"}}')
    async with house({"first": play}, entries={"first": {"type": kind}}) as home:
        await home.gateway.refresh()
        assert home.provider("first").health is found


async def test_what_ollama_holds_in_memory_is_known() -> None:
    play = Play(stream(ANSWER))
    asked: list[str] = []

    async def listing(exchange: Exchange) -> None:
        asked.append(exchange.path)
        names = ["m"] if exchange.path == "/api/ps" else ["m", "n"]
        exchange.reply(200, [JSON_TYPE], json.dumps({"models": [{"name": name} for name in names]}).encode())

    play.listing = listing
    async with house({"first": play}, entries={"first": {"type": "ollama"}}) as home:
        state = home.gateway.runtime.provider("first")
        await until(lambda: state.engine.tells)
        assert (state.models, state.engine.holds("m"), state.engine.holds("n")) == (("m", "n"), True, False)
        assert asked == ["/api/tags", "/api/ps"]


async def test_an_ollama_that_does_not_say_what_it_holds_is_well_all_the_same() -> None:
    play = Play(stream(ANSWER))

    async def listing(exchange: Exchange) -> None:
        if exchange.path == "/api/ps":
            exchange.reply(404, [JSON_TYPE], b"")
        else:
            exchange.reply(200, [JSON_TYPE], b'{"models":[{"name":"m"}]}')

    play.listing = listing
    async with house({"first": play}, entries={"first": {"type": "ollama"}}) as home:
        await home.gateway.refresh()
        state = home.gateway.runtime.provider("first")
        assert (state.health, state.engine.tells) == (Health.ACTIVE, False)


async def test_refresh_asks_everybody_now() -> None:
    play = Play(stream(ANSWER))
    with closed_port() as nobody:
        async with house({"first": play, "second": nobody}) as home:
            await until(lambda: play.checks == 1)
            await home.gateway.refresh()
            assert play.checks == 2
            healths = {view.name: view.health for view in home.gateway.snapshot().providers}
            assert healths == {"first": Health.ACTIVE, "second": Health.UNAVAILABLE}


@pytest.mark.parametrize(
    ("kind", "body", "names"),
    [
        ("vllm", b'{"data":[{"id":"a"},{"id":""},{"id":7},{},"x",{"id":"b"}]}', ("a", "b")),
        ("ollama", b'{"models":[{"name":"a:latest"}]}', ("a:latest",)),
        ("ollama", b'{"models":[]}', ()),
    ],
)
def test_lists_are_read_as_they_come(kind: str, body: bytes, names: tuple[str, ...]) -> None:
    assert listed_models(KINDS[kind], body) == names


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b'{"models":{}}', b'{"data":[]}'])
def test_what_is_no_list_is_refused(body: bytes) -> None:
    with pytest.raises(UpstreamInvalid, match="something else"):
        listed_models(KINDS["ollama"], body)
