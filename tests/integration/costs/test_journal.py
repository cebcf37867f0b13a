"""What was charged, and is there after a restart, a kill, and beside others who write."""

import asyncio
import signal
import sqlite3
import sys
from pathlib import Path

import pytest

from ai_dashboard.costs.account import EVERYBODY, Spent
from ai_dashboard.costs.journal import MAX_LINES, Books, Charge, Counts, Line, MemoryJournal, SqliteJournal
from ai_dashboard.costs.ledger import Hold, MemoryLedger
from ai_dashboard.costs.windows import Moment
from ai_dashboard.state.sqlite_writer import NotWritten
from tests.integration.costs.books import LEASE_S, claim, journal_file, moment, pay

NOW = moment()


def charge(amount: int, hour: str = "2026-11-21T12", tenant: str = "", key: str = "", provider: str = "p") -> Charge:
    return Line(hour, provider, "m", tenant, key, ""), Counts(amount, 1, 0, 0, 100, 50)


async def test_what_is_alike_is_added_up_and_there_after_a_restart(tmp_path: Path) -> None:
    journal = SqliteJournal(journal_file(tmp_path))
    for amount in (1, 2, 3):
        journal.add(charge(amount))
    journal.add(charge(4, tenant="a"))
    await journal.close()
    again = SqliteJournal(journal_file(tmp_path))
    assert await again.lines("2026-11-21") == [
        (Line("2026-11-21T12", "p", "m", "", "", ""), Counts(6, 3, 0, 0, 300, 150)),
        (Line("2026-11-21T12", "p", "m", "a", "", ""), Counts(4, 1, 0, 0, 100, 50)),
    ]
    await again.close()


async def test_nothing_is_lost_or_doubled_between_what_waits_and_what_is_written(tmp_path: Path) -> None:
    journal = SqliteJournal(journal_file(tmp_path))
    for number in range(1, 301):
        journal.add(charge(number))
        journal.add(charge(1, tenant="a"))
        if number % 10 == 0:  # the writer takes what waits, and both lines begin anew
            [one, two] = [counts for _, counts in await journal.lines("2026-11-21")]
            assert (one.amount, one.calls, two.amount) == (number * (number + 1) // 2, number, number)
    await journal.close()


async def test_sums_by_account_of_the_day_the_month_and_in_all(tmp_path: Path) -> None:
    journal = SqliteJournal(journal_file(tmp_path))
    journal.add(charge(1, "2026-10-31T23", tenant="a"))
    journal.add(charge(2, "2026-11-01T00", tenant="a", key="k"))
    journal.add(charge(4, "2026-11-21T00", tenant="b"))
    journal.add(charge(8, "2026-11-21T23", tenant="a"))
    books = await journal.news(NOW)
    assert books is not None
    assert books.sums == {
        EVERYBODY: (12, 14, 15),
        "tenant:a": (8, 10, 11),
        "tenant:b": (4, 4, 4),
        "key:k": (0, 2, 2),
        "provider:p": (12, 14, 15),
    }
    assert await journal.news(NOW) is None
    await journal.close()


async def test_what_is_charged_after_a_question_is_not_in_the_answer(tmp_path: Path) -> None:
    journal = SqliteJournal(journal_file(tmp_path))
    journal.add(charge(1))
    asking = asyncio.get_running_loop().create_task(journal.news(NOW))
    await asyncio.sleep(0)
    journal.add(charge(2))  # to a line that may wait still
    books = await asking
    assert books is not None
    assert books.sums[EVERYBODY] == (1, 1, 1)
    assert [counts.amount for _, counts in await journal.lines("2026-11-21")] == [3]
    await journal.close()


async def test_an_empty_journal_has_spent_nothing(tmp_path: Path) -> None:
    journal = SqliteJournal(journal_file(tmp_path))
    assert await journal.news(NOW) == Books({EVERYBODY: Spent(0, 0, 0)}, None)
    assert await journal.lines("2026-11-21") == []
    await journal.close()


async def test_spend_and_the_budget_survive_a_restart(tmp_path: Path) -> None:
    ledger = MemoryLedger(SqliteJournal(journal_file(tmp_path)), LEASE_S)
    await ledger.look(NOW)
    pay(ledger, await ledger.reserve(claim(60, 100)), 60)
    await ledger.set_limit(77)
    await ledger.close()
    again = MemoryLedger(SqliteJournal(journal_file(tmp_path)), LEASE_S)
    await again.look(NOW)
    assert (again.account(EVERYBODY).spent_month, again.limit) == (60, 77)
    await again.set_limit(None)
    await again.look(NOW)
    assert again.limit is None
    await again.close()


async def test_workers_with_one_file_learn_what_the_others_spend(tmp_path: Path) -> None:
    one, two = (MemoryLedger(SqliteJournal(journal_file(tmp_path)), LEASE_S) for _ in range(2))
    pay(one, await one.reserve(claim(10, 100)), 10)
    await one.journal.lines("2026-11-21")  # it is written by then
    await two.look(NOW)
    assert two.account(EVERYBODY).spent_month == 10
    pay(two, await two.reserve(claim(20, 100)), 20)
    await two.look(NOW)
    await one.look(NOW)
    assert [it.account(EVERYBODY).spent_month for it in (one, two)] == [30, 30]
    for ledger in (one, two):
        await ledger.close()


async def test_what_is_settled_while_the_file_is_read_is_not_lost_from_the_sums(tmp_path: Path) -> None:
    ledger, other = (MemoryLedger(SqliteJournal(journal_file(tmp_path)), LEASE_S) for _ in range(2))
    total = 0
    for amount in range(1, 40):
        pay(other, await other.reserve(claim(1)), 1)
        await other.journal.lines("2026-11-21")
        looking = asyncio.get_running_loop().create_task(ledger.look(NOW))
        await asyncio.sleep(0)
        pay(ledger, await ledger.reserve(claim(amount)), amount)
        await looking
        total += amount + 1
        assert ledger.account(EVERYBODY).spent_month == total
    for it in (ledger, other):
        await it.close()


async def test_a_file_that_cannot_be_written_keeps_nobody_from_spending(tmp_path: Path) -> None:
    told: list[bool] = []
    (tmp_path / "costs.sqlite").mkdir()
    journal = SqliteJournal(journal_file(tmp_path), lambda state: told.append(state.well))
    ledger = MemoryLedger(journal, LEASE_S)
    await ledger.look(NOW)
    hold = await ledger.reserve(claim(10, 100))
    assert isinstance(hold, Hold)
    pay(ledger, hold, 10)
    assert ledger.account(EVERYBODY).spent_month == 10
    with pytest.raises(NotWritten):
        await ledger.lines("2026-11-21")
    with pytest.raises(NotWritten):
        await ledger.set_limit(1)
    assert told == [False]
    (tmp_path / "costs.sqlite").rmdir()
    await ledger.close()
    with sqlite3.connect(journal_file(tmp_path)) as connection:
        assert connection.execute("SELECT SUM(amount) FROM spend").fetchone() == (10,)
    connection.close()


KILLED = """
import asyncio, os, signal, sys
from pathlib import Path
from tests.integration.costs.books import claim, pay
from ai_dashboard.costs.journal import SqliteJournal
from ai_dashboard.costs.ledger import MemoryLedger

async def main():
    ledger = MemoryLedger(SqliteJournal(Path(sys.argv[1])), 600)
    for _ in range(50):
        pay(ledger, await ledger.reserve(claim(10, 10**6)), 7)
    await ledger.lines("2026-11-21")
    await ledger.reserve(claim(10, 10**6))
    os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""


async def test_a_killed_gateway_has_spent_what_it_had_written_and_holds_nothing(tmp_path: Path) -> None:
    path = journal_file(tmp_path)
    command = (sys.executable, "-c", KILLED, str(path))
    process = await asyncio.create_subprocess_exec(*command, cwd=Path(__file__).parents[3])
    assert await process.wait() == -signal.SIGKILL
    ledger = MemoryLedger(SqliteJournal(path), LEASE_S)
    await ledger.look(NOW)
    account = ledger.account(EVERYBODY)
    assert (account.spent_month, account.reserved) == (350, 0)
    await ledger.close()


async def test_memory_keeps_the_newest_lines() -> None:
    journal = MemoryJournal()
    for number in range(MAX_LINES + 5):
        journal.add(charge(1, provider=f"p{number}"))
    kept = await journal.lines("2026-11-21")
    assert len(kept) == MAX_LINES
    assert "p0" not in {line.provider for line, _ in kept}
    assert await journal.news(Moment("", "", "")) is None
