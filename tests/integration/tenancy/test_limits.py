"""The same promises of both homes, then what only several gateways on one Redis show."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from itertools import count

import pytest

from ai_dashboard.core.errors import RateLimited
from ai_dashboard.core.tenancy import Bucket, Limit, Quota, Rate, Slots
from ai_dashboard.tenancy.limits import LimitHome, Taken, duration, header_lines, headers
from ai_dashboard.tenancy.memory_limits import TIDY_AT, MemoryLimits
from ai_dashboard.tenancy.windows import window_of
from tests.integration.tenancy.stage import StillClock, link_to, redis_limits
from tests.valkey import Valkey, valkey

DAY_S = 86400.0
_names = count()


def requests(amount: int, seconds: float = 60, burst: int | None = None) -> Bucket:
    return Bucket(f"t{next(_names)}", "tenant acme", "requests", Rate(amount, seconds, burst or amount))


def tokens(amount: int, seconds: float = 60) -> Bucket:
    return Bucket(f"t{next(_names)}", "tenant acme", "tokens", Rate(amount, seconds, amount))


def quota(amount: int) -> Quota:
    return Quota(f"t{next(_names)}", "tenant acme", "day", amount)


def slots(most: int) -> Slots:
    return Slots(f"t{next(_names)}", "tenant acme", most)


@dataclass
class Stage:
    home: LimitHome
    clock: StillClock

    async def take(self, *limits: Limit, tokens: int = 0) -> Taken:
        return await self.home.take("acme", limits, tokens)

    async def is_refused(self, *limits: Limit, tokens: int = 0) -> RateLimited:
        with pytest.raises(RateLimited) as refused:
            await self.take(*limits, tokens=tokens)
        return refused.value


@pytest.fixture(params=["memory", "redis"])
async def stage(request: pytest.FixtureRequest, shared_valkey: Valkey) -> AsyncIterator[Stage]:
    clock = StillClock()
    if request.param == "memory":
        yield Stage(MemoryLimits(clock), clock)
        return
    async with link_to(shared_valkey.url) as link:
        yield Stage(redis_limits(link, clock), clock)


async def test_a_burst_comes_through_and_the_next_is_told_exactly_when(stage: Stage) -> None:
    limit = requests(100, 3600, burst=3)
    for _ in range(3):
        await stage.take(limit)
    refused = await stage.is_refused(limit)
    assert refused.retry_after_s == pytest.approx(36, abs=1e-3)
    assert refused.message == "the limit of 100 requests an hour of tenant acme is used up"
    assert refused.hint == "try again in 36 s"
    stage.clock.turn(35.9)
    await stage.is_refused(limit)
    stage.clock.turn(0.1)
    await stage.take(limit)
    await stage.is_refused(limit)


async def test_all_limits_are_taken_or_none(stage: Stage) -> None:
    wide, narrow, places = requests(10), tokens(100), slots(5)
    await stage.take(wide, narrow, places, tokens=60)
    refused = await stage.is_refused(wide, narrow, places, tokens=60)
    assert refused.retry_after_s == pytest.approx(12, abs=1e-3)
    taken = await stage.take(wide, narrow, places, tokens=40)
    assert taken.standing["requests"].remaining == 8
    assert taken.standing["tokens"].remaining == 0


async def test_tokens_that_were_not_used_are_given_back_once(stage: Stage) -> None:
    limit = tokens(100)
    taken = await stage.take(limit, tokens=100)
    await stage.home.settle(taken, 30)
    await stage.home.settle(taken, 0)
    assert (await stage.take(limit, tokens=70)).standing["tokens"].remaining == 0
    await stage.is_refused(limit, tokens=1)


async def test_tokens_beyond_the_estimate_are_owed(stage: Stage) -> None:
    limit = tokens(60)
    await stage.home.settle(await stage.take(limit, tokens=10), 70)
    assert (await stage.is_refused(limit, tokens=1)).retry_after_s == pytest.approx(11, abs=1e-3)


async def test_who_asks_for_more_than_there_ever_is_is_not_sent_away_to_wait(stage: Stage) -> None:
    refused = await stage.is_refused(tokens(1000), tokens=1001)
    assert refused.retry_after_s is None
    assert refused.message == "one request may take 1000 tokens of tenant acme at most"


async def test_places_are_free_again_when_a_request_is_over(stage: Stage) -> None:
    limit = slots(2)
    first, _ = await stage.take(limit), await stage.take(limit)
    assert (await stage.is_refused(limit)).message == "all 2 places of tenant acme are used up"
    await stage.home.settle(first, 0)
    await stage.home.settle(first, 0)
    await stage.take(limit)
    await stage.is_refused(limit)


async def test_a_quota_is_new_at_midnight_and_what_ends_after_it_is_of_the_day_before(stage: Stage) -> None:
    limit = quota(1000)
    late = await stage.take(limit, tokens=900)
    refused = await stage.is_refused(limit, tokens=101)
    until_midnight = DAY_S - stage.clock.wall() % DAY_S
    assert refused.retry_after_s == pytest.approx(until_midnight)
    assert refused.message == "the quota of 1000 tokens a day of tenant acme is used up"
    stage.clock.turn(until_midnight)
    await stage.take(limit, tokens=1000)
    await stage.home.settle(late, 100)
    await stage.is_refused(limit, tokens=1)


async def test_a_quota_counts_what_was_used_in_truth(stage: Stage) -> None:
    limit = quota(1000)
    await stage.home.settle(await stage.take(limit, tokens=900), 100)
    assert (await stage.take(limit, tokens=900)).standing["tokens"].remaining == 0


async def test_what_a_log_knows_of_a_quota_counts_once(stage: Stage) -> None:
    limit, begins = quota(1000), window_of("day", stage.clock.wall()).begins
    await stage.home.settle(await stage.take(limit, tokens=100), 60)
    for known in (200, 200, 150):
        await stage.home.begin("acme", limit, begins, known)
    await stage.home.begin("acme", limit, begins - DAY_S, 900)
    assert (await stage.take(limit)).standing["tokens"].remaining == 800
    stage.clock.turn(DAY_S)
    await stage.home.begin("acme", limit, begins + DAY_S, 30)
    assert (await stage.take(limit)).standing["tokens"].remaining == 970


async def test_the_headers_are_those_that_clients_know(stage: Stage) -> None:
    taken = await stage.take(requests(100, 3600), tokens(60_000), tokens(50_000, 3600), slots(3), tokens=5000)
    assert header_lines(taken.standing) == b"".join(b"%b: %b\r\n" % line for line in headers(taken.standing))
    assert [(name.decode(), value.decode()) for name, value in headers(taken.standing)] == [
        ("x-ratelimit-limit-requests", "100"),
        ("x-ratelimit-remaining-requests", "99"),
        ("x-ratelimit-reset-requests", "36s"),
        ("x-ratelimit-limit-tokens", "50000"),
        ("x-ratelimit-remaining-tokens", "45000"),
        ("x-ratelimit-reset-tokens", "6m0s"),
    ]


async def test_without_limits_there_is_nothing_to_count(stage: Stage) -> None:
    taken = await stage.take(tokens=10**9)
    assert (headers(taken.standing), header_lines(taken.standing), taken.limits) == ([], b"", ())
    await stage.home.settle(taken, 10**9)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0004, "1ms"),
        (0.25, "250ms"),
        (8.64, "8.64s"),
        (59.999, "60s"),
        (61, "1m1s"),
        (360, "6m0s"),
        (86399, "23h59m59s"),
    ],
)
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text


async def test_levels_that_nobody_uses_any_more_are_forgotten() -> None:
    clock = StillClock()
    home = MemoryLimits(clock)
    for number in range(TIDY_AT + 10):
        clock.turn(1)
        await home.take("acme", (Bucket(f"n{number}", "", "requests", Rate(1, 10, 1)),), 0)
    assert len(home.levels()) <= 10
    assert len(home._levels) < 100


async def test_giving_back_after_levels_were_forgotten_lets_nothing_more_through() -> None:
    clock = StillClock()
    home = MemoryLimits(clock)
    limit = tokens(60)
    first, second = await home.take("acme", (limit,), 30), await home.take("acme", (limit,), 30)
    await home.settle(first, 0)
    clock.turn(31)
    home._tidy()
    await home.take("acme", (limit,), 60)
    await home.settle(second, 0)
    with pytest.raises(RateLimited):
        await home.take("acme", (limit,), 1)


# ── several gateways ─────────────────────────────────────────────────────────────────────────────────────────────────


async def test_three_gateways_let_through_what_one_does(shared_valkey: Valkey) -> None:
    clock, limit, through = StillClock(), requests(20, 3600), 0
    async with link_to(shared_valkey.url) as a, link_to(shared_valkey.url) as b, link_to(shared_valkey.url) as c:
        homes = [redis_limits(link, clock, name) for link, name in ((a, "a"), (b, "b"), (c, "c"))]
        for turn in range(60):
            try:
                await homes[turn % 3].take("acme", (limit, slots(100)), 0)
                through += 1
            except RateLimited:
                continue
    assert through == 20


async def test_the_servers_own_time_counts_where_no_other_is_given(shared_valkey: Valkey) -> None:
    clock, limit = StillClock(), requests(1, 3600)
    async with link_to(shared_valkey.url) as link:
        home = redis_limits(link, clock)
        home._time = None
        await home.take("acme", (limit,), 0)
        with pytest.raises(RateLimited) as refused:
            await home.take("acme", (limit,), 0)
        assert refused.value.retry_after_s == pytest.approx(3600, abs=30)


async def test_a_place_of_a_gateway_that_died_is_free_after_its_lease(shared_valkey: Valkey) -> None:
    clock, limit = StillClock(), slots(1)
    async with link_to(shared_valkey.url) as link:
        await redis_limits(link, clock, "dies").take("acme", (limit,), 0)
        home = redis_limits(link, clock, "lives")
        clock.turn(899)
        with pytest.raises(RateLimited):
            await home.take("acme", (limit,), 0)
        clock.turn(1)
        await home.take("acme", (limit,), 0)


async def test_when_redis_dies_each_gateway_goes_on_from_what_it_knew_and_tells_it_when_it_is_back() -> None:
    clock, limit, daily = StillClock(), requests(10, 3600), quota(1000)
    with valkey() as server:
        async with link_to(server.url) as link, link_to(server.url) as other_link:
            home, other = redis_limits(link, clock), redis_limits(other_link, clock, "b")
            early = await home.take("acme", (limit, daily), 100)
            for _ in range(5):
                await home.take("acme", (limit, daily), 10)
            server.kill()
            for _ in range(2):
                await home.take("acme", (limit, daily), 10)
            await home.settle(early, 50)
            assert (await home.take("acme", (limit, daily), 10)).standing["requests"].remaining == 1
            server.start()  # empty: what is known is all there is
            assert await link.connect()
            assert other_link.up or await other_link.connect()
            taken = await other.take("acme", (limit, daily), 0)
            assert taken.standing["requests"].remaining == 0
            assert taken.standing["tokens"].remaining == 1000 - 50 - 8 * 10
            assert taken.shared


async def test_logs_of_several_machines_are_added_up_and_what_redis_had_lost_is_not_counted_twice() -> None:
    clock, daily = StillClock(), quota(1000)
    begins = window_of("day", clock.wall()).begins
    with valkey() as server:
        async with link_to(server.url) as link, link_to(server.url) as other_link:
            home, other = redis_limits(link, clock), redis_limits(other_link, clock, "b")
            await home.begin("acme", daily, begins, 100)
            await other.begin("acme", daily, begins, 50)
            await home.settle(await home.take("acme", (daily,), 20), 20)
            assert (await other.take("acme", (daily,), 0)).standing["tokens"].remaining == 1000 - 100 - 50 - 20
            server.kill()
            await home.settle(await home.take("acme", (daily,), 5), 5)
            server.start()
            assert await link.connect()
            assert other_link.up or await other_link.connect()
            for again, known in ((home, 125), (other, 50)):
                await again.begin("acme", daily, begins, known)
            assert (await other.take("acme", (daily,), 0)).standing["tokens"].remaining == 1000 - 175


async def test_no_request_fails_or_waits_because_redis_is_frozen() -> None:
    clock, limit = StillClock(), requests(5, 3600)
    with valkey() as server:
        async with link_to(server.url) as link:
            link._call_s = 0.05
            home = redis_limits(link, clock)
            with server.frozen():
                for _ in range(5):
                    await home.settle(await home.take("acme", (limit,), 0), 0)
                with pytest.raises(RateLimited):
                    await home.take("acme", (limit,), 0)
