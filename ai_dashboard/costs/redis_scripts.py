"""What Redis does with the books, each in one step. All keys share one hash tag, so that a cluster keeps them together.

| key | holds |
|---|---|
| `aid:{costs}:accounts` | of each account what was spent in the day, the month and in all, and is reserved; `epoch` |
| `aid:{costs}:held` | reservations, with their accounts; `aid:{costs}:leases` when each of them is over |
| `aid:{costs}:promised` | what each gateway may spend while it cannot ask |
| `aid:{costs}:gateways` | when each gateway was last heard of |
| `aid:{costs}:batches` | the last batch that each gateway has settled |
| `aid:{costs}:day:2026-11-21` | what was charged on a day, line by line |

Sums have two parts. The one that grows is what was charged since the books were begun; the other (`base`) is what the
gateways remember where Redis has lost its data, the most that any of them does. An `epoch` tells such books apart: a
gateway that knows another one brings what it remembers before anything else. Amounts are whole numbers, exact up to
nine million dollars.
"""

from ai_dashboard.state.link import Script

PREFIX = "aid:{costs}:"
KEYS = tuple(PREFIX + name for name in ("accounts", "held", "leases", "promised", "gateways", "batches"))

STALE = -2
"""The first word of a reply to somebody who knows other books; the second is the epoch of these."""

KEEP_DAYS_S = 400 * 86400

_COMMON = """
local A, H, L, P, G, B = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local function number(x) return tonumber(x or 0) or 0 end
local function whole(x) return string.format('%.0f', x) end
local function stale(epoch)
  local current = redis.call('HGET', A, 'epoch') or ''
  if current ~= epoch or current == '' then return {-2, current} end
end
local function rolled(a, day, month)
  local v = redis.call('HMGET', A, a..'|di', a..'|mi')
  if not v[1] or day > v[1] then
    redis.call('HSET', A, a..'|di', day, a..'|d', 0, a..'|bd', 0)
    v[1] = day
    if not v[2] or month > v[2] then
      redis.call('HSET', A, a..'|mi', month, a..'|m', 0, a..'|bm', 0)
      v[2] = month
    end
  end
  local s = redis.call('HMGET', A, a..'|d', a..'|bd', a..'|m', a..'|bm', a..'|t', a..'|bt', a..'|r')
  return {v[1], v[2], whole(number(s[1]) + number(s[2])), whole(number(s[3]) + number(s[4])),
          whole(number(s[5]) + number(s[6])), whole(number(s[7]))}
end
local function left(s, daily, monthly, total)
  local least
  local function limited(limit, spent)
    if limit ~= '' then
      local rest = tonumber(limit) - tonumber(spent)
      if not least or rest < least then least = rest end
    end
  end
  limited(daily, s[3]); limited(monthly, s[4]); limited(total, s[5])
  return least
end
local function release(id)
  local held = redis.call('HGET', H, id)
  if held then
    local it = cjson.decode(held)
    if it[1] ~= '0' then
      for _, a in ipairs(it[2]) do redis.call('HINCRBY', A, a..'|r', '-'..it[1]) end
    end
    redis.call('HDEL', H, id)
    redis.call('ZREM', L, id)
  end
end
local function promised(a, me, since)
  local sum = 0
  for _, gateway in ipairs(redis.call('ZRANGEBYSCORE', G, since, '+inf')) do
    if gateway ~= me then sum = sum + number(redis.call('HGET', P, gateway..'|'..a)) end
  end
  return sum
end
"""

RESERVE = Script(
    _COMMON
    + """
local epoch, id, now, expires, amount, bounded, me, since, day, month = unpack(ARGV, 1, 10)
local old = stale(epoch)
if old then return old end
for _, over in ipairs(redis.call('ZRANGEBYSCORE', L, '-inf', now, 'LIMIT', 0, 100)) do release(over) end
local names, figures = {}, {}
for i = 11, #ARGV, 4 do
  local a, daily, monthly, total = unpack(ARGV, i, i + 3)
  table.insert(names, a)
  if daily == '' and monthly == '' and total == '' then
    table.insert(figures, {})
  else
    local s = rolled(a, day, month)
    local rest = left(s, daily, monthly, total)
    local alone = bounded == '0' and tonumber(s[6]) == 0 and rest > 0
    if not alone and tonumber(amount) > rest - tonumber(s[6]) - promised(a, me, since) then
      return {0, #names - 1, s}
    end
    table.insert(figures, s)
  end
end
for i, a in ipairs(names) do
  redis.call('HINCRBY', A, a..'|r', amount)
  if figures[i][6] then figures[i][6] = whole(tonumber(figures[i][6]) + tonumber(amount)) end
end
redis.call('HSET', H, id, cjson.encode({amount, names}))
redis.call('ZADD', L, expires, id)
return {1, figures}
"""
)
"""Epoch, id, now, end of the lease, amount, whether it is bounded, gateway, since when gateways count as being there,
day, month; then of each account its name and limits (`''` for none)."""

SETTLE = Script(
    _COMMON
    + """
local epoch, me, batch = unpack(ARGV, 1, 3)
local old = stale(epoch)
if old then return old end
if number(redis.call('HGET', B, me)) >= tonumber(batch) then return {0} end
local work = cjson.decode(ARGV[4])
for _, item in ipairs(work.calls) do
  local id, amount, day, month, names = unpack(item)
  if id ~= '' then release(id) end
  if amount ~= '0' then
    for _, a in ipairs(names) do
      local s = rolled(a, day, month)
      redis.call('HINCRBY', A, a..'|t', amount)
      if s[2] == month then redis.call('HINCRBY', A, a..'|m', amount) end
      if s[1] == day then redis.call('HINCRBY', A, a..'|d', amount) end
    end
  end
end
for _, line in ipairs(work.lines) do
  redis.call('HINCRBY', KEYS[line[1]], line[2], line[3])
end
for i = 7, #KEYS do redis.call('EXPIRE', KEYS[i], ARGV[5]) end
redis.call('HSET', B, me, batch)
return {1}
"""
)
"""Epoch, gateway, number of the batch, the work as JSON, how long days are kept. A batch that has been settled before
changes nothing."""

BEAT = Script(
    _COMMON
    + """
local epoch, now, me, since, parts, day, month = unpack(ARGV, 1, 7)
local old = stale(epoch)
if old then return old end
redis.call('ZADD', G, now, me)
local gone = redis.call('ZRANGEBYSCORE', G, '-inf', '('..since)
local there = redis.call('ZCOUNT', G, since, '+inf')
local figures = {}
for i = 8, #ARGV, 6 do
  local a, keeps, least, daily, monthly, total = unpack(ARGV, i, i + 5)
  local s = rolled(a, day, month)
  local rest = (left(s, daily, monthly, total) or 0) - tonumber(s[6]) - promised(a, me, since)
  local share = math.max(0, math.floor(rest / (parts * there)))
  if share < tonumber(least) then share = 0 end
  redis.call('HSET', P, me..'|'..a, whole(math.max(share, tonumber(keeps))))
  for _, gateway in ipairs(gone) do redis.call('HDEL', P, gateway..'|'..a) end
  table.insert(figures, {s, whole(share)})
end
for _, gateway in ipairs(gone) do redis.call('ZREM', G, gateway) end
return {1, there, redis.call('HGET', A, 'limit') or '', figures}
"""
)
"""Epoch, now, gateway, since when gateways count as being there, into how many parts what is left is divided of which
one is promised, day, month; then of each account its name, what the gateway holds on to, the least that is of any use
to it, and its limits."""

ADOPT = Script(
    _COMMON
    + """
local known, fresh = unpack(ARGV, 1, 2)
local current = redis.call('HGET', A, 'epoch') or ''
if current ~= '' and (known == '' or known == current) then return {1, current} end
if current == '' then
  current = fresh
  redis.call('HSET', A, 'epoch', fresh)
end
if ARGV[3] ~= '' then redis.call('HSETNX', A, 'limit', ARGV[3]) end
for i = 4, #ARGV, 6 do
  local a, day, month, d, m, t = unpack(ARGV, i, i + 5)
  local s = rolled(a, day, month)
  local function remembered(part, value)
    if tonumber(value) > number(redis.call('HGET', A, a..part)) then redis.call('HSET', A, a..part, value) end
  end
  if s[1] == day then remembered('|bd', d) end
  if s[2] == month then remembered('|bm', m) end
  remembered('|bt', t)
end
return {1, current}
"""
)
"""The epoch that is known, one to begin with, the monthly budget that was set; then of each account that is remembered
its name, its day and month, and what was spent in them and in all."""
