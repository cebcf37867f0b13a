"""Levels that several gateways share in a Redis: one script takes from all limits of a request, or from none.

Time is the server's own, so that the gateways' clocks need not agree. Whatever is answered is mirrored in memory: when
Redis is away, each gateway goes on from there, and what was spent meanwhile is added once it is back.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import assert_never

from ai_dashboard.core.tenancy import Bucket, Left, Limit, Quota, Slots
from ai_dashboard.state.link import Link, LinkDown, Part, Reply, Script
from ai_dashboard.tenancy.gcra import NEVER, SLACK_S, Mark
from ai_dashboard.tenancy.limits import FREE_SLOT_S, Found, Taken, refusal, tightest
from ai_dashboard.tenancy.memory_limits import MemoryLimits
from ai_dashboard.tenancy.windows import window_of

LEASE_S = 900.0
"""A place whose gateway has died is free again after this long."""

_US = 1_000_000

_NOW = """
-- the last argument is the time in microseconds; without one it is the server's own
local now = tonumber(ARGV[#ARGV])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000000 + time[2]
end
local function level(key, span)
  local kept = redis.call('HMGET', key, 'full', 'shift')
  local full, shift = tonumber(kept[1] or 0), tonumber(kept[2] or 0)
  return math.max(0, math.min(full - now, 2 * span)), shift
end
local function keep(key, taken, shift)
  redis.call('HSET', key, 'full', string.format('%.3f', now + taken), 'shift', string.format('%.3f', shift))
  redis.call('PEXPIRE', key, string.format('%.0f', math.ceil(taken / 1000) + 3600000))
end
"""

TAKE = Script(
    _NOW
    + """
-- for each key: 'b', interval, burst, amount | 'q', tokens, amount, begins, ttl, log | 's', most, lease, member
local wait, values, n, at = {}, {}, #KEYS, 1
for i = 1, n do
  local kind = ARGV[at]
  if kind == 'b' then
    local interval, burst, amount = tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2]), tonumber(ARGV[at + 3])
    local taken, shift = level(KEYS[i], interval * burst)
    local short = taken - (burst - amount) * interval
    if amount > burst then wait[i] = -1 elseif short > 1 then wait[i] = math.ceil(short) else wait[i] = 0 end
    values[i] = {taken, shift, amount * interval}
    at = at + 4
  elseif kind == 'q' then
    local kept = redis.call('HMGET', KEYS[i], 'begins', 'tokens')
    local used = kept[1] == ARGV[at + 3] and tonumber(kept[2]) or 0
    if used + tonumber(ARGV[at + 2]) > tonumber(ARGV[at + 1]) then wait[i] = 1 else wait[i] = 0 end
    values[i] = {used, tonumber(ARGV[at + 2]), ARGV[at + 3], ARGV[at + 4], ARGV[at + 5], kept[1]}
    at = at + 6
  else
    redis.call('ZREMRANGEBYSCORE', KEYS[i], '-inf', string.format('%.0f', now))
    local running = redis.call('ZCARD', KEYS[i])
    if running >= tonumber(ARGV[at + 1]) then wait[i] = 1 else wait[i] = 0 end
    values[i] = {running, tonumber(ARGV[at + 2]), ARGV[at + 3]}
    at = at + 4
  end
end
local all = 1
for i = 1, n do if wait[i] ~= 0 then all = 0 end end
local reply, at = {all}, 1
for i = 1, n do
  local kind, value = ARGV[at], values[i]
  if kind == 'b' then
    if all == 1 then
      value[1] = value[1] + value[3]
      keep(KEYS[i], value[1], value[2])
    end
    reply[#reply + 1] = {wait[i], string.format('%.3f', value[1]), string.format('%.3f', value[2]),
      string.format('%.3f', now)}
    at = at + 4
  elseif kind == 'q' then
    if all == 1 then
      value[1] = value[1] + value[2]
      if value[6] ~= value[3] then redis.call('DEL', KEYS[i]) end
      redis.call('HSET', KEYS[i], 'begins', value[3], 'tokens', string.format('%.0f', value[1]))
      redis.call('HINCRBY', KEYS[i], 'by:'..value[5], value[2])
      redis.call('PEXPIRE', KEYS[i], value[4])
    end
    reply[#reply + 1] = {wait[i], value[1]}
    at = at + 6
  else
    if all == 1 then
      redis.call('ZADD', KEYS[i], string.format('%.0f', now + value[2]), value[3])
      redis.call('PEXPIRE', KEYS[i], math.ceil(value[2] / 1000))
      value[1] = value[1] + 1
    end
    reply[#reply + 1] = {wait[i], value[1]}
    at = at + 4
  end
end
return reply
"""
)

SETTLE = Script(
    _NOW
    + """
-- for each key: 'b', interval, burst, more, full, shift | 'q', more, begins, log | 's', member
local at = 1
for i = 1, #KEYS do
  local kind = ARGV[at]
  if kind == 'b' then
    local interval, more = tonumber(ARGV[at + 1]), tonumber(ARGV[at + 3])
    local taken, shift = level(KEYS[i], interval * tonumber(ARGV[at + 2]))
    if more >= 0 then
      keep(KEYS[i], taken + more * interval, shift)
    else
      local moved = shift - tonumber(ARGV[at + 5])
      local there = 0
      if moved >= 0 then there = math.max(0, tonumber(ARGV[at + 4]) - moved - now) end
      local back = math.min(-more * interval, there, taken)
      keep(KEYS[i], taken - back, shift + back)
    end
    at = at + 6
  elseif kind == 'q' then
    if redis.call('HGET', KEYS[i], 'begins') == ARGV[at + 2] then
      redis.call('HINCRBY', KEYS[i], 'tokens', ARGV[at + 1])
      redis.call('HINCRBY', KEYS[i], 'by:'..ARGV[at + 3], ARGV[at + 1])
    end
    at = at + 4
  else
    redis.call('ZREM', KEYS[i], ARGV[at + 1])
    at = at + 2
  end
end
return 1
"""
)

RECONCILE = Script(
    _NOW
    + """
-- a bucket is at least as full as somebody knows ('b', taken); of a quota more was spent, and no less in all than
-- somebody knows ('q', more, known, begins, ttl, log); by whom is not known of what was lost
if ARGV[1] == 'b' then
  local taken, shift = level(KEYS[1], 1e15)
  if tonumber(ARGV[2]) > taken then keep(KEYS[1], tonumber(ARGV[2]), shift) end
else
  local kept = redis.call('HMGET', KEYS[1], 'begins', 'tokens')
  local tokens = 0
  if kept[1] == ARGV[4] then tokens = tonumber(kept[2]) else
    redis.call('DEL', KEYS[1])
    redis.call('HSET', KEYS[1], 'lost', 1)
  end
  tokens = math.max(tokens + tonumber(ARGV[2]), tonumber(ARGV[3]))
  redis.call('HSET', KEYS[1], 'begins', ARGV[4], 'tokens', string.format('%.0f', tokens))
  redis.call('HINCRBY', KEYS[1], 'by:'..ARGV[6], ARGV[2])
  redis.call('PEXPIRE', KEYS[1], ARGV[5])
end
return 1
"""
)

BEGIN = Script(
    """
-- of a quota a log knows of so many since the window began: tokens, begins, ttl, log
local kept = redis.call('HMGET', KEYS[1], 'begins', 'tokens', 'lost', 'by:'..ARGV[4])
local tokens, more = 0, tonumber(ARGV[1])
if kept[1] == ARGV[2] then
  tokens = tonumber(kept[2])
  if kept[3] then more = more - tokens else more = more - (tonumber(kept[4]) or 0) end
else
  redis.call('DEL', KEYS[1])
end
if more > 0 then
  tokens = tokens + more
  redis.call('HSET', KEYS[1], 'begins', ARGV[2], 'tokens', string.format('%.0f', tokens))
  redis.call('HINCRBY', KEYS[1], 'by:'..ARGV[4], string.format('%.0f', more))
  redis.call('PEXPIRE', KEYS[1], ARGV[3])
end
return string.format('%.0f', tokens)
"""
)


class RedisLimits:
    """A `LimitHome`. `reconcile` belongs among the link's `on_back`; `new_lease` names requests, so that no two
    gateways give the same name. `log` says which request log this gateway writes into: what was used of a quota is
    counted by logs, so that what one of them knows counts once. `time` stands in for the server's own, in
    microseconds."""

    def __init__(
        self,
        link: Link,
        memory: MemoryLimits,
        *,
        wall: Callable[[], float],
        new_lease: Callable[[], str],
        log: str = "",
        time: Callable[[], int] | None = None,
    ) -> None:
        self._link = link
        self._memory = memory
        self._wall = wall
        self._new_lease = new_lease
        self._log = log
        self._time = time
        self._alone: dict[str, tuple[str, Limit]] = {}

    async def take(self, scope: str, limits: tuple[Limit, ...], tokens: int) -> Taken:
        """Raises `RateLimited`."""
        if not limits:
            return Taken(scope, limits, tokens)
        taken = Taken(scope, limits, tokens, lease=self._new_lease(), shared=True)
        try:
            reply = await self._run(TAKE, scope, limits, self._arguments(taken))
        except LinkDown:
            self._alone |= {limit.name: (scope, limit) for limit in limits}
            return await self._memory.take(scope, limits, tokens)
        except BaseException:
            await self._leave(taken)  # the caller has left, and nobody knows how far this came
            raise
        all_free, *states = _list(reply)
        found = [self._found(limit, _list(state)) for limit, state in zip(limits, states, strict=True)]
        if not all_free:
            for limit, state in zip(limits, map(_list, states), strict=True):
                if not isinstance(limit, Slots):
                    self._mirror(taken, limit, state)
            raise refusal(found)
        for limit, state in zip(limits, map(_list, states), strict=True):
            self._mirror(taken, limit, state)
        taken.standing = tightest(found)
        return taken

    async def settle(self, taken: Taken, tokens: int) -> None:
        """Correct what was estimated, and make room for the next. When Redis is away, places that it holds become free
        by themselves."""
        if taken.settled or not taken.limits:
            return
        if not taken.shared:
            self._memory.settle_now(taken, tokens)
            return
        taken.settled = True
        self._memory.unmirror(taken.limits)
        try:
            await self._run(SETTLE, taken.scope, taken.limits, self._settling(taken, tokens))
        except LinkDown:
            self._settle_alone(taken, tokens)

    async def _leave(self, taken: Taken) -> None:
        """Give places back that may have been taken: nothing else is as dear as they are."""
        places = tuple(limit for limit in taken.limits if isinstance(limit, Slots))
        if places:
            with suppress(LinkDown):
                await self._run(SETTLE, taken.scope, places, [part for _ in places for part in ("s", taken.lease)])

    def _settle_alone(self, taken: Taken, tokens: int) -> None:
        """Quotas are long: what was spent of them is told later. Buckets are not, and what they were given too much
        comes back by itself."""
        quotas = (limit for limit in taken.limits if isinstance(limit, Quota))
        for limit, begins in zip(quotas, taken.windows, strict=True):
            if begins == window_of(limit.calendar, self._wall()).begins:
                self._memory.spend(limit, tokens - taken.tokens)
                self._alone[limit.name] = taken.scope, limit

    async def begin(self, scope: str, quota: Quota, begins: float, tokens: int) -> None:
        """Raises `LinkDown`; this gateway goes by it all the same."""
        window = window_of(quota.calendar, self._wall())
        await self._memory.begin(scope, quota, begins, tokens)
        if window.begins == begins:
            arguments: list[Part] = [tokens, f"{begins:.0f}", self._ttl_ms(window.ends), self._log]
            used = await self._run(BEGIN, scope, (quota,), arguments)
            self._memory.mirror_quota(quota, int(_number(used)))

    async def reconcile(self) -> None:
        """Redis is back: what went on without it counts there, too."""
        alone, self._alone = self._alone, {}
        levels, unsent = self._memory.levels(), self._memory.unsent()
        for name, (scope, limit) in alone.items():
            arguments: list[Part]
            if isinstance(limit, Bucket) and name in levels:
                arguments = ["b", f"{levels[name] * _US:.0f}"]
            elif isinstance(limit, Quota) and name in unsent:
                window = window_of(limit.calendar, self._wall())
                arguments = ["q", *unsent[name], f"{window.begins:.0f}", self._ttl_ms(window.ends), self._log]
            else:
                continue
            try:
                await self._run(RECONCILE, scope, (limit,), arguments)
            except LinkDown:
                return

    async def _run(self, script: Script, scope: str, limits: Sequence[Limit], arguments: list[Part]) -> Reply:
        keys = [f"aid:{{{scope}}}:limit:{limit.name}" for limit in limits]  # all in one slot of a cluster
        return await self._link.run(script, keys, [*arguments, self._time() if self._time is not None else ""])

    def _arguments(self, taken: Taken) -> list[Part]:
        parts: list[Part] = []
        for limit in taken.limits:
            match limit:
                case Bucket(rate=rate):
                    amount = taken.tokens if limit.counts == "tokens" else 1
                    parts += ["b", _us(rate.interval_s), rate.burst, amount]
                case Quota():
                    window = window_of(limit.calendar, self._wall())
                    taken.windows.append(window.begins)
                    begins = f"{window.begins:.0f}"
                    parts += ["q", limit.tokens, taken.tokens, begins, self._ttl_ms(window.ends), self._log]
                case Slots():
                    parts += ["s", limit.most, _us(LEASE_S), taken.lease]
                case _ as never:
                    assert_never(never)
        return parts

    def _settling(self, taken: Taken, tokens: int) -> list[Part]:
        parts: list[Part] = []
        marks, windows = iter(taken.marks), iter(taken.windows)
        more = tokens - taken.tokens
        for limit in taken.limits:
            match limit:
                case Bucket(rate=rate):
                    mark, amount = (next(marks), more) if limit.counts == "tokens" else (Mark(0.0, 0.0), 0)
                    parts += [
                        "b",
                        _us(rate.interval_s),
                        rate.burst,
                        amount,
                        f"{mark.full_at:.3f}",
                        f"{mark.shift_s:.3f}",
                    ]
                case Quota():
                    parts += ["q", more, f"{next(windows):.0f}", self._log]
                case Slots():
                    parts += ["s", taken.lease]
                case _ as never:
                    assert_never(never)
        return parts

    def _ttl_ms(self, ends: float) -> int:
        return int((ends - self._wall()) * 1000) + 60_000

    def _found(self, limit: Limit, state: list[Reply]) -> Found:
        """How a limit stands, in this process's terms."""
        wait = _number(state[0])
        match limit:
            case Bucket(rate=rate):
                taken_s = _number(state[1]) / _US
                left = max(0, int(rate.burst - (taken_s - SLACK_S) / rate.interval_s))
                return Found(limit, NEVER if wait < 0 else wait / _US, Left(rate.burst, left, taken_s))
            case Quota():
                reset_s = window_of(limit.calendar, self._wall()).ends - self._wall()
                left = max(0, limit.tokens - int(_number(state[1])))
                return Found(limit, reset_s if wait else 0.0, Left(limit.tokens, left, reset_s))
            case Slots():
                left = max(0, limit.most - int(_number(state[1])))
                return Found(limit, FREE_SLOT_S if wait else 0.0, Left(limit.most, left, 0.0))
            case _ as never:
                assert_never(never)

    def _mirror(self, taken: Taken, limit: Limit, state: list[Reply]) -> None:
        match limit:
            case Bucket():
                taken_us, shift, now = (_number(part) for part in state[1:4])
                self._memory.mirror(limit, taken_us / _US)
                if limit.counts == "tokens":
                    taken.marks.append(Mark(now + taken_us, shift))
            case Quota():
                self._memory.mirror_quota(limit, int(_number(state[1])))
            case Slots():
                self._memory.mirror_slot(limit)
            case _ as never:
                assert_never(never)


def _us(seconds: float) -> str:
    return f"{seconds * _US:.6f}"


def _list(reply: Reply) -> list[Reply]:
    if not isinstance(reply, list):
        raise TypeError("a script of ours answers with lists")
    return reply


def _number(reply: Reply) -> float:
    if isinstance(reply, bytes | int | float | str):
        return float(reply)
    raise TypeError("a script of ours answers with numbers")
