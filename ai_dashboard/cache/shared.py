"""Answers that several gateways share in one Redis. Without it each goes on with its own memory.

Every answer is one key that expires by itself; how many there may be is Redis's own business (`maxmemory-policy
allkeys-lru`). A gateway keeps what it has read in memory and asks once a second whether anybody has forgotten
something since: so an invalidation is heard everywhere within that second.
"""

import asyncio
from collections import OrderedDict
from hashlib import sha256

from ai_dashboard.cache.entry import Entry, pack, unpack
from ai_dashboard.cache.keys import ExactKey
from ai_dashboard.cache.memory import MemoryHome
from ai_dashboard.cache.replay import Kept
from ai_dashboard.core.clock import Clock
from ai_dashboard.state.link import Link, LinkDown, Script

EPOCH = "aid:{cache}:epoch"
LEASE_S = 10.0
"""So long another gateway waits for the one that asks; after it each asks for itself."""

POLL_S = 0.05
HEARD_WITHIN_S = 1.0
SCAN_COUNT = 500
MAX_OWED = 1000
"""Answers that are put into Redis when it is back."""

_TAKE = Script(
    "local held = redis.call('GET', KEYS[1]) "
    "if held and held ~= ARGV[1] then return 0 end "
    "redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2]) return 1"
)
_SWAP = Script("local old = redis.call('GET', KEYS[1]) redis.call('SET', KEYS[1], ARGV[1]) return old")
_RELEASE = Script("if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0")


class SharedHome:
    """Redis, and the memory in front of it. `name` tells gateways apart."""

    def __init__(self, link: Link, memory: MemoryHome, clock: Clock, *, name: str, compress_above: int) -> None:
        self._link = link
        self._memory = memory
        self._clock = clock
        self._name = name
        self._compress_above = compress_above
        self._epoch = b""
        self._forgotten = 0
        self._heard = float("-inf")
        self._owed: OrderedDict[ExactKey, Entry] = OrderedDict()
        self._to_forget: list[tuple[str | None, str | None]] = []

    async def listen(self) -> None:
        """Forget what others have forgotten; asks at most once a second."""
        now = self._clock.monotonic()
        if now - self._heard < HEARD_WITHIN_S or not self._link.up:
            return
        self._heard = now
        try:
            self._hear(await self._link.call("GET", EPOCH))
        except LinkDown:
            pass

    async def get(self, key: ExactKey) -> Kept | None:
        """An answer that some gateway has kept."""
        try:
            packed = await self._link.call("GET", name_of(key))
        except LinkDown:
            return None
        entry = unpack(packed) if isinstance(packed, bytes) else None
        if entry is None or self._clock.wall() >= entry.expires_at:
            return None
        return self._memory.put(key, entry)

    async def put(self, key: ExactKey, entry: Entry) -> None:
        """Keep an answer for all; when Redis is back if it is away now."""
        left_ms = int((entry.expires_at - self._clock.wall()) * 1000)
        if left_ms <= 0:
            return
        try:
            await self._link.call("SET", name_of(key), pack(entry, self._compress_above), "PX", left_ms)
        except LinkDown:
            self._owed[key] = entry
            if len(self._owed) > MAX_OWED:
                self._owed.popitem(last=False)

    async def lead(self, key: ExactKey, wait_s: float) -> Kept | None:
        """Wait for another gateway that asks already, and for its answer. None: this one asks now, since nobody else
        does, or takes too long about it, or nobody can tell."""
        lease = f"{name_of(key)}:lease"
        ends = self._clock.monotonic() + min(wait_s, LEASE_S)
        try:
            while not await self._link.run(_TAKE, [lease], [self._name, int(LEASE_S * 1000)]):
                await asyncio.sleep(POLL_S)
                if (kept := await self.get(key)) is not None:
                    return kept
                if self._clock.monotonic() >= ends:
                    break
        except LinkDown:
            pass
        return None

    async def leave(self, key: ExactKey) -> None:
        """Another gateway may ask."""
        try:
            await self._link.run(_RELEASE, [f"{name_of(key)}:lease"], [self._name])
        except LinkDown:
            pass  # the lease ends by itself

    async def invalidate(self, tenant: str | None, model: str | None) -> int | None:
        """Forget answers in Redis; how many there were, None when it could not be asked: then it is done later."""
        pattern = f"aid:{{{_tag(tenant)}}}:cache:{_tag(model)}:*"
        gone = 0
        try:
            cursor = 0
            while True:
                cursor, names = _page(await self._link.call("SCAN", cursor, "MATCH", pattern, "COUNT", SCAN_COUNT))
                for name in names:
                    gone += not name.endswith(b":lease")
                    await self._link.call("UNLINK", name)
                if not cursor:
                    break
            await self._tell()
        except LinkDown:
            self._to_forget.append((tenant, model))
            return None
        return gone

    async def reconcile(self) -> None:
        """Redis is back: hear what others forgot, forget what was to be forgotten, and give it what it missed."""
        to_forget, self._to_forget = self._to_forget, []
        self._heard = float("-inf")
        await self.listen()
        for tenant, model in to_forget:
            await self.invalidate(tenant, model)
        owed, self._owed = self._owed, OrderedDict()
        now = self._clock.wall()
        for key, entry in owed.items():
            if self._memory.get(key, now) is not None:  # else it was forgotten or evicted meanwhile
                await self.put(key, entry)

    async def _tell(self) -> None:
        """Let all others forget what they hold in memory; hear what they said before."""
        self._forgotten += 1
        mine = f"{self._name}:{self._clock.wall()}:{self._forgotten}".encode()
        self._hear(await self._link.run(_SWAP, [EPOCH], [mine]))
        self._epoch = mine

    def _hear(self, epoch: object) -> None:
        """An epoch that is gone says only that Redis has forgotten everything itself."""
        if isinstance(epoch, bytes) and epoch != self._epoch:
            self._memory.invalidate()
            self._epoch = epoch


def name_of(key: ExactKey) -> str:
    """The name in Redis. All of a tenant's are in one slot of a cluster, and its own name is not readable there."""
    return f"aid:{{{_tag(key.tenant)}}}:cache:{_tag(key.model)}:{key.digest.hex()}"


def _page(reply: object) -> tuple[int, list[bytes]]:
    """The next cursor and the names of one page of a scan."""
    match reply:
        case (int() as cursor, list() as names):
            return cursor, [name for name in names if isinstance(name, bytes)]
        case _:
            raise LinkDown("it does not answer SCAN as it should")


def _tag(name: str | None) -> str:
    return "*" if name is None else sha256(name.encode()).hexdigest()[:16]
