"""Every budget as it stands: what is spent of it, with marks where alerts begin, and what calls in flight may take."""

from collections.abc import Iterator, Sequence

from ai_dashboard.core.costs import BudgetView, CostsView, Window
from ai_dashboard.core.data import dataclass
from ai_dashboard.core.snapshot import MoneyGauge
from ai_dashboard.tui.format import span, usd
from ai_dashboard.tui.ink import Ink, Line, Span, clip, crop, fit, whole, wrap
from ai_dashboard.tui.panels.base import Panel
from ai_dashboard.tui.past import partly
from ai_dashboard.tui.picture import Picture
from ai_dashboard.tui.spark import gauge

MARKS = (0.75, 0.90)
"""Where a warning and a critical alert begin."""

WORDS: tuple[tuple[float, str, Ink], ...] = (
    (1.00, "✗ used up", Ink.BAD),
    (0.90, "✗ over 90%", Ink.BAD),
    (0.75, "⚠ over 75%", Ink.WARN),
    (0.00, "● ok", Ink.GOOD),
)
"""From what share on a budget is called what."""

WINDOWS: dict[Window, str] = {"daily": "day", "monthly": "month", "total": "for good"}

MARK = "╎"
WORD, BAR = 10, 30


@dataclass(frozen=True, slots=True)
class Row:
    """One budget, as written; `used` is 0 to 1, and more where it is overdrawn."""

    name: str
    used: float
    figures: str
    more: str


@dataclass(frozen=True, slots=True)
class View:
    """The budgets, then models whose price nobody knows; `prices` says where the public ones are from. `note` stands
    in place of both where the past has no more than the fullest budget."""

    known: bool = False
    rows: tuple[Row, ...] = ()
    unpriced: tuple[str, ...] = ()
    prices: str = ""
    note: str = ""


def select(costs: CostsView | None) -> View:
    """The budgets of what is known of costs."""
    if costs is None:
        return View()
    said = costs.budgets
    rows = tuple(_row(one, costs.at) for one in said.budgets)
    return View(True, rows, said.unpriced, said.prices)


def glance(gauge: MoneyGauge, note: str) -> View:
    """What a picture holds of them: the one of all together of which most was used."""
    if gauge.window is None or gauge.spent is None or gauge.budget is None:
        return View(True, note=note)
    left = f"{usd(gauge.budget - gauge.spent)} left"
    name, figures = f"all together · {WINDOWS[gauge.window]}", f"{usd(gauge.spent)} of {usd(gauge.budget)}"
    return View(True, (Row(name, round(gauge.used or 0.0, 3), figures, left),), note=note)


def _row(one: BudgetView, now: float) -> Row:
    name = f"{one.scope} {one.name}" if one.name else "all together"
    more = [f"{usd(one.remaining)} left"]
    if one.resets_at is not None:
        more.append(f"anew in {_calm(one.resets_at - now)}")
    if one.reserved:
        more.append(f"{usd(one.reserved)} held")
    figures = f"{usd(one.spent)} of {usd(one.limit)}"
    return Row(f"{name} · {WINDOWS[one.window]}", round(one.used_percent / 100, 3), figures, " · ".join(more))


def _calm(seconds: float) -> str:
    """A time that does not change with every look."""
    return span(seconds // 60 * 60 if seconds >= 60 else seconds)


def word(used: float) -> Span:
    """What a share of a budget is called, and its ink."""
    return next((text, ink) for least, text, ink in WORDS if used >= least)


def bar(used: float, cells: int) -> list[Span]:
    """A gauge with the marks at which alerts begin, as far as it is not filled up to them."""
    drawn = gauge(used, cells)
    inner = cells - 2
    places = {1 + min(int(mark * inner), inner - 1) for mark in MARKS} if inner > 0 else set()
    ink = word(used)[1]
    spans: list[Span] = []
    for place, cell in enumerate(drawn):
        spans.append(
            (MARK, Ink.DIM) if place in places and cell == " " else (cell, Ink.FIRST if used < MARKS[0] else ink)
        )
    return _joined(spans)


def _joined(spans: Sequence[Span]) -> list[Span]:
    """Neighbours of one ink as one span."""
    joined: list[Span] = []
    for text, ink in spans:
        if joined and joined[-1][1] is ink:
            joined[-1] = (joined[-1][0] + text, ink)
        else:
            joined.append((text, ink))
    return joined


def draw(view: View, width: int, key: str = "B") -> list[Line]:
    """Two lines a budget: its state and its bar; then what no budget counts. `key` sets one."""
    if not view.known:
        return [[("waiting for the gateway", Ink.DIM)]]
    lines: list[Line] = [crop(line, width) for row in view.rows for line in _lines(row, width)]
    if view.note:
        return [*lines, crop([(view.note, Ink.DIM)], width)]
    if not view.rows:
        lines.append(crop([("no budget · ", Ink.DIM), (key, Ink.KEY), (" sets one for all together", Ink.DIM)], width))
    if view.unpriced:
        said = f"⚠ nobody knows what these cost, and no budget counts them: {', '.join(view.unpriced)}"
        lines += [[(piece, Ink.WARN)] for piece in wrap(said, width, 4)]
    if view.prices:
        lines.append(crop([(f"public prices: {view.prices}", Ink.DIM)], width))
    return lines


def _lines(row: Row, width: int) -> Iterator[list[Span]]:
    text, ink = word(row.used)
    name = clip(row.name, max(width - WORD - len(row.figures) - 3, 8))
    yield [(fit(text, WORD), ink), (f" {name}  ", Ink.STRONG), (row.figures, Ink.PLAIN)]
    cells = min(max(width // 2 - 4, 6), BAR)
    used = f" {row.used * 100:>3.0f}%"
    more = whole(row.more, width - cells - len(used) - 2)
    yield [*bar(row.used, cells), (used, Ink.PLAIN), (f"  {more}", Ink.DIM)]


class CostBudgets(Panel[View], can_focus=True):
    """The budgets."""

    costs: CostsView | None = None

    def select(self, picture: Picture) -> View:
        if self.costs is None and picture.then is not None:
            return glance(picture.then.money, partly(picture))
        return select(self.costs)

    def viewed(self, view: View) -> None:
        self.title(f"Budgets · {len(view.rows)}" if view.rows else "Budgets", "", ("costs.budget", "set"))

    def draw(self, view: View, width: int, _height: int, /) -> Sequence[Line]:
        return draw(view, width, self.pressed("costs.budget"))
