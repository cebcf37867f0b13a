"""Spending while nobody else can be asked."""

from ai_dashboard.core.costs import Allowance
from ai_dashboard.costs.account import Account, Spent
from ai_dashboard.costs.apart import Promise, Wanted, fits, presumed
from ai_dashboard.costs.windows import Moment

NOW = Moment("2026-11-21T12", "2026-11-21", "2026-11")
LIMIT = Allowance(monthly=1000)


def account(spent: int = 0, reserved: int = 0) -> Account:
    it = Account("total")
    it.put(Spent(spent, spent, spent), NOW)
    it.reserved = reserved
    return it


def test_without_a_promise_it_is_presumed_what_would_have_been_promised() -> None:
    assert presumed(account(200, 100), LIMIT, NOW, gateways=2) == Promise(NOW.day, 700 // 8)
    assert presumed(account(2000), LIMIT, NOW, gateways=2).left == 0
    assert presumed(account(), LIMIT, NOW, gateways=0).left == 250


def test_a_promise_is_held_and_settled() -> None:
    promise = Promise(NOW.day, 100)
    promise.take(40)
    assert (promise.left, promise.held, promise.kept) == (60, 40, 100)
    promise.settle(40, 25)
    assert (promise.left, promise.held, promise.kept) == (75, 0, 75)


def test_a_new_share_leaves_what_is_held_alone() -> None:
    promise = Promise(NOW.day, 60, held=40)
    promise.set(200)
    assert (promise.left, promise.kept) == (160, 200)
    promise.set(30)
    assert (promise.left, promise.kept) == (0, 40)


def test_a_call_fits_into_the_promise_and_into_what_is_left() -> None:
    wanted = Wanted(account(), LIMIT, Promise(NOW.day, 100))
    assert fits(wanted, 100, NOW, bounded=True)
    assert not fits(wanted, 101, NOW, bounded=True)
    assert fits(wanted, 101, NOW, bounded=False)
    nearly_spent = Wanted(account(990), LIMIT, Promise(NOW.day, 100))
    assert not fits(nearly_spent, 11, NOW, bounded=True)


def test_a_call_without_an_end_is_let_through_alone() -> None:
    assert not fits(Wanted(account(), LIMIT, Promise(NOW.day, 100, held=1)), 101, NOW, bounded=False)
    assert not fits(Wanted(account(), LIMIT, Promise(NOW.day, 0)), 1, NOW, bounded=False)
