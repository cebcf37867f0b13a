"""Every provider with all that is counted of it, one of them selected."""

from collections.abc import Sequence

from ai_dashboard.core.data import dataclass
from ai_dashboard.core.snapshot import Health, ProviderView
from ai_dashboard.tui.columns import Column, heading, place, row
from ai_dashboard.tui.format import NOTHING, count, duration, percent, rate
from ai_dashboard.tui.ink import Ink, Line, Span
from ai_dashboard.tui.panels.providers import STATE, TREND, TREND_SLICES, Sort, lesson, ordered
from ai_dashboard.tui.panels.table import TablePanel
from ai_dashboard.tui.picture import Picture
from ai_dashboard.tui.requesting import base_url
from ai_dashboard.tui.spark import sparkline

_COLUMNS = (
    Column("", 1, 0),
    Column("provider", 12, 1, grow=1),
    Column("state", 11, 2),
    Column("kind", 17, 13),
    Column("ttft", 5, 6, right=True),
    Column("p50", 5, 5, right=True),
    Column("p95", 5, 3, right=True),
    Column("tok/s", 5, 10, right=True),
    Column("in fl", 5, 7, right=True),
    Column("req/m", 5, 8, right=True),
    Column("err %", 5, 4, right=True),
    Column("left %", 6, 9, right=True),
    Column("models", 6, 12, right=True),
    Column(TREND, 10, 11, grow=2),
)


@dataclass(frozen=True, slots=True)
class Row:
    """One provider, as written."""

    name: str
    health: Health
    figures: tuple[str, ...]
    trend: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class View:
    """The rows; `teach` when there is a gateway without providers."""

    rows: tuple[Row, ...] = ()
    sort: Sort = Sort.STATE
    teach: str = ""
    origin: str = ""


def select(picture: Picture, sort: Sort) -> View:
    """The table of a picture in some order."""
    snapshot = picture.snapshot
    if snapshot is None:
        return View(sort=sort)
    if not snapshot.providers:
        return View(sort=sort, teach=base_url(snapshot.gateway), origin=snapshot.config.origin)
    return View(tuple(map(_row, ordered(snapshot.providers, sort))), sort)


def _row(provider: ProviderView) -> Row:
    figures = (
        provider.kind,
        duration(provider.ttft.p50),
        duration(provider.total.p50),
        duration(provider.total.p95),
        NOTHING if provider.tokens_per_s is None else count(provider.tokens_per_s),
        count(provider.in_flight) if provider.capacity is None else f"{provider.in_flight}/{provider.capacity}",
        rate(provider.per_minute),
        percent(provider.error_ratio),
        percent(provider.headroom),
        count(len(provider.models)),
    )
    return Row(provider.name, provider.health, figures, provider.trend[-TREND_SLICES:])


def draw(view: View, width: int) -> list[Line]:
    """Heading and rows."""
    if view.teach:
        return lesson(view.teach, view.origin, width)
    if not view.rows:
        return [[("waiting for the gateway", Ink.DIM)]]
    placed = place(_COLUMNS, width)
    trend_cells = next((cells for column, cells in placed if column.title == TREND), 0)
    return [heading(placed), *(row(placed, _texts(one, trend_cells)) for one in view.rows)]


def _texts(one: Row, trend_cells: int) -> dict[str, Span]:
    glyph, word, ink = STATE[one.health]
    plain = Ink.DIM if one.health is Health.DISABLED else Ink.PLAIN
    texts: dict[str, Span] = {"": (glyph, ink), "provider": (one.name, plain), "state": (word, ink)}
    titles = (column.title for column in _COLUMNS[3:-1])
    texts |= {title: (figure, plain) for title, figure in zip(titles, one.figures, strict=True)}
    texts[TREND] = (sparkline(one.trend, trend_cells), Ink.DIM)
    return texts


class ProviderTable(TablePanel[View, str]):
    """The table."""

    sort = Sort.STATE

    def select(self, picture: Picture) -> View:
        return select(picture, self.sort)

    def keys(self, view: View, /) -> Sequence[str]:
        return [one.name for one in view.rows]

    def viewed(self, view: View) -> None:
        super().viewed(view)
        self.title(
            f"Providers · {len(view.rows)}" if view.rows else "Providers",
            "",
            *([("list.sort", f"sort: {view.sort}")] if len(view.rows) > 1 else ()),
        )

    def table(self, view: View, width: int, /) -> Sequence[Line]:
        return draw(view, width)

    def next_sort(self) -> None:
        """Sort by the next criterion."""
        self.sort = self.sort.next
        self.reselect()
