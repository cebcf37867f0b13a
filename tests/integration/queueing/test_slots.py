"""Places that gateways share through a real Valkey."""

import asyncio
import random

from ai_dashboard.gateway.clock import SystemClock
from ai_dashboard.queueing.slots import SharedSlots
from ai_dashboard.state.link import Link
from tests.valkey import valkey


async def test_three_gateways_together_take_no_more_places_than_there_are(link: Link) -> None:
    gateways = [SharedSlots(link) for _ in range(3)]
    holders = [(slots, f"{at}-{number}") for number in range(10) for at, slots in enumerate(gateways)]
    taken = await asyncio.gather(*(slots.take("gpu", holder, 4) for slots, holder in holders))
    assert sum(taken) == 4
    slots, holder = holders[taken.index(True)]
    await slots.give_back("gpu", holder)
    assert [await slots.take("gpu", f"late-{at}", 4) for at, slots in enumerate(gateways)] == [True, False, False]


async def test_taking_a_place_twice_is_taking_it_once(link: Link) -> None:
    slots = SharedSlots(link)
    assert await slots.take("gpu", "a", 1)
    assert await slots.take("gpu", "a", 1)
    await slots.give_back("gpu", "a")
    assert await slots.take("gpu", "b", 1)


async def test_the_places_of_a_gateway_that_died_are_free_when_their_leases_are_over(link: Link) -> None:
    dead, living = SharedSlots(link, lease_s=0.05), SharedSlots(link, lease_s=30)
    assert await dead.take("gpu", "a", 2)
    assert await living.take("gpu", "b", 2)
    assert not await living.take("gpu", "c", 2)
    async with asyncio.timeout(5):
        while not await living.take("gpu", "c", 2):
            pass
    assert not await living.take("gpu", "d", 2)


async def test_a_place_that_is_renewed_is_held(link: Link) -> None:
    slots, other = SharedSlots(link, lease_s=0.2), SharedSlots(link)
    assert await slots.take("gpu", "a", 1)
    loop = asyncio.get_running_loop()
    began = loop.time()
    while loop.time() < began + 0.5:
        await slots.renew()
        assert not await other.take("gpu", "b", 1)


async def test_without_redis_a_gateway_goes_by_what_it_counts_itself_and_tells_of_it_afterwards() -> None:
    with valkey() as server:
        link = Link(server.url, clock=SystemClock(), chance=random.Random(1))
        assert await link.connect()
        slots, other = SharedSlots(link), SharedSlots(link)
        server.kill()
        assert await slots.take("gpu", "a", 1)
        await slots.give_back("gpu", "nobody")
        server.start()
        assert await link.connect()
        await slots.renew()
        assert not await other.take("gpu", "b", 1)
        await link.close()
