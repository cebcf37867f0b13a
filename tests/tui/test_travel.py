from dataclasses import replace

import pytest

from ai_dashboard.core.snapshot import Alert, AlertLevel, BreakerState, Snapshot, TargetView
from ai_dashboard.tui.format import clock_time
from ai_dashboard.tui.picture import Freshness
from tests.tui.conftest import Open
from tests.tui.fakes import NOW, FakePort, busy, config, gateway, provider, record
from tests.tui.stage import Stage

ALARM = Alert("down:ollama", AlertLevel.CRITICAL, NOW + 20, "ollama is unavailable: refused", provider="ollama")


def port() -> FakePort:
    return FakePort(at(0), [record(1)])


def at(step: int, **changes: object) -> Snapshot:
    """The picture of a moment, ten seconds after the one before."""
    usual = {"at": NOW + 10 * step, "alerts": (), "running": (), "providers": (provider("ollama", in_flight=step),)}
    return busy(step + 1, **(usual | changes))


async def live_through(on: Stage, *pictures: Snapshot) -> None:
    """One moment after the other; with each a request finishes."""
    for picture in pictures:
        on.port.picture = picture
        on.port.finished.append(record(len(on.port.finished) + 1))
        await on.look()


async def test_all_panels_step_back_and_forth_over_what_was(stage: Open) -> None:
    async with stage(port()) as on:
        await live_through(on, at(1), at(2, alerts=(ALARM,)), at(3))
        assert "● LIVE" in on.lines()[0]
        assert "Requests · 4" in on.text()
        await on.press("left_square_bracket")
        assert "−10s" in on.lines()[0]
        assert "◀ " in on.lines()[0]
        assert "Requests · 3" in on.text()
        assert "Alerts · 1" in on.text()
        assert "ollama is unavailable: refused" in on.text()
        await on.press("left_square_bracket", "left_square_bracket")
        assert "−30s" in on.lines()[0]
        assert "Requests · 1" in on.text()
        assert "nothing to worry about" in on.text()
        await on.press("left_square_bracket")
        assert "nothing was seen before that" in on.text()
        await on.press("right_square_bracket")
        assert "Requests · 2" in on.text()
        await on.press("L")
        assert "● LIVE" in on.lines()[0]
        assert "Requests · 4" in on.text()


async def test_after_the_last_moment_comes_what_is_now(stage: Open) -> None:
    async with stage(port()) as on:
        await live_through(on, at(1), at(2))
        await on.press("left_square_bracket")
        await live_through(on, replace(at(2), version=9, at=NOW + 22))
        assert on.app.feed.picture.freshness is Freshness.PAST
        assert "Requests · 2" in on.text()
        await on.press("right_square_bracket", "right_square_bracket")
        assert "● LIVE" in on.lines()[0]
        assert "Requests · 4" in on.text()


async def test_a_pause_is_over_once_somebody_travels_and_space_goes_on_live(stage: Open) -> None:
    async with stage(port()) as on:
        await live_through(on, at(1))
        await on.press("space", "left_square_bracket")
        assert "◀" in on.lines()[0]
        await on.press("space")
        assert "● LIVE" in on.lines()[0]


async def test_keys_of_the_way_back_are_offered_only_in_the_past(stage: Open) -> None:
    async with stage(port(), (160, 40)) as on:
        await live_through(on, at(1))
        assert "L Live" not in on.lines()[-1]
        await on.press("left_square_bracket")
        assert "L Live" in on.lines()[-1]


async def test_marks_are_on_the_axis_and_can_be_gone_to(stage: Open) -> None:
    alarm = replace(ALARM, at=NOW + 120)
    tripped = (provider("ollama", targets=(TargetView("m", BreakerState.OPEN, retry_in_s=9.0),)),)
    later = config(number=18)
    async with stage(port()) as on:
        await live_through(on, at(6), at(12, alerts=(alarm,)), at(18), at(24, config=later))
        await live_through(on, at(30, config=later, providers=tripped), at(36, config=later, providers=tripped))
        assert on.line_with("15m─").index("⚠") < on.line_with("15m─").index("#") < on.line_with("15m─").index("○")
        assert all(glyph in on.line_with("m metric") for glyph in "⚠#○")
        for ago in ("−1m00s", "−2m00s", "−4m00s"):
            await on.press("left_curly_bracket")
            assert ago in on.lines()[0]
        await on.press("left_curly_bracket")
        assert "there is no mark before that" in on.text()
        await on.press("right_curly_bracket")
        assert "−2m00s" in on.lines()[0]
        assert "○" not in on.line_with("15m─")


async def test_the_past_of_another_gateway_has_no_requests_any_more(stage: Open) -> None:
    async with stage(port()) as on:
        await live_through(on, at(1))
        on.port.finished.clear()
        await live_through(on, at(2, gateway=gateway(pid=8)))
        await on.press("left_square_bracket")
        assert "Requests · 0" in on.text()
        assert "● ollama" in on.text()


async def test_what_is_past_cannot_be_operated(stage: Open) -> None:
    async with stage(port()) as on:
        await live_through(on, at(1))
        await on.press("2")
        assert "d Drain" in on.lines()[-1]
        await on.press("left_square_bracket")
        assert "d Drain" not in on.lines()[-1]
        await on.press("d")
        assert "Drain?" not in on.text()


async def test_the_latency_screen_tells_of_then_only_what_it_heard_then(stage: Open) -> None:
    async with stage(port()) as on:
        await live_through(on, at(1), at(2))
        await on.press("3")
        await on.app.workers.wait_for_complete()
        await on.press("left_square_bracket", "left_square_bracket")
        assert on.text().count(f"not recorded for {clock_time(NOW)}") == 2
        await on.press("L")
        await on.app.workers.wait_for_complete()
        assert "not recorded" not in on.text()


async def looked_at(on: Stage, key: str) -> None:
    """Nobody looks at a moment, then somebody looks at a screen for two more; the last but one is shown."""
    await live_through(on, at(1))
    await on.press(key)
    await on.app.workers.wait_for_complete()
    await live_through(on, at(2))
    await on.app.workers.wait_for_complete()
    await on.press("left_square_bracket")
    assert "−10s" in on.lines()[0]


async def test_cache_and_queue_are_as_they_were(stage: Open) -> None:
    async with stage(port()) as on:
        await looked_at(on, "6")
        assert "hits    62.6 % of" in on.text()
        assert "not recorded" not in on.text()
        assert "i I forget" not in on.lines()[-1]
        await on.press("i")
        assert "Forget the answers of" not in on.text()
        await on.press("left_square_bracket")
        assert on.text().count(f"not recorded for {clock_time(NOW)}") == 4
        assert on.text().count(f"all that is recorded of {clock_time(NOW)}") == 2
        assert "0 shed · 0 late" in on.text()
        assert "served · " not in on.text()
        assert "4,624 answers" in on.text()
        await on.press("w")
        assert "not recorded" in on.text()
        await on.press("L")
        await on.app.workers.wait_for_complete()
        assert "recorded" not in on.text()


async def test_costs_are_as_they_were_and_a_budget_is_set_only_now(stage: Open) -> None:
    async with stage(port()) as on:
        await looked_at(on, "8")
        assert "Spent by model since" in on.text()
        assert "B Budget" not in on.lines()[-1]
        await on.press("B")
        assert "Dollars that all together" not in on.text()
        await on.press("left_square_bracket")
        assert on.text().count(f"not recorded for {clock_time(NOW)}") == 2
        assert on.text().count(f"all that is recorded of {clock_time(NOW)}") == 2
        await on.press("right_square_bracket", "b")
        assert "not recorded" in on.text()
        await on.press("L")
        await on.app.workers.wait_for_complete()
        assert "recorded" not in on.text()
        assert "Spent by provider since" in on.text()


async def test_the_log_goes_no_further_than_the_moment(stage: Open) -> None:
    async with stage(port()) as on:
        on.port.picture = at(0)
        await on.press("9")
        await on.app.workers.wait_for_complete()
        await live_through(on, at(1), at(2, alerts=(ALARM,)), at(3))
        await on.app.workers.wait_for_complete()
        assert "Log · 40" in on.text()
        assert "nothing to worry about" in on.text()
        await on.press("left_square_bracket")
        assert f"Log · 20 · until {clock_time(NOW + 20)}" in on.text()
        assert "ollama is unavailable: refused" in on.text()
        await on.press("tab")
        assert "⏎ Cause" in on.lines()[-1]
        assert "a Note" not in on.lines()[-1]
        await on.press("a", "left_square_bracket", "left_square_bracket")
        assert on.port.alerted == []
        assert f"no event of {clock_time(NOW)} and before is remembered" in on.text()
        assert "Audit · ✓ whole · 1 entry" in on.text()


async def test_a_log_that_is_opened_in_the_past_is_asked_for_all_the_same(stage: Open) -> None:
    async with stage(port()) as on:
        await live_through(on, at(1))
        await on.press("left_square_bracket", "9")
        await on.app.workers.wait_for_complete()
        assert "Log · 0 · until" in on.text()


async def test_plans_are_those_of_then(stage: Open) -> None:
    async with stage(port()) as on:
        await looked_at(on, "5")
        assert "chat" in on.text()
        assert "asking the gateway" not in on.text()
        assert "a Ask" not in on.lines()[-1]
        await on.press("left_square_bracket")
        assert on.text().count(f"not recorded for {clock_time(NOW)}") == 2
        await on.press("L")
        await on.app.workers.wait_for_complete()
        assert "not recorded" not in on.text()


async def test_what_was_asked_about_is_planned_again_only_now(stage: Open) -> None:
    async with stage(port()) as on:
        await live_through(on, at(1))
        await on.press("5", "a", *"max:9", "enter")
        await on.app.workers.wait_for_complete()
        assert "Why" in on.text()
        await on.press("left_square_bracket")
        assert "not recorded for" in on.text()
        await on.press("L")
        await on.app.workers.wait_for_complete()
        assert "not recorded" not in on.text()
        assert "max:9" in on.text()


async def test_a_provider_is_as_it_was(stage: Open) -> None:
    async with stage(port()) as on:
        await live_through(on, at(1))
        await on.press("2", "enter")
        await on.app.workers.wait_for_complete()
        await on.press("left_square_bracket", "left_square_bracket")
        assert f"not recorded for {clock_time(NOW)}" in on.text()


@pytest.mark.parametrize("size", [(80, 24), (60, 15), (40, 8)])
async def test_the_header_says_it_at_every_size(stage: Open, size: tuple[int, int]) -> None:
    async with stage(port(), size) as on:
        await live_through(on, at(1))
        await on.press("left_square_bracket")
        assert "◀" in on.lines()[0]
        assert "−10s" in on.lines()[0]
        assert on.fits()
