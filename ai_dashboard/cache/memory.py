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
        self._kept: OrderedDict[ExactKey, Kept] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

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

    def _drop(self, key: ExactKey) -> None:
        if (kept := self._kept.pop(key, None)) is not None:
            self.bytes -= kept.size

    def _make_room(self) -> None:
        while self.bytes > self.max_bytes:
            _, oldest = self._kept.popitem(last=False)
            self.bytes -= oldest.size
            self.evicted += 1
