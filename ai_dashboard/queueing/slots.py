"""Places at providers that several gateways share: one Redis says how many are taken, all gateways together.

A gateway says how many it uses and how many more it wants, and is told how many of those it may have. What it says
replaces what it said before, so nothing is lost by an answer that never came. It says so again before its lease is
over; the places of one that has died are free then. While others want places too, nobody is given more than its share.
"""

from ai_dashboard.core.data import dataclass
from ai_dashboard.state.link import Link, Script

LEASE_S = 2.0
"""How long what a gateway has said of its places holds."""

# KEYS: said (hash: gateway → "places wanted"), until (zset: gateway by the end of its lease)
# ARGV: gateway, places in use, places wanted, places in all, seconds of the lease
_SAY = Script("""
local me, used, wanted = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local limit, lease = tonumber(ARGV[4]), tonumber(ARGV[5])
local t = redis.call('TIME')
local now = t[1] + t[2] / 1000000
for _, dead in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now)) do
  redis.call('HDEL', KEYS[1], dead)
  redis.call('ZREM', KEYS[2], dead)
end
local taken, active, rivals = 0, 1, 0
local said = redis.call('HGETALL', KEYS[1])
for i = 1, #said, 2 do
  if said[i] ~= me then
    local places, wants = string.match(said[i + 1], '(%d+) (%d+)')
    taken = taken + places
    active = active + 1
    if tonumber(wants) > 0 then rivals = rivals + 1 end
  end
end
local share = limit
if rivals > 0 then share = math.floor(limit / active) end
local granted = math.max(0, math.min(wanted, limit - taken - used, math.max(share, 1) - used))
if used + wanted > 0 then
  redis.call('HSET', KEYS[1], me, (used + granted) .. ' ' .. (wanted - granted))
  redis.call('ZADD', KEYS[2], now + lease, me)
  redis.call('PEXPIRE', KEYS[1], math.ceil(lease * 1000))
  redis.call('PEXPIRE', KEYS[2], math.ceil(lease * 1000))
else
  redis.call('HDEL', KEYS[1], me)
  redis.call('ZREM', KEYS[2], me)
end
return {granted, taken, rivals}
""")


@dataclass(frozen=True, slots=True)
class Granted:
    """Of the places that were wanted, those that one may have; those that others have; and how many others want more
    than they have."""

    places: int
    others: int
    rivals: int


class SharedSlots:
    """The places of all providers with a limit, as one gateway sees them."""

    def __init__(self, link: Link, gateway: str, lease_s: float = LEASE_S) -> None:
        self._link = link
        self._gateway = gateway
        self._lease_s = lease_s

    async def say(self, provider: str, used: int, wanted: int, limit: int) -> Granted:
        """Of so many places at a provider this gateway uses some, and wants more. Raises `LinkDown`."""
        keys = [f"aid:{{places:{provider}}}:said", f"aid:{{places:{provider}}}:until"]
        said = await self._link.run(_SAY, keys, [self._gateway, used, wanted, limit, self._lease_s])
        match said:
            case [int(places), int(others), int(rivals)]:
                return Granted(places, others, rivals)
            case _:
                raise RuntimeError("the script returns three numbers")
