"""Providers that cost money, and a look whether the books of a gateway say what its records say."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any

from ai_dashboard.core.records import RequestRecord
from ai_dashboard.transport.http1 import Exchange
from tests.integration.gateway.scene import ADMIN, DONE, HELLO, JSON_TYPE, ROLE, SSE_TYPE, STOP, WHOLE, House, until

CENT = 10_000_000
"""Nano-dollars."""

PAID: Mapping[str, Any] = {"cost_per_1k_tokens": {"m": {"input": 0, "output": 10}}}
"""A cent for a token of the answer."""

METERED: Mapping[str, Any] = {"cost_per_1k_tokens": {"m": {"input": 1, "output": 10}}}
"""A tenth of a cent for a token of the prompt as well."""

SPOKEN = b"data: " + json.dumps(
    {"id": "up-1", "choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 7, "total_tokens": 10}}
).encode() + b"\n\n"  # fmt: skip
"""The same usage as `WHOLE` has, in a stream."""

STREAM = ROLE + HELLO + STOP + SPOKEN + DONE
SEVEN = 7 * CENT


class Held:
    """Holds every answer back until it is opened; then whole or as a stream, as it was asked for."""

    def __init__(self) -> None:
        self._open = asyncio.Event()

    def open(self) -> None:
        self._open.set()

    async def __call__(self, exchange: Exchange) -> None:
        await self._open.wait()
        await seven(exchange)


async def seven(exchange: Exchange) -> None:
    """Seven tokens, whole or as a stream."""
    if exchange.header(b"accept") == b"text/event-stream":
        exchange.reply(200, [SSE_TYPE], STREAM)
    else:
        exchange.reply(200, [JSON_TYPE], WHOLE)


async def records(home: House, many: int) -> tuple[RequestRecord, ...]:
    """All that have finished, as soon as they are so many."""
    await until(lambda: home.gateway.runtime.requests >= many)
    return home.gateway.records(0, 8192).records


async def api(home: House, path: str) -> Any:  # noqa: ANN401 - JSON
    """What the admin API says."""
    response = await home.http.get(f"/api/admin/{path}", headers=ADMIN)
    assert response.status_code == 200, response.text
    return response.json()


async def balanced(home: House, many: int = 1) -> int:
    """The nano-dollars of so many requests, which the records, their attempts and the books agree on."""
    total = 0
    for record in await records(home, many):
        known = [attempt.cost for attempt in record.attempts]
        assert None not in known
        assert record.cost == sum(cost for cost in known if cost is not None)
        total += record.cost
    assert nano((await api(home, "costs"))["total"]) == total
    table = await api(home, "costs?by=model")
    assert sum(nano(row["amount"]) for row in table["rows"]) == total
    assert sum(account.reserved for account in home.gateway.keeping.book.ledger.accounts()) == 0
    return total


def nano(dollars: float) -> int:
    """The API speaks of dollars."""
    return round(dollars * 1e9)
