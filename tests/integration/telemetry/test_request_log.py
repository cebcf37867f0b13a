"""The log as a whole: rows go in, come out as they were, go when they have to, and survive what happens to files."""

import asyncio
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import orjson
import pytest

from ai_dashboard.config.schema.request_log import RequestLogSettings
from ai_dashboard.core.errors import CallerError, GatewayError, RecordNotFound
from ai_dashboard.core.request_log import LogEntry
from ai_dashboard.state.sqlite_writer import FileState, NotWritten
from ai_dashboard.telemetry.log_reader import LogReader, Question
from ai_dashboard.telemetry.request_filter import read_filter
from ai_dashboard.telemetry.request_log import CUT_MARK, STEP_ROWS, RequestLog
from tests.unit.telemetry.entries import ATTEMPT, ENTRY, NOW, PLAN, entry

KEY = "sk-aid-AAAABBBBCCCCDDDDEEEEFFFFGGGGHHHHIIIIJJJJKKK"
DAY_S = 86400.0


@dataclass
class Turned:
    """Wall time stands still; the other runs."""

    now: float = NOW

    def wall(self) -> float:
        return self.now

    def monotonic(self) -> float:
        return time.monotonic()


@dataclass
class Stage:
    log: RequestLog[LogEntry]
    reader: LogReader
    clock: Turned
    told: list[FileState]

    async def note(self, *entries: LogEntry) -> None:
        for it in entries:
            self.log.note(it)
        await self.log.written()


@asynccontextmanager
async def log_in(folder: Path, **settings: object) -> AsyncIterator[Stage]:
    clock, told = Turned(), list[FileState]()
    path = folder / "requests.sqlite"
    log = RequestLog[LogEntry](
        path, RequestLogSettings.model_validate(settings), lambda it: it, clock=clock, tell=told.append
    )
    log.start()
    try:
        yield Stage(log, LogReader(path, clock), clock, told)
    finally:
        log.close()


async def test_a_request_is_read_as_it_was_noted(tmp_path: Path) -> None:
    async with log_in(tmp_path) as stage:
        await stage.note(ENTRY)
        found = await stage.reader.one(ENTRY.id)
        assert orjson.dumps(found.attempts) == orjson.dumps([ATTEMPT])
        assert orjson.dumps(found.plan) == orjson.dumps(PLAN)
        assert {**asdict(found), "attempts": 0, "plan": 0} == {
            "number": 1, "id": "0000000000000001", "at": NOW, "tenant": "acme", "key_id": "key_1", "dialect": "openai",
            "method": "POST", "path": "/v1/chat/completions", "asked": "llama3.1:8b", "provider": "home",
            "model": "llama3.1:8b", "stage": "done", "status": 200, "stream": True, "ttft_s": 0.3, "total_s": 1.2,
            "overhead_s": 0.0005, "prompt_tokens": 100, "completion_tokens": 50, "cached_tokens": 10,
            "reasoning_tokens": 5, "estimated": False, "cost": 0.0012, "error": None, "message": "", "warnings": (),
            "stages": {"queue": 0.1}, "attempts": 0, "plan": 0, "request_body": None, "response_body": None,
            "cached": None,
        }  # fmt: skip
        bare = entry(cost=None, usage=None, plan=None, attempts=(), ttft_s=None)
        await stage.note(bare)
        found = await stage.reader.one(bare.id)
        assert (found.prompt_tokens, found.cost, found.plan, found.ttft_s, found.attempts) == (
            None,
            None,
            None,
            None,
            (),
        )


async def test_pages_go_both_ways_and_miss_nothing(tmp_path: Path) -> None:
    async with log_in(tmp_path) as stage:
        await stage.note(*(entry(at=NOW + number) for number in range(25)))
        newest = await stage.reader.page(Question(limit=10))
        assert ([it.number for it in newest.requests], newest.more) == (list(range(16, 26)), True)
        older = await stage.reader.page(Question(limit=20, before=newest.first))
        assert ([it.number for it in older.requests], older.more) == (list(range(1, 16)), False)
        seen, after = [], 0
        while True:
            page = await stage.reader.page(Question(limit=7, after=after))
            seen += [it.number for it in page.requests]
            after = page.last
            if not page.more:
                break
        assert seen == list(range(1, 26))
        nothing = await stage.reader.page(Question(after=after))
        assert (nothing.requests, nothing.last) == ((), 25)
        part = await stage.reader.page(Question(since=NOW + 3, until=NOW + 5))
        assert [it.at - NOW for it in part.requests] == [3, 4]
        assert part.requests[0].plan is None


async def test_one_is_found_by_the_beginning_of_its_id(tmp_path: Path) -> None:
    async with log_in(tmp_path) as stage:
        with pytest.raises(RecordNotFound, match="no request in the log"):
            await stage.reader.one("aaaa")
        await stage.note(entry(id="aaaa1"), entry(id="aaaa2"), entry(id="bb%"))
        assert (await stage.reader.one("aaaa1")).id == "aaaa1"
        assert (await stage.reader.one("bb")).id == "bb%"
        with pytest.raises(RecordNotFound, match="more than one"):
            await stage.reader.one("aaaa")
        with pytest.raises(RecordNotFound, match="no request"):
            await stage.reader.one("aaa_1")


async def test_tokens_of_each_tenant_can_be_added_up_again(tmp_path: Path) -> None:
    async with log_in(tmp_path) as stage:
        await stage.note(entry(at=NOW - DAY_S), entry(), entry(tenant="b"), entry(tenant="b", usage=None))
        assert await stage.reader.tokens_by_tenant(NOW) == {"acme": 150, "b": 150}


# ── what is kept of texts ────────────────────────────────────────────────────────────────────────────────────────────

BODY = orjson.dumps({"model": "m", "messages": [{"role": "user", "content": f"I am ada@example.com, {KEY}"}]})


@pytest.mark.parametrize("bodies", ["off", "redacted", "full"])
async def test_bodies_are_kept_as_the_operator_says(tmp_path: Path, bodies: str) -> None:
    async with log_in(tmp_path, bodies=bodies) as stage:
        assert stage.log.keeps_bodies == (bodies != "off")
        await stage.note(entry()._replace(request_body=BODY, response_body=b"ok"))
        [found] = (await stage.reader.page(Question(whole=True))).requests
        match bodies:
            case "off":
                assert (found.request_body, found.response_body) == (None, None)
            case "full":
                assert (found.request_body, found.response_body) == (BODY.decode(), "ok")
            case _:
                assert found.request_body is not None
                assert "I am [email], sk-" in found.request_body
                assert KEY not in found.request_body


@pytest.mark.parametrize("bodies", ["redacted", "full"])
async def test_bodies_are_cut_and_a_secret_at_the_cut_is_not_half_kept(tmp_path: Path, bodies: str) -> None:
    async with log_in(tmp_path, bodies=bodies, max_body_kb=1) as stage:
        body = b"x" * 1000 + b" " + KEY.encode() + b"y" * 100_000
        await stage.note(entry()._replace(request_body=body))
        [found] = (await stage.reader.page(Question(whole=True))).requests
        assert found.request_body is not None
        assert found.request_body.endswith(CUT_MARK)
        assert len(found.request_body) <= 1024 + len(CUT_MARK)
        assert (KEY[:16] in found.request_body) == (bodies == "full")


async def test_a_key_never_gets_into_a_row_wherever_it_comes_from(tmp_path: Path) -> None:
    async with log_in(tmp_path) as stage:
        failed = replace(ATTEMPT, error="upstream_auth_failed", message=f"Incorrect API key provided: {KEY}")
        plan = replace(PLAN, asked=KEY)
        await stage.note(
            entry(asked=KEY, plan=plan)._replace(path=f"/v1beta/models/x:generate?key={KEY}"),
            entry(message=f"no: {KEY}", attempts=(failed,), warnings=(f"{KEY} was ignored",)),
            entry(attempts=(failed,)),
            # The name was masked before it came here, and the plan still has it.
            entry(asked=f"sk-…{KEY[-4:]}", plan=plan),
        )
        stage.log.close()
        for path in tmp_path.iterdir():  # noqa: ASYNC240 - nothing else runs here
            assert KEY.encode() not in path.read_bytes()
        page = await stage.reader.page(Question())
        assert page.requests[1].message == f"no: sk-…{KEY[-4:]}"


# ── rows that go ─────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_rows_that_are_too_old_go_step_by_step(tmp_path: Path) -> None:
    async with log_in(tmp_path, keep_days=2) as stage:
        old = [entry(at=NOW - 3 * DAY_S) for _ in range(STEP_ROWS + 100)]
        await stage.note(*old, entry(at=NOW - DAY_S), entry())
        assert await stage.log.let_go() == STEP_ROWS + 100
        assert (await stage.log.state()).rows == 2
        assert await stage.log.let_go() == 0
        stage.clock.now += 1.5 * DAY_S
        assert await stage.log.let_go() == 1


async def test_a_file_that_is_too_large_loses_its_oldest_rows_and_gives_its_pages_back(tmp_path: Path) -> None:
    async with log_in(tmp_path, max_mb=2, bodies="full") as stage:
        for number in range(3000):
            stage.log.note(entry(at=NOW + number)._replace(request_body=b"x" * 2000))
        await stage.log.written()
        before = await stage.log.state()
        assert before.bytes > 4 << 20
        await stage.log.let_go()
        after = await stage.log.state()
        assert 1.9 * (1 << 20) < after.bytes <= 2 << 20
        stage.log.close()
        assert stage.log.path.stat().st_size < 4 << 20
        assert after.oldest_at is not None
        assert after.oldest_at - NOW == 3000 - after.rows > 0


# ── what happens to files ────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_damaged_log_is_kept_aside_told_and_begun_anew(tmp_path: Path) -> None:
    (tmp_path / "requests.sqlite").write_bytes(b"no database" * 500)
    async with log_in(tmp_path) as stage:
        with pytest.raises(GatewayError, match="cannot be read"):
            await stage.reader.page(Question())
        stage.log.note(entry())
        with suppress(NotWritten):
            await stage.log.written()
        began = stage.clock.monotonic()
        while not (stage.told and stage.told[-1].well):
            assert stage.clock.monotonic() - began < 10
            await asyncio.sleep(0)
        assert len((await stage.reader.page(Question())).requests) == 1
        assert "requests.sqlite.damaged-1" in stage.told[0].message


async def test_a_log_that_is_off_makes_no_file_and_one_that_is_put_on_goes_on(tmp_path: Path) -> None:
    async with log_in(tmp_path, enabled=False) as stage:
        await stage.note(entry())
        assert (await stage.reader.page(Question())).requests == ()
        assert not stage.log.path.exists()
        assert not (await stage.log.state()).enabled
        stage.log.adopt(RequestLogSettings())
        await stage.note(entry())
        assert (await stage.log.state()).rows == 1
        stage.log.adopt(RequestLogSettings(enabled=False))
        await stage.note(entry())
        assert (await stage.log.state()).rows == 1


async def test_a_log_that_is_about_to_be_made_holds_nothing(tmp_path: Path) -> None:
    (tmp_path / "requests.sqlite").touch()
    assert (await LogReader(tmp_path / "requests.sqlite", Turned()).page(Question())).requests == ()


async def test_a_question_that_takes_too_long_is_given_up(tmp_path: Path) -> None:
    async with log_in(tmp_path) as stage:
        await stage.note(*(entry() for _ in range(3000)))

        class Impatient(Turned):
            looks = 0

            def monotonic(self) -> float:
                self.looks += 1
                return 0.0 if self.looks == 1 else 1000.0

        with pytest.raises(CallerError, match="too large to be searched"):
            await LogReader(stage.log.path, Impatient()).page(Question(where=read_filter("not-there")))


TERMINATED = """
import signal, sys, time
from pathlib import Path
from ai_dashboard.config.schema.request_log import RequestLogSettings
from ai_dashboard.gateway.clock import SystemClock
from ai_dashboard.telemetry.request_log import RequestLog
from tests.unit.telemetry.entries import entry
stopped = []
signal.signal(signal.SIGTERM, lambda *_: stopped.append(True))
log = RequestLog(Path(sys.argv[1]), RequestLogSettings(), lambda it: it, clock=SystemClock())
log.start()
noted = 0
print("ready", flush=True)
while not stopped:
    log.note(entry())
    noted += 1
    time.sleep(0.0002)
print(noted, log.close(), flush=True)
"""


def test_nothing_is_lost_on_sigterm(tmp_path: Path) -> None:
    path = tmp_path / "requests.sqlite"
    child = subprocess.Popen([sys.executable, "-c", TERMINATED, str(path)], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    assert child.stdout.readline() == "ready\n"
    while not path.exists():
        assert child.poll() is None
    child.send_signal(signal.SIGTERM)
    noted, left = map(int, child.stdout.read().split())
    child.stdout.close()
    assert child.wait() == 0
    connection = sqlite3.connect(path)
    assert (connection.execute("SELECT count(*) FROM requests").fetchone(), left) == ((noted,), 0)
    connection.close()
    assert noted > 0
