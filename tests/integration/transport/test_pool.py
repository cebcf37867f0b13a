"""How many connections there are, how long one is used, and who waits."""

import asyncio

import pytest

from ai_dashboard.core.errors import UpstreamCrowded, UpstreamError, UpstreamUnreachable
from ai_dashboard.transport.client import PoolLimits, Timeouts, UpstreamClient
from tests.integration.transport.provider import ASK, OK, Peer, Provider, everything, keeps_answering, until

BRIEF = Timeouts(connect_s=0.05)


async def ask(client: UpstreamClient, provider: Provider, timeouts: Timeouts = BRIEF) -> bytes:
    return await everything(await client.send(provider.endpoint, ASK, timeouts))


async def test_no_more_connections_than_allowed() -> None:
    provider = Provider(keeps_answering)
    async with provider.running(limits=PoolLimits(max_connections=3)) as client:
        replies = await asyncio.gather(*(ask(client, provider) for _ in range(60)))
    assert replies == [b"ok"] * 60
    assert provider.connections == 3


async def test_first_come_first_served() -> None:
    order: list[int] = []

    async def turn(number: int) -> None:
        await ask(client, provider)
        order.append(number)

    provider = Provider(keeps_answering)
    async with provider.running(limits=PoolLimits(max_connections=1)) as client, asyncio.TaskGroup() as tasks:
        for number in range(10):
            tasks.create_task(turn(number))
    assert order == list(range(10))


async def test_waiting_is_bounded() -> None:
    release = asyncio.Event()

    async def script(peer: Peer) -> None:
        while True:
            await peer.request()
            await release.wait()
            peer.send(OK)

    provider = Provider(script)
    async with provider.running(limits=PoolLimits(max_connections=1)) as client, asyncio.TaskGroup() as tasks:
        first = tasks.create_task(ask(client, provider))
        await until(lambda: provider.connections == 1)
        with pytest.raises(UpstreamCrowded, match=r"none of the 1 connections to it came free within 0.05 s"):
            await ask(client, provider)
        release.set()
        assert await first == b"ok"
        assert await ask(client, provider) == b"ok"  # who gave up left nothing behind
    assert provider.connections == 1


async def test_room_for_more_is_there_at_once() -> None:
    release = asyncio.Event()

    async def script(peer: Peer) -> None:
        while True:
            await peer.request()
            await release.wait()
            peer.send(OK)

    provider = Provider(script)
    async with provider.running(limits=PoolLimits(max_connections=1)) as client, asyncio.TaskGroup() as tasks:
        first = tasks.create_task(ask(client, provider))
        await until(lambda: provider.connections == 1)
        client.widen(2)
        client.widen(1)
        second = tasks.create_task(ask(client, provider))
        await until(lambda: provider.connections == 2)
        release.set()
        assert (await first, await second) == (b"ok", b"ok")


async def test_whoever_is_cancelled_in_the_queue_takes_nothing_with_it() -> None:
    provider = Provider(keeps_answering)
    async with provider.running(limits=PoolLimits(max_connections=1)) as client:
        for turns in range(12):  # cancelled before, at and after the moment at which the connection comes free
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(ask(client, provider))
                doomed = tasks.create_task(ask(client, provider))
                for _ in range(turns):
                    await asyncio.sleep(0)
                doomed.cancel()
            assert await ask(client, provider) == b"ok"


async def test_a_failed_connection_makes_room() -> None:
    async def script(peer: Peer) -> None:
        await peer.request()
        peer.reset()

    provider = Provider(script)
    async with provider.running(limits=PoolLimits(max_connections=1)) as client:
        for _ in range(3):
            replies = await asyncio.gather(*(ask(client, provider) for _ in range(4)), return_exceptions=True)
            assert all(isinstance(reply, UpstreamError) for reply in replies)
    assert provider.connections == 12


async def test_an_unreachable_provider_makes_room() -> None:
    provider = Provider(keeps_answering)
    async with provider.running():
        endpoint = provider.endpoint
    client = UpstreamClient(PoolLimits(max_connections=1))
    asks = (client.send(endpoint, ASK, Timeouts(connect_s=1.0)) for _ in range(5))
    assert [type(error) for error in await asyncio.gather(*asks, return_exceptions=True)] == [UpstreamUnreachable] * 5
    await client.aclose()


async def test_closing_tells_those_who_wait() -> None:
    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.until_closed()

    provider = Provider(script)
    async with provider.running(limits=PoolLimits(max_connections=1)) as client:
        waiting = asyncio.gather(*(ask(client, provider, Timeouts()) for _ in range(3)), return_exceptions=True)
        await until(lambda: provider.connections == 1)
        client.close()
        errors = await waiting
    assert all(isinstance(error, UpstreamError) for error in errors)
    assert sum(isinstance(error, UpstreamUnreachable) for error in errors) >= 2


@pytest.mark.parametrize("limits", [PoolLimits(max_uses=2), PoolLimits(max_age_s=0.0)])
async def test_a_connection_is_not_used_for_ever(limits: PoolLimits) -> None:
    provider = Provider(keeps_answering)
    async with provider.running(limits=limits) as client:
        for _ in range(6):
            assert await ask(client, provider) == b"ok"
    assert provider.connections == (3 if limits.max_uses == 2 else 6)


async def test_connections_to_who_is_not_kept_are_closed_after_their_reply() -> None:
    provider = Provider(keeps_answering)
    async with provider.running() as client:
        assert await ask(client, provider) == b"ok"
        reply = await client.send(provider.endpoint, ASK, BRIEF)
        client.keep_only(set())
        assert await everything(reply) == b"ok"
        assert provider.connections == 1
        assert await ask(client, provider) == b"ok"
        assert await ask(client, provider) == b"ok"
        assert provider.connections == 3
        client.keep_only({provider.endpoint})
        for _ in range(3):
            assert await ask(client, provider) == b"ok"
        assert provider.connections == 4


async def test_nothing_is_remembered_of_who_is_not_kept() -> None:
    provider = Provider(keeps_answering)
    async with provider.running() as client:
        assert await ask(client, provider) == b"ok"
        client.keep_only(set())
        await until(lambda: client._pools[provider.endpoint].empty)
        client.keep_only(set())
        assert provider.endpoint not in client._pools
        assert await ask(client, provider) == b"ok"
