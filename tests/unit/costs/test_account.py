"""One account: windows that roll, limits, and room for one more call."""

from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.core.costs import Allowance
from ai_dashboard.costs.account import Account, Spent
from ai_dashboard.costs.windows import Calendar, Moment

UTC = Calendar()
DAY_S = 86_400
TODAY = Moment("2026-11-21T12", "2026-11-21", "2026-11")
TOMORROW = Moment("2026-11-22T00", "2026-11-22", "2026-11")
NEXT_MONTH = Moment("2026-12-01T00", "2026-12-01", "2026-12")


def test_days_and_months_are_forgotten_when_the_next_begins() -> None:
    account = Account("total")
    account.charge(5, TODAY)
    account.charge(7, TOMORROW)
    assert (account.spent_day, account.spent_month, account.spent_total) == (7, 12, 12)
    account.roll(NEXT_MONTH)
    assert (account.spent_day, account.spent_month, account.spent_total) == (0, 0, 12)


def test_time_does_not_go_back() -> None:
    account = Account("total")
    account.charge(7, NEXT_MONTH)
    account.charge(5, TODAY)
    assert (account.day, account.spent_day, account.spent_month, account.spent_total) == ("2026-12-01", 7, 7, 12)


def test_the_tightest_limit_is_the_one_of_which_least_is_left() -> None:
    account = Account("total")
    account.put(Spent(5, 90, 90), TODAY)
    allowance = Allowance(daily=20, monthly=100, total=1000)
    assert account.tightest(allowance, TODAY) == ("monthly", 100, 90)
    assert account.left(allowance, TODAY) == 10
    assert account.left(allowance, NEXT_MONTH) == 20
    assert account.left(Allowance(), TODAY) is None


def test_a_call_without_an_end_fits_alone_while_there_is_anything_left() -> None:
    account = Account("total")
    assert account.has_room(1, 500, bounded=False)
    assert not account.has_room(1, 500, bounded=True)
    assert not account.has_room(0, 0 + 1, bounded=False)
    account.reserved = 1
    assert not account.has_room(100, 500, bounded=False)
    assert account.has_room(100, 99, bounded=True)
    assert not account.has_room(100, 100, bounded=True)


@given(st.lists(st.tuples(st.integers(0, 40 * DAY_S), st.integers(0, 1000))))
def test_sums_are_those_of_the_window_that_was_reached(charges: list[tuple[int, int]]) -> None:
    """Against adding everything up anew."""
    account = Account("total")
    for wall, amount in charges:
        account.charge(amount, UTC.at(wall))
    moments = [(UTC.at(wall), amount) for wall, amount in charges]
    last = max((moment for moment, _ in moments), default=Moment("", "", ""))
    assert account.spent_total == sum(amount for _, amount in moments)
    assert account.spent_month == sum(amount for moment, amount in moments if moment.month == last.month)
    assert account.spent_day == sum(amount for moment, amount in moments if moment.day == last.day)


@given(
    st.builds(Allowance, *(st.none() | st.integers(0, 100),) * 3),
    st.builds(Spent, *(st.integers(0, 100),) * 3),
)
def test_what_is_left_is_what_is_left_of_the_tightest_limit(allowance: Allowance, spent: Spent) -> None:
    account = Account("total")
    account.put(spent, TODAY)
    left = account.left(allowance, TODAY)
    assert left == (account.tightest(allowance, TODAY).left if allowance.limited else None)
