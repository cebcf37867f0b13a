"""The last requests, in a ring that one thread writes and any thread reads, without a lock.

A slot is replaced by one reference assignment and every record carries its own `seq`, so a reader that is overtaken
sees a later record in a slot, notices by its number, and counts it as lost instead of showing it twice.
"""

from ai_dashboard.core.records import RecordPage, RequestRecord


class RecordRing:
    """Holds the newest `size` finished requests. `append` wants records in the order of their `seq`, from 1."""

    def __init__(self, size: int = 8192) -> None:
        self._slots: list[RequestRecord | None] = [None] * size
        self._last = 0

    @property
    def last(self) -> int:
        """The highest `seq` so far; 0 when nothing was recorded."""
        return self._last

    def append(self, record: RequestRecord) -> None:
        self._slots[record.seq % len(self._slots)] = record
        self._last = record.seq

    def page(self, after: int, limit: int) -> RecordPage:
        """Records with `seq` greater than `after`, oldest first: the newest `limit` of them. An `after` from before the
        gateway's start (greater than anything recorded) reads from the beginning. What is newer than `after` and not
        among them counts as lost."""
        last = self._last
        if after > last:
            after = 0
        first = max(after + 1, last - min(limit, len(self._slots)) + 1)
        found = []
        for seq in range(first, last + 1):
            record = self._slots[seq % len(self._slots)]
            if record is not None and record.seq == seq:
                found.append(record)
        return RecordPage(tuple(found), next=last, lost=last - after - len(found))
