"""The request log of a whole gateway: one true row for every way in which a request can end."""

import asyncio
import json
import sqlite3
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import httpx
import pytest

from ai_dashboard.config.load import Config, Loaded
from ai_dashboard.config.schema import GatewaySettings, Mappings, MultiRegion, ProvidersFile
from ai_dashboard.core.clock import Clock
from ai_dashboard.core.plan import Plan, RouteFacts
from ai_dashboard.core.tenancy import KeyLimits
from ai_dashboard.gateway.desk import Desk
from ai_dashboard.gateway.turned_away import PER_SECOND
from ai_dashboard.telemetry.request_log import CUT_MARK
from ai_dashboard.tenancy.keys import Wanted
from tests.integration.gateway.scene import (
    ADMIN,
    ANSWER,
    HELLO,
    ROLE,
    WHOLE,
    Gate,
    House,
    Play,
    Script,
    cut,
    hanging,
    house,
    reply,
    stream,
    until,
)

Row = dict[str, Any]
Ask = Callable[[House], Awaitable[object]]

PRICE = 0.5
"""Dollars for 1000 tokens."""
PRICED = {"cost_per_1k_tokens": PRICE}
PAID = 10 * PRICE / 1000
"""What the ten tokens of `WHOLE` cost."""

VECTOR = json.dumps(
    {
        "object": "list",
        "data": [{"object": "embedding", "index": 0, "embedding": [0.5, 0.25]}],
        "model": "m",
        "usage": {"prompt_tokens": 10, "total_tokens": 10},
    }
).encode()
OK = reply(200, WHOLE)
BOOM = reply(500, b'{"error":{"message":"boom"}}')


async def rows(home: House, count: int = 1) -> list[Row]:
    """All rows, once there are so many."""
    log = home.gateway.keeping.log
    assert log is not None
    found: list[Row] = []
    async with asyncio.timeout(5):
        while len(found) < count:
            await log.written()
            found = (await home.http.get("/api/admin/log?whole=1", headers=ADMIN)).json()["requests"]
    assert len(found) == count
    return found


def either(script: Script = OK) -> Mapping[str, Play]:
    return {"first": Play(script), "second": Play(reply(200, WHOLE))}


async def post(home: House, path: str, **body: object) -> httpx.Response:
    return await home.http.post(path, json=body)


CHAT = {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}

whole: Ask = lambda home: home.chat(stream=False)  # noqa: E731 - a row of a table
streamed: Ask = lambda home: home.chat()  # noqa: E731


@pytest.mark.parametrize(
    ("script", "settings", "ask", "path", "expected"),
    [
        pytest.param(
            reply(200, WHOLE), {}, whole, "/v1/chat/completions",
            {"stage": "done", "status": 200, "stream": False, "provider": "first", "cost": PAID, "tries": ["first"]},
            id="whole",
        ),
        pytest.param(
            stream(ANSWER), {}, streamed, "/v1/chat/completions",
            {"stage": "done", "status": 200, "stream": True, "provider": "first", "estimated": True},
            id="stream",
        ),
        pytest.param(
            BOOM, {}, whole, "/v1/chat/completions",
            {"stage": "done", "status": 200, "provider": "second", "cost": PAID, "tries": ["first", "fallback"]},
            id="fallback",
        ),
        pytest.param(
            hanging(), {"hedge": {"after": 0.02}}, whole, "/v1/chat/completions",
            {"stage": "done", "status": 200, "provider": "second", "tries": ["first", "hedge"]},
            id="hedge",
        ),
        pytest.param(
            cut(ROLE, HELLO), {}, streamed, "/v1/chat/completions",
            {"stage": "cut", "status": 200, "provider": "first", "error": "upstream_truncated", "tries": ["first"]},
            id="cut",
        ),
        pytest.param(
            reply(200, WHOLE), {}, lambda home: post(home, "/v1/messages", max_tokens=9, **CHAT), "/v1/messages",
            {"stage": "done", "status": 200, "dialect": "anthropic", "cost": PAID},
            id="another dialect",
        ),
        pytest.param(
            reply(200, VECTOR), {}, lambda home: post(home, "/v1/embeddings", model="m", input="Hi"), "/v1/embeddings",
            {"stage": "done", "status": 200, "provider": "first", "cost": PAID},
            id="embeddings",
        ),
        pytest.param(
            reply(200, WHOLE), {}, lambda home: post(home, "/api/ai/chat", **CHAT), "/api/ai/chat",
            {"stage": "done", "status": 200, "cost": PAID},
            id="unified",
        ),
        pytest.param(
            reply(200, WHOLE), {}, lambda home: post(home, "/v1/chat/batch", requests=[CHAT]), "/v1/chat/batch",
            {"stage": "done", "status": 200, "cost": PAID},
            id="batch",
        ),
        pytest.param(
            reply(200, b'{"results":[]}'), {}, lambda home: post(home, "/v1/rerank", model="m", query="q"),
            "/v1/rerank", {"stage": "done", "status": 200, "provider": "first"},
            id="services",
        ),
        pytest.param(
            reply(200, WHOLE), {}, lambda home: home.chat(stream=False, ensemble={"models": 2, "merge": "longest"}),
            "/v1/chat/completions",
            {"stage": "done", "status": 200, "cost": 2 * PAID, "tries": ["ensemble", "ensemble"]},
            id="ensemble",
        ),
        pytest.param(
            reply(200, WHOLE), {}, lambda home: home.chat(model="nobody"), "/v1/chat/completions",
            {"stage": "failed", "status": 404, "error": "model_not_found", "cost": 0.0, "asked": "nobody"},
            id="404",
        ),
        pytest.param(
            reply(200, WHOLE), {}, lambda home: home.chat(messages="no list"), "/v1/chat/completions",
            {"stage": "failed", "status": 400, "error": "invalid_request", "cost": 0.0},
            id="400",
        ),
        pytest.param(
            reply(200, WHOLE), {"budgets": {"total": 0}}, whole, "/v1/chat/completions",
            {"stage": "failed", "status": 402, "error": "budget_exceeded", "cost": 0.0, "tries": []},
            id="402",
        ),
        pytest.param(
            hanging(), {"timeouts": {"first_token_s": 0.05, "first_token_local_s": 0.05, "total_s": 0.05}}, whole,
            "/v1/chat/completions", {"stage": "failed", "status": 504, "tries": ["first"]},
            id="504",
        ),
    ],
)  # fmt: skip
async def test_a_row_for_every_end(
    script: Script, settings: Mapping[str, Any], ask: Ask, path: str, expected: Row, tmp_path: Path
) -> None:
    priced = {"first": PRICED, "second": PRICED}
    async with house(either(script), settings=settings, entries=priced, state=tmp_path) as home:
        await ask(home)
        record = await home.record()
        (row,) = await rows(home)
    tries = [attempt["kind"] for attempt in row["attempts"]]
    found = {name: tries if name == "tries" else row[name] for name in expected}
    assert found == {name: pytest.approx(it) if name == "cost" else it for name, it in expected.items()}
    assert (row["id"], row["method"], row["path"], row["tenant"]) == (record.id, "POST", path, "default")
    assert row["total_s"] == pytest.approx(record.total_s)
    assert row["cost"] is None or row["cost"] == pytest.approx(sum(it["cost"] for it in row["attempts"]) / 1e9)
    assert (row["plan"] is not None) == bool(record.plan)
    if row["stage"] == "done":
        assert row["stages"]["overhead"] >= 0
        assert row["stages"]["first_token"] + row["stages"]["stream"] == pytest.approx(row["total_s"])


async def test_a_mistake_of_our_own_has_a_row_that_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def crash(_desk: Desk, _facts: RouteFacts) -> Plan:
        raise KeyError("no such thing")

    monkeypatch.setattr(Desk, "plan", crash)
    async with house(either(), state=tmp_path) as home:
        assert (await home.chat()).status_code == 500
        (row,) = await rows(home)
        assert home.nothing_in_flight()
    assert (row["stage"], row["status"], row["error"]) == ("failed", 500, "internal_error")
    assert "the handler crashed" in caplog.text


async def test_a_caller_who_leaves_has_a_row_with_what_was_said(tmp_path: Path) -> None:
    gate = Gate()
    async with house({"first": Play(gate)}, entries={"first": PRICED}, state=tmp_path) as home:
        async with home.http.stream("POST", "/v1/chat/completions", json=CHAT | {"stream": True}) as response:
            assert response.status_code == 200
            await anext(response.aiter_bytes())
        await home.record()
        (row,) = await rows(home)
    assert (row["stage"], row["error"], row["status"], row["estimated"]) == ("gone", "client_gone", 200, True)
    assert row["cost"] > 0


async def test_an_answer_from_the_cache_costs_nothing_and_says_so(tmp_path: Path) -> None:
    async with house(
        either(), settings={"cache": {"enabled": True}}, entries={"first": PRICED}, state=tmp_path
    ) as home:
        for _ in range(2):
            await home.chat(stream=False, temperature=0)
        first, second = await rows(home, 2)
        assert (first["cached"], first["cost"]) == (None, pytest.approx(PAID))
        assert (second["cached"], second["cost"], second["attempts"]) == ("exact", 0.0, [])
        assert (second["provider"], second["status"], second["prompt_tokens"]) == ("first", 200, 3)
        hits = (await home.http.get("/api/admin/log?filter=hit:exact", headers=ADMIN)).json()["requests"]
        assert [it["id"] for it in hits] == [second["id"]]


async def test_a_key_and_its_tenant_are_in_its_rows_also_where_it_is_refused(tmp_path: Path) -> None:
    settings = {"tenants": {"acme": {"limits": "1/hour"}}}
    async with house(either(), settings=settings, state=tmp_path) as home:
        new = await home.gateway.keeping.keys.create(Wanted("ci", "acme", limits=KeyLimits(rpm=9)))
        bearer = {"authorization": f"Bearer {new.secret}"}
        statuses = [(await home.chat(stream=False, headers=bearer)).status_code for _ in range(2)]
        statuses.append((await home.chat(stream=False, headers=bearer, messages=7)).status_code)
        statuses.append((await home.chat(stream=False, headers={"authorization": "Bearer sk-wrong"})).status_code)
        statuses.append((await home.http.post("/v1/chat/completions", content=b"x")).status_code)
        found = await rows(home, 5)
    assert statuses == [200, 429, 400, 401, 401]
    assert [(row["status"], row["tenant"], row["key_id"]) for row in found] == [
        (200, "acme", new.key.id),
        (429, "acme", new.key.id),
        (400, "acme", new.key.id),
        (401, "", ""),
        (401, "", ""),
    ]
    assert [row["error"] for row in found[1:]] == [
        "rate_limit_exceeded", "invalid_request", "invalid_api_key", "invalid_api_key",
    ]  # fmt: skip
    assert new.secret not in json.dumps(found)


async def test_whoever_has_no_key_cannot_crowd_out_those_who_have_one(tmp_path: Path) -> None:
    async with house(either(), settings={"auth": {"master_key": "the-master-key"}}, state=tmp_path) as home:
        began = _second(home.gateway.runtime.clock)
        for _ in range(3 * PER_SECOND):
            assert (await home.chat()).status_code == 401
        seconds = _second(home.gateway.runtime.clock) - began + 1
        log = home.gateway.keeping.log
        assert log is not None
        await log.written()
        state = (await home.http.get("/api/admin/log/state", headers=ADMIN)).json()
        assert PER_SECOND <= state["rows"] <= min(PER_SECOND * seconds, 3 * PER_SECOND)


def _second(clock: Clock) -> int:
    return int(clock.monotonic())


async def test_a_refusal_for_residency_has_a_row(tmp_path: Path) -> None:
    nobody = {"type": "openai_compatible", "base_url": "https://us.example", "models": ["m"], "region": "us-east"}
    config = Config(
        MappingProxyType(ProvidersFile.model_validate({"providers": {"us": nobody}}).providers),
        Mappings(),
        GatewaySettings.model_validate({"health": {"interval_s": 3600, "attempts": 1, "timeout_s": 0.05}}),
        "a test",
        MultiRegion.model_validate(
            {"provider_regions": {"us": {}}, "data_residency": {"group": {"regions": ["eu-west"], "strict": True}}}
        ),
    )
    async with house(loaded=Loaded(config, (), None), state=tmp_path) as home:
        assert (await home.chat(headers={"x-residency": "group"})).status_code == 451
        (row,) = await rows(home)
    assert (row["status"], row["error"], row["attempts"]) == (451, "residency_refused", [])
    assert row["plan"]["excluded"]


async def test_nobody_to_ask_has_a_row(tmp_path: Path) -> None:
    async with house(either(), state=tmp_path) as home:
        for name in ("first", "second"):
            await home.http.post(f"/api/admin/providers/{name}/drain", headers=ADMIN)
        assert (await home.chat()).status_code == 503
        (row,) = await rows(home)
    assert (row["status"], row["stage"], row["provider"]) == (503, "failed", "")


# ── bodies ───────────────────────────────────────────────────────────────────────────────────────────────────────────

TOLD = "write to ada@example.org, my key is sk-aid-AAAABBBBCCCCDDDDEEEEFFFF"


@pytest.mark.parametrize("bodies", ["off", "redacted", "full"])
async def test_bodies_are_kept_as_the_configuration_says(bodies: str, tmp_path: Path) -> None:
    settings = {"request_log": {"bodies": bodies}}
    async with house(either(stream(ANSWER)), settings=settings, state=tmp_path) as home:
        await home.chat(messages=[{"role": "user", "content": TOLD}])
        await home.chat(stream=False, model="nobody")
        told, refused = await rows(home, 2)
        listed = (await home.http.get("/api/admin/log", headers=ADMIN)).json()["requests"]
    assert listed[0]["request_body"] is None
    if bodies == "off":
        assert (told["request_body"], told["response_body"], refused["response_body"]) == (None, None, None)
        return
    secrets = [part in told["request_body"] for part in ("ada@example.org", "sk-aid-AAAABBBBCCCCDDDDEEEEFFFF")]
    assert secrets == [bodies == "full"] * 2
    assert "Hello" in told["response_body"]
    assert "model_not_found" in refused["response_body"]


async def test_bodies_have_an_end(tmp_path: Path) -> None:
    settings = {"request_log": {"bodies": "full", "max_body_kb": 1}}
    async with house(either(), settings=settings, state=tmp_path) as home:
        await home.chat(stream=False, messages=[{"role": "user", "content": "x" * 5000}])
        (row,) = await rows(home)
    assert len(row["request_body"]) == 1024 + len(CUT_MARK)
    assert row["response_body"] == WHOLE.decode()


# ── what the configuration says, and what is left after the end ──────────────────────────────────────────────────────


async def test_rows_that_are_too_old_go(tmp_path: Path) -> None:
    async with house(either(), settings={"request_log": {"keep_days": 30}}, state=tmp_path) as home:
        await home.chat(stream=False)
        await rows(home)
        log = home.gateway.keeping.log
        assert log is not None
        assert await log.let_go() == 0
        with sqlite3.connect(tmp_path / "requests.sqlite") as other:
            other.execute("UPDATE requests SET at = at - 31 * 86400")
        other.close()
        assert await log.let_go() == 1


async def test_a_gateway_that_ends_has_written_every_row(tmp_path: Path) -> None:
    async with house(either(), state=tmp_path) as home:
        answers = await asyncio.gather(*(home.chat(stream=False) for _ in range(50)))
        assert [answer.status_code for answer in answers] == [200] * 50
    file = sqlite3.connect(tmp_path / "requests.sqlite")
    assert file.execute("SELECT count(*), count(DISTINCT id) FROM requests").fetchone() == (50, 50)
    assert file.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    file.close()


async def test_a_file_of_the_version_before_is_gone_on_with(tmp_path: Path) -> None:
    async with house(either(), state=tmp_path) as home:
        await home.chat(stream=False)
    with sqlite3.connect(tmp_path / "requests.sqlite") as file:
        file.execute("ALTER TABLE requests DROP COLUMN cached")
        file.execute("DROP INDEX requests_at")
        file.execute("CREATE INDEX requests_at ON requests (at)")
        file.execute("CREATE INDEX requests_id ON requests (id)")
        file.execute("PRAGMA user_version = 1")
    file.close()
    async with house(either(), state=tmp_path) as home:
        await home.chat(stream=False)
        both = await rows(home, 2)
        assert [row["cached"] for row in both] == [None, None]
        reader = home.gateway.keeping.log_reader
        assert reader is not None
        assert both[0]["id"] == both[1]["id"]  # chance has begun anew
        assert (await reader.one(both[0]["id"])).number == 2


async def test_requests_that_are_in_flight_are_seen_when_they_are_over(tmp_path: Path) -> None:
    gate = Gate()
    async with house({"first": Play(gate)}, state=tmp_path) as home, asyncio.TaskGroup() as group:
        group.create_task(home.chat())
        await until(lambda: home.gateway.runtime.provider("first").in_flight == 1)
        log = home.gateway.keeping.log
        assert log is not None
        await log.written()
        assert (await home.http.get("/api/admin/log", headers=ADMIN)).json()["requests"] == []
        gate.open()
        assert len(await rows(home)) == 1
