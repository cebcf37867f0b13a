"""A place at a provider whose `max_concurrent` several gateways keep together: got before a try begins.

A gateway first keeps to the limit by itself, so that no more wait here than there are places. Those ask Redis, all of
them in one question; whoever is refused goes on to the next candidate, or waits where there is none. A place that is
given up goes back at once while other gateways want it, and else a moment later: it is often needed again.
"""

import asyncio
import random
from collections.abc import Callable, Mapping
from dataclasses import field
from math import inf

from ai_dashboard.core.clock import Clock
from ai_dashboard.core.data import dataclass
from ai_dashboard.gateway.targets import ProviderState
from ai_dashboard.queueing.room import WaitingRoom
from ai_dashboard.queueing.slots import LEASE_S, SharedSlots
from ai_dashboard.state.link import Link, LinkDown

KEEP_S = 0.02
"""How long a place that is given up is kept for whoever comes next here."""

AGAIN_S = 0.01
"""How often those who wait ask again, give or take a half."""

YIELD_S = 2 * AGAIN_S
"""How long a gateway that has given up a place wants no other while there are those who do: all of them have asked by
then."""

SAY_AGAIN_S = LEASE_S / 4
"""How often it is said again how many places are in use."""


@dataclass(slots=True, eq=False)
class _Asking:
    """Somebody who wants a place. The result is whether it is had; `refused` says that it was not at first."""

    patient: bool
    place: asyncio.Future[bool]
    refused: bool = False

    @property
    def had(self) -> bool:
        """Whether there is a place for it."""
        return self.place.done() and not self.place.cancelled() and self.place.result()


@dataclass(slots=True, eq=False)
class _Pool:
    """The places of one provider. `promised` are got by somebody who has not begun yet, `spare` by nobody in particular
    of those who wait for a place here; `rivals` are the other gateways that want more than they have. Until
    `yields_until` they have their turn."""

    state: ProviderState
    asking: list[_Asking] = field(default_factory=list)
    promised: int = 0
    spare: int = 0
    rivals: int = 0
    yields_until: float = 0.0
    said_at: float = 0.0
    news: asyncio.Event = field(default_factory=asyncio.Event)


class SharedPlaces:
    """The places of all providers. `others_have` is told how many requests of other gateways a provider has; `names`
    are what all gateways call a provider by."""

    def __init__(
        self,
        link: Link,
        slots: SharedSlots,
        room: WaitingRoom,
        others_have: Callable[[ProviderState, int], None],
        *,
        clock: Clock,
        chance: random.Random,
    ) -> None:
        self.names: Mapping[str, str] = {}
        self._link = link
        self._slots = slots
        self._room = room
        self._others_have = others_have
        self._clock = clock
        self._chance = chance
        self._pools: dict[str, _Pool] = {}
        self._tasks: asyncio.TaskGroup | None = None

    async def run(self) -> None:
        """Ask for places, until cancelled. Before and after, everybody has one."""
        async with asyncio.TaskGroup() as group:
            self._tasks = group
            try:
                await asyncio.get_running_loop().create_future()
            finally:
                self._tasks = None
                for pool in self._pools.values():
                    _let_through(pool)

    async def take(self, state: ProviderState, within_s: float = 0.0) -> float | None:
        """Get a place for a try that begins within the same turn of the loop. Returns the seconds that others were
        waited for, None when there is no place within so many seconds."""
        tasks = self._tasks
        if state.limits.max_concurrent is None or not self._link.up or tasks is None:
            return 0.0
        pool = self._pool(state, tasks)
        if pool.spare:
            pool.spare -= 1
            return 0.0
        asking = _Asking(within_s > 0, asyncio.get_running_loop().create_future())
        began = self._clock.monotonic()
        pool.asking.append(asking)
        pool.news.set()
        state.in_flight += 1
        try:
            async with asyncio.timeout(within_s if 0 < within_s < inf else None):
                await asking.place
        except TimeoutError:
            pass
        except asyncio.CancelledError:
            if asking.had:
                pool.promised -= 1
                pool.news.set()
            raise
        finally:
            state.in_flight -= 1
            if asking in pool.asking:
                pool.asking.remove(asking)
        if not asking.had:
            return None
        pool.promised -= 1
        return self._clock.monotonic() - began if asking.refused else 0.0

    def ended(self, state: ProviderState) -> None:
        """A try is over."""
        if (pool := self._pools.get(state.name)) is not None:
            if pool.rivals:
                pool.yields_until = self._clock.monotonic() + YIELD_S
            pool.news.set()

    def look(self, providers: Mapping[str, ProviderState]) -> None:
        """Say again what is in use before it is forgotten, and ask for those who wait. To be called often."""
        now = self._clock.monotonic()
        for pool in self._pools.values():
            if pool.state.begun and now - pool.said_at >= SAY_AGAIN_S:
                pool.news.set()
        for name in self._room.wanted():
            state = providers.get(name)
            if state is not None and state.limits.max_concurrent is not None and self._tasks is not None:
                self._pool(state, self._tasks).news.set()

    def _pool(self, state: ProviderState, tasks: asyncio.TaskGroup) -> _Pool:
        pool = self._pools.get(state.name)
        if pool is None or pool.state is not state:
            if pool is not None:
                pool.news.set()  # it is over
            pool = self._pools[state.name] = _Pool(state)
            tasks.create_task(self._look_after(pool), name="places")
        return pool

    # ── one provider ─────────────────────────────────────────────────────────────────────────────────────────────

    async def _look_after(self, pool: _Pool) -> None:
        while True:
            if not pool.spare:
                await pool.news.wait()
            if self._pools.get(pool.state.name) is not pool:
                return
            pool.news.clear()
            if not pool.asking and not pool.rivals:
                await self._news_within(pool, KEEP_S)
            await self._say(pool)
            while self._wanted(pool) and self._link.up:
                left_s = pool.yields_until - self._clock.monotonic()
                await self._news_within(pool, max(left_s, AGAIN_S * self._chance.uniform(0.5, 1.5)))
                await self._say(pool)

    async def _news_within(self, pool: _Pool, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await pool.news.wait()
        except TimeoutError:
            return
        pool.news.clear()

    def _wanted(self, pool: _Pool) -> int:
        waiting = len(self._room) if pool.state.name in self._room.wanted() else 0
        return len(pool.asking) + waiting

    async def _say(self, pool: _Pool) -> None:
        state, limit = pool.state, pool.state.limits.max_concurrent
        if limit is None:
            _let_through(pool)
            return
        yields = self._clock.monotonic() < pool.yields_until
        wanted = 0 if yields else min(limit, self._wanted(pool))
        asked = () if yields else tuple(pool.asking)
        pool.spare = 0
        name = self.names.get(state.name, state.name)
        try:
            granted = await self._slots.say(name, state.begun + pool.promised, wanted, limit)
        except LinkDown:
            _let_through(pool)
            return
        pool.rivals, pool.said_at = granted.rivals, self._clock.monotonic()
        pool.spare = granted.places
        for asking in asked:
            if asking.place.done():
                continue
            if pool.spare:
                pool.spare -= 1
                _promise(pool, asking)
            elif asking.patient:
                asking.refused = True
            else:
                asking.place.set_result(False)
                pool.asking.remove(asking)
        self._others_have(state, granted.others)


def _promise(pool: _Pool, asking: _Asking) -> None:
    pool.promised += 1
    asking.place.set_result(True)
    pool.asking.remove(asking)


def _let_through(pool: _Pool) -> None:
    """Nobody knows of any other gateway: whoever has a place here has one."""
    pool.spare, pool.rivals = 0, 0
    for asking in tuple(pool.asking):
        if not asking.place.done():
            _promise(pool, asking)
