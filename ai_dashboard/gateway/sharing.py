"""The Redis that several gateways share: the link to it, and what they tell each other over it.

Each has a note there, written when it has changed, four times a second at most but for what keeps requests away, and
each reads those of all others in the same step. One that was not heard of for two seconds is forgotten. Nothing here is
on the path of a request, and without Redis a gateway goes on by itself.
"""

import asyncio
import random
from collections.abc import Iterator, Mapping
from platform import node
from secrets import token_hex

from ai_dashboard.config.schema.queue import RedisSettings
from ai_dashboard.core.data import dataclass
from ai_dashboard.core.logs import LogLevel
from ai_dashboard.core.snapshot import SharedView
from ai_dashboard.gateway.generation import Generation
from ai_dashboard.gateway.shared_notes import Note, decode, encode
from ai_dashboard.gateway.shared_places import SharedPlaces
from ai_dashboard.gateway.shared_standing import CLOSE_S, SharedStanding
from ai_dashboard.gateway.standing import Standing
from ai_dashboard.queueing.slots import SharedSlots
from ai_dashboard.state.link import Link, LinkDown, LinkState, Reply, Script
from ai_dashboard.telemetry.json_log import JsonLog

EVERY_S = 0.25
"""How often gateways talk."""

AT_ONCE_S = 0.1
"""How soon after they have talked they do so again, for news that keep requests away."""

LOOK_S = 0.05
"""How often it is looked whether there is something to say."""

TELL_S = 0.3
"""What lasts less than this is not worth a line in the log."""

ALIVE_S = 2.0
"""A gateway that was not heard of for so long is forgotten."""

NOTES, ALIVE = "aid:{gateways}:notes", "aid:{gateways}:alive"

# KEYS: notes (hash: gateway → note), alive (zset: gateway by when it is forgotten)
# ARGV: gateway, seconds until it is forgotten, its note or nothing
_TALK = Script("""
local t = redis.call('TIME')
local now = t[1] + t[2] / 1000000
for _, dead in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now)) do
  redis.call('HDEL', KEYS[1], dead)
  redis.call('ZREM', KEYS[2], dead)
end
if ARGV[3] ~= '' then redis.call('HSET', KEYS[1], ARGV[1], ARGV[3]) end
local known = redis.call('HEXISTS', KEYS[1], ARGV[1])
if known == 1 then redis.call('ZADD', KEYS[2], now + ARGV[2], ARGV[1]) end
redis.call('PEXPIRE', KEYS[1], math.ceil(ARGV[2] * 2000))
redis.call('PEXPIRE', KEYS[2], math.ceil(ARGV[2] * 2000))
return {t[1], t[2], known, redis.call('HGETALL', KEYS[1])}
""")

_LEAVE = Script("return redis.call('HDEL', KEYS[1], ARGV[1]) + redis.call('ZREM', KEYS[2], ARGV[1])")


@dataclass(frozen=True, slots=True)
class _Told:
    """What Redis said in one talk: its time, whether it knows our note, and those of all gateways."""

    at: float
    known: bool
    notes: Mapping[str, bytes]


class Sharing:
    """One gateway's part, from `run` to `close`. `settings` hold an address."""

    def __init__(
        self, url: str, settings: RedisSettings, standing: Standing, chance: random.Random, log: JsonLog
    ) -> None:
        self.me = f"{node()}:{token_hex(6)}"
        self.link = Link(
            url, clock=standing.clock, chance=chance, protocol=settings.protocol, on_change=self._link_changed
        )
        self._standing = standing
        self._log = log
        self._clock = standing.clock
        self._shared = SharedStanding(self.me, standing, chance)
        self.places = SharedPlaces(
            self.link,
            SharedSlots(self.link, self.me),
            standing.waiting,
            standing.others_have,
            clock=standing.clock,
            chance=chance,
        )
        standing.places = self.places
        self._logged: bool | None = None
        self._asked = False
        self._since = standing.clock.wall()
        self._ahead_s: float | None = None
        self._answer_s: float | None = None
        self._written: Note | None = None
        self._talked = float("-inf")
        self._version = -1
        self._read: dict[str, tuple[bytes, Note]] = {}

    @property
    def view(self) -> SharedView:
        """As a picture shows it."""
        state = self.link.state
        answer_s = self._answer_s if state.up else None
        return SharedView(self.link.address, state.up, state.reason, self._since, len(self._read) + 1, answer_s)

    def adopt(self, generation: Generation) -> None:
        """Go by another configuration."""
        self._shared.adopt(generation)
        self.places.names = self._shared.names
        if not self.link.up:
            self._shared.alone(len(self._read) + 1)  # limits may be others

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.link.watch(), name="redis")
            group.create_task(self.places.run(), name="shared places")
            group.create_task(self._talk_often(), name="shared standing")

    async def close(self) -> None:
        """Say goodbye, and let go of Redis."""
        try:
            await self.link.run(_LEAVE, [NOTES, ALIVE], [self.me])
        except LinkDown:
            pass  # it is forgotten all the same
        await self.link.close()

    async def _talk_often(self) -> None:
        while True:
            await asyncio.sleep(LOOK_S)
            self._log_change()
            if not self.link.up:
                if self._ahead_s is not None:
                    self._shared.look(self._ahead_s)
                continue
            self.places.look(self._standing.providers)
            if self._clock.monotonic() - self._talked >= EVERY_S or self._has_news():
                try:
                    await self._talk()
                except LinkDown:
                    continue

    def _has_news(self) -> bool:
        """Whether there is something that others should know at once."""
        if self._standing.routing_version == self._version or self._ahead_s is None or self._written is None:
            return False
        if self._clock.monotonic() - self._talked < AT_ONCE_S:
            return False
        self._version = self._standing.routing_version
        note, written = self._shared.note(self._ahead_s), self._written
        return any(name not in written or written[name].troubles != it.troubles for name, it in note.items())

    async def _talk(self) -> None:
        """Say what is new, and hear the others. Raises `LinkDown`."""
        note = self._shared.note(self._ahead_s) if self._ahead_s is not None else None
        changed = encode(note) if note is not None and note != self._written else b""
        began = self._clock.monotonic()
        told = _told(await self.link.run(_TALK, [NOTES, ALIVE], [self.me, ALIVE_S, changed]))
        ended = self._talked = self._clock.monotonic()
        self._answer_s = ended - began
        self._written = note if told.known else None
        ahead_s = told.at - (began + ended) / 2
        if self._ahead_s is None or abs(ahead_s - self._ahead_s) > CLOSE_S:
            self._ahead_s = ahead_s
        self._read = dict(self._understood(told.notes))
        self._shared.merge({gateway: read[1] for gateway, read in self._read.items()}, self._ahead_s)
        if note is None:
            self._talked = float("-inf")  # it is known now what time it is

    def _understood(self, notes: Mapping[str, bytes]) -> Iterator[tuple[str, tuple[bytes, Note]]]:
        """The notes of the others; those that have not changed are not read again."""
        for gateway, content in notes.items():
            known = self._read.get(gateway)
            if gateway == self.me:
                continue
            if known is not None and known[0] == content:
                yield gateway, known
            elif (note := decode(content)) is not None:
                yield gateway, (content, note)

    def _link_changed(self, state: LinkState) -> None:
        self._asked = True
        self._since = self._clock.wall()
        self._standing.changes += 1
        if state.up:
            self._written, self._talked = None, float("-inf")
        else:
            self._shared.alone(len(self._read) + 1)

    def _log_change(self) -> None:
        """One line for each change that lasts."""
        state = self.link.state
        if not self._asked or state.up is self._logged or self._clock.monotonic() - state.since < TELL_S:
            return
        if not state.up:
            text = f"Redis at {self.link.address}: {state.reason}; this gateway goes on by itself"
            self._log.note(LogLevel.WARNING, "redis_down", text, address=self.link.address, reason=state.reason)
        elif self._logged is not None:
            text = f"Redis at {self.link.address} answers again"
            self._log.note(LogLevel.INFO, "redis_up", text, address=self.link.address)
        self._logged = state.up


def sharing_of(generation: Generation, standing: Standing, chance: random.Random, log: JsonLog) -> Sharing | None:
    """The part of a gateway that is told where Redis is; None for one that is told of none."""
    settings = generation.settings.redis
    if settings.url is None:
        return None
    sharing = Sharing(settings.url.get_secret_value(), settings, standing, chance, log)
    sharing.adopt(generation)
    return sharing


def _told(reply: Reply) -> _Told:
    match reply:
        case [bytes(seconds), bytes(micros), int(known), list(flat)]:
            names, contents = flat[::2], flat[1::2]
            pairs = zip(names, contents, strict=True)
            notes = {
                name.decode("utf-8", "replace"): it
                for name, it in pairs
                if isinstance(name, bytes) and isinstance(it, bytes)
            }
            return _Told(int(seconds) + int(micros) / 1e6, bool(known), notes)
        case _:
            raise RuntimeError("the script returns a time, a flag and a list")
