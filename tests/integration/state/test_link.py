"""The link to a real Valkey that is there, is killed, freezes, refuses, and comes back."""

import asyncio
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest
from redis.asyncio import Redis

from ai_dashboard.gateway.clock import SystemClock
from ai_dashboard.state.link import Link, LinkDown, LinkState, Script, without_password
from tests.valkey import Valkey, valkey

BACK_WITHIN_S = 5.0
CALLERS = 30


class Told:
    """What a link says of itself, and a way to wait for it."""

    def __init__(self) -> None:
        self.states: list[LinkState] = []
        self._news = asyncio.Event()

    def __call__(self, state: LinkState) -> None:
        self.states.append(state)
        self._news.set()

    async def until(self, *, up: bool | None = None) -> None:
        async with asyncio.timeout(BACK_WITHIN_S):
            while not self.states or up not in (None, self.states[-1].up):
                self._news.clear()
                await self._news.wait()


@asynccontextmanager
async def link_to(url: str, protocol: int = 2) -> AsyncIterator[tuple[Link, Told]]:
    told = Told()
    link = Link(url, clock=SystemClock(), chance=random.Random(1), protocol=protocol, on_change=told)
    watching = asyncio.get_running_loop().create_task(link.watch())
    try:
        await told.until()
        yield link, told
    finally:
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching
        await link.close()


@pytest.mark.parametrize("protocol", [2, 3])
async def test_commands_and_scripts_are_answered(shared_valkey: Valkey, protocol: int) -> None:
    async with link_to(shared_valkey.url, protocol) as (link, told):
        assert [state.up for state in told.states] == [True]
        assert await link.call("SET", f"a{protocol}", b"\xff\x00", "EX", 60)
        assert await link.call("GET", f"a{protocol}") == b"\xff\x00"
        script = Script("return {KEYS[1], ARGV[1] + 1}")
        assert await link.run(script, ["k"], [41]) == [b"k", 42]
        assert await link.run(script, ["k"], [42]) == [b"k", 43]


async def test_nobody_waits_for_one_that_is_killed_and_it_is_welcomed_when_it_is_back() -> None:
    with valkey() as server:
        async with link_to(server.url) as (link, told):
            welcomed: list[bool] = []

            async def welcome() -> None:
                welcomed.append(link.up)

            link.on_back.append(welcome)
            server.kill()
            with pytest.raises(LinkDown):
                await link.call("GET", "a")
            began = time.monotonic()
            for _ in range(100):
                with pytest.raises(LinkDown):
                    await link.call("GET", "a")
            assert time.monotonic() - began < 0.05
            server.start()
            await told.until(up=True)
            assert welcomed == [True]
            assert [state.up for state in told.states] == [True, False, True]


async def test_one_that_freezes_costs_each_of_those_who_ask_at_that_moment_its_bound_and_nobody_after() -> None:
    with valkey() as server:
        async with link_to(server.url) as (link, told):
            with server.frozen():
                began = time.monotonic()
                outcomes = await asyncio.gather(*(link.call("GET", "a") for _ in range(200)), return_exceptions=True)
                assert all(isinstance(it, LinkDown) for it in outcomes)
                assert time.monotonic() - began < 3.0  # waiting for each of them in turn would take ten
                assert told.states[-1].reason == "no answer within 50 ms"
            await told.until(up=True)
            assert await link.call("PING")


async def test_a_loop_that_is_busy_with_other_things_says_nothing_of_redis(shared_valkey: Valkey) -> None:
    async with link_to(shared_valkey.url) as (link, told):

        async def ask() -> None:
            for number in range(5):
                await link.call("SET", "busy", number)

        await asyncio.gather(*(ask() for _ in range(CALLERS)))  # they have connections by then

        async def keep_busy() -> None:
            for turns in range(1, 6):
                for _ in range(turns):
                    await asyncio.sleep(0)
                time.sleep(0.06 if turns < 3 else 0.25)  # noqa: ASYNC251 - that is the point

        await asyncio.gather(*(ask() for _ in range(CALLERS)), keep_busy())
        assert [state.up for state in told.states] == [True]


async def test_a_wrong_password_is_said_once() -> None:
    with valkey("--requirepass", "secret") as server:
        async with link_to(server.url) as (link, told):
            assert not link.up
            with pytest.raises(LinkDown, match=r"(?i)auth"):
                await link.call("GET", "a")
            assert len(told.states) == 1


async def test_one_that_is_not_there_is_said_once_and_a_clear_reason_given() -> None:
    async with link_to("unix:///nowhere/at/all.sock") as (link, told):
        await asyncio.sleep(0)
        assert [state.up for state in told.states] == [False]
        with pytest.raises(LinkDown, match=r"/nowhere/at/all\.sock"):
            await link.call("PING")


def test_an_address_is_shown_without_its_password() -> None:
    assert without_password("rediss://me:secret@redis.lab:6380/2?ssl_cert_reqs=none") == "rediss://redis.lab:6380/2"
    assert without_password("unix://:secret@/run/valkey.sock?db=1") == "unix:///run/valkey.sock"


class _Deaf(Redis):
    """A client that keeps a cancellation to itself, as redis-py does while it connects."""

    async def execute_command(self, *_parts: object, **_options: object) -> bytes:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            pass
        return b"PONG"


async def test_whoever_is_cancelled_while_it_waits_for_redis_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    link = Link("unix:///nowhere/at/all.sock", clock=SystemClock(), chance=random.Random(1), call_s=5.0)
    monkeypatch.setattr(link, "_redis", _Deaf())
    watching = asyncio.get_running_loop().create_task(link.watch())
    await asyncio.sleep(0)
    watching.cancel()
    async with asyncio.timeout(2.0):
        with pytest.raises(asyncio.CancelledError):
            await watching
