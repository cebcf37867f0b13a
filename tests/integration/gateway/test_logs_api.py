"""What a whole gateway tells of itself, and what its operator does about it."""

import asyncio
import json
from pathlib import Path

import pytest

from ai_dashboard.cli import main as cli
from ai_dashboard.core.logs import LogEvent
from tests.integration.gateway.scene import ADMIN, ADMIN_TOKEN, WHOLE, House, Play, house, reply, until

FAILING = reply(500, b'{"error":{"message":"out of luck"}}')


def told(home: House, name: str) -> list[LogEvent]:
    return [event for event in home.gateway.logs(0, 9999).events if event.event == name]


async def test_a_request_that_fell_back_is_told_and_one_that_went_well_is_not() -> None:
    async with house({"a": Play(FAILING), "b": Play(reply(200, WHOLE))}) as home:
        assert (await home.chat(stream=False)).headers["x-provider"] == "b"
        await until(lambda: bool(told(home, "backend_switched")))
        (failed,) = told(home, "llm_call_failed")
        assert (failed.provider, failed.context["upstream_status"]) == ("a", 500)
        assert failed.request_id == (await home.record()).id
        assert told(home, "request_routed") == []
        assert len(told(home, "gateway_started")) == 1


async def test_every_request_is_told_where_that_is_wanted() -> None:
    async with house({"a": Play(reply(200, WHOLE))}, settings={"logging": {"level": "debug"}}) as home:
        await home.chat(stream=False)
        await until(lambda: bool(told(home, "cost_tracked")))
        (routed,) = told(home, "request_routed")
        assert (routed.provider, routed.model, routed.cache_hit, routed.context["status"]) == ("a", "m", False, 200)
        assert told(home, "cost_tracked")[0].context["prompt_tokens"] == 3


async def test_a_breaker_that_opens_is_told_once() -> None:
    async with house({"a": Play(FAILING)}, settings={"breaker": {"failures": 2}}) as home:
        for _ in range(4):
            await home.chat(stream=False)
        await until(lambda: bool(told(home, "breaker_moved")))
        (moved,) = told(home, "breaker_moved")
        assert (moved.context["before"], moved.context["after"]) == ("closed", "open")
        home.gateway.operate("a", "reset")
        await until(lambda: len(told(home, "breaker_moved")) == 2)
        assert told(home, "breaker_moved")[1].context["after"] == "closed"


async def test_the_admin_api_and_the_command_show_the_same(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AI_DASHBOARD_ADMIN_KEY", ADMIN_TOKEN)
    async with house({"a": Play(FAILING)}) as home:
        await home.chat(stream=False)
        await until(lambda: bool(told(home, "request_failed")))
        (failed,) = told(home, "request_failed")
        page = (await home.http.get(f"/api/admin/logs?after={failed.seq - 1}", headers=ADMIN)).json()
        assert (page["events"][0]["event"], page["events"][0]["seq"]) == ("request_failed", failed.seq)
        assert page["level"] == "info"
        assert await asyncio.to_thread(cli.main, ["logs", "--url", home.url, "--event", "request_*"]) == 0
        assert "request_failed  a  m" in capsys.readouterr().out
        for query in ("after=x", "limit=-1"):
            assert (await home.http.get(f"/api/admin/logs?{query}", headers=ADMIN)).status_code == 400


async def test_an_alert_is_silenced_and_open_again() -> None:
    async with house({"a": Play(reply(401, b"{}"))}) as home:
        await home.chat(stream=False)
        key = "provider:a:auth"
        await until(lambda: key in {alert.key for alert in home.gateway.snapshot().alerts})
        wish = {"key": key, "action": "silence", "minutes": 5}
        done = await home.http.post("/api/admin/alerts", json=wish, headers=ADMIN)
        assert (done.status_code, done.json()["silenced_until"] is not None) == (200, True)
        assert [alert.is_open for alert in home.gateway.snapshot().alerts if alert.key == key] == [False]
        await home.http.post("/api/admin/alerts", json={"key": key, "action": "reopen"}, headers=ADMIN)
        assert [alert.is_open for alert in home.gateway.snapshot().alerts if alert.key == key] == [True]


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ({"key": "x", "action": "ack"}, 404, "no alert 'x'"),
        ({"key": "x", "action": "shout"}, 400, "action"),
        ({"action": "ack"}, 400, "key"),
        ({"key": "x", "action": "ack", "until": "noon"}, 400, "until"),
        ({"key": "x", "action": "silence", "minutes": "5"}, 400, "minutes"),
    ],
)
async def test_what_cannot_be_done_about_an_alert_is_said(body: dict[str, str], status: int, said: str) -> None:
    async with house() as home:
        answer = await home.http.post("/api/admin/alerts", json=body, headers=ADMIN)
        assert (answer.status_code, said in answer.text) == (status, True)
        assert (await home.http.post("/api/admin/alerts", json=body)).status_code == 401
        text = ADMIN | {"content-type": "text/plain"}
        assert (await home.http.post("/api/admin/alerts", content=json.dumps(body), headers=text)).status_code == 415


async def test_a_gateway_without_a_record_of_changes_says_so(tmp_path: Path) -> None:
    async with house(state=tmp_path) as home:
        assert (await home.http.get("/api/admin/audit/trail", headers=ADMIN)).json()["kept"] is False
