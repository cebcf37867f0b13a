"""`RequestQueue` for several programs: prompts wait in Redis, and whoever takes one takes it on a lease.

Every step is one script, so that no two workers get the same request and none is lost between them. A worker says when
it is `done`; one that died does not, and its requests wait again when their lease is over, with the age they had.
The order is that of `line`: levels that rise with age, tenants by turns, whoever came first.
"""

from collections.abc import Mapping
from secrets import token_hex
from typing import cast

import orjson

from ai_dashboard.core.data import dataclass
from ai_dashboard.core.errors import QueueFull
from ai_dashboard.queueing.priority import TOP, Priority
from ai_dashboard.queueing.request_queue import AGE_BOOST_S, MAX_QUEUE_SIZE, QueuedRequest
from ai_dashboard.state.link import Link, Part, Script

LEASE_S = 60.0

# KEYS: items (hash: id → JSON), order (hash: tenant → what it was given), leased (zset: id by end of lease),
#       then the five lines (zset: id by time of arrival), BULK first.
_COMMON = """
local items, order, leased = KEYS[1], KEYS[2], KEYS[3]
local t = redis.call('TIME')
local now = t[1] + t[2] / 1000000
local function line(level) return KEYS[4 + level] end
for _, id in ipairs(redis.call('ZRANGEBYSCORE', leased, '-inf', now)) do
  redis.call('ZREM', leased, id)
  local item = redis.call('HGET', items, id)
  if item then
    item = cjson.decode(item)
    redis.call('ZADD', line(item.priority), item.since, id)
  end
end
local function drop(level, id)
  redis.call('ZREM', line(level), id)
  redis.call('HDEL', items, id)
end
"""

_ENQUEUE = Script(
    _COMMON
    + """
local level = tonumber(ARGV[2])
if redis.call('ZCARD', line(level)) >= tonumber(ARGV[3]) then return 0 end
local item = cjson.decode(ARGV[4])
item.since = now
if item.patience then item.deadline = now + item.patience end
redis.call('HSET', items, ARGV[1], cjson.encode(item))
redis.call('ZADD', line(level), now, ARGV[1])
return 1
"""
)

_DEQUEUE = Script(
    _COMMON
    + """
local boost, lease, top, most = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local function before(a, b)
  if a.risen ~= b.risen then return a.risen > b.risen end
  if a.given ~= b.given then return a.given < b.given end
  return a.since < b.since
end
local best
for level = top, 0, -1 do
  local tenants, looked = {}, 0
  for _, id in ipairs(redis.call('ZRANGE', line(level), 0, most - 1)) do
    local text = redis.call('HGET', items, id)
    local item = text and cjson.decode(text)
    if not item or (item.deadline and item.deadline <= now) then
      drop(level, id)
    elseif not tenants[item.tenant] then
      tenants[item.tenant] = true
      local it = {id = id, level = level, text = text, since = item.since, tenant = item.tenant}
      it.risen = math.min(top, level + math.floor((now - item.since) / boost))
      it.given = tonumber(redis.call('HGET', order, item.tenant) or 0)
      if not best or before(it, best) then best = it end
    end
  end
end
if not best then
  redis.call('DEL', order)
  return false
end
redis.call('ZREM', line(best.level), best.id)
redis.call('ZADD', leased, now + lease, best.id)
redis.call('HSET', order, best.tenant, best.given + 1)
return {best.id, best.text, tostring(now - best.since)}
"""
)

_CLEAR = Script(
    _COMMON
    + """
local cleared = 0
for level = 0, tonumber(ARGV[1]) do
  for _, id in ipairs(redis.call('ZRANGE', line(level), 0, -1)) do
    local text = redis.call('HGET', items, id)
    local item = text and cjson.decode(text)
    if not item or (item.deadline and item.deadline <= now) then
      drop(level, id)
      cleared = cleared + 1
    end
  end
end
return cleared
"""
)

_DONE = Script("return redis.call('ZREM', KEYS[3], ARGV[1]) + redis.call('HDEL', KEYS[1], ARGV[1])")

LOOK_AT = 200
"""How far down a level is looked for other tenants: those behind so many of one tenant wait for the next turn."""


@dataclass(frozen=True, slots=True)
class LeasedRequest(QueuedRequest):
    """A request that is one's own until `done`, or until the lease is over."""


class SharedRequestQueue:
    """In Redis, under `name`. Every method may raise `LinkDown`: here there is nothing to fall back to."""

    def __init__(
        self,
        link: Link,
        name: str = "requests",
        *,
        max_size: int = MAX_QUEUE_SIZE,
        age_boost_s: float = AGE_BOOST_S,
        lease_s: float = LEASE_S,
    ) -> None:
        self._link = link
        self._name = name
        self._max_size = max_size
        self._age_boost_s = age_boost_s
        self._lease_s = lease_s
        self._known: set[str] = set()

    async def enqueue(
        self,
        prompt: str,
        model: str,
        priority: Priority | int = Priority.NORMAL,
        deadline: float | None = None,
        tenant: str = "",
    ) -> str:
        """Wait for a turn; returns the request's id. `deadline` is in seconds from now. Raises `QueueFull`."""
        level = Priority(priority)
        number = token_hex(8)
        item: dict[str, object] = {"prompt": prompt, "priority": int(level), "tenant": tenant}
        if deadline is not None:
            item["patience"] = deadline
        keys = self._keys(model)
        arguments: list[Part] = [number, int(level), self._max_size, orjson.dumps(item)]
        if not await self._link.run(_ENQUEUE, keys, arguments):
            raise QueueFull(
                f"{self._max_size} requests of priority {level.name} wait for {model!r} already", retry_after_s=1.0
            )
        if model not in self._known:
            await self._link.call("SADD", f"aid:queue:{self._name}:models", model)
            self._known.add(model)
        return number

    async def dequeue(self, model: str) -> LeasedRequest | None:
        """Whose turn it is for a model; None when nobody waits."""
        arguments = [self._age_boost_s, self._lease_s, int(TOP), LOOK_AT]
        got = await self._link.run(_DEQUEUE, self._keys(model), arguments)
        if not isinstance(got, list):
            return None
        number, text, waited = cast("list[bytes]", got)
        item: Mapping[str, object] = orjson.loads(text)
        priority = Priority(cast("int", item["priority"]))
        return LeasedRequest(number.decode(), str(item["prompt"]), model, priority, float(waited))

    async def done(self, model: str, request_id: str) -> None:
        """A request is answered."""
        await self._link.run(_DONE, self._keys(model)[:3], [request_id])

    async def clear_expired(self) -> int:
        """Take out those that are past their deadline; returns how many."""
        return sum(
            [cast("int", await self._link.run(_CLEAR, self._keys(it), [int(TOP)])) for it in await self._models()]
        )

    async def get_stats(self) -> dict[str, object]:
        """`queues: {model: {LEVEL: n}}` and `total_requests`."""
        queues: dict[str, dict[str, int]] = {}
        for model in await self._models():
            lines = self._keys(model)[3:]
            queues[model] = {
                level.name: cast("int", await self._link.call("ZCARD", lines[level])) for level in reversed(Priority)
            }
        return {"queues": queues, "total_requests": sum(sum(it.values()) for it in queues.values())}

    async def _models(self) -> list[str]:
        members = await self._link.call("SMEMBERS", f"aid:queue:{self._name}:models")
        return sorted(it.decode() for it in cast("set[bytes]", members))

    def _keys(self, model: str) -> list[str]:
        root = f"aid:{{queue:{self._name}:{model}}}"
        return [f"{root}:items", f"{root}:order", f"{root}:leased", *(f"{root}:{level.name}" for level in Priority)]
