"""The last requests, in a ring that one thread writes and any thread reads, without a lock.

A slot is replaced by one reference assignment and every request carries its own `seq`, so a reader that is overtaken
sees a later one in a slot, notices by its number, and counts it as lost instead of showing it twice. What is kept is
made into a record only when somebody reads it.
"""

from collections.abc import Callable, Iterator
from typing import Generic, Protocol, TypeVar

from ai_dashboard.core.records import RecordPage, RequestRecord


class Numbered(Protocol):
    """A finished request."""

    @property
    def seq(self) -> int: ...


N = TypeVar("N", bound=Numbered)


class RecordRing(Generic[N]):
    """Holds the newest `size` finished requests, and `read`s them into records. `append` wants them in the order of
    their `seq`, from 1, and never changed again."""

    def __init__(self, read: Callable[[N], RequestRecord], size: int = 8192) -> None:
        self._read = read
        self._slots: list[N | None] = [None] * size
        self._last = 0

    @property
    def last(self) -> int:
        """The highest `seq` so far; 0 when nothing was recorded."""
        return self._last

    def append(self, finished: N) -> None:
        seq = finished.seq
        self._slots[seq % len(self._slots)] = finished
        self._last = seq

    def kept(self) -> Iterator[N]:
        """Those that are still here, the newest first."""
        last = self._last
        for seq in range(last, max(0, last - len(self._slots)), -1):
            finished = self._slots[seq % len(self._slots)]
            if finished is not None and finished.seq == seq:
                yield finished

    def since(self, after: int) -> tuple[list[N], int]:
        """Those with `seq` greater than `after`, oldest first, as they are; and how many more of them were overwritten
        before they were read."""
        last = self._last
        size = len(self._slots)
        slots = (self._slots[seq % size] for seq in range(max(after, last - size) + 1, last + 1))
        found = [it for it in slots if it is not None and after < it.seq <= last]
        return found, last - after - len(found)

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
            finished = self._slots[seq % len(self._slots)]
            if finished is not None and finished.seq == seq:
                found.append(self._read(finished))
        return RecordPage(tuple(found), next=last, lost=last - after - len(found))
