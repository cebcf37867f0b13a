"""A thread that owns one SQLite file: rows are handed over from any thread, and nobody ever waits for the disk.

Rows gather for half a second at most and are written in one transaction, so that a killed process loses what came in
within the last second and never the file (WAL). Where the disk refuses, rows wait and are tried again; when too many
wait, those that may be lost are dropped and counted. A file that is no database any more is moved aside, which is told,
and a new one is begun.
"""

import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from enum import Enum, auto
from itertools import chain, groupby
from pathlib import Path
from typing import Any, Generic, NamedTuple, TypeAlias, TypeVar

from ai_dashboard.core.data import dataclass
from ai_dashboard.state.background import give_way
from ai_dashboard.state.sqlite_file import Value, is_damage, is_refusal, move_aside, open_file

GATHER_S = 0.5
"""How long the first row of a batch waits for others."""

AGAIN_S = 1.0
"""Pause before a disk that refused is tried again."""

BATCH = 1024
"""Rows in one transaction."""

TOGETHER = 64
"""Rows in one statement, a power of two. SQLite gives the interpreter's lock back and takes it anew for every
statement, which takes milliseconds while the gateway's loop is busy: one statement a row could not keep up."""

MAX_WAITING = 100_000
CLOSE_S = 10.0
CLOSED = "it is closed"

Row: TypeAlias = tuple[Value, ...]
T = TypeVar("T")


@dataclass(frozen=True, slots=True, eq=False)
class Rows(Generic[T]):
    """Where things of one kind go. `row` makes the values, on the writer's thread. `tail` follows the values in the
    statement (`ON CONFLICT …`). Those that `may_be_lost` are dropped when too many wait; others are kept whatever it
    takes."""

    table: str
    columns: tuple[str, ...]
    row: Callable[[T], Row]
    tail: str = ""
    may_be_lost: bool = False

    def statement(self, count: int) -> str:
        """For so many rows at once."""
        values = f"({', '.join('?' * len(self.columns))})"
        # Table and columns are constants of the program; values are bound.
        return (
            f"INSERT INTO {self.table} ({', '.join(self.columns)}) VALUES "  # noqa: S608
            f"{', '.join([values] * count)} {self.tail}"
        )


class NotWritten(Exception):
    """The file cannot be read or written now; the message says why."""


@dataclass(frozen=True, slots=True)
class FileState:
    """Whether the file takes rows, and what happened to it last, for people."""

    well: bool
    message: str = ""


class _Put(NamedTuple):
    """Something that was handed over."""

    kind: Rows[Any]
    thing: Any
    weight: int


@dataclass(frozen=True, slots=True, eq=False)
class _Job(Generic[T]):
    """What is done with the connection between two batches."""

    work: Callable[[sqlite3.Connection], T]
    future: "Future[T]"

    def fail(self, message: str) -> None:
        """Nobody will do it."""
        if self.future.set_running_or_notify_cancel():
            self.future.set_exception(NotWritten(message))


_Item: TypeAlias = "_Put | _Job[Any]"
_Group: TypeAlias = "list[tuple[Rows[Any], Row]]"


class _Outcome(Enum):
    """What became of a try to write."""

    WRITTEN = auto()
    REFUSED = auto()
    TROUBLED = auto()


class SqliteWriter:
    """From `start` to `close`. `steps` are the statements that made the file what it is, one script a version; `tell`
    is called on the writer's thread, once for each change of the file's state. `put`, `ask` and `flush` may be called
    from any thread."""

    def __init__(
        self,
        path: Path,
        steps: Sequence[str],
        *,
        tell: Callable[[FileState], None] = lambda _state: None,
        max_waiting: int = MAX_WAITING,
        gather_s: float = GATHER_S,
        again_s: float = AGAIN_S,
    ) -> None:
        self.path = path
        self.dropped = 0
        """Things that were not taken because too many waited."""
        self.refused = 0
        """Rows that the file does not take whatever the disk does: they break a rule of its tables."""
        self.written = 0
        self._steps = tuple(steps)
        self._tell = tell
        self._max_waiting = max_waiting
        self._gather_s = gather_s
        self._again_s = again_s
        self._state = FileState(well=True)
        self._lock = threading.Lock()
        self._queue: list[_Item] = []
        self._queued = 0
        self._taken: deque[_Item] = deque()
        self._held = 0
        self._stirred = threading.Event()
        self._hurry = threading.Event()
        self._closing = threading.Event()
        self._connection: sqlite3.Connection | None = None
        self._thread = threading.Thread(target=self._run, name=f"sqlite-{path.stem}", daemon=True)

    @property
    def state(self) -> FileState:
        """How the file is now."""
        return self._state

    @property
    def waiting(self) -> int:
        """Weight of what is not written yet."""
        return self._queued + self._held

    def start(self) -> None:
        """Begin to write; returns at once."""
        self._thread.start()

    def close(self, within_s: float = CLOSE_S) -> int:
        """Write everything and end. Says how much had to be left behind: 0 but for a disk that refuses."""
        self._closing.set()
        self._stirred.set()
        self._hurry.set()
        if self._thread.is_alive():
            self._thread.join(within_s)
        return self.waiting

    def put(self, kind: Rows[T], thing: T, weight: int = 1) -> bool:
        """Hand something over; False when it was dropped. What is large weighs more."""
        with self._lock:
            full = kind.may_be_lost and self._queued + self._held + weight > self._max_waiting
            if full or self._closing.is_set():
                self.dropped += 1
                return False
            self._queue.append(_Put(kind, thing, weight))
            self._queued += weight
            hurry = len(self._queue) >= BATCH
        self._wake(hurry=hurry)
        return True

    def ask(self, work: Callable[[sqlite3.Connection], T]) -> "Future[T]":
        """Do something with the connection, in a transaction of its own, after all that was handed over before. The
        future raises `NotWritten` where the file refuses; `work` raises nothing but what SQLite does."""
        job = _Job(work, Future[T]())
        with self._lock:
            over = self._closing.is_set()
            if not over:
                self._queue.append(job)
        if over:
            job.fail(CLOSED)
        self._wake(hurry=True)
        return job.future

    def flush(self) -> "Future[None]":
        """Done once everything that was handed over before is in the file."""
        return self.ask(lambda _connection: None)

    def _wake(self, *, hurry: bool) -> None:
        if not self._stirred.is_set():
            self._stirred.set()
        if hurry and not self._hurry.is_set():
            self._hurry.set()

    # ── the thread ───────────────────────────────────────────────────────────────────────────────────────────────

    def _run(self) -> None:
        give_way()
        try:
            while not self._closing.is_set():
                self._stirred.wait()
                self._hurry.wait(self._gather_s)
                self._stirred.clear()
                self._hurry.clear()
                self._work()
            self._work()
        finally:
            self._closing.set()
            self._fail_jobs(CLOSED)
            if self._connection is not None:
                self._connection.close()

    def _work(self) -> None:
        """Write what is there. Jobs keep their place among the rows."""
        with self._lock:
            self._taken.extend(self._queue)
            self._queue = []
            self._held, self._queued = self._held + self._queued, 0
        while self._taken:
            first = self._taken.popleft()
            if isinstance(first, _Job):
                self._do(first)
            elif not self._write([first, *self._more()]):
                return

    def _more(self) -> Iterator[_Put]:
        """What goes into one transaction with the first of a batch."""
        for _ in range(BATCH - 1):
            if not self._taken or isinstance(self._taken[0], _Job):
                return
            item = self._taken.popleft()
            if isinstance(item, _Put):
                yield item

    def _write(self, batch: list[_Put]) -> bool:
        """Try until the disk takes it. False when there is no time left."""
        groups = [[(put.kind, put.kind.row(put.thing)) for put in batch]]
        while not self._settle(groups):
            self._fail_jobs(self._state.message)
            if self._closing.wait(self._again_s) and not self._settle(groups):
                return False
        self.written += len(batch)
        weight = sum(put.weight for put in batch)
        with self._lock:
            self._held -= weight
        return True

    def _settle(self, groups: list[_Group]) -> bool:
        """Write the groups, the last first; one that is refused is split until the row at fault stands alone. False
        where the disk refuses: what was settled is no longer among them."""
        while groups:
            group = groups[-1]
            match self._try(group):
                case _Outcome.TROUBLED:
                    return False
                case _Outcome.WRITTEN:
                    groups.pop()
                case _Outcome.REFUSED if len(group) == 1:
                    self.refused += 1
                    groups.pop()
                case _Outcome.REFUSED:
                    middle = len(group) // 2
                    groups[-1:] = [group[middle:], group[:middle]]
        return True

    def _try(self, group: _Group) -> _Outcome:
        try:
            self._in_transaction(lambda connection: _insert(connection, group))
        except (sqlite3.Error, OSError) as error:
            if is_refusal(error):
                return _Outcome.REFUSED
            self._troubled(error)
            return _Outcome.TROUBLED
        except (OverflowError, UnicodeError):
            return _Outcome.REFUSED
        return _Outcome.WRITTEN

    def _do(self, job: _Job[Any]) -> None:
        if not job.future.set_running_or_notify_cancel():
            return
        try:
            job.future.set_result(self._in_transaction(job.work))
        except (sqlite3.Error, OSError) as error:
            if not is_refusal(error):
                self._troubled(error)
            job.future.set_exception(NotWritten(str(error)))
        finally:
            if not job.future.done():
                job.future.set_exception(NotWritten("what was asked went wrong"))

    def _fail_jobs(self, message: str) -> None:
        """Nobody waits for a disk that refuses."""
        with self._lock:
            waiting: list[_Item] = [*self._taken, *self._queue]
            self._taken = deque(item for item in self._taken if isinstance(item, _Put))
            self._queue = [item for item in self._queue if isinstance(item, _Put)]
        for item in waiting:
            if isinstance(item, _Job):
                item.fail(message)

    def _in_transaction(self, work: Callable[[sqlite3.Connection], T]) -> T:
        connection = self._connection
        if connection is None:
            connection = self._connection = open_file(self.path, self._steps)
        connection.execute("BEGIN IMMEDIATE")
        try:
            result = work(connection)
            connection.execute("COMMIT")
        finally:
            if connection.in_transaction:
                connection.rollback()
        self._become(FileState(well=True))
        return result

    def _troubled(self, error: sqlite3.Error | OSError) -> None:
        """The disk or the file refuses. The connection is let go of: the next try begins from scratch."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        if is_damage(error):
            aside = move_aside(self.path)
            self._become(FileState(well=False, message=f"{self.path} is damaged ({error}); it is kept as {aside.name}"))
        else:
            self._become(FileState(well=False, message=f"{self.path} cannot be written: {error}"))

    def _become(self, state: FileState) -> None:
        changed, self._state = state != self._state, state
        if changed:
            self._tell(state)


def _insert(connection: sqlite3.Connection, rows: list[tuple[Rows[Any], Row]]) -> None:
    for kind, group in groupby(rows, key=lambda item: item[0]):
        for together in _chunks([row for _, row in group]):
            connection.execute(kind.statement(len(together)), tuple(chain.from_iterable(together)))


def _chunks(rows: list[Row]) -> Iterator[list[Row]]:
    """As many together as there may be, then by halves: SQLite keeps each statement that it has read, a large one takes
    a quarter of a megabyte, and one for every number of rows up to the largest would be eight megabytes."""
    start, size = 0, TOGETHER
    while start < len(rows):
        if size > len(rows) - start:
            size //= 2
            continue
        yield rows[start : start + size]
        start += size
