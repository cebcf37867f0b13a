from dataclasses import replace

from ai_dashboard.core.snapshot import CacheGauge, QueueGauge
from ai_dashboard.tui.ink import text_of, width_of
from ai_dashboard.tui.panels.gauges import draw, select
from ai_dashboard.tui.picture import Picture
from tests.tui.answers import CACHE_GAUGE, QUEUE_GAUGE
from tests.tui.fakes import busy


def said(cache: CacheGauge = CACHE_GAUGE, queue: QueueGauge = QUEUE_GAUGE, width: int = 60) -> list[str]:
    return [text_of(line) for line in draw(select(Picture(busy(cache=cache, queue=queue))), width, 2)]


def test_a_line_for_the_queue_and_one_for_the_cache() -> None:
    queue, cache = said()
    assert queue.split()[:2] == ["queue", "12"]
    assert queue.endswith("oldest 3s")
    assert cache.startswith("cache 63.0% ▕███▏ ▏ saved $1.12")


def test_requests_that_were_lost_are_said_before_anything_else() -> None:
    assert said(queue=replace(QUEUE_GAUGE, shed=3, expired=2))[0].endswith("3 shed 2 late")
    assert said(queue=replace(QUEUE_GAUGE, expired=2))[0].endswith(" 2 late")


def test_calm_is_said_calmly() -> None:
    queue, cache = said(CacheGauge(), QueueGauge())
    assert queue.endswith("nobody waits")
    assert cache.split() == ["cache", "off"]
    assert "–%" in said(CacheGauge(enabled=True))[1]


def test_what_has_no_price_is_saved_in_time() -> None:
    assert said(replace(CACHE_GAUGE, saved_usd=0.0))[1].endswith("saved 14m20")


def test_a_change_that_cannot_be_seen_is_the_same_view() -> None:
    one, other = (
        Picture(busy(cache=replace(CACHE_GAUGE, hit_ratio=ratio, entries=n))) for ratio, n in ((0.63, 1), (0.63001, 2))
    )
    assert select(one) == select(other)


def test_one_line_holds_both() -> None:
    view = select(Picture(busy()))
    assert text_of(draw(view, 24, 1)[0]) == "queue 12 · cache 63.0 %"
    assert text_of(draw(select(Picture(busy(cache=CacheGauge()))), 24, 1)[0]) == "queue 12 · cache off"
    assert text_of(draw(select(Picture()), 40, 2)[0]) == "waiting for the gateway"


def test_every_size_holds_it() -> None:
    for width in range(3, 80, 5):
        for height in (1, 2, 5):
            lines = draw(select(Picture(busy())), width, height)
            assert len(lines) <= height
            assert all(width_of(line) <= width for line in lines)
