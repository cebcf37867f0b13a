"""A stream on its way to the caller: each piece leaves in the very callback that reads it, and nobody is woken for it.
Only an end, a failure or a slow caller brings the request's own coroutine back."""

from ai_dashboard.core.chat import Ask
from ai_dashboard.core.errors import UpstreamError
from ai_dashboard.core.plan import Plan
from ai_dashboard.gateway.commit import Answer
from ai_dashboard.gateway.desk import Desk
from ai_dashboard.gateway.entrances import Entrance
from ai_dashboard.gateway.keepalive import KeepAlive
from ai_dashboard.gateway.rescue import go_on, note
from ai_dashboard.transport.http1 import Exchange


class Passing:
    """`reply` is the answer that is passed on, of whoever goes on with it where the first has broken off."""

    __slots__ = ("_desk", "_entrance", "_exchange", "_hear", "_keep_alive", "reply")

    def __init__(self, exchange: Exchange, desk: Desk, entrance: Entrance, reply: Answer) -> None:
        self.reply = reply
        self._exchange = exchange
        self._desk = desk
        self._entrance = entrance
        self._hear = reply.trip.hear if reply.trip.is_heard else None
        self._keep_alive = KeepAlive(exchange, desk.generation.settings.stream.keepalive_s, entrance.keep_alive)

    async def to_its_end(self, ask: Ask, plan: Plan) -> bytes:
        """Pass on what comes behind the first bytes, as fast as the caller takes it. Returns the last ones, which the
        caller has not been sent yet. Raises `UpstreamError` where it breaks off and nobody goes on."""
        last, ended = b"", self.reply.whole
        with self._keep_alive:
            while not ended:
                try:
                    last, ended = await self.reply.pour(self._send, self._exchange.drain), True
                except UpstreamError as error:
                    last, ended = await self._gone_on(error, ask, plan)
        if self._hear is not None:
            self._hear(last)
        return last

    async def _gone_on(self, error: UpstreamError, ask: Ask, plan: Plan) -> tuple[bytes, bool]:
        """Somebody else goes on: what is last, if that was all of it."""
        self._exchange.flush()
        desk = self._desk
        self.reply = reply = await go_on(self.reply, error, ask, plan, desk.generation, desk.runtime, desk.client)
        data = note(reply.attempt.candidate, self._entrance.keep_alive) + reply.held
        if reply.whole:
            return data, True
        if not self._send(data):
            await self._exchange.drain()
        return b"", False

    def _send(self, data: bytes) -> bool:
        """Whether the caller keeps up."""
        if not data:
            return True
        if self._hear is not None:
            self._hear(data)
        self._keep_alive.wrote()
        return self._exchange.write(data)
