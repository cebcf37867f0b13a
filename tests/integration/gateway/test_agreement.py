"""Whoever says what a request cost says the same: receipts, records, the log, the admin API and its exports."""

import asyncio
import csv
import io
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from ai_dashboard.core.events import Usage
from ai_dashboard.core.records import RequestRecord
from ai_dashboard.core.request_log import LoggedRequest
from ai_dashboard.gateway.clock import SystemClock
from ai_dashboard.telemetry.export import as_csv, as_jsonl
from ai_dashboard.telemetry.log_reader import LogReader, Question
from ai_dashboard.transport.http1 import Exchange
from tests.integration.gateway.caching_stage import Numbered
from tests.integration.gateway.scene import ADMIN, JSON_TYPE, House, Play, hanging, house, until
from tests.integration.gateway.till import CENT, api, nano, records

TOLD = {
    "prompt_tokens": 90,
    "completion_tokens": 60,
    "prompt_tokens_details": {"cached_tokens": 20, "audio_tokens": 30, "image_tokens": 5},
    "completion_tokens_details": {"reasoning_tokens": 10, "audio_tokens": 40, "image_tokens": 3},
}
PRICE: Mapping[str, Any] = {"cost_per_1k_tokens": {"*": {"input": 1, "output": 10, "cached_input": 0.1}}}
"""Of a token of the prompt a tenth of a cent, of the answer a cent."""

BOTH = 70 * CENT // 10 + 20 * CENT // 100 + 60 * CENT
SUMS = ("prompt_tokens", "completion_tokens", "cached_tokens", "reasoning_tokens")


async def everything(exchange: Exchange) -> None:
    """An answer that consists of all kinds of tokens."""
    choice = {"index": 0, "message": {"role": "assistant", "content": "well"}, "finish_reason": "stop"}
    said = {"id": "up-1", "object": "chat.completion", "choices": [choice], "usage": TOLD}
    exchange.reply(200, [JSON_TYPE], json.dumps(said).encode())


def added_up(usages: Iterable[Usage | Mapping[str, Any] | None]) -> dict[str, int]:
    """The sums that receipts have."""
    known = [it for it in usages if it is not None]
    told = [it if isinstance(it, Mapping) else {name: getattr(it, name) for name in SUMS} for it in known]
    return {name: sum(it[name] for it in told) for name in SUMS}


def of_all_tries(row: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """What a row of the log says was used: by its answer, unless that was known, and beside it."""
    beside = [attempt["usage"] for attempt in row["attempts"] if attempt["usage"] is not None]
    return [*beside, *([row] if row["cached"] is None and row["prompt_tokens"] is not None else [])]


async def rows_of(home: House, state: Path) -> tuple[LoggedRequest, ...]:
    """The request log, once all is in it."""
    log = home.gateway.keeping.log
    assert log is not None
    await log.written()
    return (await LogReader(state / "requests.sqlite", SystemClock()).page(Question())).requests


async def test_receipts_records_the_log_and_its_exports_agree(tmp_path: Path) -> None:
    plays = {"a": Play(everything), "b": Play(everything), "slow": Play(hanging())}
    settings = {"cache": {"enabled": True}}
    async with house(plays, entries=dict.fromkeys(plays, PRICE), settings=settings, state=tmp_path) as home:
        await home.chat(stream=False, temperature=0)
        await home.chat(stream=False, temperature=0)  # known by now
        await home.chat(stream=False, ensemble={"models": 2, "merge": "judge", "judge": "m"})
        async with asyncio.TaskGroup() as group:
            leaving = group.create_task(home.chat(model="slow/m"))
            await until(lambda: bool(plays["slow"].asked))
            leaving.cancel()
        told = await records(home, 4)
        assert [record.cached for record in told] == [None, "exact", None, None]
        assert [len(record.attempts) for record in told] == [1, 0, 3, 1]
        assert [record.cost for record in told] == [BOTH, 0, 3 * BOTH, CENT // 10]
        whole = told[2].spent
        assert whole is not None
        assert (whole.input_audio_tokens, whole.output_audio_tokens) == (90, 120)
        assert (whole.input_image_tokens, whole.output_image_tokens) == (15, 9)
        await agreed(home, told, await rows_of(home, tmp_path))


async def agreed(home: House, told: Iterable[RequestRecord], rows: tuple[LoggedRequest, ...]) -> None:
    """Compare all that is said of the same requests."""
    cost, used = sum(it.cost or 0 for it in told), added_up(it.spent for it in told)
    table = (await api(home, "costs?by=model"))["total"]
    assert (nano(table["amount"]), {name: table[name] for name in SUMS}) == (cost, used)
    lines = (await api(home, "costs/lines"))["lines"]
    assert sum(nano(line["amount"] or 0) for line in lines) == cost
    assert sum(line["prompt_tokens"] for line in lines) == used["prompt_tokens"]
    recent = (await api(home, "requests"))["records"]
    assert sum(it["cost"] for it in recent) == cost
    assert sum(attempt["cost"] or 0 for it in recent for attempt in it["attempts"]) == cost
    for written in ((await api(home, "log"))["requests"], [json.loads(line) for line in as_jsonl(rows)]):
        assert sum(nano(row["cost"]) for row in written) == cost
        assert added_up(usage for row in written for usage in of_all_tries(row)) == used
    (heading, *cells) = csv.reader(io.StringIO("".join(as_csv(rows))))
    exported = [dict(zip(heading, line, strict=True)) for line in cells]
    assert sum(nano(float(row["cost"])) for row in exported) == cost
    assert [row["prompt_tokens"] for row in exported] == [str(row.prompt_tokens or "") for row in rows]


async def test_vectors_for_the_cache_are_paid_for_by_the_key_that_asks(tmp_path: Path) -> None:
    plays = {"p": Play(Numbered()), "e": Play(Numbered())}
    entries = {"p": PRICE, "e": {**PRICE, "models": ["v"]}}
    semantic = {"enabled": True, "embedder": "e:v", "embed_timeout_ms": 5000}
    settings = {
        "cache": {"enabled": True, "semantic": semantic},
        "tenants": {"acme": {"allowed_providers": ["p", "e"]}},
    }
    async with house(plays, entries=entries, settings=settings, state=tmp_path) as home:
        rights = {"name": "ci", "tenant": "acme", "models": ["m"], "rpm": 1, "budget_monthly": 0.1}
        made = (await home.http.post("/api/admin/keys", json=rights, headers=ADMIN)).json()
        bearer = {"authorization": f"Bearer {made['secret']}"}
        response = await home.chat(stream=False, temperature=0, headers=bearer)
        assert response.status_code == 200, response.text
        told = await records(home, 2)
        assert {(it.provider, it.tenant, it.key_id) for it in told} == {
            ("p", "acme", made["key"]["id"]), ("e", "acme", made["key"]["id"]),
        }  # fmt: skip
        (row,) = (await api(home, "costs?by=key"))["rows"]
        assert (row["name"], row["calls"], nano(row["amount"])) == (
            made["key"]["id"],
            2,
            sum(it.cost or 0 for it in told),
        )
        (account,) = [it for it in home.gateway.keeping.book.ledger.accounts() if it.name.startswith("key:")]
        assert (account.spent_total, account.reserved) == (sum(it.cost or 0 for it in told), 0)
        await agreed(home, told, await rows_of(home, tmp_path))


@pytest.mark.parametrize(("allowed", "asked"), [(["p"], 0), (["p", "e"], 1)])
async def test_vectors_are_made_by_providers_that_the_tenant_allows(allowed: list[str], asked: int) -> None:
    plays = {"p": Play(Numbered()), "e": Play(Numbered())}
    semantic = {"enabled": True, "embedder": "e:v", "embed_timeout_ms": 5000}
    settings = {
        "cache": {"enabled": True, "semantic": semantic},
        "tenants": {"acme": {"allowed_providers": allowed}},
    }
    async with house(plays, entries={"e": {"models": ["v"]}}, settings=settings) as home:
        made = (await home.http.post("/api/admin/keys", json={"name": "ci", "tenant": "acme"}, headers=ADMIN)).json()
        bearer = {"authorization": f"Bearer {made['secret']}"}
        assert (await home.chat(stream=False, temperature=0, headers=bearer)).status_code == 200
        assert len(plays["e"].asked) == asked
