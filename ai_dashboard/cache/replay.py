"""An answer, given again: the same bytes under a new id, or the same events in another form.

`created` stays what it was, since that is when the answer was made; the id is new, because clients take two replies of
one id for one reply. What has been written once for another form is kept for the next caller of it.
"""

import re
from dataclasses import field
from typing import NamedTuple

from ai_dashboard.cache.entry import Entry
from ai_dashboard.cache.judge import events_of, output_in
from ai_dashboard.cache.keys import SAYS_MORE
from ai_dashboard.core.chat import Ask, Form, JsonObject
from ai_dashboard.core.data import dataclass
from ai_dashboard.core.errors import UpstreamInvalid
from ai_dashboard.core.events import Usage
from ai_dashboard.dialects.forms import ReplyHead
from ai_dashboard.dialects.registry import CALLERS

_PLACEHOLDER = "5b1d6f0e93a7c284"
"""Stands for the id in what is written for another form: as long as the real ones, and unlike any text."""

_PREFIX = re.compile(r"[A-Za-z]{2,10}[-_]")
"""What ids of a kind have in common: `chatcmpl-`, `msg_`, `resp_`."""

Shape = tuple[Form, bool, bool]
"""Form, stream or whole, usage shown or not: what bytes can be sent to whom."""


class Cut(NamedTuple):
    """A reply, cut where its id stands; `before` and `after` are what encloses it there."""

    pieces: tuple[bytes, ...]
    before: bytes
    after: bytes

    def under(self, new_id: str) -> bytes:
        """The reply under another id."""
        pieces = self.pieces
        return pieces[0] if len(pieces) == 1 else (self.before + new_id.encode() + self.after).join(pieces)


class Told(NamedTuple):
    """What a conversation that goes on from a response has to know of it."""

    response_id: str
    output: list[JsonObject]


@dataclass(slots=True)
class Kept:
    """An entry in memory, with the forms in which it was given so far. `size` are the bytes of all of them."""

    entry: Entry
    size: int = field(init=False)
    cuts: dict[Shape, Cut] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.size = self.entry.size


def shape_of(ask: Ask) -> Shape:
    """What shape of a reply an ask wants. Whole replies always show their usage."""
    return ask.form, ask.stream, ask.include_usage or not ask.stream or ask.form != "openai.chat"


def replay(kept: Kept, ask: Ask, reply_id: str) -> bytes | None:
    """The reply to an ask; None where the answer cannot be said in its form."""
    shape = shape_of(ask)
    cut = kept.cuts.get(shape)
    if cut is None:
        if (cut := _cut(kept.entry, ask, shape)) is None:
            return None
        kept.cuts[shape] = cut
        kept.size += sum(map(len, cut.pieces))
    return cut.under(reply_id)


def told_by(kept: Kept, ask: Ask, reply_id: str) -> Told | None:
    """What to remember of a response that is given again."""
    if ask.form != "openai.responses":
        return None
    return Told(_prefix(kept.entry.answer_id) + reply_id, output_in(kept.entry.body, stream=kept.entry.stream))


def _cut(entry: Entry, ask: Ask, shape: Shape) -> Cut | None:
    if shape == (entry.form, entry.stream, entry.usage_shown):
        if not entry.answer_id:
            return Cut((entry.body,), b"", b"")
        # In quotes: inside a text they would be escaped, so that no word of the answer can be taken for the id.
        old = f'"{entry.answer_id}"'.encode()
        return Cut(tuple(entry.body.split(old)), f'"{_prefix(entry.answer_id)}'.encode(), b'"')
    if ask.operation == "embed" or ask.form in SAYS_MORE or entry.form in SAYS_MORE:
        return None
    body = _written(entry, ask)
    return None if body is None else Cut(tuple(body.split(_PLACEHOLDER.encode())), b"", b"")


def _written(entry: Entry, ask: Ask) -> bytes | None:
    """The answer in the ask's form, from the events that its body stands for."""
    head = ReplyHead(_PLACEHOLDER, entry.answered, int(entry.made_at))
    encoder = CALLERS[ask.form].encoder(ask, head)
    try:
        events = events_of(_as_asked(entry, ask), entry.body)
        if entry.usage is not None and not any(isinstance(event, Usage) for event in events):
            events.append(entry.usage)
        written = b"".join([encoder.encode(event) for event in events])
        return written + encoder.close()
    except UpstreamInvalid:
        return None  # an answer that this form has no words for


def _as_asked(entry: Entry, ask: Ask) -> Ask:
    """An ask to which the entry's body is the reply, for whoever reads it."""
    return Ask(ask.model, entry.stream, ask.body, ask.raw, entry.usage_shown, form=entry.form)


def _prefix(answer_id: str) -> str:
    found = _PREFIX.match(answer_id)
    return found[0] if found else ""
