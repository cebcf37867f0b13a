"""A relay between two forms: what the provider says is read event by event, and written as the caller reads it."""

from ai_dashboard.core.errors import UpstreamInvalid, UpstreamTruncated
from ai_dashboard.core.events import (
    Event,
    Failed,
    Finished,
    Refusal,
    Signature,
    Started,
    Text,
    Thinking,
    ToolCall,
    Usage,
)  # fmt: skip
from ai_dashboard.dialects.forms import Decoder, Encoder
from ai_dashboard.dialects.tap import check_held


class Translation:
    """Decode, note what matters, encode. `commits_at_end`: a caller who wants one whole reply is sent nothing until it
    is whole, so another provider can answer until then. `said` counts the characters of the answer, thinking and
    arguments included: what an estimate of its tokens rests on."""

    def __init__(self, decoder: Decoder, encoder: Encoder, *, commits_at_end: bool) -> None:
        self.committed = False
        self.usage: Usage | None = None
        self.finish: str | None = None
        self.failure: str | None = None
        self.said = 0
        self._decoder = decoder
        self._encoder = encoder
        self._commits_at_end = commits_at_end
        self._unfinished: set[int] = set()
        self._finished: set[int] = set()
        self._held = 0
        self._refused: UpstreamInvalid | None = None

    @property
    def encoder(self) -> Encoder:
        """What wrote the reply."""
        return self._encoder

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
        if not self._finished or self._unfinished:
            raise UpstreamTruncated("the reply ended before the provider said that it was whole")
        last += self._encoder.close()
        self.committed = True
        return last

    def _encoded(self, events: list[Event]) -> bytes:
        """Raises at once, or at the next turn where something worth sending came before the error."""
        if len(events) == 1:
            return self._encode(events[0])
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
        match event:
            case Text() | Thinking() | Refusal():
                self.said += len(event.text)
            case ToolCall():
                self.said += len(event.arguments)
            case Signature():
                pass
            case Usage():
                self.usage = event
                return self._encoder.encode(event)
            case Finished():
                return self._finishes(event)
            case Failed():
                if self._finished and not self._unfinished:
                    return b""
                raise UpstreamInvalid(event.message)
            case Started():
                return self._encoder.encode(event)
        if event.choice in self._finished:
            return b""  # the provider has said that this one was whole
        self._unfinished.add(event.choice)
        self.committed = not self._commits_at_end
        return self._encoder.encode(event)

    def _finishes(self, event: Finished) -> bytes:
        if event.choice in self._finished:
            return b""
        if event.reason == "stop" and not self._unfinished and not self._finished:
            raise UpstreamInvalid("the provider's answer is empty")
        self._unfinished.discard(event.choice)
        self._finished.add(event.choice)
        self.finish = self.finish or event.reason
        self.committed = not self._commits_at_end
        return self._encoder.encode(event)
