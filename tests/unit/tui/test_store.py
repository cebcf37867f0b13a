from ai_dashboard.core.records import RecordPage
from ai_dashboard.tui.store import RecordStore
from tests.tui.fakes import record


def page(*numbers: int, lost: int = 0) -> RecordPage:
    return RecordPage(tuple(record(number) for number in numbers), numbers[-1] if numbers else 0, lost)


def test_the_newest_come_first_and_the_oldest_are_forgotten() -> None:
    store = RecordStore(capacity=3)
    assert store.add(page(1, 2))
    assert store.add(page(3, 4, lost=7))
    assert [one.seq for one in store.newest_first()] == [4, 3, 2]
    assert [one.seq for one in store.newest_first(1)] == [4]
    assert (store.after, store.lost, len(store)) == (4, 7, 3)
    assert record(1).id not in store
    assert record(4).id in store


def test_a_page_without_news_is_none() -> None:
    assert not RecordStore().add(page())


def test_a_new_gateway_starts_from_nothing() -> None:
    store = RecordStore()
    store.add(page(1, 2, lost=1))
    store.clear()
    assert (store.newest_first(), store.after, store.lost) == ((), 0, 0)
    assert record(1).id not in store


def test_what_had_finished_by_then_is_found_again_as_far_as_it_is_remembered() -> None:
    store = RecordStore(capacity=3)
    store.add(page(1, 2, 3, 4))
    assert [one.seq for one in store.until(3)] == [3, 2]
    assert store.until(1) == ()
    assert store.until(9) == store.newest_first()
