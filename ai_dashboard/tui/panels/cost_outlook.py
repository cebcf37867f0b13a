"""How spending goes on, what was not spent, and how tenants go on: facts under one another."""

from collections.abc import Iterator, Sequence

from ai_dashboard.core.costs import CostsView, Forecast, Savings, TenantForecast
from ai_dashboard.core.data import dataclass
from ai_dashboard.core.snapshot import MoneyGauge
from ai_dashboard.tui.format import count, plural, span, usd
from ai_dashboard.tui.ink import Ink, Line, crop, fit, whole
from ai_dashboard.tui.panels.base import Panel
from ai_dashboard.tui.past import partly
from ai_dashboard.tui.picture import Picture

LABEL, FIGURE, GAP = 11, 9, 3

MONTH_END = "month's end"

METHODS = {"seasonal": "as by hour in the last weeks", "linear": "as in the last 24 hours"}

Fact = tuple[str, str, str, Ink]
"""A label, a figure, what there is to say of it, and the figure's ink."""


@dataclass(frozen=True, slots=True)
class View:
    """The facts, as written; none before the first answer. `note` stands below them."""

    facts: tuple[Fact, ...] = ()
    note: str = ""


def select(costs: CostsView | None) -> View:
    """The facts of what is known of costs."""
    if costs is None:
        return View()
    facts = (*_spending(costs.forecasts.dollars, costs.reserved), *_saved(costs.saved))
    tenants = (fact for tenant in costs.forecasts.tenants for fact in _tenant(tenant))
    return View((*facts, *tenants))


def glance(gauge: MoneyGauge, note: str) -> View:
    """What a picture holds of it."""
    facts: list[Fact] = [("today", usd(gauge.today), f"settled · {usd(gauge.reserved)} held", Ink.STRONG)]
    if gauge.per_hour is not None:
        facts += [
            ("midnight", usd(gauge.day_end), "likely by then", Ink.PLAIN),
            (MONTH_END, usd(gauge.month_end), "likely by then", Ink.PLAIN),
            ("burn", f"{usd(gauge.per_hour)}/h", "", Ink.PLAIN),
        ]
    facts.append(("cache saved", usd(gauge.saved), "since the start", Ink.PLAIN))
    return View(tuple(facts), note)


def _spending(it: Forecast, reserved: float) -> Iterator[Fact]:
    yield "today", usd(it.today), f"settled · {usd(reserved)} held", Ink.STRONG
    yield "midnight", usd(it.day_end), "likely by then", Ink.PLAIN
    yield "this month", usd(it.month), "settled", Ink.STRONG
    over = it.limit is not None and it.month_end > it.limit
    yield MONTH_END, usd(it.month_end), "likely · over the budget" if over else "likely by then", _ink(over)
    yield "burn", f"{usd(it.per_hour)}/h", METHODS[it.method], Ink.PLAIN
    if it.limit is not None:
        yield "lasts", lasts(it.days_left), f"of {usd(it.limit)} a month", _ink(it.days_left == 0)


def lasts(days: float | None) -> str:
    """How long a budget lasts."""
    if days is None:
        return "a year or more"
    return "used up" if days == 0 else span(days * 86_400 // 3_600 * 3_600 if days > 1 else days * 86_400 // 60 * 60)


def _ink(bad: bool) -> Ink:
    return Ink.WARN if bad else Ink.PLAIN


def _saved(saved: Savings) -> Iterator[Fact]:
    told = f"{plural(saved.hits, 'hit')} since the start · {span(saved.cache_s)}"
    yield "cache saved", usd(saved.cache), told, Ink.GOOD if saved.cache else Ink.PLAIN
    if saved.local_calls:
        said = f"{count(saved.local_tokens)} tokens at paid rates"
        if saved.local is None:
            said = f"{plural(saved.local_calls, 'call')} · nothing paid to compare"
        yield "own saved", usd(saved.local), said, Ink.GOOD if (saved.local or 0) > 0 else Ink.PLAIN


def _tenant(it: TenantForecast) -> Iterator[Fact]:
    dollars, tokens = it.dollars, it.tokens
    over = dollars.limit is not None and dollars.month_end > dollars.limit
    limit = "" if dollars.limit is None else f" of {usd(dollars.limit)}"
    yield it.tenant, usd(dollars.month), f"this month → {usd(dollars.month_end)}{limit}", _ink(over)
    over = tokens.limit is not None and tokens.month_end > tokens.limit
    quota = "" if tokens.limit is None else f" of {count(tokens.limit)}"
    yield "  tokens", count(tokens.month), f"this month → {count(tokens.month_end)}{quota}", _ink(over)


def draw(view: View, width: int) -> list[Line]:
    """A line each."""
    if not view.facts:
        return [[("waiting for the gateway", Ink.DIM)]]
    lines: list[Line] = [
        crop(
            [
                (fit(label, LABEL), Ink.LABEL),
                (f" {figure:>{FIGURE}}", ink),
                ("  " + whole(said, width - LABEL - FIGURE - GAP), Ink.DIM),
            ],
            width,
        )
        for label, figure, said, ink in view.facts
    ]
    return [*lines, crop([(view.note, Ink.DIM)], width)] if view.note else lines


class CostOutlook(Panel[View], can_focus=True):
    """The facts."""

    costs: CostsView | None = None

    def select(self, picture: Picture) -> View:
        if self.costs is None and picture.then is not None:
            return glance(picture.then.money, partly(picture))
        return select(self.costs)

    def viewed(self, _view: View) -> None:
        self.title("Forecast · saved")

    def draw(self, view: View, width: int, _height: int, /) -> Sequence[Line]:
        return draw(view, width)
