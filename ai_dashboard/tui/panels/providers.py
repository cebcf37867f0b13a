"""The provider table: who can answer, how fast, how often they fail. What is broken is on top, and says why."""

from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum

from ai_dashboard.core.data import dataclass
from ai_dashboard.core.snapshot import BreakerState, Health, ProviderView
from ai_dashboard.tui.columns import Column, heading, place, row
from ai_dashboard.tui.format import count, duration, percent, rate
from ai_dashboard.tui.ink import Ink, Line, Span, clip, wrap
from ai_dashboard.tui.panels.base import Panel
from ai_dashboard.tui.picture import Picture
from ai_dashboard.tui.requesting import base_url
from ai_dashboard.tui.spark import sparkline

TREND = "trend p95"

TREND_SLICES = 36
"""Slices in the trend: the last 3 minutes."""

STATE: dict[Health, tuple[str, str, Ink]] = {
    Health.UNAVAILABLE: ("○", "unavailable", Ink.BAD),
    Health.AUTH_FAILED: ("✗", "auth failed", Ink.BAD),
    Health.COOLDOWN: ("◔", "cooldown", Ink.WARN),
    Health.DEGRADED: ("◐", "degraded", Ink.WARN),
    Health.CHECKING: ("…", "checking", Ink.DIM),
    Health.ACTIVE: ("●", "active", Ink.GOOD),
    Health.DRAINING: ("◌", "draining", Ink.DIM),
    Health.DISABLED: ("–", "disabled", Ink.DIM),
}
"""Glyph, word and ink of each state. The glyphs differ without colour too."""

_RANK = {health: rank for rank, health in enumerate(Health)}

_COLUMNS = (
    Column("", 1, 0),
    Column("provider", 11, 1, grow=1),
    Column("state", 11, 2),
    Column("p50", 5, 5, right=True),
    Column("p95", 5, 3, right=True),
    Column("in fl", 5, 6, right=True),
    Column("req/m", 5, 7, right=True),
    Column("err %", 5, 4, right=True),
    Column("models", 6, 9, right=True),
    Column(TREND, 10, 8, grow=2),
)


class Sort(StrEnum):
    """Orders of the table."""

    STATE = "state"
    NAME = "name"
    P95 = "p95"
    TRAFFIC = "traffic"
    ERRORS = "errors"

    @property
    def next(self) -> "Sort":
        """The order that follows in the cycle."""
        orders = list(Sort)
        return orders[(orders.index(self) + 1) % len(orders)]


_KEYS: dict[Sort, Callable[[ProviderView], object]] = {
    Sort.STATE: lambda p: (_RANK[p.health], p.name),
    Sort.NAME: lambda p: p.name,
    Sort.P95: lambda p: (-(p.total.p95 or 0.0), p.name),
    Sort.TRAFFIC: lambda p: (-p.per_minute, p.name),
    Sort.ERRORS: lambda p: (-(p.error_ratio or 0.0), p.name),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One provider, as written."""

    name: str
    health: Health
    notes: tuple[str, ...]
    p50: str
    p95: str
    in_flight: str
    per_minute: str
    errors: str
    models: str
    trend: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class View:
    """The table; `teach` when there is a gateway without providers, with the address to point clients at."""

    rows: tuple[Row, ...] = ()
    sort: Sort = Sort.STATE
    teach: str = ""
    origin: str = ""


def select(picture: Picture, sort: Sort = Sort.STATE) -> View:
    """The table of a picture in some order."""
    snapshot = picture.snapshot
    if snapshot is None:
        return View(sort=sort)
    if not snapshot.providers:
        return View(sort=sort, teach=base_url(snapshot.gateway), origin=snapshot.config.origin)
    return View(tuple(map(_row, ordered(snapshot.providers, sort))), sort)


def ordered(providers: Sequence[ProviderView], sort: Sort) -> list[ProviderView]:
    """Providers in some order."""
    return sorted(providers, key=_KEYS[sort])  # type: ignore[arg-type]


def _row(provider: ProviderView) -> Row:
    return Row(
        name=provider.name,
        health=provider.health,
        notes=tuple(notes(provider)),
        p50=duration(provider.total.p50),
        p95=duration(provider.total.p95),
        in_flight=count(provider.in_flight),
        per_minute=rate(provider.per_minute),
        errors=percent(provider.error_ratio),
        models=count(len(provider.models)),
        trend=provider.trend[-TREND_SLICES:],
    )


def notes(provider: ProviderView) -> Iterator[str]:
    """Why it is not well, and which of its models are not asked as usual."""
    if provider.reason and provider.health is not Health.ACTIVE:
        yield provider.reason
    if provider.cooldown_s > 0 and provider.health is not Health.COOLDOWN:
        yield f"left alone for {duration(provider.cooldown_s)}"
    for target in provider.targets:
        match target.breaker:
            case BreakerState.OPEN:
                yield f"{target.model}: breaker open, tried again in {duration(target.retry_in_s)}"
            case BreakerState.PROBING:
                yield f"{target.model}: breaker half-open, one request is being let through"
            case BreakerState.RAMPING:
                yield f"{target.model}: recovering, gets {percent(target.share)} % of its traffic"
            case BreakerState.CLOSED:
                pass


def draw(view: View, width: int, height: int) -> list[Line]:
    """Heading and rows; notes take the lines that are left."""
    if view.teach:
        return lesson(view.teach, view.origin, width)
    if not view.rows:
        return [[("waiting for the gateway", Ink.DIM)]]
    placed = place(_COLUMNS, width)
    trend_cells = next((cells for column, cells in placed if column.title == TREND), 0)
    spare = height - 1 - len(view.rows)
    lines: list[Line] = [heading(placed)]
    for one in view.rows:
        lines.append(row(placed, _texts(one, trend_cells)))
        for note in one.notes[: max(spare, 0)]:
            lines.append([("  └ ", Ink.RULE), (clip(note, max(width - 4, 1)), Ink.DIM)])
            spare -= 1
    return lines


def _texts(one: Row, trend_cells: int) -> dict[str, Span]:
    glyph, word, ink = STATE[one.health]
    plain = Ink.DIM if one.health is Health.DISABLED else Ink.PLAIN
    return {
        "": (glyph, ink),
        "provider": (one.name, plain),
        "state": (word, ink),
        "p50": (one.p50, plain),
        "p95": (one.p95, plain),
        "in fl": (one.in_flight, plain),
        "req/m": (one.per_minute, plain),
        "err %": (one.errors, plain),
        "models": (one.models, plain),
        TREND: (sparkline(one.trend, trend_cells), Ink.DIM),
    }


def lesson(address: str, origin: str, width: int) -> list[Line]:
    """What to do when there is nobody to answer."""
    sentences: list[tuple[str, Ink]] = [
        ("No provider yet.", Ink.STRONG),
        ("Start Ollama, llama.cpp or vLLM here, or set a key such as OPENAI_API_KEY, then press r.", Ink.PLAIN),
        ("To look around first: ai-dashboard --demo", Ink.PLAIN),
        (f"Clients talk to {address}", Ink.KEY),
        ("Or list your providers in providers.yaml; c shows what was read.", Ink.PLAIN),
        (f"Looked for: {origin}" if origin else "", Ink.DIM),
    ]
    return [[(piece, ink)] for text, ink in sentences if text for piece in wrap(text, width, 3)]


class ProvidersPanel(Panel[View], can_focus=True):
    """The provider table."""

    sort = Sort.STATE

    def select(self, picture: Picture) -> View:
        return select(picture, self.sort)

    def viewed(self, view: View) -> None:
        self.title(
            f"Providers · {len(view.rows)}" if view.rows else "Providers",
            "",
            *([("providers.sort", f"sort: {view.sort}")] if len(view.rows) > 1 else ()),
        )

    def draw(self, view: View, width: int, height: int, /) -> Sequence[Line]:
        return draw(view, width, height)

    def next_sort(self) -> None:
        """Sort by the next criterion."""
        self.sort = self.sort.next
        self.reselect()
