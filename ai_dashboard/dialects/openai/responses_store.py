"""Conversations that callers may go on from with `previous_response_id`, bounded in number and in size.

The gateway owns a `ResponseStore` and comes to it twice: before an ask is routed (`continued`), and after its reply is
whole (`remember_reply`). What is kept are the items of the API itself, so nothing is lost between turns.
"""

from collections import OrderedDict
from typing import Protocol, runtime_checkable

import orjson

from ai_dashboard.core.chat import Ask, JsonObject
from ai_dashboard.core.data import dataclass
from ai_dashboard.core.errors import CallerError, PreviousResponseNotFound
from ai_dashboard.dialects.openai.responses_read import KEPT_BY_OPENAI, ResponsesAsk, going_on


@dataclass(frozen=True, slots=True)
class Remembered:
    """A conversation up to and including one reply. `kept_by` is the provider that keeps it too, "" when none does."""

    items: list[JsonObject]
    kept_by: str = ""


@runtime_checkable
class Told(Protocol):
    """What has been told to a caller: the encoders and taps of this form know it once the reply is whole."""

    @property
    def response_id(self) -> str: ...
    @property
    def output(self) -> list[JsonObject]: ...


@dataclass(frozen=True, slots=True)
class _Entry:
    owner: str
    kept_by: str
    items: bytes


class ResponseStore:
    """The least recently used conversations go first. One that is larger than all of the store is not kept at all."""

    def __init__(self, *, max_entries: int, max_bytes: int) -> None:
        self.size = 0
        self._max_entries = max_entries
        self._max_bytes = max_bytes
        self._entries: OrderedDict[tuple[str, str], _Entry] = OrderedDict()

    def __len__(self) -> int:
        return len(self._entries)

    def remember(self, response_id: str, owner: str, items: list[JsonObject], kept_by: str = "") -> bool:
        """Keep a conversation for its owner. False when it cannot be kept."""
        try:
            written = orjson.dumps(items)
        except orjson.JSONEncodeError:
            return False  # nested too deeply to be sent to anybody again
        self.forget(response_id, owner)
        if not response_id or len(written) > self._max_bytes:
            return False
        self._entries[owner, response_id] = _Entry(owner, kept_by, written)
        self.size += len(written)
        while self.size > self._max_bytes or len(self._entries) > self._max_entries:
            _, oldest = self._entries.popitem(last=False)
            self.size -= len(oldest.items)
        return (owner, response_id) in self._entries

    def recall(self, response_id: str, owner: str) -> Remembered | None:
        """The conversation that ends with a reply; None when it is not known or belongs to another owner."""
        entry = self._entries.get((owner, response_id))
        if entry is None:
            return None
        self._entries.move_to_end((owner, response_id))
        return Remembered(orjson.loads(entry.items), entry.kept_by)

    def forget(self, response_id: str, owner: str) -> bool:
        """Drop a conversation. False when there is none."""
        entry = self._entries.pop((owner, response_id), None)
        if entry is None:
            return False
        self.size -= len(entry.items)
        return True


def continued(ask: Ask, store: ResponseStore, owner: str) -> Ask:
    """The ask with the conversation that it goes on from; as it was when it begins one, or goes on from what only its
    provider can know (then `must_be_kept_by_provider` says so)."""
    if not isinstance(ask, ResponsesAsk) or ask.previous is None:
        return ask
    remembered = store.recall(ask.previous, owner)
    return ask if remembered is None else going_on(ask, remembered.items, remembered.kept_by)


def must_be_kept_by_provider(ask: Ask) -> CallerError | None:
    """Why this ask makes no sense to a provider of another form: without the text that it refers to, the model would
    answer something else. None when it can be sent to any."""
    if not isinstance(ask, ResponsesAsk):
        return None
    if ask.previous is not None and not ask.past:
        return PreviousResponseNotFound(
            f"the response `{ask.previous[:80]}` that `previous_response_id` names is not known here",
            hint="send the conversation in `input`",
        )
    for name in sorted(KEPT_BY_OPENAI - {"previous_response_id"}):
        if ask.asked.get(name):
            return CallerError(f"`{name}` names text that only OpenAI keeps", hint="send the text in `input`")
    return None


def remember_reply(ask: Ask, told: Told, store: ResponseStore, owner: str, *, kept_by: str = "") -> bool:
    """Keep what a whole reply has added to its conversation, unless the caller wants it forgotten (`store: false`).
    `kept_by` is the provider when the reply was passed on as it came."""
    if not isinstance(ask, ResponsesAsk) or not ask.stored or must_be_kept_by_provider(ask) is not None:
        return False
    if not told.output:
        return False  # a reply that its provider is still making in the background
    return store.remember(told.response_id, owner, [*ask.items, *told.output], kept_by)
