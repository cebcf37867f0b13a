"""Several gateways on one Redis behave as one; without it each goes on by itself."""

import asyncio
import random

from ai_dashboard.cache.exact import ExactCache, Lead
from ai_dashboard.cache.keys import ExactKey, Scope
from ai_dashboard.cache.replay import Kept
from ai_dashboard.cache.shared import HEARD_WITHIN_S, LEASE_S, name_of
from ai_dashboard.gateway.clock import SystemClock
from ai_dashboard.state.link import Link
from tests.integration.cache.homes import Turned, gateway, gateways, linked, until
from tests.unit.cache.asks import entry
from tests.valkey import Valkey, valkey

KEY = ExactKey("acme", "m", b"\x02" * 32)


def fresh(ttl_s: float = 100.0) -> Kept:
    return Kept(entry(b"x" * 3000, SystemClock().wall(), ttl_s))


async def lead(cache: ExactCache) -> Lead:
    found = await cache.find(KEY)
    assert isinstance(found, Lead)
    return found


async def test_what_one_has_kept_the_others_find(shared_valkey: Valkey) -> None:
    async with gateways(shared_valkey, 3) as (one, two, three):
        await (await lead(one)).land(fresh().entry)
        for other in (two, three):
            found = await other.find(KEY)
            assert isinstance(found, Kept)
            assert found.entry.body == b"x" * 3000


async def test_it_is_compressed_expires_by_itself_and_its_name_says_nothing(shared_valkey: Valkey) -> None:
    async with gateways(shared_valkey, 1) as (one,), linked(shared_valkey) as link:
        await (await lead(one)).land(fresh().entry)
        [name] = [it for it in await _names(link) if b"epoch" not in it]
        assert b"acme" not in name
        assert b"{" in name
        size, left_ms = await link.call("STRLEN", name), await link.call("PTTL", name)
        assert isinstance(size, int)
        assert isinstance(left_ms, int)
        assert size < 1000
        assert 90_000 < left_ms <= 100_000


async def test_two_gateways_ask_once_between_them(shared_valkey: Valkey) -> None:
    async with gateways(shared_valkey, 2) as (one, two):
        leading = await lead(one)
        others = [asyncio.get_running_loop().create_task(two.find(KEY)) for _ in range(20)]
        await until(lambda: two.figures().joined == 19)
        assert not any(task.done() for task in others)
        await leading.land(fresh().entry)
        assert all(isinstance(found, Kept) for found in await asyncio.gather(*others))


async def test_one_that_leaves_lets_the_other_gateway_ask_at_once(shared_valkey: Valkey) -> None:
    async with gateways(shared_valkey, 2) as (one, two):
        leading = await lead(one)
        other = asyncio.get_running_loop().create_task(two.find(KEY))
        await until(lambda: two.flights.has(KEY))
        await leading.leave()
        async with asyncio.timeout(LEASE_S / 2):
            found = await other
        assert isinstance(found, Lead)


async def test_the_next_in_line_here_goes_on_with_the_lease_that_is_held_here(shared_valkey: Valkey) -> None:
    async with gateways(shared_valkey, 1) as (one,):
        leading = await lead(one)
        second = asyncio.get_running_loop().create_task(one.find(KEY))
        await until(lambda: one.figures().joined == 1)
        await leading.leave()
        async with asyncio.timeout(LEASE_S / 2):
            assert isinstance(await second, Lead)


async def test_nobody_waits_for_a_gateway_that_has_died_for_longer_than_its_lease(shared_valkey: Valkey) -> None:
    clock = Turned()
    async with gateways(shared_valkey, 2, clock) as (one, two):
        await lead(one)
        other = asyncio.get_running_loop().create_task(two.find(KEY))
        await until(lambda: two.flights.has(KEY))
        await asyncio.sleep(0.1)
        assert not other.done()
        clock.ahead += LEASE_S
        async with asyncio.timeout(1.0):
            assert isinstance(await other, Lead)


async def test_what_one_forgets_is_forgotten_everywhere_within_a_second(shared_valkey: Valkey) -> None:
    clock = Turned()
    async with gateways(shared_valkey, 2, clock) as (one, two):
        await (await lead(one)).land(fresh().entry)
        assert isinstance(await two.find(KEY), Kept)
        assert await one.invalidate("acme", None) == (1, True)
        clock.ahead += HEARD_WITHIN_S
        assert isinstance(await two.find(KEY), Lead)
        assert await two.invalidate("acme", None) == (0, True)


async def test_two_that_forget_at_one_time_hear_each_other(shared_valkey: Valkey) -> None:
    clock = Turned()
    async with gateways(shared_valkey, 2, clock) as (one, two):
        other = ExactKey("acme", "n", b"\x03" * 32)
        for cache in (one, two):
            await cache.keep(KEY, fresh().entry)
            await cache.keep(other, fresh().entry)
        await one.invalidate(None, "m")
        await two.invalidate(None, "n")
        clock.ahead += HEARD_WITHIN_S
        for cache in (one, two):
            assert isinstance(await cache.find(KEY), Lead)
            assert isinstance(await cache.find(other), Lead)
            await cache.left(KEY)
            await cache.left(other)


async def test_without_redis_each_goes_on_with_its_memory_and_tells_the_rest_later() -> None:
    with valkey() as server:
        async with gateways(server, 2, watch=True) as (one, two):
            await (await lead(one)).land(fresh().entry)
            server.kill()
            assert isinstance(await one.find(KEY), Kept)
            missed = ExactKey("acme", "m", b"\x04" * 32)
            found = await one.find(missed)
            assert isinstance(found, Lead)
            await found.land(fresh().entry)
            assert await two.invalidate("b", None) == (0, False)
            server.start()
            async with linked(server) as link:

                async def is_there() -> bool:
                    return await link.call("EXISTS", name_of(missed)) == 1

                async with asyncio.timeout(5.0):
                    while not await is_there():  # noqa: ASYNC110 - nobody tells
                        await asyncio.sleep(0.02)


async def test_a_redis_that_hangs_costs_a_request_its_bound_and_no_more() -> None:
    with valkey() as server:
        async with gateways(server, 1, call_s=0.05) as (one,):
            with server.frozen():
                async with asyncio.timeout(1.5):
                    leading = await lead(one)
                    await leading.land(fresh().entry)
                    assert isinstance(await one.find(KEY), Kept)


async def test_a_password_that_changes_under_way_fails_no_request() -> None:
    with valkey() as server:
        async with gateways(server, 1) as (one,), linked(server) as link:
            await link.call("CONFIG", "SET", "requirepass", "hush")
            await link.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
            leading = await lead(one)
            await leading.land(fresh().entry)
            assert isinstance(await one.find(KEY), Kept)


async def test_with_one_connection_all_are_answered(shared_valkey: Valkey) -> None:
    link = Link(shared_valkey.url, clock=SystemClock(), chance=random.Random(1), connections=1, call_s=2.0)
    assert await link.connect()
    await link.call("FLUSHALL")
    try:
        cache = gateway(link)
        keys = [ExactKey("acme", "m", bytes([number]) * 32) for number in range(100)]
        found = await asyncio.gather(*(cache.find(key) for key in keys))
        assert all(isinstance(it, Lead) for it in found)
    finally:
        await link.close()


async def test_tenants_never_meet(shared_valkey: Valkey) -> None:
    async with gateways(shared_valkey, 1) as (one,):
        await (await lead(one)).land(fresh().entry)
        assert isinstance(await one.find(KEY._replace(tenant="other")), Lead)
    assert Scope("a", "b") != Scope("ab", "")


async def _names(link: Link) -> list[bytes]:
    names = await link.call("KEYS", "aid:*")
    assert isinstance(names, list)
    return [name for name in names if isinstance(name, bytes) and not name.endswith(b":lease")]
