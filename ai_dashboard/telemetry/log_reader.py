"""Reading the request log beside its writer: on a thread, by a connection that cannot write, and for so long only."""

import asyncio
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import orjson

from ai_dashboard.core.clock import Clock
from ai_dashboard.core.costs import dollars
from ai_dashboard.core.data import dataclass
from ai_dashboard.core.errors import CallerError, GatewayError, RecordNotFound
from ai_dashboard.core.request_log import LoggedRequest, LogPage
from ai_dashboard.state.sqlite_file import open_reader
from ai_dashboard.telemetry.request_filter import Where

MAX_ROWS = 1000
DEFAULT_ROWS = 100

PATIENCE_S = 3.0
"""A question that takes longer is given up."""

_STEPS = 10_000
"""Instructions of SQLite between two looks at the clock."""

_LISTED = (
    "number, id, at, tenant, key_id, dialect, method, path, asked, provider, model, stage, status, stream, ttft_s, "
    "total_s, overhead_s, prompt_tokens, completion_tokens, cached_tokens, reasoning_tokens, estimated, cost, error, "
    "message, warnings, stages, attempts, cached"
)

_BY_ID = (
    "SELECT * FROM requests WHERE number IN ("
    "SELECT number FROM requests WHERE id >= ?1 AND id < ?2 ORDER BY id = ?3 DESC, number DESC LIMIT 2"
    ") ORDER BY id = ?3 DESC, number DESC"
)
"""Those that begin like this, whole ones and the newest first: looked for in the index alone, which has time and id."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Question:
    """Which rows. With neither `after` nor `before` (numbers of rows) the newest."""

    since: float | None = None
    until: float | None = None
    where: Where = Where()
    after: int | None = None
    before: int | None = None
    limit: int = DEFAULT_ROWS
    whole: bool = False


class LogReader:
    """Answers questions about one file."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self._path = path
        self._clock = clock

    async def page(self, question: Question) -> LogPage:
        """Rows, oldest first. Raises `CallerError` when it takes too long."""
        return await asyncio.to_thread(
            self._ask, lambda connection: _page(connection, question), LogPage((), 0, 0, False)
        )

    async def one(self, id_prefix: str) -> LoggedRequest:
        """One row with all of it, by the beginning of its id. Raises `RecordNotFound`."""
        found = await asyncio.to_thread(self._ask, lambda connection: _by_id(connection, id_prefix), [])
        if len(found) != 1:
            several = "more than one request" if found else "no request"
            raise RecordNotFound(f"{several} in the log has an id that begins with {id_prefix[:64]!r}")
        return found[0]

    async def tokens_by_tenant(self, begins: float) -> dict[str, int]:
        """What each has used since then: quotas go on from there. Answers that were known before used nothing."""
        return await asyncio.to_thread(self._ask, lambda connection: _tokens(connection, begins), {})

    async def last_used(self) -> dict[tuple[str, str], tuple[float, int]]:
        """When each model of each provider was asked last (Unix time), and how often. Raises `CallerError` when it
        takes too long."""
        return await asyncio.to_thread(self._ask, _last_used, {})

    def _ask(self, question: Callable[[sqlite3.Connection], T], nothing: T) -> T:
        if not self._path.exists():
            return nothing
        monotonic = self._clock.monotonic
        gives_up_at = monotonic() + PATIENCE_S
        try:
            connection = open_reader(self._path)
            try:
                connection.set_progress_handler(lambda: int(monotonic() > gives_up_at), _STEPS)
                is_made = connection.execute("PRAGMA user_version").fetchone()[0]  # else its writer is about to
                return question(connection) if is_made else nothing
            finally:
                connection.close()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT:
                raise CallerError(
                    f"the log is too large to be searched like that within {PATIENCE_S:g} s",
                    hint="say `since`, or a shorter time",
                ) from None
            raise _unreadable(self._path, error) from error
        except sqlite3.DatabaseError as error:
            raise _unreadable(self._path, error) from error


def _page(connection: sqlite3.Connection, question: Question) -> LogPage:
    conditions, bound = [question.where.sql], list[str | float](question.where.bound)
    limit = max(1, min(question.limit, MAX_ROWS))
    bounds = (("at >= ?", question.since), ("at < ?", question.until),
              ("number > ?", question.after), ("number < ?", question.before))  # fmt: skip
    for condition, value in bounds:
        if value is not None:
            conditions.append(condition)
            bound.append(value)
    onwards = question.after is not None
    columns = "*" if question.whole else _LISTED
    rows = connection.execute(
        # Columns and conditions are constants of the program; what was typed is bound.
        f"SELECT {columns} FROM requests WHERE {' AND '.join(conditions)} "  # noqa: S608
        f"ORDER BY number {'ASC' if onwards else 'DESC'} LIMIT ?",
        (*bound, limit + 1),
    ).fetchall()
    more, rows = len(rows) > limit, rows[:limit]
    requests = tuple(logged(row) for row in (rows if onwards else reversed(rows)))
    at_least = question.after or 0
    return LogPage(
        requests, requests[0].number if requests else 0, requests[-1].number if requests else at_least, more=more
    )


def _by_id(connection: sqlite3.Connection, id_prefix: str) -> list[LoggedRequest]:
    found = connection.execute(_BY_ID, (id_prefix, id_prefix + "\U0010ffff", id_prefix)).fetchall()
    if found and found[0]["id"] == id_prefix:
        del found[1:]
    return [logged(row) for row in found]


def _tokens(connection: sqlite3.Connection, begins: float) -> dict[str, int]:
    rows = connection.execute(
        "SELECT tenant, sum(coalesce(prompt_tokens, 0) + coalesce(completion_tokens, 0)) FROM requests "
        "WHERE at >= ? AND cached IS NULL GROUP BY tenant",
        (begins,),
    )
    return {row[0]: row[1] for row in rows}


def _last_used(connection: sqlite3.Connection) -> dict[tuple[str, str], tuple[float, int]]:
    rows = connection.execute(
        "SELECT provider, model, max(at), count(*) FROM requests WHERE provider != '' GROUP BY provider, model"
    )
    return {(row[0], row[1]): (row[2], row[3]) for row in rows}


def logged(row: sqlite3.Row) -> LoggedRequest:
    """A row as it is shown."""
    values = {name: row[name] for name in row.keys()}  # noqa: SIM118 - a row is no mapping
    for name in ("stream", "estimated"):
        values[name] = bool(values[name])
    for name in ("warnings", "attempts"):
        values[name] = tuple(orjson.loads(values[name]))
    values["stages"] = orjson.loads(values["stages"])
    values["cost"] = dollars(values["cost"]) if values["cost"] is not None else None
    if (plan := values.get("plan")) is not None:
        values["plan"] = orjson.loads(plan)
    return LoggedRequest(**values)


def _unreadable(path: Path, error: sqlite3.Error) -> GatewayError:
    return GatewayError(f"the request log cannot be read: {error}", hint=f"look at {path}")
