"""Three gateways on one real Valkey: what one has learnt of a provider all others know."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import AsyncExitStack

import pytest

from ai_dashboard.core.plan import RouteFacts
from ai_dashboard.core.snapshot import BreakerState, Health
from tests.integration.gateway.crew import LEARNT_WITHIN_S, Busy, all_know_of_all, breaker, crew, gateways_seen, when
from tests.integration.gateway.scene import WHOLE, House, Play, house, playing, reply, until
from tests.valkey import Valkey, valkey

OPENS_AT_ONCE = {"breaker": {"failures": 1, "cooldown_s": 0.5, "ramp": [1.0], "ramp_step_s": 0.05}}


@pytest.fixture
def redis() -> Iterator[Valkey]:
    with valkey() as server:
        yield server


async def test_a_breaker_that_one_has_opened_keeps_the_others_away(redis: Valkey) -> None:
    broken, well = Play(when(lambda: True)), Play(reply(200, WHOLE))
    settings = {"breaker": {"failures": 1, "cooldown_s": 300}}
    async with crew({"broken": broken, "well": well}, redis.url, settings=settings) as gateways:
        await all_know_of_all(gateways)
        first, *others = gateways
        assert (await first.chat(stream=False)).headers["x-provider"] == "well"
        began = asyncio.get_running_loop().time()
        for home in others:
            ended = await until(lambda home=home: breaker(home, "broken") is BreakerState.OPEN)  # type: ignore[misc]
            assert ended - began < LEARNT_WITHIN_S
            assert (await home.chat(stream=False)).headers["x-attempts"] == "1"
            (target,) = home.provider("broken").targets
            assert target.reason == "HTTP 500: out of order"
            assert 290 < target.retry_in_s < 365
        assert len(broken.asked) == 1


async def test_one_finds_out_for_all_whether_a_provider_is_back(redis: Valkey) -> None:
    out_of_order = True
    flaky, well = Play(when(lambda: out_of_order)), Play(reply(200, WHOLE))
    async with crew({"flaky": flaky, "well": well}, redis.url, settings=OPENS_AT_ONCE) as gateways:
        await all_know_of_all(gateways)
        first, *others = gateways
        await first.chat(stream=False)
        await until(lambda: all(breaker(home, "flaky") is BreakerState.OPEN for home in others))
        out_of_order = False
        await until(lambda: breaker(first, "flaky") is BreakerState.PROBING)
        assert all(breaker(home, "flaky") is BreakerState.OPEN for home in others)
        assert (await first.chat(stream=False)).headers["x-provider"] == "flaky"
        await until(lambda: all(breaker(home, "flaky") is not BreakerState.OPEN for home in others))
        assert len(flaky.asked) == 2
        for home in gateways:
            await until(lambda home=home: breaker(home, "flaky") is BreakerState.CLOSED)  # type: ignore[misc]


async def test_when_whoever_opened_a_breaker_is_gone_the_others_find_out_themselves(redis: Valkey) -> None:
    out_of_order = True
    flaky, well = Play(when(lambda: out_of_order)), Play(reply(200, WHOLE))
    plays = {"flaky": flaky, "well": well}
    async with crew(plays, redis.url, count=1, settings=OPENS_AT_ONCE) as (living,):
        addresses: dict[str, Play | str] = {name: play.address for name, play in plays.items()}
        async with crew(addresses, redis.url, count=1, settings=OPENS_AT_ONCE) as (leaving,):
            await until(lambda: gateways_seen(living) == 2)
            await leaving.chat(stream=False)
            await until(lambda: breaker(living, "flaky") is BreakerState.OPEN)
        out_of_order = False
        await until(lambda: breaker(living, "flaky") is BreakerState.PROBING)
        assert (await living.chat(stream=False)).headers["x-provider"] == "flaky"


async def test_a_wish_to_be_left_alone_is_heard_by_all(redis: Valkey) -> None:
    tired, well = Play(reply(429, b"{}", (b"retry-after", b"30"))), Play(reply(200, WHOLE))
    async with crew({"tired": tired, "well": well}, redis.url) as gateways:
        await all_know_of_all(gateways)
        await gateways[0].chat(stream=False)
        for home in gateways:
            await until(lambda home=home: home.provider("tired").cooldown_s > 0)  # type: ignore[misc]
            assert 28 < home.provider("tired").cooldown_s <= 36.1
            assert (await home.chat(stream=False)).headers["x-provider"] == "well"
        assert len(tired.asked) == 1


async def test_a_key_that_one_was_refused_with_is_not_tried_by_the_others(redis: Valkey) -> None:
    strict, well = Play(reply(401, b'{"error": {"message": "no such key"}}')), Play(reply(200, WHOLE))
    async with crew({"strict": strict, "well": well}, redis.url) as gateways:
        await all_know_of_all(gateways)
        await gateways[0].chat(stream=False)
        for home in gateways:
            await until(lambda home=home: home.provider("strict").health is Health.AUTH_FAILED)  # type: ignore[misc]
            assert (await home.chat(stream=False)).headers["x-provider"] == "well"
        assert len(strict.asked) == 1


async def test_what_an_operator_resets_here_stays_so(redis: Valkey) -> None:
    broken, slow = Play(when(lambda: True)), Play(Busy(1.0))
    settings = {"breaker": {"failures": 1, "cooldown_s": 300}}
    async with crew({"broken": broken, "slow": slow}, redis.url, count=2, settings=settings) as gateways:
        await all_know_of_all(gateways)
        first, other = gateways
        await first.chat(stream=False)
        await until(lambda: breaker(other, "broken") is BreakerState.OPEN)
        other.gateway.operate("broken", "reset")
        async with asyncio.TaskGroup() as group:
            group.create_task(first.chat(stream=False))
            await until(lambda: other.provider("slow").in_flight == 1)  # so it has heard of the first one since
            assert breaker(other, "broken") is BreakerState.CLOSED


async def test_the_limit_of_a_provider_is_kept_by_all_together(redis: Valkey) -> None:
    busy = Busy(0.03)
    gpu = Play(busy)
    entries = {"gpu": {"rate_limits": {"max_concurrent": 4}}}
    async with crew({"gpu": gpu}, redis.url, entries=entries) as gateways:
        await all_know_of_all(gateways)
        answers = await asyncio.gather(*(gateways[number % 3].chat(stream=False) for number in range(60)))
        assert {answer.status_code for answer in answers} == {200}
        assert busy.served == 60
        assert busy.most == 4
        await until(lambda: all(home.nothing_in_flight() for home in gateways))


async def test_one_place_is_passed_on_among_all_who_want_it(redis: Valkey) -> None:
    busy = Busy(0.01)
    entries = {"gpu": {"rate_limits": {"max_concurrent": 1}}}
    async with crew({"gpu": Play(busy)}, redis.url, entries=entries) as gateways:
        await all_know_of_all(gateways)
        order: list[int] = []

        async def ask(number: int) -> None:
            assert (await gateways[number].chat(stream=False)).status_code == 200
            order.append(number)

        await asyncio.gather(*(ask(number) for number in [0] * 12 + [1] * 6 + [2] * 6))
        assert busy.most == 1
        assert set(order[:12]) == {0, 1, 2}, "somebody had to wait until another had nothing left to ask"


async def test_who_finds_no_place_goes_on_to_the_next_candidate(redis: Valkey) -> None:
    gpu, cloud = Busy(1.5), Play(reply(200, WHOLE))
    entries = {"gpu": {"rate_limits": {"max_concurrent": 2}}}
    async with crew({"gpu": Play(gpu), "cloud": cloud}, redis.url, entries=entries) as gateways:
        await all_know_of_all(gateways)
        answers = await asyncio.gather(*(gateways[number % 3].chat(stream=False) for number in range(9)))
        by = [answer.headers["x-provider"] for answer in answers]
        assert (by.count("gpu"), by.count("cloud")) == (2, 7)
        assert {answer.headers["x-attempts"] for answer in answers} == {"1"}
        assert gpu.most == 2


async def test_all_gateways_see_what_a_provider_has_to_do_for_all_of_them(redis: Valkey) -> None:
    busy = Busy(1.5)
    async with crew({"gpu": Play(busy)}, redis.url) as gateways:
        await all_know_of_all(gateways)
        async with asyncio.TaskGroup() as group:
            for number in range(6):
                group.create_task(gateways[number % 2].chat(stream=False))
            await until(lambda: gateways[2].provider("gpu").in_flight == 6)
        await until(lambda: all(home.provider("gpu").in_flight == 0 for home in gateways))


async def test_a_gateway_that_has_just_started_knows_who_is_fast_and_who_fails(redis: Valkey) -> None:
    plays = {"slow": Play(Busy(0.05)), "quick": Play(reply(200, WHOLE))}
    settings = {"breaker": {"failures": 100}}
    mappings = {"capabilities": {"m": {"routing_strategy": "latency_based", "preferred_models": ["m"]}}}
    async with AsyncExitStack() as stack:
        own = {"redis": {"url": redis.url}} | settings
        addresses = {name: (await stack.enter_async_context(playing(play))).address for name, play in plays.items()}
        first, second = [
            await stack.enter_async_context(house(addresses, settings=own, mappings=mappings)) for _ in range(2)
        ]
        for name in plays:
            for _ in range(5):
                await first.chat(model=f"{name}/m", stream=False)
        third = await stack.enter_async_context(house(addresses, settings=own, mappings=mappings))
        for home in (second, third):
            await until(lambda home=home: all(known(home, name) is not None for name in plays))  # type: ignore[misc]
            for name in plays:
                assert known(home, name) == pytest.approx(known(first, name), rel=0.01)
        assert (known(third, "slow") or 0.0) > 0.05 > (known(third, "quick") or 1.0)
        firsts = Counter(third.gateway.explain(RouteFacts("m")).attempts[0].provider for _ in range(20))
        assert firsts["quick"] > firsts["slow"], "but for one in twenty that is tried otherwise"


def known(home: House, provider: str) -> float | None:
    """How long answers of its model `m` take, as far as this gateway knows."""
    target = home.gateway.runtime.provider(provider).targets.get("m")
    return None if target is None else target.ewma_total_s
