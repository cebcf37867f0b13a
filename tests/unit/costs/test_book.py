"""What the gateway asks of money, from the bar on the plan to the receipt."""

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ai_dashboard.config.schema.budgets import Budgets
from ai_dashboard.core.costs import DOLLAR, Allowance
from ai_dashboard.core.errors import BudgetExceeded
from ai_dashboard.core.events import Usage
from ai_dashboard.core.plan import RouteFacts
from ai_dashboard.costs.account import EVERYBODY
from ai_dashboard.costs.book import MAX_REMEMBERED, Book, Payer, Ticket
from tests.unit.costs.till import NOON, TurnedClock, book, prices

FACTS = RouteFacts("m")
CENT = DOLLAR // 100


async def reserve(it: Book, payer: Payer | None = None, *, max_tokens: int = 1, provider: str = "openai") -> Ticket:
    payer = payer or it.payer("acme", "k1")
    return await it.reserve(payer, provider, "cents", prompt_tokens=1, max_tokens=max_tokens)


async def test_a_call_is_reserved_and_settled_and_its_receipt_says_everything() -> None:
    it = book(total=1)
    payer = it.payer("acme", "k1", "code")
    ticket = await it.reserve(payer, "openai", "cents", prompt_tokens=10, max_tokens=20, factor=2.0)
    assert it.ledger.account(EVERYBODY).reserved == 2 * 50 * CENT
    receipt = it.settle(ticket, Usage(10, 5))
    assert receipt is not None
    assert (receipt.amount, receipt.source, receipt.factor) == (2 * 20 * CENT, "file", 2.0)
    assert (receipt.provider, receipt.model, receipt.tenant, receipt.key, receipt.task) == (
        "openai", "cents", "acme", "k1", "code",
    )  # fmt: skip
    for account in (EVERYBODY, "tenant:acme", "key:k1", "provider:openai"):
        assert it.ledger.account(account).spent_month == 2 * 20 * CENT
        assert it.ledger.account(account).reserved == 0
    assert it.settle(ticket, Usage(10, 5)) is None
    assert it.ledger.account(EVERYBODY).spent_month == 2 * 20 * CENT


async def test_an_answer_that_does_not_come_in_tokens_has_a_receipt_of_unknown_amount() -> None:
    till = book(total=1)
    ticket = await till.reserve(till.payer(), "openai", "cents", prompt_tokens=5, max_tokens=5)
    made = till.settle(ticket, None, answered=True)
    assert made is not None
    assert (made.amount, made.source) == (None, "unknown")
    free = await till.reserve(till.payer(), "ollama", "any", prompt_tokens=5)
    made = till.settle(free, None, answered=True)
    assert made is not None
    assert (made.amount, made.source) == (0, "free")


def test_something_is_held_only_for_a_call_that_costs_money_out_of_a_limited_account() -> None:
    limited, free_for_all = book(total=1), book()
    assert limited.unheld(limited.payer(), "openai", "cents") is None
    for it, provider in ((limited, "ollama"), (free_for_all, "openai")):
        ticket = it.unheld(it.payer(), provider, "cents", factor=2.0)
        assert ticket is not None
        assert (ticket.hold.amount, ticket.factor, ticket.limited) == (0, 2.0, it is limited)
        assert it.ledger.account(EVERYBODY).reserved == 0


async def test_a_call_that_failed_before_it_was_paid_has_no_receipt() -> None:
    it = book(total=1)
    assert it.settle(await reserve(it), None) is None
    assert it.ledger.account(EVERYBODY).reserved == 0
    assert await it.ledger.lines("2026-11-01") == []


@pytest.mark.parametrize(
    ("max_tokens", "max_output", "answers", "reserved"),
    [
        (100, None, 1, 201),
        (100, 50, 1, 101),
        (100, 500, 1, 201),
        (0, 50, 1, 101),
        (0, None, 1, 8 * 2 + 1),
        (10, None, 3, 61),
    ],
)
async def test_as_much_is_reserved_as_the_answer_may_become(
    max_tokens: int, max_output: int | None, answers: int, reserved: int
) -> None:
    it = book(total=1000, assumed_output_tokens=8)
    ticket = await it.reserve(
        it.payer(), "openai", "cents", prompt_tokens=1, max_tokens=max_tokens, max_output=max_output, answers=answers
    )
    assert ticket.hold.amount == reserved * CENT


@pytest.mark.parametrize(
    ("budgets", "account"),
    [
        ({"total": 0.5}, "the gateway"),
        ({"tenants": {"acme": {"daily": 0.5}}}, "tenant acme"),
        ({"tenants": {"*": {"total": 0.5}, "other": 100}}, "tenant acme"),
        ({"keys": {"k1": 0.5}}, "key k1"),
        ({"providers": {"*": 0.5}}, "provider openai"),
    ],
)
async def test_whoever_has_no_money_left_is_refused_and_free_models_go_on(
    budgets: dict[str, object], account: str
) -> None:
    it = book(**budgets)
    payer = it.payer("acme", "k1")
    assert it.refusal(payer) is None
    ticket = await reserve(it, payer, max_tokens=20)
    with pytest.raises(BudgetExceeded, match=f"of {account} does not allow for this call"):
        await reserve(it, payer, max_tokens=20)
    assert it.settle(ticket, Usage(10, 20)) is not None
    with pytest.raises(BudgetExceeded):
        await reserve(it, payer)
    bar = it.bar(payer)
    assert bar is not None
    reason = bar(FACTS, "openai", "cents")
    assert reason is not None
    assert reason.startswith("budget: the ")
    assert f"of {account} is used up ($0.50)" in reason
    assert bar(FACTS, "ollama", "llama3.1:8b") is None
    free = await it.reserve(payer, "ollama", "llama3.1:8b", prompt_tokens=10**6)
    receipt = it.settle(free, Usage(10**6, 10))
    assert receipt is not None
    assert (receipt.amount, receipt.source) == (0, "free")


async def test_models_of_unknown_price_are_barred_where_nothing_may_be_spent() -> None:
    it = book(total=0)
    bar = it.bar(it.payer())
    assert bar is not None
    assert bar(FACTS, "openai", "gpt-99") == "budget: the monthly budget of the gateway is used up ($0.00)"
    assert it.prices.unpriced == {("openai", "gpt-99")}


def test_nothing_is_barred_where_nothing_is_limited_or_used_up() -> None:
    assert book().bar(book().payer("acme", "k1")) is None
    it = book(total=1)
    assert it.bar(it.payer("acme")) is None


async def test_a_provider_that_is_used_up_bars_itself_alone() -> None:
    it = book(providers={"openai": 0.01})
    payer = it.payer()
    it.settle(await reserve(it, payer, max_tokens=0), Usage(1, 0))
    bar = it.bar(payer)
    assert bar is not None
    assert bar(FACTS, "openai", "cents") is not None
    assert bar(FACTS, "rented", "m") is None
    assert it.refusal(payer) is None


async def test_a_rented_machine_is_paid_by_its_seconds_shared_by_those_it_works_for() -> None:
    clock = TurnedClock()
    it = book(clock)
    one = await it.reserve(it.payer("a"), "rented", "m", prompt_tokens=10)
    two = await it.reserve(it.payer("b"), "rented", "m", prompt_tokens=10)
    clock.at += 10
    first, second = it.settle(one, Usage(10, 10)), it.settle(two, None)
    assert first is not None
    assert second is not None
    assert [it.amount for it in (first, second)] == [5 * DOLLAR, 5 * DOLLAR]
    assert second.usage == Usage(0, 0, estimated=True)


async def test_a_budget_that_was_set_wins_over_the_configuration_at_once() -> None:
    it = book(total={"monthly": 100, "daily": 50})
    payer = it.payer()
    await it.ledger.set_limit(CENT)
    assert it.everybody == Allowance(daily=50 * DOLLAR, monthly=CENT)
    assert it.payer() is not payer
    with pytest.raises(BudgetExceeded):
        await reserve(it, it.payer())
    await it.ledger.set_limit(None)
    assert (await reserve(it, it.payer())).hold.amount == 3 * CENT


async def test_a_key_has_a_budget_of_its_own_beside_that_of_the_configuration() -> None:
    it = book(keys={"*": 1})
    assert it.owners == {EVERYBODY: Allowance()}
    payer = it.payer("acme", "k1", key_budget=Allowance(daily=CENT))
    assert it.owners["key:k1"] == Allowance(daily=CENT, monthly=DOLLAR)
    with pytest.raises(BudgetExceeded, match="the daily budget of key k1"):
        await reserve(it, payer)


async def test_another_configuration_changes_limits_and_keeps_what_was_spent() -> None:
    it = book(total=1)
    it.settle(await reserve(it), Usage(50, 0))
    it.adopt(prices(), Budgets.model_validate({"total": 0.4, "timezone": "Asia/Tokyo"}))
    with pytest.raises(BudgetExceeded):
        await reserve(it, it.payer("acme", "k1"))
    assert it.now().hour == "2026-11-21T21"


async def test_a_budget_is_renewed_at_midnight() -> None:
    clock = TurnedClock()
    it = book(clock, total={"daily": 0.05}, timezone="Europe/Berlin")
    it.settle(await reserve(it), Usage(5, 0))
    clock.at = NOON + 11 * 3600 - 1
    with pytest.raises(BudgetExceeded) as refused:
        await reserve(it)
    assert refused.value.retry_after_s == 1
    clock.at += 1
    assert (await reserve(it)).hold.amount == 3 * CENT


def test_there_is_an_end_to_the_payers_that_are_remembered() -> None:
    it = book()
    for number in range(MAX_REMEMBERED + 2):
        it.payer(f"t{number}")
    assert len(it._payers) <= MAX_REMEMBERED


Calls = st.lists(
    st.tuples(
        st.sampled_from(["openai", "ollama", "rented"]),
        st.sampled_from(["", "a", "b"]),
        st.integers(0, 50),
        st.integers(0, 60),
        st.integers(0, 60),
        st.booleans(),
    ),
    max_size=30,
)


@settings(deadline=None)
@given(Calls, st.integers(0, 3))
def test_the_books_hold_what_the_receipts_add_up_to_and_no_limit_is_broken(
    calls: list[tuple[str, str, int, int, int, bool]], dollars: int
) -> None:
    """Whatever is called in whatever order, of calls that keep to what they reserve."""

    async def run() -> None:
        it = book(total=dollars, tenants={"a": 1})
        open_tickets: list[tuple[Ticket, Usage]] = []
        receipts = []
        for provider, tenant, prompt, most, said, at_once in calls:
            try:
                ticket = await it.reserve(
                    it.payer(tenant), provider, "cents", prompt_tokens=prompt, max_tokens=max(1, most)
                )
            except BudgetExceeded:
                continue
            open_tickets.append((ticket, Usage(prompt, min(said, most))))
            if at_once:
                receipts.append(it.settle(*open_tickets.pop()))
                receipts.append(it.settle(ticket, Usage(9, 9)))
        receipts += [it.settle(*pair) for pair in open_tickets]
        amounts = [receipt.amount or 0 for receipt in receipts if receipt is not None]
        account = it.ledger.account(EVERYBODY)
        assert account.spent_total == sum(amounts) == sum(c.amount for _, c in await it.ledger.lines("2026-11-01"))
        assert account.spent_total <= dollars * DOLLAR
        for account in it.ledger.accounts():
            assert account.reserved == 0
            assert 0 <= account.spent_day <= account.spent_month <= account.spent_total

    asyncio.run(run())
