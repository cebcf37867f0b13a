"""Charges that nobody limits: added up, and then in the ledger to the last token."""

import asyncio
from contextlib import suppress

from ai_dashboard.core.events import Usage
from ai_dashboard.costs.tally import FLUSH_AT
from tests.unit.costs.till import book


async def test_calls_of_one_kind_become_one_charge_with_all_that_they_took() -> None:
    it = book()
    payer = it.payer("acme", "k1", "chat")
    for prompt in (1, 2, 3):
        ticket = await it.reserve(payer, "openai", "cents", prompt_tokens=prompt)
        receipt = it.settle(ticket, Usage(prompt, 10 * prompt, cached_tokens=0))
        assert receipt is not None
        assert it.settle(ticket, Usage(9, 9)) is None
    assert await it.ledger.lines("2000") == []
    it.flush()
    ((line, counts),) = await it.ledger.lines("2000")
    assert (line.provider, line.tenant, line.key, line.task) == ("openai", "acme", "k1", "chat")
    assert (counts.calls, counts.prompt_tokens, counts.completion_tokens) == (3, 6, 60)
    assert counts.amount == it.ledger.account("total").spent_total
    it.flush()
    assert len(await it.ledger.lines("2000")) == 1


async def test_many_kinds_do_not_wait_for_each_other() -> None:
    it = book()
    for number in range(FLUSH_AT + 5):
        ticket = await it.reserve(it.payer(f"t{number}"), "openai", "cents", prompt_tokens=1)
        it.settle(ticket, Usage(1, 1))
    assert len(await it.ledger.lines("2000")) == FLUSH_AT
    await it.close()
    assert len(await it.ledger.lines("2000")) == FLUSH_AT + 5


async def test_the_books_are_kept_up_while_they_run() -> None:
    it = book()
    running = asyncio.get_running_loop().create_task(it.run())
    ticket = await it.reserve(it.payer(), "openai", "cents", prompt_tokens=1)
    it.settle(ticket, Usage(1, 1))
    async with asyncio.timeout(5):
        while not await it.ledger.lines("2000"):  # noqa: ASYNC110 - the books tell nobody when they are kept up
            await asyncio.sleep(0.01)
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
