"""A provider's reply as its reader sees it: a head, and a body that is taken piece by piece.

The connection fills it and the reader empties it; they meet nowhere else. Pieces that arrived before a failure are
delivered before the failure is raised.
"""

import asyncio
from collections.abc import Callable
from typing import Protocol

from ai_dashboard.core.errors import UpstreamError, UpstreamInvalid


class Source(Protocol):
    """What a reply needs of its connection."""

    def more(self) -> asyncio.Future[None]:
        """Resolved at the next piece, the end or a failure; the idle and total deadlines run meanwhile."""

    def read_on(self) -> None:
        """The buffer of a reply that was held back is empty again."""

    def abandon(self) -> None:
        """The rest is not wanted: close the socket."""


class UpstreamReply:
    """`status` and headers are here; the body comes by `chunk`.

    `ends_at_eof`: the reply has no length of its own, so only the dialect's terminal event can say that it is whole.
    `connected_s` is what connecting took, None on a pooled connection.
    """

    __slots__ = (
        "_failure",
        "_headers",
        "_into",
        "_pieces",
        "_refused",
        "_source",
        "buffered",
        "connected_s",
        "ends_at_eof",
        "held_back",
        "status",
        "whole",
    )

    def __init__(
        self,
        source: Source,
        status: int,
        headers: list[tuple[bytes, bytes]],
        ends_at_eof: bool,
        connected_s: float | None,
    ) -> None:
        self.status = status
        self.ends_at_eof = ends_at_eof
        self.connected_s = connected_s
        self.buffered = 0
        self.held_back = False
        self.whole = False
        self._headers = headers
        self._source: Source | None = source
        self._pieces: list[bytes] = []
        self._failure: UpstreamError | None = None
        self._into: Callable[[bytes], bool] | None = None
        self._refused: Exception | None = None

    @property
    def raw_headers(self) -> list[tuple[bytes, bytes]]:
        """All headers as they came, names in lower case: for those who pass them on."""
        return self._headers

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """All headers in the order they came, names in lower case."""
        return tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in self._headers)

    def header(self, name: str) -> str | None:
        """A header by its lower-case name; of a repeated one the first."""
        wanted = name.encode("latin-1")
        for key, value in self._headers:
            if key == wanted:
                return value.decode("latin-1")
        return None

    @property
    def ready(self) -> bool:
        """Whether `chunk` has something to say at once: a piece, the end or a failure."""
        return bool(self._pieces) or self.whole or self._failure is not None

    @property
    def at_end(self) -> bool:
        """Whether all of the body was taken, to its true end."""
        return self.whole and not self._pieces

    def at_once(self) -> bytes | None:
        """What `chunk` would return without waiting; None where it would wait, or raise."""
        if not self._pieces:
            return b"" if self.whole and self._failure is None else None
        return self._taken()

    async def chunk(self) -> bytes:
        """All of the body that has arrived since the last call, waiting for some; `b""` once, at its true end.

        Raises `UpstreamTimeout`, `UpstreamTruncated` or `UpstreamInvalid`. Cancelling it closes the connection.
        """
        while not self._pieces:
            if not await self._more():
                return b""
        return self._taken()

    async def pour(self, into: Callable[[bytes], bool]) -> bool:
        """Hand every piece over in the very callback that reads it, so that nobody has to be woken for it.

        Returns True at the true end, False as soon as `into` has: call it again to go on. Raises what `chunk` raises,
        and what `into` does. Cancelling it closes the connection.
        """
        while True:
            if self._pieces:
                if not into(self._taken()):
                    return False
                continue
            self._into = into
            try:
                if not await self._more():
                    return True
                enough = self._into is None
            finally:
                self._into = None  # it knows us: the two would keep each other until a collector came by
            if self._refused is not None:
                raise self._refused
            if enough:
                return False

    async def _more(self) -> bool:
        """Wait for what comes next; False at the end."""
        if self._failure is not None:
            raise self._failure
        if self.whole:
            return False
        if self._source is None:
            raise RuntimeError("the reply was closed before its end")
        try:
            await self._source.more()
        except asyncio.CancelledError:
            self.close()
            raise
        return True

    def _taken(self) -> bytes:
        pieces = self._pieces
        data = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        pieces.clear()
        self.buffered = 0
        if self.held_back:
            self.held_back = False
            if self._source is not None:
                self._source.read_on()
        return data

    async def read(self, limit: int) -> bytes:
        """The rest of the body. Raises `UpstreamInvalid` when it is over `limit` bytes, and whatever `chunk` raises."""
        data = await self.chunk()
        if self.whole and not self._pieces and len(data) <= limit:
            return data
        pieces, size = [data], len(data)
        while data:
            if size > limit:
                self.close()
                raise UpstreamInvalid(f"The reply is over {limit} bytes.")
            data = await self.chunk()
            pieces.append(data)
            size += len(data)
        return pieces[0] if len(pieces) == 2 else b"".join(pieces)

    def close(self) -> None:
        """Want no more. A reply that is whole has given its connection back already; otherwise the socket is closed at
        once, which tells the provider to stop. Any number of times."""
        source, self._source = self._source, None
        self._pieces.clear()
        if source is not None:
            source.abandon()

    # ── the connection calls ─────────────────────────────────────────────────────────────────────────────────────────

    def feed(self, pieces: list[bytes]) -> bool:
        """What arrived of the body in one read; whether the reader has to be woken for it."""
        data = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        into = self._into
        if into is None:
            self._pieces.append(data)
            self.buffered += len(data)
            return True
        try:
            if into(data):
                return False
        except Exception as error:  # noqa: BLE001 - it belongs to whoever waits in `pour`, not to the connection
            self._refused = error
        self._into = None
        return True

    def end(self) -> None:
        """The body is whole; the connection belongs to the pool from now on."""
        self.whole = True
        self._source = None

    def fail(self, error: UpstreamError) -> None:
        """The body will never be whole."""
        self._failure = error
        self._source = None
