"""Costs: what was spent on what, day by day, how it goes on, and how budgets stand.

The gateway is asked when the screen comes up, when something else is to be added up, and every few seconds of its own
clock: adding up months is work.
"""

import math

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Container

from ai_dashboard.core.control import ControlPort
from ai_dashboard.core.costs import NOBODY, CostsView, Dimension, budget_problem
from ai_dashboard.core.errors import GatewayError
from ai_dashboard.tui.feed import Unreachable, reason
from ai_dashboard.tui.format import usd
from ai_dashboard.tui.keys import Scope, bindings
from ai_dashboard.tui.panels.cost_budgets import CostBudgets
from ai_dashboard.tui.panels.cost_chart import EVERYBODY, CostChart
from ai_dashboard.tui.panels.cost_outlook import CostOutlook
from ai_dashboard.tui.panels.cost_table import CostTable
from ai_dashboard.tui.panels.footer import FooterBar
from ai_dashboard.tui.panels.header import Header
from ai_dashboard.tui.panels.notice import NoticeLine
from ai_dashboard.tui.panels.table import Moved, Opened
from ai_dashboard.tui.panels.tabs import TabLine
from ai_dashboard.tui.past import Heard, unrecorded
from ai_dashboard.tui.picture import Freshness, Picture
from ai_dashboard.tui.query import quoted
from ai_dashboard.tui.screens.base import PictureScreen
from ai_dashboard.tui.screens.line import LineScreen
from ai_dashboard.tui.screens.listing import FilterWanted
from ai_dashboard.tui.tabs import Latest

EVERY_S = 5.0
"""After how many seconds of the gateway's clock it is asked again."""

BY: tuple[Dimension, ...] = ("model", "provider", "tenant", "key", "task", "day")
SINCE = ("month", "1d", "7d", "30d")

FIELDS: dict[Dimension, str] = {"model": "model", "provider": "provider", "tenant": "tenant", "key": "key"}
"""The field of the request list that has what is added up by."""

NONE = "none"
"""What is typed for no budget but that of the configuration."""


class CostsScreen(PictureScreen):
    """The panels are of one answer of the gateway."""

    BINDINGS = bindings(Scope.VIEW, Scope.AWAY, Scope.COSTS)
    AUTO_FOCUS = "#cost-table"
    home = "cost-table"

    def __init__(self, latest: Latest, port: ControlPort) -> None:
        super().__init__(latest)
        self._port = port
        self._asking = False
        self._looked_at = -math.inf
        self._since = SINCE[0]
        self._heard: Heard[tuple[Dimension, str], CostsView] = Heard()
        self._costs: CostsView | None = None

    def compose(self) -> ComposeResult:
        yield Header("header")
        yield TabLine(8)
        with Container(id="body"):
            yield CostChart("cost-chart", classes="panel")
            yield CostOutlook("cost-outlook", classes="panel")
            yield CostTable("cost-table", classes="panel")
            yield CostBudgets("cost-budgets", classes="panel")
        yield NoticeLine("notice")
        yield FooterBar("footer")

    @property
    def table(self) -> CostTable:
        """The table."""
        return self.query_one(CostTable)

    # ── what was spent ───────────────────────────────────────────────────────────────────────────────────────────────

    def show(self, picture: Picture) -> None:
        self._fit(picture)
        super().show(picture)
        snapshot = picture.snapshot
        if snapshot is None or picture.freshness is not Freshness.LIVE or self._asking:
            return
        if not 0 <= snapshot.at - self._looked_at < EVERY_S:
            self._looked_at = snapshot.at
            self._ask()

    @work(group="costs")
    async def _ask(self) -> None:
        by, since = self.table.by, self._since
        self._asking = True
        try:
            costs = await self._port.costs(by, since)
        except GatewayError as refusal:
            self.say(reason(refusal))
            return
        except Unreachable:
            return  # the header says that the gateway is gone
        finally:
            self._asking = False
        if (by, since) == (self.table.by, self._since):
            self._heard.add((by, since), costs.at, costs)
            self._refit()
        else:
            self._ask()

    def _fit(self, picture: Picture) -> None:
        """Hand the panels what belongs to a picture: the newest answer, or what was heard then."""
        self._costs = self._heard.fitting((self.table.by, self._since), picture)
        self.table.costs = self._costs
        for panel in (self.query_one(CostChart), self.query_one(CostOutlook), self.query_one(CostBudgets)):
            panel.costs = self._costs
        # The other two have something to say all the same: of what the picture holds.
        missing = unrecorded(picture) if self._costs is None else ""
        self.table.missing = self.query_one(CostChart).missing = missing

    def _refit(self) -> None:
        """The same for the picture that is shown."""
        self._fit(self.latest())
        for panel in self.panels():
            panel.reselect()
        self.refresh_bindings()

    def action_by(self, step: int) -> None:
        """Add up by the next thing."""
        self.table.by = BY[(BY.index(self.table.by) + step) % len(BY)]
        self._anew()

    def action_since(self, step: int) -> None:
        """Since another day."""
        self._since = SINCE[(SINCE.index(self._since) + step) % len(SINCE)]
        self._anew()

    def _anew(self) -> None:
        if self.latest().is_past:
            self._looked_at = -math.inf
            self._refit()
            return
        self.say(f"adding up by {self.table.by} …")
        if not self._asking:
            self._ask()

    # ── the requests behind it ───────────────────────────────────────────────────────────────────────────────────────

    def check_action(self, action: str, _parameters: tuple[object, ...]) -> bool | None:
        if not self.is_mounted:
            return True
        if action == "budget":
            return not self.latest().is_past
        return self._filter() is not None if action == "open" else True

    def _filter(self) -> str | None:
        """What lets the requests behind the selected row pass; None where the request list has no such field."""
        name, view = self.table.selected, self.table.view
        field = FIELDS.get(view.by) if view is not None else None
        if name is None or field is None:
            return None
        return f"-{field}:*" if name == NOBODY else f"{field}:{quoted(name)}"

    @on(Opened)
    def action_open(self) -> None:
        """Show the requests behind the selected row."""
        if (text := self._filter()) is not None:
            self.post_message(FilterWanted(text))

    @on(Moved)
    def follow(self) -> None:
        """What can be done depends on the row."""
        self.refresh_bindings()

    # ── the budget ───────────────────────────────────────────────────────────────────────────────────────────────────

    @work(group="budget", exclusive=True)
    async def action_budget(self) -> None:
        """Ask for a budget, then set it."""
        said = f"Dollars that all together may spend in a month; {NONE}: as the configuration says"
        typed = await self.app.push_screen_wait(LineScreen("Budget", said, self._limit(), "set it", refusal))
        if typed is None:
            return
        limit = read(typed)
        try:
            await self._port.set_budget(limit)
        except Unreachable as failure:
            self.say(f"the budget is as it was: {reason(failure)}")
            return
        self.say("the budget is as the configuration says" if limit is None else f"the budget is {usd(limit)} a month")
        if not self._asking:
            self._ask()

    def _limit(self) -> str:
        """The monthly budget of all together as it is, to be changed."""
        budgets = self._costs.budgets.budgets if self._costs is not None else ()
        limits = (it.limit for it in budgets if it.scope == EVERYBODY and it.window == "monthly")
        limit = next(limits, None)
        return "" if limit is None else f"{limit:.10g}"


def read(typed: str) -> float | None:
    """A budget as it is typed: `50`, `$1,200.50` or `none`. Raises `ValueError`."""
    text = typed.strip().removeprefix("$").replace(",", "")
    return None if text.casefold() == NONE else float(text)


def refusal(typed: str) -> str:
    """What is wrong with a budget that is typed; empty when that is nothing."""
    try:
        return budget_problem(read(typed))
    except ValueError:
        return f"“{typed}” is no amount; write 50, 12.5 or {NONE}"
