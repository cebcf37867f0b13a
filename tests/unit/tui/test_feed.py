import asyncio
from dataclasses import dataclass, field, replace

import pytest

from ai_dashboard.core.records import RecordPage
from ai_dashboard.core.snapshot import Snapshot
from ai_dashboard.tui import feed as feed_module
from ai_dashboard.tui.feed import Feed
from ai_dashboard.tui.picture import Freshness, Picture
from tests.tui.fakes import FakePort, busy, busy_port, empty_port, gateway, record, records, running


class Watch:
    """A clock that is turned by hand, and the pictures that were published."""

    def __init__(self, port: FakePort) -> None:
        self.now = 100.0
        self.pictures: list[Picture] = []
        self.feed = Feed(port, self.pictures.append, interval_s=1.0, now=lambda: self.now)

    @property
    def last(self) -> Picture:
        return self.pictures[-1]

    @property
    def mark(self) -> str:
        return self.last.freshness.value


async def test_the_first_poll_brings_everything() -> None:
    watch = Watch(busy_port())
    await watch.feed.poll()
    assert watch.mark == Freshness.LIVE
    assert watch.last.snapshot == busy()
    assert [one.seq for one in watch.last.records] == list(range(60, 0, -1))


async def test_the_same_picture_is_not_published_twice() -> None:
    port = busy_port()
    watch = Watch(port)
    await watch.feed.poll()
    port.picture = busy()
    watch.now += 1
    await watch.feed.poll()
    assert port.polled == 2
    assert len(watch.pictures) == 1


async def test_only_news_is_asked_for() -> None:
    port = busy_port()
    watch = Watch(port)
    await watch.feed.poll()
    port.finished.append(record(61))
    await watch.feed.poll()
    assert [one.seq for one in watch.last.records[:2]] == [61, 60]
    assert len(watch.last.records) == 61


@dataclass
class Slow(FakePort):
    """At the other end of a line that carries so many records a second."""

    carries: float = 50.0
    watch: "Watch | None" = None
    pages: list[int] = field(default_factory=list)

    async def records(self, after: int, limit: int = 500) -> RecordPage:
        page = await super().records(after, limit)
        assert self.watch is not None
        self.watch.now += len(page.records) / self.carries
        self.pages.append(len(page.records))
        return page


async def test_a_slow_line_is_asked_for_no_more_than_it_carries() -> None:
    port = Slow(busy(), records(3_000))
    watch = port.watch = Watch(port)
    await watch.feed.poll()
    assert port.pages == [50]
    assert [one.seq for one in watch.last.records[:2]] == [3_000, 2_999]
    assert watch.last.lost == 2_950
    port.finished += [record(seq) for seq in range(3_001, 3_501)]
    await watch.feed.poll()
    assert port.pages == [50, 25]
    assert watch.last.lost == 2_950 + 475


async def test_a_quick_line_brings_everything_after_the_sample() -> None:
    port = Slow(busy(), records(3_000), carries=1e6)
    watch = port.watch = Watch(port)
    await watch.feed.poll()
    assert port.pages == [50, 3_000]
    assert watch.last.lost == 0


async def test_records_that_never_come_do_not_hold_up_the_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    port = busy_port()
    watch = Watch(port)

    async def never(after: int, limit: int = 500) -> RecordPage:
        return await asyncio.Future[RecordPage]()

    monkeypatch.setattr(feed_module, "PAGE_TIMEOUT_S", 0.01)
    monkeypatch.setattr(port, "records", never)
    await watch.feed.poll()
    assert watch.mark == Freshness.LIVE
    assert watch.last.records == ()


async def test_a_request_that_finished_meanwhile_is_not_shown_twice() -> None:
    port = busy_port()
    port.picture = busy(running=(running(1, id=record(60).id), running(2)))
    watch = Watch(port)
    await watch.feed.poll()
    assert [one.id for one in watch.last.running] == [running(2).id]


async def test_a_gateway_that_is_gone_leaves_its_last_picture_behind() -> None:
    port = busy_port()
    watch = Watch(port)
    await watch.feed.poll()
    port.closed = "connection refused"
    watch.now += 12.4
    await watch.feed.poll()
    assert watch.mark == Freshness.STALE
    assert (watch.last.age_s, watch.last.problem) == (12, "connection refused")
    assert watch.last.snapshot == busy()
    port.closed = ""
    await watch.feed.poll()
    assert (watch.last.freshness, watch.last.age_s, watch.last.problem) == (Freshness.LIVE, 0, "")


async def test_a_gateway_that_never_answered_is_not_stale() -> None:
    port = replace(busy_port(), closed="refused")
    watch = Watch(port)
    await watch.feed.poll()
    assert (watch.last.freshness, watch.last.problem) == (Freshness.CONNECTING, "refused")


async def test_another_gateway_in_its_place_starts_a_new_list() -> None:
    port = busy_port()
    watch = Watch(port)
    await watch.feed.poll()
    port.picture = busy(gateway=gateway(pid=8))
    port.finished = records(2)
    await watch.feed.poll()
    assert [one.seq for one in watch.last.records] == [2, 1]


async def test_a_pause_freezes_the_picture_and_counts_what_is_missed() -> None:
    port = busy_port()
    watch = Watch(port)
    await watch.feed.poll()
    watch.feed.toggle_pause()
    assert watch.mark == Freshness.PAUSED
    port.moving = True
    await watch.feed.poll()
    await watch.feed.poll()
    assert watch.last.waiting == 2
    assert len(watch.last.records) == 60
    watch.feed.toggle_pause()
    assert watch.mark == Freshness.LIVE
    assert len(watch.last.records) == 62


@dataclass
class HangingPort(FakePort):
    """A gateway that takes a question and never answers."""

    async def snapshot(self) -> Snapshot:
        await asyncio.Event().wait()
        raise AssertionError


async def test_a_poll_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed_module, "POLL_TIMEOUT_S", 0.01)
    watch = Watch(HangingPort(busy()))
    await watch.feed.poll()
    assert watch.last.problem == "the gateway does not answer"
    assert not watch.feed.busy


async def test_polls_do_not_pile_up() -> None:
    port = busy_port()
    watch = Watch(port)
    watch.feed.busy = True
    await watch.feed.poll()
    assert port.polled == 0


async def test_silence_becomes_stale_even_without_an_error() -> None:
    watch = Watch(busy_port())
    await watch.feed.poll()
    watch.now += 2.9
    watch.feed.publish()
    assert watch.mark == Freshness.LIVE
    watch.now += 0.2
    watch.feed.publish()
    assert (watch.last.freshness, watch.last.age_s) == (Freshness.STALE, 3)


async def test_a_probe_says_what_it_did() -> None:
    port = busy_port()
    watch = Watch(port)
    assert await watch.feed.probe() == "probed 5 providers"
    assert (port.refreshed, port.polled) == (1, 1)
    port.closed = "gone"
    assert await watch.feed.probe() == "refresh failed: gone"


async def test_nothing_real_is_in_flight_in_a_simulation() -> None:
    assert Picture(busy()).in_flight == 2
    assert Picture(busy(gateway=gateway(simulated=True))).in_flight == 0
    assert Picture(empty_port().picture).in_flight == 0
    assert Picture().in_flight == 0
