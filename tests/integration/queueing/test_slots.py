"""Places that gateways share through a real Valkey."""

import asyncio

from ai_dashboard.queueing.slots import Granted, SharedSlots
from ai_dashboard.state.link import Link


async def test_three_gateways_together_are_given_no_more_places_than_there_are(link: Link) -> None:
    gateways = [SharedSlots(link, f"g{number}") for number in range(3)]
    granted = await asyncio.gather(*(slots.say("gpu", 0, 10, 4) for slots in gateways))
    assert sum(it.places for it in granted) == 4


async def test_who_uses_less_leaves_it_to_the_others(link: Link) -> None:
    one, other = SharedSlots(link, "one"), SharedSlots(link, "other")
    assert await one.say("gpu", 0, 4, 4) == Granted(4, 0, 0)
    assert await other.say("gpu", 0, 1, 4) == Granted(0, 4, 0)
    assert await one.say("gpu", 3, 0, 4) == Granted(0, 0, 1)
    assert await other.say("gpu", 0, 1, 4) == Granted(1, 3, 0)
    assert await one.say("gpu", 3, 1, 4) == Granted(0, 1, 0)


async def test_while_others_want_places_nobody_is_given_more_than_its_share(link: Link) -> None:
    one, other = SharedSlots(link, "one"), SharedSlots(link, "other")
    assert await one.say("gpu", 0, 9, 4) == Granted(4, 0, 0)
    assert await other.say("gpu", 0, 9, 4) == Granted(0, 4, 1)
    assert await one.say("gpu", 3, 9, 4) == Granted(0, 0, 1)
    assert await other.say("gpu", 0, 9, 4) == Granted(1, 3, 1)


async def test_one_place_goes_to_whoever_asks_while_it_is_free(link: Link) -> None:
    one, other = SharedSlots(link, "one"), SharedSlots(link, "other")
    assert (await one.say("gpu", 0, 5, 1)).places == 1
    assert (await other.say("gpu", 0, 5, 1)).places == 0
    assert (await one.say("gpu", 0, 0, 1)).rivals == 1
    assert (await other.say("gpu", 0, 5, 1)).places == 1


async def test_the_places_of_a_gateway_that_died_are_free_when_its_lease_is_over(link: Link) -> None:
    dead, living = SharedSlots(link, "dead", lease_s=0.05), SharedSlots(link, "living", lease_s=30)
    assert (await dead.say("gpu", 0, 1, 2)).places == 1
    assert (await living.say("gpu", 0, 2, 2)).places == 1
    async with asyncio.timeout(5):
        while not (await living.say("gpu", 1, 1, 2)).places:
            pass


async def test_what_was_said_again_is_held(link: Link) -> None:
    slots, other = SharedSlots(link, "slots", lease_s=0.2), SharedSlots(link, "other")
    assert (await slots.say("gpu", 0, 1, 1)).places == 1
    loop = asyncio.get_running_loop()
    began = loop.time()
    while loop.time() < began + 0.5:
        await slots.say("gpu", 1, 0, 1)
        assert not (await other.say("gpu", 0, 1, 1)).places


async def test_after_an_empty_restart_nothing_is_given_before_what_is_used_has_been_said(link: Link) -> None:
    one, other = SharedSlots(link, "one"), SharedSlots(link, "other")
    assert (await one.say("gpu", 0, 2, 2)).places == 2
    await link.call("FLUSHALL")
    assert await one.say("gpu", 2, 0, 2) == Granted(0, 0, 0)
    assert await other.say("gpu", 0, 1, 2) == Granted(0, 2, 0)
