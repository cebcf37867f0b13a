"""A reply that is read and kept as events, to be written later, or never: one of several that are compared."""

from dataclasses import replace

from ai_dashboard.core.chat import Ask, Form
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
)
from ai_dashboard.dialects import registry
from ai_dashboard.dialects.fold import Choice, Fold
from ai_dashboard.dialects.forms import Decoder, ReplyHead
from ai_dashboard.dialects.relay import Translation
from ai_dashboard.dialects.tap import check_held

EVENT_BYTES = 64
"""What an event counts for at least: a reply of a million empty ones is too long, too."""


class Kept(Translation):
    """Reads like any other relay, and writes nothing."""

    def __init__(self, decoder: Decoder, *, commits_at_end: bool) -> None:
        self._keeper = _Keeper()
        super().__init__(decoder, self._keeper, commits_at_end=commits_at_end)

    @property
    def first_choice(self) -> Choice:
        """The answer; the first one where there are several."""
        fold = Fold()
        for event in self._keeper.events:
            fold.add(event)
        return fold.choices[0]

    def written(self, ask: Ask, head: ReplyHead) -> tuple[Translation, bytes]:
        """The whole reply in the form that the caller asked in, all of it at once, and the relay that has written
        it."""
        encoder = registry.CALLERS[ask.form].encoder(ask, head)
        told = Translation(_Replay(_joined(self._keeper.events)), encoder, commits_at_end=not ask.stream)
        begun = told.feed(b"")
        return told, begun + told.close()


def keep(ask: Ask, form: Form, head: ReplyHead) -> Kept:
    """What reads a reply in the provider's form."""
    return Kept(registry.decoder(ask, form, head.id), commits_at_end=not ask.stream)


class _Keeper:
    """An encoder that writes nothing."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._size = 0

    def encode(self, event: Event) -> bytes:
        self._size = check_held(self._size + EVENT_BYTES + _length(event))
        self.events.append(event)
        return b""

    def close(self) -> bytes:
        return b""


class _Replay:
    """A decoder that has read everything before."""

    def __init__(self, events: list[Event]) -> None:
        self._events = events

    def feed(self, chunk: bytes) -> list[Event]:  # noqa: ARG002 - nothing is left to be read
        return self._events

    def close(self) -> list[Event]:
        return []


def _length(event: Event) -> int:
    match event:
        case Text() | Thinking() | Refusal():
            return len(event.text)
        case ToolCall():
            return len(event.arguments)
        case Signature():
            return len(event.data)
        case Started() | Usage() | Finished() | Failed():
            return 0


def _joined(events: list[Event]) -> list[Event]:
    """The same reply with its text in as few pieces as it can be."""
    joined: list[Event] = []
    for event in events:
        last = joined[-1] if joined else None
        if isinstance(event, Text) and isinstance(last, Text) and event.choice == last.choice:
            joined[-1] = replace(last, text=last.text + event.text, logprobs=last.logprobs + event.logprobs)
        else:
            joined.append(event)
    return joined
