"""Asks that were answered from the cache, as they were read then: whoever sends the very same bytes again need not be
read again. What the bytes alone do not say is part of the name, so nothing is taken for something else."""

from collections import OrderedDict
from typing import NamedTuple

from ai_dashboard.cache.keys import ExactKey, Scope, exact_key
from ai_dashboard.core.chat import Ask, Form
from ai_dashboard.core.data import dataclass
from ai_dashboard.core.plan import RouteFacts

MAX_BYTES = 16 << 20
TIMES_RAW = 4
"""What an ask takes in memory, as a multiple of its bytes: those themselves, and what was read from them."""

OVERHEAD_BYTES = 2000


class Name(NamedTuple):
    """Everything that an ask is read from; `generation` is the number of the configuration in force."""

    form: Form
    tenant: str
    generation: int
    model: str
    method: str
    raw: bytes


@dataclass(slots=True)
class Heard:
    """An ask and its facts, before anything is known of who asks; and its key, for the scope and the facts of whoever
    asked last."""

    ask: Ask
    facts: RouteFacts
    _scope: Scope | None = None
    _used: RouteFacts | None = None
    _key: ExactKey | None = None

    def key(self, scope: Scope, facts: RouteFacts) -> ExactKey | None:
        """As `exact_key`."""
        if self._scope != scope or (self._used is not facts and self._used != facts):
            self._key = exact_key(scope, self.ask, facts)
            self._scope, self._used = scope, facts
        return self._key


class HeardBefore:
    """The latest of them."""

    def __init__(self, max_bytes: int = MAX_BYTES) -> None:
        self._max_bytes = max_bytes
        self._bytes = 0
        self._kept: OrderedDict[Name, Heard] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, name: Name) -> Heard | None:
        """What was heard under this name."""
        heard = self._kept.get(name)
        if heard is not None:
            self._kept.move_to_end(name)
        return heard

    def put(self, name: Name, heard: Heard) -> None:
        """Remember it, and let go of those that were not heard for the longest time."""
        if name in self._kept:
            return
        self._kept[name] = heard
        self._bytes += _size(name)
        while self._bytes > self._max_bytes:
            oldest, _ = self._kept.popitem(last=False)
            self._bytes -= _size(oldest)


def _size(name: Name) -> int:
    return TIMES_RAW * len(name.raw) + OVERHEAD_BYTES
