"""The models of a provider: what their breakers let through, how they answer, and which of them are in memory."""

from collections.abc import Iterator

from ai_dashboard.core.data import dataclass
from ai_dashboard.core.snapshot import BreakerState, LoadedModel, ProviderView, TargetView
from ai_dashboard.tui.columns import Column, heading, place, row
from ai_dashboard.tui.format import NOTHING, count, duration, percent, size
from ai_dashboard.tui.ink import Ink, Line, Span, clip, fit

BREAKER: dict[BreakerState, tuple[str, Ink]] = {
    BreakerState.CLOSED: ("● closed", Ink.GOOD),
    BreakerState.OPEN: ("○ OPEN", Ink.BAD),
    BreakerState.PROBING: ("◐ half-open", Ink.WARN),
    BreakerState.RAMPING: ("◕ recovering", Ink.WARN),
}

_COLUMNS = (
    Column("model", 18, 0, grow=1),
    Column("breaker", 12, 1),
    Column("again", 6, 2, right=True),
    Column("loaded", 6, 3),
    Column("vram", 7, 4, right=True),
    Column("ttft", 5, 5, right=True),
    Column("whole", 5, 6, right=True),
    Column("p95", 5, 7, right=True),
    Column("ok %", 5, 8, right=True),
    Column("in fl", 5, 9, right=True),
)

MAX_NAMES = 8


@dataclass(frozen=True, slots=True)
class Row:
    """One model, as written; `reason` is why its breaker is not closed."""

    name: str
    breaker: BreakerState
    figures: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Models:
    """Models that were asked or are loaded, and the names of the others."""

    rows: tuple[Row, ...] = ()
    others: tuple[str, ...] = ()


NO_MODELS = Models()


def select(provider: ProviderView) -> Models:
    """The models of a provider."""
    loaded = {model.name: model for model in provider.loaded}
    rows = [_asked(target, _find(loaded, target.model)) for target in provider.targets]
    asked = {target.model for target in provider.targets}
    idle = [model for model in provider.loaded if not {model.name, model.name.removesuffix(":latest")} & asked]
    rows += [_asked(TargetView(model.name, warm=True), model) for model in idle]
    named = {one.name for one in rows}
    return Models(tuple(rows), tuple(name for name in provider.models if name not in named))


def _find(loaded: dict[str, LoadedModel], name: str) -> LoadedModel | None:
    return loaded.get(name) or loaded.get(f"{name}:latest")


def _asked(target: TargetView, memory: LoadedModel | None) -> Row:
    asked = target.ewma_total_s is not None
    figures = (
        _again(target),
        {True: "loaded", False: "cold", None: NOTHING}[target.warm],
        NOTHING if memory is None else size(memory.vram),
        duration(target.ewma_ttft_s),
        duration(target.ewma_total_s),
        duration(target.p95_s),
        percent(target.success_ratio) if asked or target.success_ratio < 1 else NOTHING,
        count(target.in_flight),
    )
    return Row(target.model, target.breaker, figures, target.reason)


def _again(target: TargetView) -> str:
    """When an open breaker lets one request through, or the share that a recovering model gets."""
    match target.breaker:
        case BreakerState.OPEN:
            return duration(float(round(target.retry_in_s)))
        case BreakerState.RAMPING:
            return f"{percent(target.share)}%"
        case BreakerState.PROBING:
            return "one"
        case BreakerState.CLOSED:
            return ""


def draw(models: Models, width: int) -> list[Line]:
    """A row for each, with the reason below it where its breaker is not closed."""
    if not models.rows and not models.others:
        return [[("it lists no model", Ink.DIM)]]
    lines: list[Line] = []
    if models.rows:
        placed = place(_COLUMNS, width)
        lines.append(heading(placed))
        for one in models.rows:
            lines.append(row(placed, _texts(one)))
            if one.breaker is not BreakerState.CLOSED and one.reason:
                lines.append([("  └ ", Ink.RULE), (clip(one.reason, max(width - 4, 1)), Ink.DIM)])
    lines.extend(_others(models, width))
    return lines


def _texts(one: Row) -> dict[str, Span]:
    titles = (column.title for column in _COLUMNS[2:])
    texts: dict[str, Span] = {"model": (one.name, Ink.PLAIN), "breaker": BREAKER[one.breaker]}
    texts |= {title: (figure, Ink.PLAIN) for title, figure in zip(titles, one.figures, strict=True)}
    return texts


def _others(models: Models, width: int) -> Iterator[Line]:
    if models.others:
        more = f" and {len(models.others) - MAX_NAMES:,} more" if len(models.others) > MAX_NAMES else ""
        said = f"not asked yet: {', '.join(models.others[:MAX_NAMES])}{more}"
        yield [(fit(said, width), Ink.DIM)]
