"""The request log: one row for each finished request, in a SQLite file that a thread of its own writes.

Nothing of it is on the path of a request: what is handed over is made into a row on the writer's thread, redacted
there, and lost rather than waited for. Rows go when they are too old, or when the file is too large, a few at a time.
"""

import asyncio
import math
import sqlite3
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Generic, TypeVar

import orjson

from ai_dashboard.config.schema.request_log import RequestLogSettings
from ai_dashboard.core.clock import Clock
from ai_dashboard.core.plan import Plan
from ai_dashboard.core.request_log import LogEntry, LogState
from ai_dashboard.state.sqlite_file import Value
from ai_dashboard.state.sqlite_writer import FileState, NotWritten, Row, Rows, SqliteWriter
from ai_dashboard.telemetry.redaction import redacted_body, without_secrets

STEPS = (
    """CREATE TABLE requests (
        number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, at REAL NOT NULL, tenant TEXT NOT NULL,
        key_id TEXT NOT NULL, dialect TEXT NOT NULL, method TEXT NOT NULL, path TEXT NOT NULL, asked TEXT NOT NULL,
        provider TEXT NOT NULL, model TEXT NOT NULL, stage TEXT NOT NULL, status INTEGER NOT NULL,
        stream INTEGER NOT NULL, ttft_s REAL, total_s REAL NOT NULL, overhead_s REAL NOT NULL, prompt_tokens INTEGER,
        completion_tokens INTEGER, cached_tokens INTEGER, reasoning_tokens INTEGER, estimated INTEGER NOT NULL,
        cost INTEGER, error TEXT, message TEXT NOT NULL, warnings TEXT NOT NULL, stages TEXT NOT NULL,
        attempts TEXT NOT NULL, plan TEXT, request_body TEXT, response_body TEXT);
    CREATE INDEX requests_at ON requests (at);
    CREATE INDEX requests_id ON requests (id)""",
    "ALTER TABLE requests ADD COLUMN cached TEXT",
    # Ids are chance: in an index of their own each would go to another page, and a batch would write most of it anew.
    # Behind the time they are appended, and one of a million is still found in a tenth of a second.
    """DROP INDEX requests_id;
    DROP INDEX requests_at;
    CREATE INDEX requests_at ON requests (at, id)""",
)

COLUMNS = (
    "id", "at", "tenant", "key_id", "dialect", "method", "path", "asked", "provider", "model", "stage", "status",
    "stream", "ttft_s", "total_s", "overhead_s", "prompt_tokens", "completion_tokens", "cached_tokens",
    "reasoning_tokens", "estimated", "cost", "error", "message", "warnings", "stages", "attempts", "plan",
    "request_body", "response_body", "cached",
)  # fmt: skip

_NO_TOKENS = (None, None, None, None, False)

MAX_PLANS = 256
"""Whose texts are remembered."""

TEND_S = 30.0
"""How often it is looked whether rows have to go."""

STEP_ROWS = 500
"""Rows that go at one time: others may write in between."""

STEP_PAGES = 1000

MAX_WAITING = 8192
"""Requests that wait to be written: those that the ring keeps in any case. A hundred thousand took 150 MB."""

BODY_UNIT = 8 << 10
"""So many bytes of bodies that wait count as one request more: 80 MB of them at most."""

KIB = 1024
MIB = 1024 * KIB
DAY_S = 86400.0

CUT_MARK = " …[cut]"
REDACTION_MARGIN = 2 * KIB
"""A body is redacted with so much more of it than is kept: a secret at the cut is not recognised by its first half."""

N = TypeVar("N")


class RequestLog(Generic[N]):
    """From `start` to `close`. `read` makes an entry of what is handed over, on the writer's thread."""

    def __init__(
        self,
        path: Path,
        settings: RequestLogSettings,
        read: Callable[[N], LogEntry],
        *,
        clock: Clock,
        tell: Callable[[FileState], None] = lambda _state: None,
    ) -> None:
        self.path = path
        self._settings = settings
        self._clock = clock
        self._writer = SqliteWriter(path, STEPS, tell=tell, max_waiting=MAX_WAITING)
        self._read = read
        self._rows: Rows[N] = Rows("requests", COLUMNS, row=self._row, may_be_lost=True)
        self._plans: dict[int, tuple[Plan, str]] = {}
        self._started = False

    @property
    def enabled(self) -> bool:
        return self._settings.enabled

    @property
    def written_rows(self) -> int:
        """Rows that are in the file, since the start."""
        return self._writer.written

    @property
    def keeps_bodies(self) -> bool:
        """Whether entries have to bring their bodies."""
        return self._settings.enabled and self._settings.bodies != "off"

    def adopt(self, settings: RequestLogSettings) -> None:
        """Go by other settings from now on."""
        self._settings = settings
        self.start()

    def start(self) -> None:
        """Begin to write, if anything is to be written."""
        if self._settings.enabled and not self._started:
            self._started = True
            self._writer.start()

    def note(self, finished: N, body_bytes: int = 0) -> None:
        """Write a request down, soon. `body_bytes` says how much of it waits in memory until then."""
        if self._settings.enabled:
            self._writer.put(self._rows, finished, 1 + body_bytes // BODY_UNIT)

    def close(self) -> int:
        """Write all that waits, and end. Says how many could not be written."""
        return self._writer.close() if self._started else 0

    async def written(self) -> None:
        """Wait until all that was noted is in the file. Raises `NotWritten`."""
        if self._started:
            await asyncio.wrap_future(self._writer.flush())

    async def tend(self) -> None:
        """Let rows go that are too old or too many. Runs until it is cancelled."""
        while True:
            await self.let_go()
            await asyncio.sleep(TEND_S)

    async def let_go(self) -> int:
        """Let all go that has to, step by step. Says how many rows that were."""
        gone = 0
        while self._started:
            oldest_at = self._clock.wall() - self._settings.keep_days * DAY_S
            most_bytes = int(self._settings.max_mb * MIB)
            try:
                step = await asyncio.wrap_future(
                    self._writer.ask(partial(_let_go, oldest_at=oldest_at, most_bytes=most_bytes))
                )
            except NotWritten:
                break
            gone += step
            if not step:
                break
        return gone

    async def state(self) -> LogState:
        """How it is doing."""
        rows, used, oldest = 0, 0, None
        trouble = self._writer.state.message
        if self._started:
            try:
                rows, used, oldest = await asyncio.wrap_future(self._writer.ask(_figures))
            except NotWritten as error:
                trouble = trouble or str(error)
        lost = self._writer.dropped + self._writer.refused
        return LogState(
            self.enabled, str(self.path), rows, used, oldest, self._writer.written, self._writer.waiting, lost, trouble
        )

    # ── on the writer's thread ───────────────────────────────────────────────────────────────────────────────────

    def _row(self, finished: N) -> Row:
        (
            id_, at, tenant, key_id, dialect, method, path, asked, provider, model, stage, status, stream, ttft_s,
            total_s, overhead_s, usage, cost, error, message, warnings, stages, attempts, plan, cached, request_body,
            response_body,
        ) = self._read(finished)  # fmt: skip
        clean_asked, clean_message = without_secrets(asked), without_secrets(message)
        tried, planned = orjson.dumps(attempts).decode(), self._planned(plan) if plan is not None else None
        if (
            (plan is not None and plan.asked != clean_asked)
            or clean_message != message
            or any(attempt.message for attempt in attempts)
        ):
            tried, planned = without_secrets(tried), without_secrets(planned) if planned is not None else None
        tokens = _NO_TOKENS if usage is None else (
            usage.prompt_tokens, usage.completion_tokens, usage.cached_tokens, usage.reasoning_tokens, usage.estimated,
        )  # fmt: skip
        values: tuple[Value, ...] = (
            id_, at, tenant, key_id, dialect, method, without_secrets(path), clean_asked, provider, model, stage.value,
            status, stream, ttft_s, total_s, overhead_s, *tokens, cost, error, clean_message,
            without_secrets(orjson.dumps(warnings).decode()) if warnings else "[]", orjson.dumps(stages).decode(),
            tried, planned, self._body(request_body), self._body(response_body), cached,
        )  # fmt: skip
        return values

    def _planned(self, plan: Plan) -> str:
        """The plan as text. Nearly every one is remembered and used again, and so is its text."""
        known = self._plans.get(id(plan))
        if known is not None and known[0] is plan:
            return known[1]
        if len(self._plans) >= MAX_PLANS:
            self._plans.clear()
        text = orjson.dumps(plan).decode()
        self._plans[id(plan)] = plan, text
        return text

    def _body(self, body: bytes | None) -> str | None:
        """What is kept of a body."""
        bodies, most = self._settings.bodies, self._settings.max_body_kb * KIB
        if body is None or bodies == "off":
            return None
        looked_at = body[: most + REDACTION_MARGIN]
        text = redacted_body(looked_at) if bodies == "redacted" else looked_at.decode("utf-8", "replace")
        whole = len(looked_at) == len(body) and len(text) <= most
        return text if whole else text[:most] + CUT_MARK


def _let_go(connection: sqlite3.Connection, oldest_at: float, most_bytes: int) -> int:
    """One step: rows that are too old, or if the file is too large, the oldest. Says how many."""
    gone = connection.execute(
        "DELETE FROM requests WHERE number IN (SELECT number FROM requests WHERE at < ? ORDER BY at LIMIT ?)",
        (oldest_at, STEP_ROWS),
    ).rowcount
    if not gone and (used := _used(connection)) > most_bytes:
        first, last = connection.execute("SELECT min(number), max(number) FROM requests").fetchone()
        share = (last - first + 1) * (used - most_bytes) / used if last is not None else 0.0
        gone = connection.execute(
            "DELETE FROM requests WHERE number IN (SELECT number FROM requests ORDER BY number LIMIT ?)",
            (min(STEP_ROWS, math.ceil(share)),),
        ).rowcount
    for _ in range(min(STEP_PAGES, _pragma(connection, "freelist_count"))):
        connection.execute("PRAGMA incremental_vacuum(1)")  # of several pages at once Python's module frees one
    return gone


def _figures(connection: sqlite3.Connection) -> tuple[int, int, float | None]:
    rows, oldest = connection.execute("SELECT count(*), min(at) FROM requests").fetchone()
    return rows, _used(connection), oldest


def _used(connection: sqlite3.Connection) -> int:
    """Bytes of the file in which something is."""
    pages, free = _pragma(connection, "page_count"), _pragma(connection, "freelist_count")
    return (pages - free) * _pragma(connection, "page_size")


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    return int(connection.execute(f"PRAGMA {name}").fetchone()[0])
