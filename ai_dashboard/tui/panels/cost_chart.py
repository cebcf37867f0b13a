"""What each day cost, as columns; a line lies where the day's budget of all together ends."""

from collections.abc import Sequence

from ai_dashboard.core.costs import CostsView
from ai_dashboard.core.data import dataclass
from ai_dashboard.tui.chart import Ticks, axis, columns
from ai_dashboard.tui.format import usd
from ai_dashboard.tui.ink import Ink, Line, Span, crop, width_of
from ai_dashboard.tui.panels.base import Panel
from ai_dashboard.tui.picture import Picture
from ai_dashboard.tui.spark import sparkline

MIN_WIDTH, MIN_HEIGHT = 30, 6
TODAY = 2
"""Spans at the beginning of the legend that are never left out."""

EVERYBODY = "total"
"""The scope of a budget of all together."""


@dataclass(frozen=True, slots=True)
class View:
    """The days, oldest first, rounded: a finer change is not worth another drawing. `coming` is what today is likely to
    end at, `unknown` counts days of unknown cost; `note` stands where there is nothing to draw."""

    first: str = ""
    last: str = ""
    days: tuple[float | None, ...] = ()
    coming: float = 0.0
    budget: float | None = None
    unknown: int = 0
    note: str = ""


def select(costs: CostsView | None) -> View:
    """The chart of what is known of costs."""
    if costs is None:
        return View(note="waiting for the gateway")
    if not any(day.amount for day in costs.days):
        return View(note=f"nothing was spent in {len(costs.days)} days")
    budgets = costs.budgets.budgets
    return View(
        costs.days[0].day[5:],
        costs.days[-1].day[5:],
        tuple(None if day.amount is None else round(day.amount, 4) for day in costs.days),
        round(costs.forecasts.dollars.day_end, 2),
        next((it.limit for it in budgets if it.scope == EVERYBODY and it.window == "daily"), None),
        sum(day.amount is None for day in costs.days),
    )


def draw(view: View, width: int, height: int) -> list[Line]:
    """A legend and the chart; in too little room, a line of bars."""
    if view.note:
        return [crop([(view.note, Ink.DIM)], width)]
    if width < MIN_WIDTH or height - 1 < MIN_HEIGHT:
        return [_legend(view, width), [(sparkline(view.days, width), Ink.FIRST)]][:height]
    # The line of a budget that is far away would press all columns down to the axis.
    peak = max(value for value in view.days if value is not None)
    rule = view.budget if view.budget is not None and view.budget <= 4 * peak else None
    top, y = axis(max(peak, rule or 0.0), usd, width=8)
    last = len(view.days) - 1
    x = Ticks([0, last / 2, last], [view.first, "", f"{view.last} "])
    return [
        _legend(view, width, drawn=rule is not None),
        *columns(view.days, width, height - 1, top=top, x=x, y=y, rule=rule),
    ]


def _legend(view: View, width: int, *, drawn: bool = False) -> Line:
    """What today takes, and as much of the rest as fits whole; a budget whose line is `drawn` has its mark."""
    spans: list[Span] = [
        ("today ", Ink.DIM),
        (usd(view.days[-1]), Ink.STRONG),
        ("  by midnight about ", Ink.DIM),
        (usd(view.coming), Ink.PLAIN),
    ]
    if view.budget is not None:
        said = f"budget {usd(view.budget)} a day"
        spans.append((f"  ── {said}", Ink.WARN) if drawn else (f"  {said}", Ink.DIM))
    if view.unknown:
        spans.append((f"  {view.unknown} without a known price", Ink.DIM))
    while len(spans) > TODAY and width_of(spans) > width:
        spans.pop()
    return crop(spans, width)


class CostChart(Panel[View], can_focus=True):
    """The chart."""

    costs: CostsView | None = None

    def select(self, _picture: Picture) -> View:
        return select(self.costs)

    def viewed(self, view: View) -> None:
        self.title(f"Spent a day · {len(view.days)} days" if view.days else "Spent a day")

    def draw(self, view: View, width: int, height: int, /) -> Sequence[Line]:
        return draw(view, width, height)
