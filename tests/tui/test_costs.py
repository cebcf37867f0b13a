import pytest

from ai_dashboard.core.costs import CostsView, Dimension
from ai_dashboard.core.errors import LedgerUnavailable
from ai_dashboard.tui.keys import KEYS, Scope
from ai_dashboard.tui.panels.cost_chart import CostChart
from ai_dashboard.tui.panels.requests import RequestsPanel
from ai_dashboard.tui.screens.costs import EVERY_S, CostsScreen, read, refusal
from ai_dashboard.tui.screens.line import LineScreen
from ai_dashboard.tui.screens.requests import RequestsScreen
from tests.tui.conftest import Open
from tests.tui.fakes import PORTS, busy, busy_port, record, records
from tests.tui.stage import Stage

SIZES = ((120, 40), (80, 24), (60, 15))


async def settle(on: Stage) -> None:
    """Until what was asked of the gateway is drawn."""
    await on.app.workers.wait_for_complete()
    await on.pilot.pause()


async def opened(on: Stage) -> None:
    """Go to the screen, and wait until it knows."""
    await on.press("8")
    await settle(on)


async def later(on: Stage, pictures: int) -> None:
    """Let so many pictures come, a second of the gateway's clock apart; those of the app's own clock do not count."""
    on.app._clock.pause()
    on.port.moving = True
    for _ in range(pictures):
        await on.look()
        await settle(on)


def seqs(on: Stage) -> list[int]:
    """The numbers of the requests that are listed."""
    view = on.app.screen.query_one(RequestsPanel).view
    return [] if view is None else [row.seq for row in view.rows]


@pytest.mark.parametrize(("kind", "size"), [*((kind, SIZES[0]) for kind in PORTS), *(("busy", it) for it in SIZES[1:])])
async def test_every_key_on_every_size_with_every_picture(stage: Open, kind: str, size: tuple[int, int]) -> None:
    async with stage(PORTS[kind](), size) as on:
        pressed = [one for one in KEYS if one.scope in {Scope.COSTS, Scope.VIEW, Scope.SCROLL}]
        for key in [key for one in pressed for key in one.keys.split(",")]:
            await on.press("8", key)
            assert on.fits(), key
            if isinstance(on.app.screen, LineScreen):
                await on.press("escape")
            await settle(on)
        assert on.app.is_running


async def test_money_on_one_screen(stage: Open) -> None:
    async with stage(busy_port()) as on:
        await opened(on)
        text = on.text()
        for words in (
            "Spent a day · 21 days", "Spent by model since 2026-09-01 (UTC) · $45.00 in 85", "Budgets · 4",
            "$131.00  likely · over",
            "✗ over 90% tenant acme · month", "cache saved     $1.12", "no budget", "openai/gpt-99", "5d14  of $100.00",
        ):  # fmt: skip
            assert words in text, words
        assert on.fits()


@pytest.mark.parametrize("size", SIZES)
async def test_the_table_is_there_on_every_size(stage: Open, size: tuple[int, int]) -> None:
    async with stage(busy_port(), size) as on:
        await opened(on)
        assert "$30.00" in on.line_with("llama3.1:8b")


async def test_costs_are_added_up_by_whatever_is_asked_for(stage: Open) -> None:
    async with stage(busy_port()) as on:
        await opened(on)
        for by, name in (
            ("provider", "anthropic"), ("tenant", "acme"), ("key", "key-1"), ("task", "code"), ("day", "2026-09-20"),
            ("model", "llama3.1:8b"),
        ):  # fmt: skip
            await on.press("b")
            await settle(on)
            assert f"Spent by {by}" in on.text()
            assert name in on.text()
        for since in ("2026-09-21", "2026-09-15", "2026-08-23", "2026-09-01"):
            await on.press("w")
            await settle(on)
            assert f"since {since}" in on.line_with("Spent by model")
        await on.press("W")
        await settle(on)
        assert on.port.added_up[-1] == ("model", "30d")


async def test_enter_shows_the_requests_behind_a_row(stage: Open) -> None:
    port = busy_port()
    port.finished = [*records(30), record(31, model="llama3.1:8b"), record(32, tenant="acme")]
    async with stage(port) as on:
        await opened(on)
        await on.press("enter")
        assert isinstance(on.app.screen, RequestsScreen)
        listed = on.app.screen.query_one(RequestsPanel)
        assert listed.filter.text == 'model:"llama3.1:8b"'
        assert seqs(on) == [31]
        await on.press("escape")
        assert listed.filter.text == ""
        await on.press("8", "b", "b")
        await settle(on)
        await on.press("enter")
        assert listed.filter.text == "tenant:acme"
        assert seqs(on) == [32]


async def test_what_nobody_is_named_for_has_its_requests_too(stage: Open) -> None:
    port = busy_port()
    port.finished = [record(1, tenant="acme"), record(2)]
    async with stage(port) as on:
        await opened(on)
        await on.press("b", "b")
        await settle(on)
        await on.press("end", "enter")
        listed = on.app.screen.query_one(RequestsPanel)
        assert listed.filter.text == "-tenant:*"
        assert seqs(on)[-1:] == [2]


async def test_days_and_tasks_lead_to_no_requests_and_the_footer_says_so(stage: Open) -> None:
    async with stage(busy_port(), (160, 40)) as on:
        await opened(on)
        assert "⏎ Requests" in on.lines()[-1]
        await on.press("b", "b", "b", "b")
        await settle(on)
        assert "Spent by task" in on.text()
        assert "⏎ Requests" not in on.lines()[-1]
        await on.press("enter")
        assert isinstance(on.app.screen, CostsScreen)


async def test_a_budget_is_typed_checked_and_set(stage: Open) -> None:
    async with stage(busy_port()) as on:
        await opened(on)
        await on.press("B")
        assert isinstance(on.app.screen, LineScreen)
        assert "100" in on.text()  # as it is
        await on.press("ctrl+u", *"-5", "enter")
        assert "a budget is 0 to 1,000,000 dollars, not -5.0" in on.text()
        assert on.port.budgets == []
        await on.press("ctrl+u", *"250", "enter")
        await settle(on)
        assert on.port.budgets == [250.0]
        assert "the budget is $250.00 a month" in on.text()
        await on.press("B", "ctrl+u", *"none", "enter")
        await settle(on)
        assert on.port.budgets == [250.0, None]
        assert "as the configuration says" in on.text()


async def test_a_budget_that_is_left_alone_or_cannot_be_set_stays(stage: Open) -> None:
    async with stage(busy_port()) as on:
        await opened(on)
        await on.press("B", "escape")
        await settle(on)
        assert on.port.budgets == []
        await on.press("B")
        on.port.closed = "connection refused"
        await on.press("enter")
        await settle(on)
        assert "the budget is as it was: connection refused" in on.text()


@pytest.mark.parametrize(
    ("typed", "limit"), [("50", 50.0), (" 12.5 ", 12.5), ("$1,200.50", 1200.5), ("None", None), ("0", 0.0)]
)
def test_how_a_budget_is_typed(typed: str, limit: float | None) -> None:
    assert refusal(typed) == ""
    assert read(typed) == limit


@pytest.mark.parametrize("typed", ["", "fifty", "-1", "nan", "inf", "1e9", "5 dollars"])
def test_what_is_no_budget(typed: str) -> None:
    assert refusal(typed)


async def test_the_gateway_is_asked_every_few_seconds_and_only_while_somebody_looks(stage: Open) -> None:
    async with stage(busy_port()) as on:
        await opened(on)
        assert len(on.port.added_up) == 1
        await later(on, int(EVERY_S) - 1)
        assert len(on.port.added_up) == 1
        await later(on, 1)
        assert len(on.port.added_up) == 2
        await on.home()
        await later(on, 2 * int(EVERY_S))
        assert len(on.port.added_up) == 2


async def test_the_chart_is_drawn_again_only_when_its_figures_changed(stage: Open) -> None:
    async with stage(busy_port()) as on:
        await opened(on)
        chart = on.app.screen.query_one(CostChart)
        drawn = chart._lines
        assert drawn
        await later(on, 2 * int(EVERY_S))
        assert len(on.port.added_up) > 1
        assert chart._lines is drawn


async def test_books_that_cannot_be_read_are_told_and_the_last_figures_stay(
    stage: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with stage(busy_port()) as on:
        await opened(on)

        async def refused(by: Dimension, since: str) -> CostsView:
            raise LedgerUnavailable(f"the books cannot be read now: {by} {since}")

        monkeypatch.setattr(on.port, "costs", refused)
        await on.press("b")
        await settle(on)
        assert "the books cannot be read now: provider month" in on.text()
        assert "llama3.1:8b" in on.text()


async def test_a_gateway_that_goes_away_leaves_the_last_figures(stage: Open) -> None:
    async with stage(busy_port()) as on:
        await opened(on)
        on.port.closed = "connection refused"
        await on.press("b")
        await settle(on)
        await on.look()
        assert "◌ STALE" in on.lines()[0]
        assert "llama3.1:8b" in on.text()


async def test_a_storm_of_resizes(stage: Open) -> None:
    async with stage(busy_port()) as on:
        await opened(on)
        for size in ((200, 60), (20, 5), (120, 40), (60, 15), (199, 6), (21, 50), (80, 24)):
            await on.resize(*size)
        assert isinstance(on.app.screen, CostsScreen)


async def test_the_overview_has_money_where_there_is_room(stage: Open) -> None:
    async with stage(busy_port()) as on:
        assert "today      $4.31 +$0.12" in on.text()
        assert "gpt-5-mini" in on.line_with("38.0%")
        await on.resize(80, 24)
        assert "$4.31" not in on.text()
        assert busy().money.budget is None
