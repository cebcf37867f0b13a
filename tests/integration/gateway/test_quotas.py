"""Quotas that a configuration adds while the gateway runs begin with what was used before."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from ai_dashboard.config.schema import GatewaySettings
from ai_dashboard.gateway.generation import build_generation
from tests.integration.gateway.crew import gateways_seen
from tests.integration.gateway.scene import ADMIN, PATIENCE_S, House, Play, house, playing, until
from tests.integration.gateway.till import seven
from tests.valkey import Valkey, valkey

USED = 10
"""Tokens of one answer."""

QUOTA: Mapping[str, Any] = {"tenants": {"acme": {"quotas": {"daily_tokens": 100, "monthly_tokens": 1000}}}}


@pytest.fixture
def redis() -> Iterator[Valkey]:
    with valkey() as server:
        yield server


def reload(home: House, written: Mapping[str, Any]) -> None:
    """Other tenants are in force, as after a change of the file."""
    before = home.gateway.generation
    tenants = GatewaySettings.model_validate(written).tenants
    config = replace(before.config, gateway=before.settings.model_copy(update={"tenants": tenants}))
    home.gateway.adopt(build_generation(before.number + 1, config))


async def bearer(home: House) -> dict[str, str]:
    made = (await home.http.post("/api/admin/keys", json={"name": "ci", "tenant": "acme"}, headers=ADMIN)).json()
    return {"authorization": f"Bearer {made['secret']}"}


async def ask(home: House, key: Mapping[str, str]) -> httpx.Response:
    return await home.chat(stream=False, max_tokens=USED, headers=dict(key))


def left(home: House) -> dict[str, int]:
    """What is left of the quotas, as this gateway knows."""
    keeping = home.gateway.keeping
    policy = keeping.identity.tenant("acme").policy
    return {limit.name.rpartition(":")[2]: keeping.memory_limits.left(limit).remaining for limit in policy.limits}


async def told(home: House, day: int, month: int) -> None:
    """Wait until that is what is left."""
    async with asyncio.timeout(PATIENCE_S):
        while left(home) != {"day": day, "month": month}:  # noqa: ASYNC110 - the log is read on a thread
            await asyncio.sleep(0.01)


async def test_a_quota_that_a_reload_adds_begins_with_what_was_used(tmp_path: Path) -> None:
    async with house({"a": Play(seven)}, settings={"cache": {"enabled": True}}, state=tmp_path) as home:
        key = await bearer(home)
        for _ in range(8):
            assert (await ask(home, key)).status_code == 200
        for _ in range(3):  # what was known before used nothing
            await home.chat(stream=False, temperature=0, headers=key)
        reload(home, QUOTA)
        await told(home, 10, 910)
        refused = await ask(home, key)
        assert refused.status_code == 429
        reload(home, {})
        assert left(home) == {}
        assert (await ask(home, key)).status_code == 200
        reload(home, QUOTA)
        await told(home, 0, 900)
    async with house({"a": Play(seven)}, settings=QUOTA, state=tmp_path) as home:
        assert left(home) == {"day": 0, "month": 900}


async def test_gateways_on_one_redis_add_up_what_each_of_their_logs_knows_once(redis: Valkey, tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        address = (await stack.enter_async_context(playing(Play(seven)))).address
        shared = {"redis": {"url": redis.url}}
        # Two workers of one machine write into one log, a third gateway has its own.
        places = (tmp_path / "one", tmp_path / "one", tmp_path / "other")
        gateways = [
            await stack.enter_async_context(house({"a": address}, settings=shared, state=place)) for place in places
        ]
        await until(lambda: all(gateways_seen(home) == 3 for home in gateways))
        keys = [await bearer(gateways[0]), await bearer(gateways[2])]
        for home, key in zip(gateways, (keys[0], keys[0], keys[1]), strict=True):
            while (await ask(home, {})).status_code != 401:
                pass  # it has not heard of any key yet
            assert (await ask(home, key)).status_code == 200
        for home in gateways:
            log = home.gateway.keeping.log
            assert log is not None
            await log.written()
        for home in gateways:
            reload(home, QUOTA)
        await until(lambda: min(left(home)["month"] for home in gateways) == 970)  # whoever began last knows of all
        assert (await ask(gateways[0], keys[0])).headers["x-ratelimit-remaining-tokens"] == "59"
    async with AsyncExitStack() as stack:
        again = [
            await stack.enter_async_context(house({"a": address}, settings={**shared, **QUOTA}, state=place))
            for place in places[1:]
        ]
        await until(lambda: all(gateways_seen(home) == 2 for home in again))
        for home in again:
            await told(home, 60, 960)
