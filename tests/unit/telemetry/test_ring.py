"""The ring: what is still there, what was lost, and a reader that races the writer."""

import threading
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.core.records import RequestRecord, Stage
from ai_dashboard.telemetry.ring import RecordRing


def record(seq: int) -> RequestRecord:
    return RequestRecord(
        seq=seq,
        id=str(seq),
        at=0.0,
        dialect="openai",
        asked="m",
        stream=False,
        stage=Stage.DONE,
        status=200,
        provider="p",
        model="m",
        ttft_s=None,
        total_s=1.0,
        overhead_s=0.0,
        usage=None,
        attempts=(),
        plan=None,
    )


def as_it_is(item: RequestRecord) -> RequestRecord:
    return item


def filled(size: int, count: int) -> RecordRing[RequestRecord]:
    ring = RecordRing(as_it_is, size)
    for seq in range(1, count + 1):
        ring.append(record(seq))
    return ring


@pytest.mark.parametrize(
    ("size", "count", "after", "limit", "seqs", "lost"),
    [
        (4, 0, 0, 10, [], 0),
        (4, 3, 0, 10, [1, 2, 3], 0),
        (4, 3, 2, 10, [3], 0),
        (4, 3, 3, 10, [], 0),
        (4, 9, 0, 10, [6, 7, 8, 9], 5),
        (4, 9, 4, 10, [6, 7, 8, 9], 1),
        (4, 9, 5, 10, [6, 7, 8, 9], 0),
        (4, 9, 0, 2, [8, 9], 7),
        (4, 9, 0, 0, [], 9),
        (4, 3, 50, 10, [1, 2, 3], 0),
    ],
)
def test_pages(size: int, count: int, after: int, limit: int, seqs: list[int], lost: int) -> None:
    page = filled(size, count).page(after, limit)
    assert ([item.seq for item in page.records], page.next, page.lost) == (seqs, count, lost)


@pytest.mark.parametrize(
    ("size", "count", "seqs"), [(4, 0, []), (4, 2, [2, 1]), (4, 4, [4, 3, 2, 1]), (4, 6, [6, 5, 4, 3])]
)
def test_those_that_are_kept_come_newest_first(size: int, count: int, seqs: list[int]) -> None:
    assert [item.seq for item in filled(size, count).kept()] == seqs


@given(st.integers(1, 9), st.lists(st.tuples(st.integers(0, 12), st.integers(1, 12)), max_size=8))
def test_a_reader_sees_each_record_once_or_counts_it_as_lost(size: int, turns: list[tuple[int, int]]) -> None:
    ring, after, seen, lost, written = RecordRing(as_it_is, size), 0, list[int](), 0, 0
    for appended, limit in turns:
        for _ in range(appended):
            written += 1
            ring.append(record(written))
        page = ring.page(after, limit)
        seen += [item.seq for item in page.records]
        after, lost = page.next, lost + page.lost
    assert ring.last == after == written
    assert seen == sorted(set(seen))
    assert len(seen) + lost == written


class Slots:
    """Slots that let the writer in whenever one of them is read."""

    def __init__(self, records: list[RequestRecord]) -> None:
        self.before_read: Callable[[], None] = lambda: None
        self._records = records

    def __len__(self) -> int:
        return len(self._records)

    def __getitem__(self, place: int) -> RequestRecord:
        self.before_read()
        return self._records[place]

    def __setitem__(self, place: int, item: RequestRecord) -> None:
        self._records[place] = item


def test_a_reader_that_is_overtaken_shows_nothing_twice_and_counts_what_it_missed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ring = filled(4, 4)
    slots = Slots([record(seq) for seq in (4, 1, 2, 3)])
    monkeypatch.setattr(ring, "_slots", slots)
    upcoming = iter(range(5, 100))
    slots.before_read = lambda: ring.append(record(next(upcoming)))
    page = ring.page(0, 10)
    slots.before_read = lambda: None
    assert [item.seq for item in page.records] == []
    assert (page.next, page.lost) == (4, 4)
    assert [item.seq for item in ring.page(page.next, 10).records] == [5, 6, 7, 8]


def test_a_reader_in_another_thread_duplicates_and_reorders_nothing() -> None:
    ring, total = RecordRing(as_it_is, 64), 20_000
    records = [record(seq) for seq in range(1, total + 1)]

    def write() -> None:
        for item in records:
            ring.append(item)

    writer = threading.Thread(target=write)
    writer.start()
    after, seen, lost = 0, list[int](), 0
    while after < total:
        page = ring.page(after, 500)
        seen += [item.seq for item in page.records]
        after, lost = page.next, lost + page.lost
    writer.join()
    assert seen == sorted(set(seen))
    assert len(seen) + lost == total
