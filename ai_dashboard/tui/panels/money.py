"""Money at a glance: what today has taken, how it goes on, and what is left of the budget of all together."""

from collections.abc import Sequence

from ai_dashboard.core.costs import Window
from ai_dashboard.core.data import dataclass
from ai_dashboard.core.snapshot import MoneyGauge
from ai_dashboard.tui.format import percent, usd
from ai_dashboard.tui.ink import Ink, Line, Span, crop, fit
from ai_dashboard.tui.panels.base import Panel
from ai_dashboard.tui.panels.cost_budgets import bar, word
from ai_dashboard.tui.picture import Picture
from ai_dashboard.tui.spark import gauge, sparkline

LABEL = 6
FIGURE = 9
HEADER_BAR = 6

WINDOWS: dict[Window, str] = {"daily": "day", "monthly": "month", "total": "in all"}


@dataclass(frozen=True, slots=True)
class View:
    """Money as it is written; `held` is what calls in flight may add, `used` the part of the budget that is spent,
    `coming` the forecast for the `end` of the budget's month, else of the day, and `over` whether that is beyond it."""

    known: bool = False
    today: str = ""
    held: str = ""
    budget: str = ""
    used: float | None = None
    end: str = ""
    coming: str = ""
    over: bool = False
    saved: str = ""
    burn: str = ""
    hours: tuple[float, ...] = ()
    top: str = ""
    share: str = ""


def select(picture: Picture) -> View:
    """The money of a picture."""
    if picture.snapshot is None:
        return View()
    gauge_ = picture.snapshot.money
    monthly = gauge_.window == "monthly"
    return View(
        known=True,
        today=usd(gauge_.today),
        held=f"+{usd(gauge_.reserved)}" if gauge_.reserved else "",
        budget=budget_words(gauge_),
        used=None if gauge_.used is None else round(gauge_.used, 3),
        end="EOM" if monthly else "EOD",
        coming=usd(gauge_.month_end if monthly else gauge_.day_end),
        over=_over(gauge_),
        saved=usd(gauge_.saved),
        burn=f"{usd(gauge_.per_hour)}/h",
        hours=tuple(round(amount, 4) for amount in gauge_.hours),
        top=gauge_.top,
        share="" if gauge_.top_share is None else f"{percent(gauge_.top_share)}%",
    )


def budget_words(gauge_: MoneyGauge) -> str:
    """`$4.31/$10 day`; empty without a budget."""
    if gauge_.window is None or gauge_.budget is None:
        return ""
    return f"{usd(gauge_.spent)}/{_round(gauge_.budget)} {WINDOWS[gauge_.window]}"


def header_span(gauge_: MoneyGauge) -> Span | None:
    """The budget for the first line of the screen; None without one."""
    words = budget_words(gauge_)
    if not words or gauge_.used is None:
        return None
    ink = word(gauge_.used)[1]
    return f"{words} {gauge(gauge_.used, HEADER_BAR)}", Ink.PLAIN if ink is Ink.GOOD else ink


def _round(limit: float) -> str:
    """A limit without cents that it does not have."""
    return usd(limit).removesuffix(".00")


def _over(gauge_: MoneyGauge) -> bool:
    ends = {"daily": gauge_.day_end, "monthly": gauge_.month_end}
    end = ends.get(gauge_.window) if gauge_.window is not None else None
    return end is not None and gauge_.budget is not None and end > gauge_.budget


def draw(view: View, width: int) -> list[Line]:
    """A line for each: label, figure, and what there is beside it."""
    if not view.known:
        return [[("waiting for the gateway", Ink.DIM)]]
    left = max(width - LABEL - FIGURE - 2, 0)
    lines: list[list[Span]] = [_line("today", view.today, (view.held, Ink.DIM))]
    if view.used is not None:
        lines.append([(fit("budget", LABEL), Ink.LABEL), (f" {view.budget}", Ink.PLAIN)])
        text, ink = word(view.used)
        lines.append([*bar(view.used, max(width - len(text) - 1, 6)), (f" {text}", ink)])
    lines += [
        _line(view.end, view.coming, ("over" if view.over else "", Ink.WARN)),
        _line("burn", view.burn, (sparkline(view.hours, left) if view.hours and left > 0 else "", Ink.DIM)),
        _line("cache", view.saved, ("saved", Ink.DIM)),
    ]
    if view.top:
        lines.append([(fit("top", LABEL), Ink.LABEL), (f" {view.share} ", Ink.PLAIN), (view.top, Ink.DIM)])
    return [crop(line, width) for line in lines]


def _line(label: str, figure: str, more: Span) -> list[Span]:
    return [(fit(label, LABEL), Ink.LABEL), (f" {figure:>{FIGURE}} ", Ink.PLAIN), more]


class MoneyPanel(Panel[View], can_focus=True):
    """Money at a glance."""

    def select(self, picture: Picture) -> View:
        return select(picture)

    def viewed(self, _view: View) -> None:
        self.title("Cost")

    def draw(self, view: View, width: int, _height: int, /) -> Sequence[Line]:
        return draw(view, width)
