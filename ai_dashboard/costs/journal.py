"""What was charged, hour by hour: in a file that outlives a restart, or in memory alone.

One line is everything of one model at one provider for one tenant, key and task in one hour. Whoever writes into the
same file (workers side by side) adds to the same lines.
"""

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from operator import add
from pathlib import Path
from typing import NamedTuple, Protocol, TypeAlias

from ai_dashboard.core.costs import Receipt
from ai_dashboard.costs.account import EVERYBODY, Spent
from ai_dashboard.costs.windows import Moment
from ai_dashboard.state.beat import heard
from ai_dashboard.state.sqlite_file import Value
from ai_dashboard.state.sqlite_writer import FileState, Row, Rows, SqliteWriter

MAX_LINES = 100_000
"""Lines that are kept in memory, the newest."""


class Line(NamedTuple):
    """What a sum is of. `hour` is `2026-11-21T14`, on the clock of the budgets."""

    hour: str
    provider: str
    model: str
    tenant: str
    key: str
    task: str


class Counts(NamedTuple):
    """A sum. `amount` (nano-dollars) leaves out the `unknown` calls; the tokens of those that are `estimated` were not
    counted by the provider."""

    amount: int = 0
    calls: int = 0
    unknown: int = 0
    estimated: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_tokens: int = 0
    reasoning_tokens: int = 0

    @classmethod
    def of(cls, receipt: Receipt) -> "Counts":
        """Of one call."""
        usage, amount = receipt.usage, receipt.amount
        return cls(
            amount or 0,
            1,
            amount is None,
            usage.estimated,
            usage.prompt_tokens,
            usage.completion_tokens,
            usage.cached_tokens,
            usage.reasoning_tokens,
        )

    def plus(self, other: "Counts") -> "Counts":
        """Both together."""
        return Counts(*map(add, self, other))


Charge = tuple[Line, Counts]
Sums = dict[str, Spent]
"""What has been spent from each account."""


class Books(NamedTuple):
    """What others may have written: the sums, and the monthly budget that was set while a gateway ran."""

    sums: Sums
    limit: int | None


def line_of(receipt: Receipt, moment: Moment) -> Line:
    """Where a receipt belongs."""
    return Line(moment.hour, receipt.provider, receipt.model, receipt.tenant, receipt.key, receipt.task)


class Journal(Protocol):
    """Where charges are kept."""

    def add(self, charge: Charge) -> None:
        """Take a charge; nobody waits for it to be written."""
        ...

    async def lines(self, since: str) -> list[Charge]:
        """All since a day or an hour, oldest first."""
        ...

    async def news(self, moment: Moment, *, patiently: bool = False) -> Books | None:
        """How the books stand, if others than this process have written since that was last asked. `patiently`: there
        is time until the next beat. Raises `NotWritten`."""
        ...

    async def set_limit(self, limit: int | None) -> None:
        """Keep it, or forget it."""
        ...

    async def close(self) -> None:
        """Write everything."""
        ...


class MemoryJournal:
    """For as long as the process lives."""

    def __init__(self) -> None:
        self._lines: dict[Line, Counts] = {}

    def add(self, charge: Charge) -> None:
        line, counts = charge
        before = self._lines.get(line)
        self._lines[line] = counts if before is None else before.plus(counts)
        if len(self._lines) > MAX_LINES:
            del self._lines[next(iter(self._lines))]

    async def lines(self, since: str) -> list[Charge]:
        return sorted((line, counts) for line, counts in self._lines.items() if line.hour >= since)

    async def news(self, moment: Moment, *, patiently: bool = False) -> Books | None:  # noqa: ARG002 - nobody else writes
        return None

    async def set_limit(self, limit: int | None) -> None:
        pass  # the ledger knows it

    async def close(self) -> None:
        pass


_STEPS = (
    """CREATE TABLE spend (
        hour TEXT, provider TEXT, model TEXT, tenant TEXT, key TEXT, task TEXT,
        amount INTEGER, calls INTEGER, unknown INTEGER, estimated INTEGER,
        prompt_tokens INTEGER, completion_tokens INTEGER, cached_tokens INTEGER, reasoning_tokens INTEGER,
        PRIMARY KEY (hour, provider, model, tenant, key, task)
    ) WITHOUT ROWID;
    CREATE TABLE settings (name TEXT PRIMARY KEY, value INTEGER)""",
)
_ADD_UP = f"ON CONFLICT ({', '.join(Line._fields)}) DO UPDATE SET " + ", ".join(
    f"{name} = {name} + excluded.{name}" for name in Counts._fields
)
_SELECT = f"SELECT {', '.join((*Line._fields, *Counts._fields))} FROM spend WHERE hour >= ? ORDER BY hour"  # noqa: S608
_LIMIT = "monthly_limit"
_SCOPES = ("tenant", "key", "provider")


_Waiting: TypeAlias = tuple[dict[Line, Counts], Line]
"""A line that waits to be written, and where what is charged to it adds up until then."""


class SqliteJournal:
    """In a file. `tell` is called when the file cannot be written, and when it can again, on the writer's thread.

    What is charged to a line that waits to be written is added to it there: the file hears of each line twice a second,
    however many calls there are. Not across a question for news, though: what is charged after it must not be in the
    answer, or it would count twice.
    """

    def __init__(self, path: Path, tell: Callable[[FileState], None] = lambda _state: None) -> None:
        self._writer = SqliteWriter(path, _STEPS, tell=tell)
        self._rows: Rows[_Waiting] = Rows("spend", (*Line._fields, *Counts._fields), self._row, _ADD_UP)
        self._page: dict[Line, Counts] = {}
        self._lock = threading.Lock()
        self._version = -1
        self._writer.start()

    def add(self, charge: Charge) -> None:
        line, counts = charge
        with self._lock:
            page = self._page
            before = page.get(line)
            page[line] = counts if before is None else before.plus(counts)
        if before is None:
            self._writer.put(self._rows, (page, line))

    def _row(self, waiting: _Waiting) -> Row:
        """On the writer's thread: what is charged from now on waits for the next time."""
        page, line = waiting
        with self._lock:
            counts = page.pop(line)
        return (*line, *map(int, counts))

    async def lines(self, since: str) -> list[Charge]:
        def read(connection: sqlite3.Connection) -> list[Charge]:
            rows = connection.execute(_SELECT, (since,)).fetchall()
            return [(Line(*row[: len(Line._fields)]), Counts(*row[len(Line._fields) :])) for row in rows]

        return await asyncio.wrap_future(self._writer.ask(read))

    async def news(self, moment: Moment, *, patiently: bool = False) -> Books | None:
        """SQLite numbers what others write; what this process writes itself does not count."""

        def read(connection: sqlite3.Connection) -> Books | None:
            version = int(connection.execute("PRAGMA data_version").fetchone()[0])
            if version == self._version:
                return None
            limit = connection.execute("SELECT value FROM settings WHERE name = ?", (_LIMIT,)).fetchone()
            books = Books(_sums(connection, moment), None if limit is None else int(limit[0]))
            self._version = version
            return books

        with self._lock:
            self._page = {}
        return await heard(self._writer.ask(read), patiently=patiently)

    async def set_limit(self, limit: int | None) -> None:
        def write(connection: sqlite3.Connection) -> None:
            if limit is None:
                connection.execute("DELETE FROM settings WHERE name = ?", (_LIMIT,))
            else:
                connection.execute("INSERT OR REPLACE INTO settings VALUES (?, ?)", (_LIMIT, limit))

        await asyncio.wrap_future(self._writer.ask(write))

    async def close(self) -> None:
        await asyncio.to_thread(self._writer.close)


def _sums(connection: sqlite3.Connection, moment: Moment) -> Sums:
    of_window = "SUM(CASE WHEN hour LIKE ? THEN amount ELSE 0 END)"
    amounts = f"{of_window}, {of_window}, SUM(amount)"
    now: tuple[Value, ...] = (f"{moment.day}%", f"{moment.month}%")
    (everybody,) = connection.execute(f"SELECT {amounts} FROM spend", now)  # noqa: S608
    sums = {EVERYBODY: Spent(*(figure or 0 for figure in everybody))}
    for scope in _SCOPES:
        query = f"SELECT {scope}, {amounts} FROM spend WHERE {scope} <> '' GROUP BY {scope}"  # noqa: S608
        rows = connection.execute(query, now)
        sums.update({f"{scope}:{name}": Spent(*figures) for name, *figures in rows})
    return sums
