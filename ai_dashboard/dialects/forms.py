"""What a dialect has to be able to do, for each of the forms in which it writes asks and replies.

A form has a caller's side (read an ask, write its reply) and a provider's side (write an ask, read its reply). All of
it is pure: bytes and values in, bytes and values out.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple, Protocol

from ai_dashboard.core.chat import Ask, Form, HttpRequest, Target
from ai_dashboard.core.data import dataclass
from ai_dashboard.core.errors import GatewayError
from ai_dashboard.core.events import Event, Usage
from ai_dashboard.dialects.kinds import Kind

NO_HEADERS: Mapping[str, str] = {}


class Call(NamedTuple):
    """An ask as it arrived: its body, and what the request line says beside it. `model` and `method` are from the path
    (`/v1beta/models/{model}:{method}`), "" where a path has none; header names are in lower case."""

    raw: bytes
    model: str = ""
    method: str = ""
    headers: Mapping[str, str] = NO_HEADERS


@dataclass(slots=True, unsafe_hash=True)  # a value, though not frozen: see `core.events.Usage`
class ReplyHead:
    """What a reply that we write says of itself. `id` is without a prefix, `model` the provider's name for it,
    `created` Unix time."""

    id: str
    model: str
    created: int


@dataclass(slots=True, unsafe_hash=True)  # a value, though not frozen: see `core.events.Usage`
class Written:
    """An ask, written for a provider. `warnings` say what of it this provider cannot be told."""

    request: HttpRequest
    warnings: tuple[str, ...] = ()


class Decoder(Protocol):
    """A provider's reply, read event by event. Raises `UpstreamInvalid` for what is no reply."""

    def feed(self, chunk: bytes) -> list[Event]: ...

    def close(self) -> list[Event]:
        """What is left when the provider has closed its reply properly. Never invents a `Finished`."""
        ...


class Encoder(Protocol):
    """Events written in a caller's form: as a stream, or (by `close`) as one whole reply."""

    def encode(self, event: Event) -> bytes: ...

    def close(self) -> bytes:
        """The end, once every choice has `Finished` and `Usage` has come, if it came at all."""
        ...


class Relay(Protocol):
    """One reply on its way. Until `committed`, nothing of what `feed` returned may reach the caller: another provider
    can still answer. A reply is whole only when `close` returns; when it raises, the caller must be told that the
    answer was cut. `failure` is the provider's own error that already went to the caller inside the stream."""

    @property
    def committed(self) -> bool: ...
    @property
    def usage(self) -> Usage | None: ...
    @property
    def finish(self) -> str | None: ...
    @property
    def failure(self) -> str | None: ...
    @property
    def said(self) -> int:
        """Characters of the answer, thinking and arguments included; a rough count where nothing is decoded. What an
        estimate rests on when the provider does not say its usage."""
        ...

    def feed(self, chunk: bytes) -> bytes:
        """Bytes for the caller. Raises `UpstreamInvalid` when the provider says something that is no answer."""
        ...

    def close(self) -> bytes:
        """The last bytes for the caller, after the upstream's end. Raises `UpstreamTruncated` when it is not whole."""
        ...


@dataclass(frozen=True, slots=True)
class CallerForm:
    """How callers speak a form. `tap` makes the relay for a provider of the same form; `status` is the HTTP status
    under which callers of this form expect an error."""

    form: Form
    stream_type: str
    read: Callable[[Call], Ask]
    encoder: Callable[[Ask, ReplyHead], Encoder]
    tap: Callable[[Ask], Relay]
    error_body: Callable[[GatewayError, str], bytes]
    error_frame: Callable[[GatewayError, str], bytes]
    keep_alive: bytes = b": keep-alive\n\n"
    status: Callable[[GatewayError], int] = lambda error: error.status


@dataclass(frozen=True, slots=True)
class ProviderForm:
    """How providers speak a form. `write` passes the caller's own bytes on when the ask came in this very form, changed
    only where they must be. `stream_type` is the content type that its streams have. `decoder` is for asks of another
    form; its `str` makes ids for tool calls that come without."""

    form: Form
    stream_type: str
    write: Callable[[Ask, Target, Kind], Written]
    decoder: Callable[[Ask, str], Decoder]
