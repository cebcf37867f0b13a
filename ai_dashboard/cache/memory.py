"""Answers in this process: the least recently used go when there are too many bytes."""

from collections import OrderedDict

from ai_dashboard.cache.entry import Entry
from ai_dashboard.cache.keys import ExactKey
from ai_dashboard.cache.replay import Kept


class MemoryHome:
    """Never suspends anybody."""

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self.bytes = 0
        self.evicted = 0
        self._expiries = 0
        self._kept: OrderedDict[ExactKey, Kept] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def mean_ttl_s(self, now: float) -> float | None:
        """How long what is kept is good for still at `now` (Unix time), on average; None where nothing is kept."""
        return max(0.0, self._expiries / len(self._kept) - now) if self._kept else None

    def get(self, key: ExactKey, now: float) -> Kept | None:
        """An answer that is still good at `now` (Unix time)."""
        kept = self._kept.get(key)
        if kept is None:
            return None
        if now >= kept.entry.expires_at:
            self._drop(key)
            return None
        self._kept.move_to_end(key)
        return kept

    def put(self, key: ExactKey, entry: Entry) -> Kept:
        """Keep an answer; one that is larger than all of the store is not kept, but can be given this once."""
        self._drop(key)
        kept = Kept(entry)
        if kept.size <= self.max_bytes:
            self._kept[key] = kept
            self.bytes += kept.size
            self._expiries += _second(kept)
            self._make_room()
        return kept

    def grew(self, key: ExactKey, kept: Kept, before: int) -> None:
        """An answer takes more than `before` now: it was given in another form."""
        if self._kept.get(key) is kept:
            self.bytes += kept.size - before
            self._make_room()

    def resize(self, max_bytes: int) -> None:
        """Keep no more than this from now on."""
        self.max_bytes = max_bytes
        self._make_room()

    def entries(self) -> dict[ExactKey, Entry]:
        """All that is kept."""
        return {key: kept.entry for key, kept in self._kept.items()}

    def invalidate(self, tenant: str | None = None, model: str | None = None) -> int:
        """Forget the answers of a tenant, to asks for a model, or all; how many there were."""
        gone = [key for key in self._kept if tenant in (None, key.tenant) and model in (None, key.model)]
        for key in gone:
            self._drop(key)
        return len(gone)

    def clear_expired(self, now: float) -> int:
        """Forget what is no longer good at `now` (Unix time), which else goes when it is asked for, or room is needed;
        how many there were."""
        gone = [key for key, kept in self._kept.items() if now >= kept.entry.expires_at]
        for key in gone:
            self._drop(key)
        return len(gone)

    def _drop(self, key: ExactKey) -> None:
        if (kept := self._kept.pop(key, None)) is not None:
            self.bytes -= kept.size
            self._expiries -= _second(kept)

    def _make_room(self) -> None:
        while self.bytes > self.max_bytes:
            _, oldest = self._kept.popitem(last=False)
            self.bytes -= oldest.size
            self._expiries -= _second(oldest)
            self.evicted += 1


def _second(kept: Kept) -> int:
    """The moment from which it is no good, in whole seconds: sums of them stay exact, however many come and go."""
    return int(kept.entry.expires_at)
