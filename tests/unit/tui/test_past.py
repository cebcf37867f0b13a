import tracemalloc
from dataclasses import replace
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.core.snapshot import Percentiles, SeriesPoint, Snapshot
from ai_dashboard.tui.format import clock_time
from ai_dashboard.tui.past import RUNNING, TIERS, Heard, Past, Tier, partly, thrifty, unrecorded
from ai_dashboard.tui.picture import Freshness, Picture
from tests.tui.fakes import NOW, busy, plan, provider, running

SMALL = (Tier(5.0, 4), Tier(30.0, 3))


def moments(past: Past[int]) -> list[float]:
    return [moment.at for moment in past]


def test_moments_lie_as_far_apart_as_their_tier_says() -> None:
    past: Past[int] = Past(SMALL)
    for second in range(101):
        past.add(float(second), second)
    assert moments(past) == [0.0, 30.0, 60.0, 85.0, 90.0, 95.0, 100.0]
    assert len(past) == 7


def test_a_day_takes_no_more_moments_than_six_hours() -> None:
    past: Past[int] = Past()
    for tick in range(24 * 3600 // 5):
        past.add(tick * 5.0, tick)
    assert len(past) == sum(tier.length for tier in TIERS)
    assert past.latest is not None
    oldest = next(iter(past)).at
    assert 5.5 * 3600 < past.latest.at - oldest < 6.5 * 3600


@given(st.lists(st.floats(0, 20), max_size=60))
def test_moments_are_always_in_order_and_never_too_many(steps: list[float]) -> None:
    past: Past[int] = Past(SMALL)
    at = 0.0
    for step in steps:
        at += step
        past.add(at, 0)
    found = moments(past)
    assert found == sorted(set(found))
    assert len(found) <= 7


def test_the_moments_before_and_after_one_are_found() -> None:
    past: Past[int] = Past()
    for second in (0.0, 10.0, 20.0):
        past.add(second, int(second))
    before, after = past.before(10.0), past.after(10.0)
    assert before is not None
    assert after is not None
    assert (before.at, after.at) == (0.0, 20.0)
    assert past.before(0.0) is None
    assert past.after(20.0) is None


def test_how_it_was_is_known_only_where_somebody_looked() -> None:
    past: Past[int] = Past()
    past.add(100.0, 1)
    assert past.then(100.0, 5.0) == 1
    assert past.then(104.0, 5.0) == 1
    assert past.then(106.0, 5.0) is None
    assert past.then(99.0, 5.0) is None


def test_a_clock_that_was_set_back_begins_anew() -> None:
    past: Past[int] = Past()
    past.add(100.0, 1)
    past.add(40.0, 2)
    assert moments(past) == [40.0]


def test_pictures_share_what_is_equal() -> None:
    first = thrifty(busy(1), None)
    second = thrifty(replace(busy(1), version=2), first)
    assert second == replace(first, version=2)
    assert second.host is first.host
    assert second.alerts is first.alerts
    assert all(new is old for new, old in zip(second.providers, first.providers, strict=True))
    assert all(new is old for new, old in zip(second.series, first.series, strict=True))


def test_slices_are_shared_although_their_start_drifts_and_figures_although_others_changed() -> None:
    points = tuple(SeriesPoint(1000.0 + 5 * n, n, 0, Percentiles(n / 7)) for n in range(10))
    first = thrifty(busy(series=points, providers=(provider(),)), None)
    moved = tuple(replace(point, at=point.at + 0.0004) for point in points[1:])
    trend = (*first.providers[0].trend[1:], 0.123456)
    second = thrifty(busy(series=moved, providers=(provider(in_flight=9, trend=trend),)), first)
    assert [new is old for new, old in zip(second.series, first.series[1:], strict=True)] == [True] * 9
    assert second.providers[0].in_flight == 9
    assert second.providers[0].trend == trend
    assert second.providers[0].trend[0] is first.providers[0].trend[1]
    assert second.providers[0].models is first.providers[0].models


def test_of_what_was_running_a_part_is_kept_without_its_plans() -> None:
    crowd = tuple(running(number, plan=plan()) for number in range(100))
    kept = thrifty(busy(running=crowd), None).running
    assert [record.id for record in kept] == [record.id for record in crowd[:RUNNING]]
    assert all(record.plan is None for record in kept)


def test_a_quarter_of_an_hour_of_a_busy_gateway_takes_a_few_megabytes() -> None:
    chance = Random(1)
    trends = [[chance.random() for _ in range(60)] for _ in range(5)]
    asked = [chance.random() for _ in range(180)]
    past: Past[Snapshot] = Past()
    tracemalloc.start()
    for step in range(40):
        asked = [*asked[1:], chance.random()]
        trends = [[*trend[1:], chance.random()] for trend in trends]
        at = 1_000.0 + 5 * step
        # As another process tells it: nothing is the same object as before.
        points = (SeriesPoint(at + 5 * n, 7, 0, Percentiles(p50 + 0.0, p50 * 2)) for n, p50 in enumerate(asked))
        providers = (provider(f"p{n}", trend=tuple(it + 0.0 for it in trend)) for n, trend in enumerate(trends))
        seen = busy(step, at=at, series=tuple(points), providers=tuple(providers), running=())
        past.add(at, thrifty(seen, past.latest.value if past.latest is not None else None))
        del seen
    taken, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert taken / len(past) < 16_000, "bytes for a moment"


def picture_of(at: float, freshness: Freshness = Freshness.PAST) -> Picture:
    return Picture(busy(at=at), freshness=freshness)


def test_an_answer_of_the_past_stands_for_what_was_for_a_while_after_it() -> None:
    heard: Heard[str, str] = Heard()
    heard.add("a", 100.0, "first")
    heard.add("a", 110.0, "second")
    heard.add("b", 112.0, "other")
    assert heard.fitting("a", picture_of(99.0)) is None
    assert heard.fitting("a", picture_of(109.0)) == "first"
    assert heard.fitting("a", picture_of(140.0)) == "second"
    assert heard.fitting("a", picture_of(151.0)) is None
    assert heard.fitting("b", picture_of(113.0)) == "other"
    assert heard.fitting("c", picture_of(113.0)) is None


def test_now_the_newest_answer_counts_until_something_else_is_asked() -> None:
    heard: Heard[str, str] = Heard()
    now = picture_of(500.0, Freshness.LIVE)
    assert heard.fitting("a", now) is None
    heard.add("a", 100.0, "first")
    assert heard.fitting("a", now) == heard.fitting("b", now) == "first"
    heard.drop_newest()
    assert heard.fitting("a", now) is None
    assert heard.fitting("a", picture_of(100.0)) == "first"


def test_what_was_not_heard_is_said_with_its_time_and_only_of_the_past() -> None:
    assert unrecorded(picture_of(NOW)) == f"not recorded for {clock_time(NOW)}"
    assert partly(picture_of(NOW)) == f"all that is recorded of {clock_time(NOW)}"
    assert unrecorded(picture_of(NOW, Freshness.LIVE)) == partly(picture_of(NOW, Freshness.LIVE)) == ""
