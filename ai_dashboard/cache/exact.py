"""The exact cache: the same ask gets the same answer, and is asked once however many ask it at one time."""

from ai_dashboard.cache.entry import Entry
from ai_dashboard.cache.flights import Flights, Turn
from ai_dashboard.cache.keys import ExactKey
from ai_dashboard.cache.memory import MemoryHome
from ai_dashboard.cache.replay import Kept, replay
from ai_dashboard.cache.shared import SharedHome
from ai_dashboard.core.cache import ExactFigures
from ai_dashboard.core.chat import Ask
from ai_dashboard.core.clock import Clock
from ai_dashboard.core.data import dataclass


@dataclass(slots=True)
class Lead:
    """The right, and the duty, to ask for an answer that others may wait for. Ended once; later ends count for
    nothing, so that `leave` can stand in a `finally`."""

    key: ExactKey
    cache: "ExactCache"
    ended: bool = False

    async def land(self, entry: Entry) -> None:
        """The answer is here, and for keeping."""
        if not self.ended:
            self.ended = True
            await self.cache.landed(self.key, entry)

    async def release(self) -> None:
        """The answer is here, and not for keeping: everybody asks for themselves."""
        if not self.ended:
            self.ended = True
            await self.cache.released(self.key)

    async def leave(self) -> None:
        """There is no answer: the next one asks."""
        if not self.ended:
            self.ended = True
            await self.cache.left(self.key)


class ExactCache:
    """Memory, perhaps a Redis behind it, and what is being asked for."""

    def __init__(
        self, memory: MemoryHome, clock: Clock, *, wait_s: float, max_joined: int, shared: SharedHome | None = None
    ) -> None:
        self.memory = memory
        self.shared = shared
        self.flights = Flights(max_joined)
        self.hits = 0
        self.misses = 0
        self.bypasses = 0
        self.stored = 0
        self._clock = clock
        self._wait_s = wait_s

    def adopt(self, max_bytes: int, wait_s: float, max_joined: int) -> None:
        """Go by another configuration."""
        self.memory.resize(max_bytes)
        self._wait_s = wait_s
        self.flights.max_joined = max_joined

    async def find(self, key: ExactKey, until: float = float("inf")) -> Kept | Lead | None:
        """The answer; or the lead in asking for it; or None: ask for oneself alone, and keep nothing. Waits for nobody
        longer than `until`, a monotonic moment."""
        if self.shared is not None:
            await self.shared.listen()
        if (kept := self.memory.get(key, self._clock.wall())) is not None:
            self.hits += 1
            return kept
        wait_s = min(self._wait_s, until - self._clock.monotonic())
        turn = await self.flights.join(key, wait_s)
        if turn is Turn.LEAD and self.shared is not None:
            turn = await self._ask_others(key, self.shared, until)
        if isinstance(turn, Kept):
            self.hits += 1
            return turn
        self.misses += 1
        return Lead(key, self) if turn is Turn.LEAD else None

    async def landed(self, key: ExactKey, entry: Entry) -> None:
        """Keep an answer, and give it to all who wait for it."""
        self.flights.land(key, self.memory.put(key, entry))
        self.stored += 1
        if self.shared is not None:
            await self.shared.put(key, entry)
            await self.shared.leave(key)

    async def released(self, key: ExactKey) -> None:
        """Nobody gets anything: all who wait here, or at another gateway, ask for themselves."""
        self.flights.release(key)
        if self.shared is not None:
            await self.shared.leave(key)

    async def left(self, key: ExactKey) -> None:
        """Whoever asked has gone without an answer: the next one here asks, or else another gateway."""
        self.flights.hand_over(key)
        if self.shared is not None and not self.flights.has(key):
            await self.shared.leave(key)

    async def keep(self, key: ExactKey, entry: Entry) -> None:
        """Keep an answer that nobody was told to wait for."""
        self.memory.put(key, entry)
        self.stored += 1
        if self.shared is not None:
            await self.shared.put(key, entry)

    def replayed(self, key: ExactKey, kept: Kept, ask: Ask, reply_id: str) -> bytes | None:
        """The reply to an ask; None where the answer cannot be said in its form."""
        before = kept.size
        body = replay(kept, ask, reply_id)
        if kept.size != before:
            self.memory.grew(key, kept, before)
        return body

    async def invalidate(self, tenant: str | None, model: str | None) -> tuple[int, bool]:
        """Forget answers; how many, and whether all who share them have."""
        here = self.memory.invalidate(tenant, model)
        if self.shared is None:
            return here, True
        there = await self.shared.invalidate(tenant, model)
        return (here, False) if there is None else (max(here, there), True)

    def clear_expired(self) -> int:
        """Forget what is no longer good; how many there were here. In Redis they go by themselves."""
        return self.memory.clear_expired(self._clock.wall())

    def figures(self) -> ExactFigures:
        """What has happened."""
        memory = self.memory
        return ExactFigures(
            self.hits, self.misses, self.bypasses, self.flights.joined, self.stored, memory.evicted, len(memory),
            memory.bytes, memory.max_bytes, shared=self.shared is not None,
            mean_ttl_s=memory.mean_ttl_s(self._clock.wall()),
        )  # fmt: skip

    async def _ask_others(self, key: ExactKey, shared: SharedHome, until: float) -> Kept | Turn:
        """Whoever leads here asks Redis, and there the other gateways."""
        try:
            kept = await shared.get(key)
            if kept is None:
                kept = await shared.lead(key, min(self._wait_s, until - self._clock.monotonic()))
        except BaseException:
            await self.left(key)
            raise
        if isinstance(kept, Kept):
            self.flights.land(key, kept)
            return kept
        return Turn.LEAD
