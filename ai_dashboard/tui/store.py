"""The finished requests that the screen remembers: the newest 5 000, so that a night of traffic costs no memory."""

from collections import deque
from itertools import islice

from ai_dashboard.core.records import RecordPage, RequestRecord

CAPACITY = 5_000


class RecordStore:
    """Records in the order in which they finished. `after` is what to ask the gateway for next, `lost` how many were
    overwritten there before they were read."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._records: deque[RequestRecord] = deque(maxlen=capacity)
        self._ids: set[str] = set()
        self.after = 0
        self.lost = 0

    def __len__(self) -> int:
        return len(self._records)

    def __contains__(self, request_id: str) -> bool:
        return request_id in self._ids

    def add(self, page: RecordPage) -> bool:
        """Take in a page; True when it held anything new."""
        self.after = page.next
        self.lost += page.lost
        for record in page.records:
            if len(self._records) == self._records.maxlen:
                self._ids.discard(self._records[0].id)
            self._records.append(record)
            self._ids.add(record.id)
        return bool(page.records or page.lost)

    def clear(self) -> None:
        """Forget everything: the gateway on the other side is another one now."""
        self._records.clear()
        self._ids.clear()
        self.after = self.lost = 0

    def until(self, seq: int) -> tuple[RequestRecord, ...]:
        """What had finished when the gateway had counted so many, the newest first: as much of it as is remembered."""
        return tuple(record for record in reversed(self._records) if record.seq <= seq)

    def newest_first(self, limit: int | None = None) -> tuple[RequestRecord, ...]:
        """The newest `limit` records, or all."""
        return tuple(islice(reversed(self._records), limit))
