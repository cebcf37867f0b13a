"""The admin API's part about the request log, and the command that calls it, over HTTP."""

import csv
import io
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
import pytest

from ai_dashboard.config.schema.request_log import RequestLogSettings
from ai_dashboard.core.request_log import LogEntry
from ai_dashboard.gateway.clock import SystemClock
from ai_dashboard.gateway.log_api import LogApi
from ai_dashboard.telemetry.log_reader import LogReader
from ai_dashboard.telemetry.request_log import RequestLog
from ai_dashboard.transport.http1 import Exchange
from tests.integration.gateway.admin_stage import Door, door
from tests.unit.telemetry.entries import ATTEMPT, entry

CLOCK = SystemClock()


@dataclass(frozen=True)
class House:
    door: Door
    log: RequestLog[LogEntry]

    @property
    def http(self) -> httpx.AsyncClient:
        return self.door.http

    async def note(self, *entries: LogEntry) -> None:
        for it in entries:
            self.log.note(it)
        await self.log.written()


async def recent(exchange: Exchange) -> None:
    exchange.reply(200, [], b'{"recent": true}')


@asynccontextmanager
async def house(folder: Path, **settings: object) -> AsyncIterator[House]:
    path = folder / "requests.sqlite"
    log = RequestLog[LogEntry](path, RequestLogSettings.model_validate(settings), lambda it: it, clock=CLOCK)
    log.start()
    try:
        async with door(LogApi(log, LogReader(path, CLOCK), CLOCK, recent).handlers()) as it:
            yield House(it, log)
    finally:
        log.close()


def at(seconds_ago: float, **different: object) -> LogEntry:
    return entry(at=CLOCK.wall() - seconds_ago, **different)  # type: ignore[arg-type]  # fields of a record


async def test_the_log_is_asked_with_times_filters_and_pages(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        await home.note(at(7200, id="old"), at(60, id="new", status=502, error="upstream_error"), at(1, id="newest"))

        async def ids(query: str) -> list[str]:
            page = (await home.http.get(f"/log?{query}")).json()
            return [it["id"] for it in page["requests"]]

        assert await ids("") == ["old", "new", "newest"]
        assert await ids("since=1h") == ["new", "newest"]
        assert await ids("since=1h&until=10s") == ["new"]
        assert await ids("filter=status:%3E%3D400") == ["new"]
        assert await ids("limit=1") == ["newest"]
        assert await ids("before=3&limit=1") == ["new"]
        assert await ids("after=1&limit=1") == ["new"]
        assert (await home.http.get("/log?limit=1&after=0")).json()["more"] is True
        whole = (await home.http.get("/log?whole=1&limit=1")).json()["requests"][0]
        assert whole["plan"]["rule"] == "exact_matches.llama3.1:8b"


async def test_the_requests_in_memory_are_asked_unless_only_the_log_can_know(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        await home.note(at(1))
        for query in ("", "?after=5&limit=2"):
            assert (await home.http.get(f"/requests{query}")).json() == {"recent": True}
        for query in ("?since=1h", "?filter=tenant:acme", "?before=9"):
            assert len((await home.http.get(f"/requests{query}")).json()["requests"]) == 1


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("since=whenever", "'whenever' is no moment"),
        ("filter=status:x", "`status` wants a number"),
        ("after=-1", "`after` is '-1', not a whole number"),
        ("limit=9999999999999999999", "not a whole number"),
    ],
)
async def test_questions_that_cannot_be_read(tmp_path: Path, query: str, message: str) -> None:
    async with house(tmp_path) as home:
        refused = await home.http.get(f"/log?{query}")
        assert refused.status_code == 400
        assert message in refused.json()["error"]["message"]


async def test_one_request_by_its_id_and_how_the_log_is_doing(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        await home.note(at(1, id="abcdef"))
        assert (await home.http.get("/log/abc")).json()["plan"] is not None
        assert (await home.http.get("/log/xyz")).status_code == 404
        state = (await home.http.get("/log/state")).json()
        assert (state["enabled"], state["rows"], state["lost"], state["trouble"]) == (True, 1, 0, "")


async def test_a_gateway_without_a_log_says_so(tmp_path: Path) -> None:
    async with house(tmp_path, enabled=False) as home:
        for path in ("/log", "/log/abc", "/requests?since=1h"):
            refused = await home.http.get(path)
            assert (refused.status_code, "keeps no request log" in refused.text) == (404, True)
        assert (await home.http.get("/log/state")).json()["enabled"] is False


# ── the command ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_command_shows_lines_and_one_request(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async with house(tmp_path, bodies="full") as home:
        failed = replace(ATTEMPT, error="upstream_timeout", message="no answer")
        await home.note(
            at(7200, id="old"),
            at(1, id="abcdef", error="x", message="\x1b[2J", attempts=(failed, ATTEMPT))._replace(request_body=b"hi"),
        )
        assert await home.door.command("requests", "--since", "1h") == 0
        out = capsys.readouterr().out
        assert out.count("\n") == 1
        assert "llama3.1:8b @ home" in out
        assert "\x1b" not in out
        assert await home.door.command("requests", "-n", "5", "--json") == 0
        assert [json.loads(it)["id"] for it in capsys.readouterr().out.splitlines()] == ["old", "abcdef"]
        assert await home.door.command("requests", "show", "abc") == 0
        out = capsys.readouterr().out
        assert "attempt 1  first  llama3.1:8b @ home  1.20s  upstream_timeout  no answer" in out
        assert "queue      100ms" in out
        assert out.endswith("request body:\nhi\n")
        assert await home.door.command("requests", "--filter", "status:x") == 1
        assert "`status` wants a number" in capsys.readouterr().err


async def test_exports_have_all_pages(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ai_dashboard.cli.commands.requests.PAGE", 7)
    async with house(tmp_path) as home:
        await home.note(*(at(100 - number) for number in range(20)))
        assert await home.door.command("requests", "--export", "jsonl") == 0
        rows = [json.loads(it) for it in capsys.readouterr().out.splitlines()]
        assert [it["number"] for it in rows] == list(range(1, 21))
        assert rows[0]["plan"] is not None
        assert await home.door.command("requests", "--export", "csv", "--filter", "tenant:acme") == 0
        assert len(list(csv.DictReader(io.StringIO(capsys.readouterr().out)))) == 20
        assert await home.door.command("requests", "--export", "har") == 0
        archive = json.loads(capsys.readouterr().out)
        assert len(archive["log"]["entries"]) == 20
        assert archive["log"]["entries"][0]["request"]["url"] == f"{home.door.url}/v1/chat/completions"


async def test_following_shows_what_comes_and_nothing_twice(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with house(tmp_path) as home:
        await home.note(at(10, id="first"), at(9, id="second"))
        turns = iter(["third", "", "fourth"])

        def come(_seconds: float) -> None:
            """Instead of waiting: somebody asks."""
            name = next(turns, None)
            if name is None:
                raise KeyboardInterrupt
            if name:
                home.log.note(at(1, id=name))
                home.log._writer.flush().result(10)

        monkeypatch.setattr("ai_dashboard.cli.commands.requests.time.sleep", come)
        assert await home.door.command("requests", "-n", "1", "--follow", "--json") == 130
        shown = [json.loads(it)["id"] for it in capsys.readouterr().out.splitlines()]
        assert shown == ["second", "third", "fourth"]
