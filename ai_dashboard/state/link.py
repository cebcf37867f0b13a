"""The link to a Redis that several gateways share, and that may go away, hang or be slow at any time.

Nobody waits for it for long: every call is bounded, and once one has failed all others fail at once, without a try,
until a ping in the background is answered again. So whoever calls must be able to go on without it: `LinkDown` is part
of the interface, and no request fails because of it.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from hashlib import sha1
from typing import TypeAlias, cast
from urllib.parse import urlsplit

from ai_dashboard.core.clock import Clock
from ai_dashboard.core.data import dataclass

CALL_S = 0.05
"""What a call may take, waiting for a connection included."""

TURNS = 5
"""Into so many parts that time is divided. In each of them the loop has to have had a turn: one that is busy with other
things reads no answer, and that says nothing of Redis."""

AT_LAST = 4
"""After so many times as many turns it is called off once more: what redis-py has made of the first time."""

GOODBYE_S = 2.0
"""What opening and closing a connection may take besides."""

CONNECTIONS = 64
FIRST_PING_S = 0.1
MAX_PING_S = 2.0
STEADY_S = 10.0
"""A link that was up for less is asked as if it had never been: one that comes and goes is left alone for longer."""

Part: TypeAlias = bytes | str | int | float
Reply: TypeAlias = "bytes | int | float | str | bool | list[Reply] | dict[bytes, Reply] | None"


class LinkDown(Exception):
    """Redis cannot be asked now; the message says why."""


class _UnknownScript(Exception):
    """Redis does not know a script by its digest (any more)."""


@dataclass(frozen=True, slots=True)
class LinkState:
    """Whether Redis answers, since when (monotonic seconds), and what was last wrong with it."""

    up: bool
    since: float
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Script:
    """A Lua script, sent once and then known by its digest."""

    source: str

    @property
    def digest(self) -> str:
        """As Redis reckons it."""
        return sha1(self.source.encode(), usedforsecurity=False).hexdigest()


class Link:
    """One Redis. `url` is `redis://`, `rediss://` or `unix://`; `protocol` 2 or 3. `on_change` is told of every change
    of its state, once; what is in `on_back` is awaited, one after the other, each time it is up again."""

    def __init__(
        self,
        url: str,
        *,
        clock: Clock,
        chance: random.Random,
        protocol: int = 2,
        call_s: float = CALL_S,
        connections: int = CONNECTIONS,
        on_change: Callable[[LinkState], None] = lambda _state: None,
    ) -> None:
        # Imported by whoever has a Redis: it takes a tenth of a second, and most gateways have none.
        from redis.asyncio import BlockingConnectionPool, Redis
        from redis.asyncio.retry import Retry
        from redis.backoff import NoBackoff

        self.address = without_password(url)
        self.on_back: list[Callable[[], Awaitable[None]]] = []
        self._clock = clock
        self._chance = chance
        self._call_s = call_s
        self._on_change = on_change
        self._state = LinkState(up=False, since=clock.monotonic(), reason="not asked yet")
        self._asked = False
        self._down = asyncio.Event()
        pool = BlockingConnectionPool.from_url(
            url,
            max_connections=connections,
            # Calls are bounded in turns of the loop: by the clock, one that stood still would seem to be Redis' fault.
            timeout=None,
            socket_timeout=None,
            socket_connect_timeout=GOODBYE_S,
            protocol=protocol,
            retry=Retry(NoBackoff(), 0),
        )
        self._redis = Redis(connection_pool=pool)

    @property
    def state(self) -> LinkState:
        """How it is now."""
        return self._state

    @property
    def up(self) -> bool:
        """Whether it answered last."""
        return self._state.up

    async def call(self, *parts: Part) -> Reply:
        """One command. Raises `LinkDown`."""
        if not self._state.up:
            raise LinkDown(self._state.reason)
        return await self._ask(parts)

    async def run(self, script: Script, keys: Sequence[Part], arguments: Sequence[Part] = ()) -> Reply:
        """A script. All of its keys must be in one slot (`{…}` around what they have in common). Raises `LinkDown`."""
        tail: tuple[Part, ...] = (len(keys), *keys, *arguments)
        if not self._state.up:
            raise LinkDown(self._state.reason)
        try:
            return await self._ask(("EVALSHA", script.digest, *tail))
        except _UnknownScript:
            return await self._ask(("EVAL", script.source, *tail))

    async def watch(self) -> None:
        """Ask whether it is there: now, and for as long as it is not. Runs until it is cancelled."""
        pause_s = FIRST_PING_S
        while True:
            if await self._comes_back():
                came_back = self._clock.monotonic()
                self._down.clear()
                await self._down.wait()
                if self._clock.monotonic() - came_back > STEADY_S:
                    pause_s = FIRST_PING_S
            await asyncio.sleep(pause_s * self._chance.uniform(0.8, 1.2))
            pause_s = min(2 * pause_s, MAX_PING_S)

    async def connect(self) -> bool:
        """Ask once whether it is there."""
        return await self._comes_back()

    async def close(self) -> None:
        """Let go of all connections."""
        await self._redis.aclose()
        await self._redis.connection_pool.disconnect()

    async def _comes_back(self) -> bool:
        if self._state.up:
            return True
        try:
            await self._ask(("PING",))
        except LinkDown:
            return False
        self._become(up=True)
        for welcome in self.on_back:
            await welcome()
        return self._state.up

    async def _ask(self, parts: Sequence[Part]) -> Reply:
        task = asyncio.current_task()
        cancelled = task.cancelling() if task is not None else 0
        try:
            return await self._answer(parts)
        finally:
            # While it connects, redis-py keeps a cancellation to itself, and whoever was to end would go on for ever.
            if task is not None and task.cancelling() > cancelled:
                raise asyncio.CancelledError

    async def _answer(self, parts: Sequence[Part]) -> Reply:
        from redis.exceptions import NoScriptError, RedisError, ResponseError

        try:
            async with asyncio.timeout(None) as at_last, asyncio.timeout(None) as bound:
                with _Turns(bound, at_last, self._call_s / TURNS):
                    return cast("Reply", await self._redis.execute_command(*parts))  # type: ignore[no-untyped-call]
        except NoScriptError:
            raise _UnknownScript from None
        except TimeoutError:
            reason = f"no answer within {self._call_s * 1000:.0f} ms"
        except ResponseError as error:
            reason = f"it refuses: {error}"
        except (RedisError, OSError) as error:
            reason = str(error) or type(error).__name__
        self._become(up=False, reason=reason)
        raise LinkDown(reason)

    def _become(self, *, up: bool, reason: str = "") -> None:
        before, first = self._state, not self._asked
        self._asked = True
        changed = up != before.up
        self._state = LinkState(up, self._clock.monotonic() if changed else before.since, reason)
        if not up:
            self._down.set()
        if changed or first:
            self._on_change(self._state)


class _Turns:
    """Ends what is bounded by `bound` after `TURNS` turns of the loop, so many seconds apart, and by `at_last` what
    goes on nevertheless."""

    __slots__ = ("_apart_s", "_at_last", "_bound", "_left", "_loop", "_next")

    def __init__(self, bound: asyncio.Timeout, at_last: asyncio.Timeout, apart_s: float) -> None:
        self._bound = bound
        self._at_last = at_last
        self._apart_s = apart_s
        self._left = AT_LAST * TURNS
        self._loop = asyncio.get_running_loop()

    def __enter__(self) -> None:
        self._next = self._loop.call_later(self._apart_s, self._turn)

    def __exit__(self, *_: object) -> None:
        self._next.cancel()

    def _turn(self) -> None:
        self._left -= 1
        if self._left == (AT_LAST - 1) * TURNS:
            self._bound.reschedule(self._loop.time())
        elif not self._left:
            self._at_last.reschedule(self._loop.time())
            return
        self._next = self._loop.call_later(self._apart_s, self._turn)


def without_password(url: str) -> str:
    """For people: the address without what opens it."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}{parts.path}"
