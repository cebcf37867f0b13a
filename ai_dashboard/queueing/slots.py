"""Places at providers that several gateways share: one Redis says how many are taken, all gateways together.

A place is held by a lease. Whoever holds it renews it; the leases of a gateway that died run out, and its places are
free again. Without Redis a gateway goes by what it counts itself, as if it were alone.
"""

from collections.abc import Iterable

from ai_dashboard.state.link import Link, LinkDown, Script

LEASE_S = 15.0
RENEW_S = LEASE_S / 3
"""How often `renew` is called: a lease outlives two renewals that are lost."""

_TAKE = Script("""
local now = redis.call('TIME')
local at = now[1] + now[2] / 1000000
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', at)
if not redis.call('ZSCORE', KEYS[1], ARGV[1]) and redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[2]) then
  return 0
end
redis.call('ZADD', KEYS[1], at + ARGV[3], ARGV[1])
redis.call('PEXPIRE', KEYS[1], math.ceil(ARGV[3] * 1000))
return 1
""")

_RENEW = Script("""
local now = redis.call('TIME')
local at = now[1] + now[2] / 1000000
for i = 2, #ARGV do
  redis.call('ZADD', KEYS[1], at + ARGV[1], ARGV[i])
end
redis.call('PEXPIRE', KEYS[1], math.ceil(ARGV[1] * 1000))
return #ARGV - 1
""")


class SharedSlots:
    """The places of all providers with a limit. `lease_s` is how long a place is held without being renewed."""

    def __init__(self, link: Link, lease_s: float = LEASE_S) -> None:
        self._link = link
        self._lease_s = lease_s
        self._held: dict[str, set[str]] = {}

    async def take(self, provider: str, holder: str, capacity: int) -> bool:
        """Take a place for a request, if fewer than `capacity` are taken by all gateways together. True, too, when
        Redis cannot be asked. Taking it twice is taking it once."""
        try:
            taken = bool(await self._link.run(_TAKE, [_key(provider)], [holder, capacity, self._lease_s]))
        except LinkDown:
            taken = True
        if taken:
            self._held.setdefault(provider, set()).add(holder)
        return taken

    async def give_back(self, provider: str, holder: str) -> None:
        """The request is over."""
        self._held.get(provider, set()).discard(holder)
        try:
            await self._link.call("ZREM", _key(provider), holder)
        except LinkDown:
            return  # its lease runs out

    async def renew(self) -> None:
        """Hold on to all places that this gateway has, those included that it took while Redis was away."""
        for provider, holders in tuple(self._held.items()):
            if holders:
                await self._renew(provider, holders)
            else:
                del self._held[provider]

    async def _renew(self, provider: str, holders: Iterable[str]) -> None:
        try:
            await self._link.run(_RENEW, [_key(provider)], [self._lease_s, *holders])
        except LinkDown:
            return


def _key(provider: str) -> str:
    return f"aid:{{slots:{provider}}}:held"
