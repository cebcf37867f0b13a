"""Every model at every provider: how long its answers took over the window, the busiest first, with a cursor."""

from collections.abc import Iterator, Sequence

from ai_dashboard.core.data import dataclass
from ai_dashboard.core.history import HistoryView, SeriesKey, SeriesView, Window
from ai_dashboard.tui.columns import Column, heading, place, row
from ai_dashboard.tui.format import NOTHING, count, duration, percent
from ai_dashboard.tui.ink import Ink, Line, Span
from ai_dashboard.tui.panels.table import TablePanel
from ai_dashboard.tui.picture import Picture

CHOSEN: tuple[Span, ...] = (("━", Ink.FIRST), ("°", Ink.SECOND))
"""How the one and the other series of the chart is marked here and drawn there."""

_COLUMNS = (
    Column("", 1, 0),
    Column("provider · model", 20, 1, grow=1),
    Column("answers", 7, 7, right=True),
    Column("err %", 5, 6, right=True),
    Column("ttft p50", 8, 2, right=True),
    Column("p95", 5, 3, right=True),
    Column("p99", 5, 8, right=True),
    Column("whole p50", 9, 4, right=True),
    Column(" p95", 5, 5, right=True),
    Column(" p99", 5, 9, right=True),
    Column("tok/s", 5, 10, right=True),
    Column("slow", 5, 11, right=True),
)


@dataclass(frozen=True, slots=True)
class Row:
    """One series, as written; `mark` says whether the chart shows it."""

    key: SeriesKey
    name: str
    mark: Span
    figures: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class View:
    """The rows; None before the first answer."""

    window: Window = Window.FIVE
    rows: tuple[Row, ...] | None = None


def ordered(history: HistoryView) -> list[SeriesView]:
    """Providers by their traffic, each followed by its models where it has several."""
    providers = [view for view in history.series if not view.key.model]
    found: list[SeriesView] = []
    for provider in providers:
        models = [view for view in history.series if view.key.provider == provider.key.provider and view.key.model]
        found += models if len(models) == 1 else [provider, *models]
    return found


def select(history: HistoryView | None, window: Window, chosen: Sequence[SeriesKey]) -> View:
    """The table of a window; `chosen` are the series of the chart."""
    if history is None:
        return View(window)
    return View(history.window, tuple(_rows(ordered(history), chosen)))


def _rows(series: Sequence[SeriesView], chosen: Sequence[SeriesKey]) -> Iterator[Row]:
    together = {view.key.provider for view in series if not view.key.model}
    for view in series:
        provider, model = view.key.provider, view.key.model
        if not model:
            name = f"{provider} · all models"
        else:
            name = f"  {model}" if provider in together else f"{provider} · {model}"
        mark = CHOSEN[chosen.index(view.key)] if view.key in chosen else (" ", Ink.PLAIN)
        yield Row(view.key, name, mark, tuple(_figures(view)))


def _figures(view: SeriesView) -> Iterator[str]:
    yield count(view.requests - view.errors)
    yield percent(view.errors / view.requests if view.requests else None)
    yield from map(duration, (view.ttft.p50, view.ttft.p95, view.ttft.p99))
    yield from map(duration, (view.total.p50, view.total.p95, view.total.p99))
    yield speed(view.per_token.p50)
    yield speed(view.per_token.p95)


def speed(per_token: float | None) -> str:
    """Tokens a second, from the time that one takes."""
    return NOTHING if not per_token else count(1 / per_token)


def draw(view: View, width: int) -> list[Line]:
    """Heading and rows."""
    if view.rows is None:
        return [[("waiting for the gateway", Ink.DIM)]]
    if not view.rows:
        return [[(f"nobody has asked anything in the last {view.window}", Ink.DIM)]]
    placed = place(_COLUMNS, width)
    titles = [column.title for column in _COLUMNS[2:]]
    lines: list[Line] = [heading(placed)]
    for one in view.rows:
        ink = Ink.PLAIN if one.key.model else Ink.STRONG
        texts: dict[str, Span] = {"": one.mark, "provider · model": (one.name, ink)}
        texts |= {title: (figure, Ink.PLAIN) for title, figure in zip(titles, one.figures, strict=True)}
        lines.append(row(placed, texts))
    return lines


class LatencyTable(TablePanel[View, SeriesKey]):
    """The table of a window."""

    def __init__(self, dom_id: str | None = None, *, classes: str | None = None) -> None:
        super().__init__(dom_id, classes=classes)
        self.history: HistoryView | None = None
        self.window = Window.FIVE
        self.chosen: Sequence[SeriesKey] = ()

    def select(self, _picture: Picture) -> View:
        return select(self.history, self.window, self.chosen)

    def keys(self, view: View, /) -> Sequence[SeriesKey]:
        return [one.key for one in view.rows or ()]

    def viewed(self, view: View) -> None:
        super().viewed(view)
        self.title(
            f"Latency · last {view.window}",
            "",
            ("latency.open", "show in the chart") if view.rows else ("latency.window", "window"),
        )

    def table(self, view: View, width: int, /) -> Sequence[Line]:
        return draw(view, width)
