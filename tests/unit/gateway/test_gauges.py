"""What the cache and the queue did, as it is noted by and by."""

import asyncio
from collections.abc import Sequence

from ai_dashboard.cache.keys import ExactKey, Scope
from ai_dashboard.config.schema.cache import CacheSettings
from ai_dashboard.core.cache import CacheStep
from ai_dashboard.core.history import Window
from ai_dashboard.core.queue import PlacesView, QueueStep
from ai_dashboard.core.tenancy import Caller
from ai_dashboard.gateway.caching import Caching
from ai_dashboard.gateway.gauges import GLANCE_MINUTES, Gauges
from ai_dashboard.queueing.line import Ticket
from ai_dashboard.queueing.priority import Priority
from tests.unit.cache.asks import entry
from tests.unit.gateway.hands import Hands, begin, configured, made

GPU = ("p", "m")


async def no_vectors(_model: str, _texts: Sequence[str], _scope: Scope, _caller: Caller | None) -> None:
    return None


class Past:
    """A gateway's cache and queue, and a clock that is turned by hand."""

    def __init__(self) -> None:
        self.clock = Hands()
        self.runtime = made(self.clock)
        settings = CacheSettings.model_validate(
            {"enabled": True, "semantic": {"enabled": True, "embedder": "hashing", "threshold": 0.9}}
        )
        self.caching = Caching(settings, self.clock, embed_via=no_vectors, env={})
        self.gauges = Gauges(self.runtime, self.caching)
        assert self.caching.meanings is not None
        self.store = self.caching.meanings.store

    def asked(self, *, exact: int = 0, alike: int = 0, missed: int = 0) -> None:
        """So many asks were looked up, and it is noted. One that is known by its meaning was missed by its words."""
        self.caching.exact.hits += exact
        self.caching.exact.misses += alike + missed
        self.store.hits += alike
        self.gauges.note()

    def waits(self, tasks: asyncio.TaskGroup, name: str) -> asyncio.Task[object]:
        """A request waits for a place."""
        ticket = Ticket(name, "m", Priority.NORMAL, self.clock.now)
        return tasks.create_task(self.runtime.waiting.wait(ticket, [GPU]))


def test_the_cache_is_counted_from_the_first_look_on() -> None:
    past = Past()
    past.caching.exact.hits, past.caching.saved_usd = 7, 3.0
    past.gauges = Gauges(past.runtime, past.caching)
    view = past.gauges.cache_over(Window.HOUR)
    assert (view.steps, view.saved_usd, view.figures.exact.hits) == ((), 0.0, 7)


def test_hits_and_misses_have_a_course() -> None:
    past = Past()
    past.asked(exact=3, missed=1)
    past.clock.now += 60
    past.asked(exact=1, alike=2, missed=5)
    view = past.gauges.cache_over(Window.FIVE)
    assert view.steps == (CacheStep(12, 3, 0, 1), CacheStep(0, 1, 2, 5))
    assert past.gauges.cache_over(Window.MINUTE).steps == (CacheStep(0, 1, 2, 5),)
    assert view.at == past.clock.wall()


def test_what_is_saved_and_evicted_belongs_to_the_window_in_which_it_was() -> None:
    past = Past()
    past.caching.saved_s, past.caching.saved_usd, past.caching.exact.memory.evicted = 2.0, 0.25, 3
    past.gauges.note()
    past.clock.now += 120
    past.caching.saved_s += 1.0
    assert past.gauges.cache_over(Window.MINUTE).saved_s == 1.0
    hour = past.gauges.cache_over(Window.HOUR)
    assert (hour.saved_s, hour.saved_usd, hour.evicted) == (3.0, 0.25, 3)


def test_configurations_are_marks_within_the_window() -> None:
    past = Past()
    past.runtime.history.mark(past.clock.wall() - 7_200, 1)
    past.runtime.history.mark(past.clock.wall() - 60, 2)
    assert [mark.number for mark in past.gauges.cache_over(Window.HOUR).marks] == [2]


def test_at_a_glance_the_cache_says_how_it_did_in_the_last_minutes() -> None:
    past = Past()
    past.clock.now = 6_000.0
    past.asked(missed=100)
    past.clock.now += GLANCE_MINUTES * 60
    past.asked(exact=1, alike=1, missed=2)
    past.caching.exact.memory.put(ExactKey("t", "m", b"k"), entry(b"x" * 1000))
    gauge = past.gauges.cache()
    assert (gauge.enabled, gauge.hit_ratio, gauge.entries) == (True, 0.5, 1)
    assert gauge.trend == (*(None,) * (GLANCE_MINUTES - 1), 0.5)
    assert 1000 < gauge.bytes < gauge.max_bytes


def test_where_nothing_was_looked_up_the_ratio_is_not_known() -> None:
    past = Past()
    gauge = past.gauges.cache()
    assert (gauge.hit_ratio, set(gauge.trend)) == (None, {None})


def test_a_semantic_cache_that_is_built_anew_takes_nothing_away() -> None:
    past = Past()
    past.asked(alike=4)
    past.caching.adopt(CacheSettings.model_validate({"enabled": True}))
    past.caching.exact.hits += 1
    assert past.gauges.cache_over(Window.HOUR).steps[-1] == CacheStep(0, 1, 4, 0)


async def test_the_queue_says_who_waits_since_when_and_until_when() -> None:
    past = Past()
    async with asyncio.TaskGroup() as tasks:
        waiting = [past.waits(tasks, name) for name in "abcd"]
        await asyncio.sleep(0)
        past.gauges.note()
        past.clock.now += 10
        past.runtime.waiting.free("p", 2)
        await asyncio.sleep(0)
        gauge, view = past.gauges.queue(), past.gauges.queue_over(Window.FIVE)
        assert (gauge.waiting, gauge.oldest_s, gauge.trend[-1]) == (2, 10.0, 4)
        assert gauge.drain_s == view.drain_s
        assert view.drain_s is not None
        assert 0 < view.drain_s < 10
        assert view.steps == (QueueStep(2, 4, 0, 0, 0), QueueStep(0, 2, 2, 0, 0))
        assert [(line.provider, line.model, line.depth) for line in view.lines] == [("p", "m", 2)]
        for task in waiting:
            task.cancel()
    assert past.gauges.queue().waiting == 0
    assert past.gauges.queue().drain_s == 0.0


async def test_before_anybody_was_served_nobody_knows_how_long_it_takes() -> None:
    past = Past()
    async with asyncio.TaskGroup() as tasks:
        task = past.waits(tasks, "a")
        await asyncio.sleep(0)
        assert past.gauges.queue().drain_s is None
        assert past.gauges.queue_over(Window.FIVE).drain_s is None
        task.cancel()


async def test_the_lines_are_looked_at_once_a_second_and_the_number_each_time() -> None:
    past = Past()
    async with asyncio.TaskGroup() as tasks:
        waiting = [past.waits(tasks, "a")]
        await asyncio.sleep(0)
        past.gauges.queue()
        past.clock.now += 0.5
        waiting.append(past.waits(tasks, "b"))
        await asyncio.sleep(0)
        assert (past.gauges.queue().waiting, past.gauges.queue().oldest_s) == (2, 0.0)
        past.clock.now += 0.5
        assert past.gauges.queue().oldest_s == 1.0
        for task in waiting:
            task.cancel()


def test_requests_that_are_turned_away_or_too_late_are_counted_for_a_while() -> None:
    past = Past()
    past.runtime.waiting.shed, past.runtime.waiting.expired = 3, 2
    past.gauges.note()
    assert (past.gauges.queue().shed, past.gauges.queue().expired) == (3, 2)
    past.clock.now += GLANCE_MINUTES * 60
    assert (past.gauges.queue().shed, past.gauges.queue().expired) == (0, 0)
    assert past.gauges.queue_over(Window.HOUR).steps == (QueueStep(GLANCE_MINUTES, 0, 0, 3, 2),)


def test_places_are_those_of_providers_with_a_limit_or_with_requests() -> None:
    past = Past()
    past.runtime.provider("idle")
    found_out = past.runtime.provider("found-out")
    found_out.adaptive.limit = 7.9
    begin(past.runtime)
    assert past.gauges.queue_over(Window.FIVE).places == (
        PlacesView("found-out", 0, 7, adaptive=True, strained=False),
        PlacesView("p", 1, None, adaptive=True, strained=False),
    )
    past.runtime.adopt(configured())
    [place] = [it for it in past.gauges.queue_over(Window.FIVE).places if it.provider == "p"]
    assert place == PlacesView("p", 1, 4, adaptive=False, strained=False)
