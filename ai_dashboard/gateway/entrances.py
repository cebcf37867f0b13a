"""The ways in: for each form that callers use, how asks are read there and how errors are told."""

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from ai_dashboard.core.chat import Ask, Form
from ai_dashboard.core.data import dataclass
from ai_dashboard.core.errors import GatewayError
from ai_dashboard.dialects.forms import NO_HEADERS, Call
from ai_dashboard.dialects.openai.errors import error_frame
from ai_dashboard.dialects.registry import CALLERS, EMBED_CALLERS
from ai_dashboard.transport.http1 import Exchange


@dataclass(frozen=True, slots=True)
class Entrance:
    """One way in. `stream_head` are the headers of a stream, encoded; `keep_alive` what is sent into a silent one."""

    form: Form
    dialect: str
    read: Callable[[Call], Ask]
    error_body: Callable[[GatewayError, str], bytes]
    error_frame: Callable[[GatewayError, str], bytes]
    status: Callable[[GatewayError], int]
    stream_head: bytes
    keep_alive: bytes


def _entrances() -> Iterator[Entrance]:
    for form in CALLERS.values():
        head = b"content-type: %b\r\ncache-control: no-cache\r\n" % form.stream_type.encode()
        yield Entrance(
            form.form, form.form.partition(".")[0], form.read, form.error_body, form.error_frame, form.status, head,
            form.keep_alive,
        )  # fmt: skip
    for embed in EMBED_CALLERS.values():
        dialect = embed.form.partition(".")[0]
        yield Entrance(
            embed.form, dialect, embed.read, embed.error_body, error_frame, lambda error: error.status, b"", b""
        )


ENTRANCES: Mapping[Form, Entrance] = MappingProxyType({entrance.form: entrance for entrance in _entrances()})


MUTE = frozenset({
    b"host", b"content-type", b"content-length", b"transfer-encoding", b"connection", b"accept", b"accept-encoding",
    b"accept-language", b"user-agent", b"authorization", b"x-api-key",
})  # fmt: skip
"""Headers that tell a dialect nothing; most requests have no others."""


def headers_of(exchange: Exchange) -> Mapping[str, str]:
    """A request's headers, as far as dialects may want to read them."""
    return NO_HEADERS if exchange.header_names <= MUTE else Headers(exchange)


class Headers(Mapping[str, str]):
    """A request's headers as dialects read them: names in lower case, decoded when they are looked at."""

    __slots__ = ("_exchange",)

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    def __getitem__(self, name: str) -> str:
        value = self._exchange.header(name.encode("latin-1"))
        if value is None:
            raise KeyError(name)
        return value.decode("latin-1")

    def get(self, name: str, default: str | None = None) -> str | None:  # type: ignore[override]  # str is all there is
        value = self._exchange.header(name.encode("latin-1"))
        return value.decode("latin-1") if value is not None else default

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self._exchange.header(name.encode("latin-1")) is not None

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys(name.decode("latin-1") for name, _ in self._exchange.headers))

    def __len__(self) -> int:
        return len({name for name, _ in self._exchange.headers})
