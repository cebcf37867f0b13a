"""What stands between a provider's reply and the caller: bytes in, bytes out, and the few facts worth keeping.

Until `committed`, nothing of what `feed` returned may reach the caller: another provider can still answer. A reply is
whole only when `close` returns; when it raises, the caller must be told that the answer was cut.
"""

from typing import Protocol

from ai_dashboard.core.chat import ChatRequest
from ai_dashboard.core.errors import UpstreamInvalid, UpstreamTruncated
from ai_dashboard.core.events import Event, Failed, Finished, Text, Thinking, ToolCall, Usage
from ai_dashboard.dialects.kinds import Kind
from ai_dashboard.dialects.ollama.reply import OllamaDecoder
from ai_dashboard.dialects.openai.encode import StreamEncoder, WholeEncoder
from ai_dashboard.dialects.openai.tap import StreamTap, WholeTap, check_held


class Relay(Protocol):
    """One reply on its way. `failure` is the provider's own error that already went to the caller inside the stream."""

    committed: bool
    usage: Usage | None
    finish: str | None
    failure: str | None

    def feed(self, chunk: bytes) -> bytes:
        """Bytes for the caller. Raises `UpstreamInvalid` when the provider says something that is no answer."""
        ...

    def close(self) -> bytes:
        """The last bytes for the caller, after the upstream's end. Raises `UpstreamTruncated` when it is not whole."""
        ...


class Decoder(Protocol):
    """A provider's reply, read event by event."""

    def feed(self, chunk: bytes) -> list[Event]: ...
    def close(self) -> list[Event]: ...


class Encoder(Protocol):
    """Events written as the caller's dialect."""

    def encode(self, event: Event) -> bytes: ...


class Translation:
    """A relay between two dialects: decode, note what matters, encode. `commits_at_end`: a caller who wants one whole
    reply is sent nothing until it is whole, so another provider can answer until then."""

    def __init__(self, decoder: Decoder, encoder: Encoder, *, commits_at_end: bool) -> None:
        self.committed = False
        self.usage: Usage | None = None
        self.finish: str | None = None
        self.failure: str | None = None
        self._decoder = decoder
        self._encoder = encoder
        self._commits_at_end = commits_at_end
        self._said_something = False
        self._held = 0
        self._refused: UpstreamInvalid | None = None

    def feed(self, chunk: bytes) -> bytes:
        if self._refused is not None:
            raise self._refused
        if not self.committed:
            self._held = check_held(self._held + len(chunk))
        return self._encoded(self._decoder.feed(chunk))

    def close(self) -> bytes:
        last = self._encoded(self._decoder.close())
        if self._refused is not None:
            raise self._refused
        if self.finish is None:
            raise UpstreamTruncated("the reply ended before the provider said that it was whole")
        return last

    def _encoded(self, events: list[Event]) -> bytes:
        """Raises at once, or at the next turn where something worth sending came before the error."""
        written = b""
        for event in events:
            try:
                written += self._encode(event)
            except UpstreamInvalid as error:
                if not (self.committed and written):
                    raise
                self._refused = error
                break
        return written

    def _encode(self, event: Event) -> bytes:
        if self.finish is not None:
            return b""  # the provider has said that it was whole
        match event:
            case Text() | Thinking() | ToolCall():
                self._said_something = True
                self.committed = not self._commits_at_end
            case Usage():
                self.usage = event
            case Finished():
                if event.reason == "stop" and not self._said_something:
                    raise UpstreamInvalid("the provider's answer is empty")
                self.finish = event.reason
                self.committed = True
            case Failed():
                raise UpstreamInvalid(event.message)
            case _:
                pass
        return self._encoder.encode(event)


def relay_for(ask: ChatRequest, kind: Kind, *, content_type: str, model: str, reply_id: str, created: int) -> Relay:
    """The relay for one reply. `model` is how the caller knows it, `created` Unix time, both for replies we write."""
    if kind.dialect == "openai":
        if not ask.stream:
            return WholeTap()
        if not content_type.lower().startswith("text/event-stream"):
            raise UpstreamInvalid(f"asked for a stream, the provider sent {content_type or 'no content type'}")
        return StreamTap(hide_usage=not ask.include_usage)
    decoder = OllamaDecoder(call_prefix=reply_id)
    if ask.stream:
        encoder: Encoder = StreamEncoder(reply_id, model, created, include_usage=ask.include_usage)
    else:
        encoder = WholeEncoder(reply_id, model, created)
    return Translation(decoder, encoder, commits_at_end=not ask.stream)
