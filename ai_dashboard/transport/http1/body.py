"""A request's body on its way in: filled by the connection, read at most once by the handler."""

import asyncio
from io import BytesIO

from ai_dashboard.core.errors import GatewayError


class Body:
    """Bytes until `end`, or an error that replaces them. `size` counts what has arrived."""

    __slots__ = ("_error", "_gathered", "_waiter", "complete", "size", "wanted")

    def __init__(self) -> None:
        # Hands out what it gathered without a copy: pieces that are joined take twice the memory.
        self._gathered: BytesIO | None = BytesIO()
        self._error: GatewayError | None = None
        self._waiter: asyncio.Future[None] | None = None
        self.size = 0
        self.complete = False
        self.wanted = False

    def feed(self, data: bytes) -> None:
        """Take a piece in."""
        if self._gathered is not None:
            self._gathered.write(data)
        self.size += len(data)

    def end(self) -> None:
        """The body is whole."""
        self.complete = True
        self._wake()

    def fail(self, error: GatewayError) -> None:
        """The body will never be whole; whoever reads it gets `error`."""
        self._error = error
        self._gathered = None
        self._wake()

    async def read(self) -> bytes:
        """The whole body, once; raises what `fail` was given."""
        while not self.complete and self._error is None:
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
        if self._error is not None:
            raise self._error
        if (gathered := self._gathered) is None:
            raise RuntimeError("a large body is read once: nobody keeps it")
        self._gathered = None
        return gathered.getvalue()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
