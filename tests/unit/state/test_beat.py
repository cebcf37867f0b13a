"""Everybody on one beat: whoever waits for the same moment is woken then, however each began."""

import asyncio

import pytest

from ai_dashboard.state.beat import next_beat


@pytest.mark.parametrize(
    ("now", "period_s", "sleeps_s"),
    [
        (10.0, 0.25, 0.25),
        (10.1, 0.25, 0.15),
        (10.1, 0.5, 0.4),
        (10.1, 1.0, 0.9),
        (10.2495, 0.25, 0.2505),  # it is as good as there
    ],
)
async def test_it_sleeps_until_the_next_multiple_of_the_period(
    now: float, period_s: float, sleeps_s: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    loop = asyncio.get_running_loop()
    with monkeypatch.context() as patched:
        patched.setattr(loop, "time", lambda: now)
        patched.setattr(asyncio, "sleep", sleep)
        await next_beat(period_s)
    assert slept == [pytest.approx(sleeps_s)]


async def test_it_sleeps_in_truth() -> None:
    loop = asyncio.get_running_loop()
    begun = loop.time()
    await next_beat(0.02)
    await next_beat(0.02)
    assert loop.time() - begun > 0.01
