"""A connection's bytes as requests: llhttp's callbacks, and the limits on what one request may take.

A mistake in a request's framing leaves no way to know where the next one begins, so from then on the connection is
deaf: nothing more is parsed. What becomes of exchanges and of mistakes is for the heir to say.

The protocol and its parser are one object: at a dozen callbacks a request, every frame in between would be felt.
"""

import asyncio
from abc import abstractmethod

import httptools

from ai_dashboard.core.errors import BodyTooLarge, CallerError, GatewayError, HeadersTooLarge
from ai_dashboard.transport.http1.body import Body
from ai_dashboard.transport.http1.exchange import Exchange
from ai_dashboard.transport.http1.head import Header, check_framing, method_name
from ai_dashboard.transport.http1.limits import Limits


class RequestParser(asyncio.Protocol):
    """Feeds llhttp. `_receiving` is the exchange whose body is still on its way; `_in_head` says that a head is;
    `_deaf` that nothing more will be understood."""

    __slots__ = (
        "_deaf",
        "_framing_bytes",
        "_headers",
        "_in_head",
        "_limits",
        "_long",
        "_parser",
        "_pieces",
        "_receiving",
        "_target",
        "on_body",
    )

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._receiving: Exchange | None = None
        self._pieces: list[bytes] = []
        self.on_body = self._pieces.append  # llhttp's callback: no frame of ours per piece
        self._target = b""
        self._headers: list[Header] = []
        self._in_head = False
        self._long = False
        self._framing_bytes = 0
        self._deaf = False
        self._parser = httptools.HttpRequestParser(self)

    @abstractmethod
    def _arrived(
        self, method: str, target: bytes, headers: list[Header], fields: dict[bytes, bytes], http10: bool, last: bool
    ) -> Exchange:
        """A head is whole and sound: the exchange that it begins. `last` says that the client wants no further one."""

    @abstractmethod
    def _refuse(self, error: GatewayError) -> None:
        """What comes is not understood: be deaf from now on, and say so when the time has come."""

    def _let_go_of_parser(self) -> None:
        """The last read is over. Parser and connection refer to each other, and whoever opens connections by the
        thousand and leaves must not leave them all to the garbage collector."""
        del self._parser

    # ── llhttp calls ─────────────────────────────────────────────────────────────────────────────────────────────────

    def on_message_begin(self) -> None:
        self._in_head = True
        self._framing_bytes = 0
        self._target = b""
        self._headers = []

    def on_url(self, piece: bytes) -> None:
        self._target += piece

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers.append((name.lower(), value.rstrip()))

    def on_headers_complete(self) -> None:
        parser = self._parser
        if parser.should_upgrade() and parser.get_method() != b"CONNECT":
            return  # _parse goes on without the upgrade
        self._in_head = False
        headers = self._headers
        self._headers = []  # trailers end up here, and nobody reads them
        if len(headers) > self._limits.max_headers or (
            self._long and self._head_size(headers) > self._limits.max_header_bytes
        ):
            raise self._head_too_large()
        fields = dict(headers)
        keep_alive = parser.should_keep_alive()
        # Unasked, llhttp keeps only 1.1 alive; asking it for the version costs as much as the checks below together.
        version = "1.1" if keep_alive and b"connection" not in fields else parser.get_http_version()
        check_framing(version, headers, fields)
        self._receiving = self._arrived(
            method_name(parser.get_method()), self._target, headers, fields, version == "1.0", not keep_alive
        )
        length = fields.get(b"content-length")
        if length is not None and int(length) > self._limits.max_body_bytes:
            raise self._body_too_large()

    def on_message_complete(self) -> None:
        exchange = self._receiving
        if exchange is None:
            return  # an upgrade that _parse is about to undo
        pieces = self._pieces
        if isinstance(exchange.incoming, Body):
            self._collect(exchange.incoming)
            exchange.incoming.end()
        elif pieces:
            exchange.incoming = pieces[0] if len(pieces) == 1 else b"".join(pieces)
            pieces.clear()
        self._receiving = None
        if not exchange.keep_alive:
            self._deaf = True

    # ── parsing ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def _parse(self, data: bytes | memoryview) -> None:
        was_receiving = self._receiving
        self._long = self._in_head or len(data) > self._limits.max_header_bytes
        if self._in_head:
            self._framing_bytes += len(data)
        try:
            self._parser.feed_data(data)
            if self._receiving is not None:
                self._keep_rest(self._receiving, len(data) if self._receiving is was_receiving else 0)
        except httptools.HttpParserUpgrade as upgrade:
            self._parse_without_upgrade(bytes(data[upgrade.args[0] :]))
        except httptools.HttpParserCallbackError as error:
            if not isinstance(error.__context__, GatewayError):
                raise
            self._refuse(error.__context__)
        except httptools.HttpParserError as error:
            if not self._deaf:  # else: bytes after a request that said it was the last one
                self._refuse(CallerError(f"This is not HTTP/1.1: {error}.", hint="The connection was closed."))
        except CallerError as error:
            self._refuse(error)
        if self._in_head and self._framing_bytes > self._limits.max_header_bytes:
            self._refuse(self._head_too_large())

    def _keep_rest(self, exchange: Exchange, received: int) -> None:
        """The body goes on in a later read: collect what is here of it. `received` counts a read that was all body.

        Chunk extensions and trailers have no length of their own; they must not go on for ever without content.
        """
        if isinstance(exchange.incoming, bytes):
            exchange.incoming = Body()
            self._framing_bytes = 0
        if self._pieces:
            self._collect(exchange.incoming)
            self._framing_bytes = 0
        else:
            self._framing_bytes += received
            if self._framing_bytes > self._limits.max_header_bytes:
                raise CallerError("The body holds more framing than content.", hint="Leave chunk extensions out.")

    def _collect(self, body: Body) -> None:
        for piece in self._pieces:
            body.feed(piece)
        self._pieces.clear()
        if body.size > self._limits.max_body_bytes:
            raise self._body_too_large()

    def _parse_without_upgrade(self, rest: bytes) -> None:
        """Go on as if no upgrade had been asked for, as RFC 9110 (7.8) allows; llhttp has skipped the body."""
        parser = self._parser
        lines = [b"%b %b HTTP/%b" % (parser.get_method(), self._target, parser.get_http_version().encode())]
        lines += [b"%b: %b" % header for header in self._headers if header[0] != b"upgrade"]
        self._parser = httptools.HttpRequestParser(self)
        self._parse(b"\r\n".join([*lines, b"", b""]) + rest)

    def _head_size(self, headers: list[Header]) -> int:
        return len(self._target) + sum(len(name) + len(value) + 4 for name, value in headers)

    def _head_too_large(self) -> HeadersTooLarge:
        limits = self._limits
        return HeadersTooLarge(
            f"Request line and headers are over {limits.max_header_bytes} bytes or {limits.max_headers} lines."
        )

    def _body_too_large(self) -> BodyTooLarge:
        return BodyTooLarge(
            f"The body is over {self._limits.max_body_bytes} bytes.", hint="Send less, or raise the limit."
        )
