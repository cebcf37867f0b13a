"""Which replica served a conversation last: its cache of the conversation is warm, so it is asked first again.

Only what may answer anyway is put first, and only while it is not overloaded: a warm cache saves the reading of a
prompt, and a queue costs more.
"""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from hashlib import blake2b
from typing import NamedTuple, TypeVar

from ai_dashboard.core.plan import RouteFacts
from ai_dashboard.routing.live import ProviderLive

MAX_REMEMBERED = 8192
"""Conversations remembered at one time; the one that was silent for longest is forgotten first."""

SLACK = 4
"""Requests in flight that a replica of unknown capacity may have above twice the least busy one's."""

T = TypeVar("T")


class Replica(NamedTuple):
    """Who served a turn."""

    provider: str
    model: str
    region: str = ""


class Affinity:
    """The last replica of each conversation."""

    def __init__(self, limit: int = MAX_REMEMBERED) -> None:
        self._limit = limit
        self._last: OrderedDict[str, Replica] = OrderedDict()

    def __len__(self) -> int:
        return len(self._last)

    def served(self, key: str, replica: Replica) -> None:
        """A replica has answered a turn of the conversation with this key."""
        if not key:
            return
        self._last[key] = replica
        self._last.move_to_end(key)
        if len(self._last) > self._limit:
            self._last.popitem(last=False)

    def last(self, key: str) -> Replica | None:
        """Who served the conversation last, as far as that is remembered."""
        return self._last.get(key) if key else None

    def forget(self, provider: str) -> None:
        """A provider has lost its caches: it was restarted, or is gone."""
        for key in [key for key, replica in self._last.items() if replica.provider == provider]:
            del self._last[key]


def key_of(facts: RouteFacts) -> str:
    """What a conversation is known by: its user or session for one model, else how it begins; `""` when nothing tells
    it from others. Tenants never share one. Names come from callers, so their digest is kept and not their length."""
    told = ("user", facts.user) if facts.user else ("prefix", facts.prefix)
    if not told[1]:
        return ""
    text = "\0".join((facts.tenant, *told, facts.model))
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def overloaded(own: ProviderLive, others: Sequence[ProviderLive]) -> bool:
    """Whether a replica has so much to do that another one answers sooner: no place is left, or, where nobody knows how
    many it has, clearly more than twice as much as the least busy of the others."""
    if own.capacity is not None:
        return own.in_flight >= own.capacity
    return bool(others) and own.in_flight > 2 * min(other.in_flight for other in others) + SLACK


def kept_together(
    items: Sequence[T], replica_of: Callable[[T], Replica], state_of: Callable[[T], ProviderLive], last: Replica | None
) -> tuple[list[T], bool]:
    """Candidates, best first, with the one that served the last turn in front unless it is overloaded; and whether that
    is why it stands there."""
    place = next((at for at, item in enumerate(items) if replica_of(item) == last), None)
    if place is None:
        return [*items], False
    others = [state_of(item) for at, item in enumerate(items) if at != place]
    if overloaded(state_of(items[place]), others):
        return [*items], False
    return [items[place], *items[:place], *items[place + 1 :]], True


def note(replica: Replica) -> str:
    """For the plan."""
    return f"affinity: {replica.provider} served the last turn"
