"""What was spent, added up by one thing or another: the dearest first, with its share; days in their order."""

from collections.abc import Iterator, Sequence

from ai_dashboard.core.costs import CostRow, CostsView, Dimension
from ai_dashboard.core.data import dataclass
from ai_dashboard.tui.columns import Column, heading, place, row
from ai_dashboard.tui.format import count, percent, usd
from ai_dashboard.tui.ink import Ink, Line, Span
from ai_dashboard.tui.panels.table import TablePanel
from ai_dashboard.tui.picture import Picture
from ai_dashboard.tui.spark import gauge

UNKNOWN = "unknown"
"""Stands for a cost that nobody knows."""

SHARE = "share"

_COLUMNS = (
    Column("cost", 9, 1, right=True),
    Column("%", 4, 3, right=True),
    Column(SHARE, 6, 6, grow=1),
    Column("calls", 6, 2, right=True),
    Column("tok in", 6, 4, right=True),
    Column("out", 6, 5, right=True),
    Column("cached", 6, 7, right=True),
    Column("reason", 6, 8, right=True),
    Column("not certain", 24, 9),
)


@dataclass(frozen=True, slots=True)
class Row:
    """One name, as written; `share` is its part of the total."""

    name: str
    share: float | None
    figures: tuple[str, ...]
    doubt: str


@dataclass(frozen=True, slots=True)
class View:
    """The rows and their total; None before the first answer."""

    by: Dimension
    since: str = ""
    rows: tuple[Row, ...] | None = None
    total: Row | None = None


def select(costs: CostsView | None, by: Dimension) -> View:
    """The table; `by` is what is asked for while there is none."""
    if costs is None:
        return View(by)
    table = costs.table
    whole = table.total.amount or 0.0
    rows = tuple(_row(one, whole) for one in table.rows)
    return View(table.by, f"{table.since} ({table.timezone})", rows, _row(table.total, whole))


def _row(one: CostRow, whole: float) -> Row:
    share = one.amount / whole if one.amount is not None and whole else None
    return Row(one.name, share, tuple(_figures(one)), ", ".join(_doubts(one)))


def _figures(one: CostRow) -> Iterator[str]:
    yield UNKNOWN if one.amount is None else usd(one.amount)
    tokens = (one.prompt_tokens, one.completion_tokens, one.cached_tokens, one.reasoning_tokens)
    yield from map(count, (one.calls, *tokens))


def _doubts(one: CostRow) -> Iterator[str]:
    if one.unknown:
        yield f"{count(one.unknown)} of unknown price"
    if one.estimated:
        yield f"{count(one.estimated)} estimated"


def draw(view: View, width: int) -> list[Line]:
    """Heading and rows."""
    if view.rows is None:
        return [[("waiting for the gateway", Ink.DIM)]]
    if not view.rows:
        return [[(f"nothing was spent since {view.since}", Ink.DIM)]]
    placed = place((Column(view.by, 16, 0, grow=3), *_COLUMNS), width)
    cells = next((cells for column, cells in placed if column.title == SHARE), 0)
    return [
        heading(placed),
        *(row(placed, {view.by: (one.name, Ink.STRONG), **_texts(one, cells)}) for one in view.rows),
    ]


def _texts(one: Row, cells: int) -> dict[str, Span]:
    cost, calls, prompt, answer, cached, reasoning = one.figures
    return {
        "cost": (cost, Ink.WARN if cost == UNKNOWN else Ink.PLAIN),
        "%": (percent(one.share), Ink.DIM),
        SHARE: (gauge(one.share, cells) if one.share is not None else "", Ink.FIRST),
        "calls": (calls, Ink.PLAIN),
        "tok in": (prompt, Ink.PLAIN),
        "out": (answer, Ink.PLAIN),
        "cached": (cached, Ink.DIM),
        "reason": (reasoning, Ink.DIM),
        "not certain": (one.doubt, Ink.WARN),
    }


class CostTable(TablePanel[View, str]):
    """The table."""

    def __init__(self, dom_id: str | None = None, *, classes: str | None = None) -> None:
        super().__init__(dom_id, classes=classes)
        self.costs: CostsView | None = None
        self.by: Dimension = "model"

    def select(self, _picture: Picture) -> View:
        return select(self.costs, self.by)

    def keys(self, view: View, /) -> Sequence[str]:
        return [one.name for one in view.rows or ()]

    def viewed(self, view: View) -> None:
        super().viewed(view)
        keys = (("costs.by", "by"), ("costs.since", "since"))
        if view.total is None:
            self.title(f"Spent by {view.by}", "", *keys)
            return
        cost, calls = view.total.figures[:2]
        doubt = f" · {view.total.doubt}" if view.total.doubt else ""
        self.title(f"Spent by {view.by} since {view.since} · {cost} in {calls} calls{doubt}", "", *keys)

    def table(self, view: View, width: int, /) -> Sequence[Line]:
        return draw(view, width)
