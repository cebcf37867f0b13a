"""Bytes as requests, judged beside another parser: where both understand, they understand the same."""

import re
from typing import cast

import h11
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ai_dashboard.core.errors import GatewayError
from ai_dashboard.transport.http1.body import Body
from ai_dashboard.transport.http1.exchange import Exchange
from ai_dashboard.transport.http1.head import METHODS, Header
from ai_dashboard.transport.http1.limits import Limits
from ai_dashboard.transport.http1.parsing import RequestParser
from ai_dashboard.transport.http1.protocol import Connection

Understood = list[tuple[str, bytes, bytes]]
"""Method, target and body of each whole request."""


class Listener(RequestParser):
    """Writes down what the parser says."""

    def __init__(self) -> None:
        super().__init__(Limits())
        self.exchanges: list[Exchange] = []
        self.refusal: GatewayError | None = None

    def _arrived(
        self, method: str, target: bytes, headers: list[Header], fields: dict[bytes, bytes], http10: bool, last: bool
    ) -> Exchange:
        exchange = Exchange(cast("Connection", self), method, target, headers, fields, http10, not last)
        self.exchanges.append(exchange)
        return exchange

    def _refuse(self, error: GatewayError) -> None:
        self._deaf = True
        self.refusal = error

    def hear(self, data: bytes) -> None:
        if not self._deaf:
            self._parse(data)

    async def understood(self) -> Understood:
        whole = [
            exchange
            for exchange in self.exchanges
            if exchange is not self._receiving and (isinstance(exchange.incoming, bytes) or exchange.incoming.complete)
        ]
        return [
            (one.method, one.target, await one.incoming.read() if isinstance(one.incoming, Body) else one.incoming)
            for one in whole
        ]


def by_h11(data: bytes) -> tuple[Understood, bool]:
    """The requests that h11 understands, and whether it refuses what follows."""
    connection = h11.Connection(h11.SERVER, max_incomplete_event_size=32 * 1024)
    connection.receive_data(data)
    understood: Understood = []
    head, body = None, b""
    try:
        while True:
            event = connection.next_event()
            if isinstance(event, h11.Request):
                head, body = event, b""
            elif isinstance(event, h11.Data):
                body += event.data
            elif isinstance(event, h11.EndOfMessage) and head is not None:
                understood.append((head.method.decode(), head.target, body))
                connection.send(h11.Response(status_code=200, headers=[("content-length", "0")]))
                connection.send(h11.EndOfMessage())
                if connection.our_state is not h11.DONE:
                    return understood, False
                connection.start_next_cycle()
            else:
                return understood, False
    except h11.RemoteProtocolError:
        return understood, True


WHOLE = [
    b"GET /a?b HTTP/1.1\r\nHost: a\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc",
    b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n5;x=y\r\n01234\r\n0\r\nT: u\r\n\r\n",
    b"PUT /x HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n",
    b"GET / HTTP/1.0\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
]
SPLINTERS = [
    b"\r",
    b"\n",
    b"\r\n",
    b" ",
    b"\t",
    b"\0",
    b":",
    b"0",
    b"9",
    b"f",
    b"x",
    b"+",
    b"_",
    b"-",
    b",",
    b"\x80",
    b"#",
]
SPLINTERS += [b"Content-Length: 1\r\n", b"Transfer-Encoding: chunked\r\n", b"Host: b\r\n", b"HTTP/1.1"]


SPACES = re.compile(rb"^([A-Z]+ ) +|( ) +(?=HTTP/)", re.MULTILINE)
"""Around the target llhttp takes any number of spaces for one, as RFC 9112 (3) allows; h11 does not."""

EMPTY_LINES = re.compile(rb"(\A|\r\n\r\n)[\r\n]+")
"""Before a request they are passed over (RFC 9112, 2.2); h11 does so only before the first, and in whole lines."""


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    data = b"".join(draw(st.lists(st.sampled_from(WHOLE), min_size=1, max_size=3)))
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(data)))
        data = data[:at] + draw(st.sampled_from([b"", *SPLINTERS])) + data[at + draw(st.integers(0, 3)) :]
    return data


@settings(max_examples=600, deadline=None, derandomize=True)
@given(data=damaged(), cuts=st.sets(st.integers(1, 200), max_size=6))
@example(data=b"GET /\xff HTTP/1.1\r\nHost: a\r\n\r\n", cuts=set())
@example(data=WHOLE[1].replace(b"Content-Length: 3", b"Content-Length: 3\r\nTransfer-Encoding: chunked"), cuts=set())
async def test_whatever_is_understood_is_understood_the_same(data: bytes, cuts: set[int]) -> None:
    listener = Listener()
    at = sorted(cut for cut in cuts if cut < len(data))
    for start, end in zip([0, *at], [*at, len(data)], strict=True):
        listener.hear(data[start:end])
    ours = await listener.understood()
    theirs = [request for request in by_h11(data)[0] if request[0].encode() in METHODS]
    shared = min(len(ours), len(theirs))
    assert ours[:shared] == theirs[:shared]
    lenient, refused = by_h11(EMPTY_LINES.sub(rb"\1", SPACES.sub(rb"\1\2", data)))
    if len(ours) > max(len(theirs), len(lenient)):
        assert not refused, "a request that is malformed to others is none to us"
