"""Everybody on one beat: whoever waits for the same moment is woken then, however each began."""

import asyncio
from concurrent.futures import Future

import pytest

from ai_dashboard.state.beat import BEAT_S, heard, next_beat


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


async def test_what_a_thread_answers_is_heard_at_once_by_the_impatient_and_with_the_beat_by_the_patient() -> None:
    loop = asyncio.get_running_loop()
    for patiently in (False, True):
        answer: Future[int] = Future()
        listening = loop.create_task(heard(answer, patiently=patiently))
        await asyncio.sleep(0)
        answer.set_result(7)
        for _ in range(3):
            await asyncio.sleep(0)
        assert listening.done() is not patiently
        assert await listening == 7
        if patiently:
            assert loop.time() % BEAT_S < BEAT_S / 2


@pytest.mark.parametrize("patiently", [False, True])
async def test_what_went_wrong_on_the_thread_is_raised(patiently: bool) -> None:
    answer: Future[int] = Future()
    answer.set_exception(LookupError("gone"))
    with pytest.raises(LookupError, match="gone"):
        await heard(answer, patiently=patiently)
