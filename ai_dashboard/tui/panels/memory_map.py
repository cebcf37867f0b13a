"""Which models are in memory, and where; and whether another one would fit."""

from collections.abc import Iterator, Sequence

from ai_dashboard.core.data import dataclass
from ai_dashboard.core.snapshot import GpuView, HostView, LoadedModel, Snapshot
from ai_dashboard.tui.columns import Column, heading, place, row
from ai_dashboard.tui.fit import ENGINE_BYTES, Need, Wrong, need, verdicts
from ai_dashboard.tui.format import NOTHING, count, percent, size
from ai_dashboard.tui.ink import Ink, Line, Span, crop, wrap
from ai_dashboard.tui.panels.base import Panel
from ai_dashboard.tui.picture import Picture

_COLUMNS = (
    Column("model", 20, 0, grow=2),
    Column("served by", 12, 1, grow=1),
    Column("where", 12, 2),
    Column("vram", 6, 3, right=True),
    Column("in vram", 7, 4, right=True),
)


@dataclass(frozen=True, slots=True)
class Row:
    """A model in memory, as written."""

    model: str
    server: str
    where: str
    vram: str
    share: str


@dataclass(frozen=True, slots=True)
class View:
    """The models in memory, and the estimate that was asked for."""

    rows: tuple[Row, ...] = ()
    estimate: tuple[Line, ...] = ()
    known: bool = False


def select(picture: Picture, asked: str) -> View:
    """The models of a picture; `asked` is the model whose fit is to be estimated."""
    snapshot = picture.snapshot
    if snapshot is None:
        return View()
    return View(tuple(_rows(snapshot)), tuple(_estimate(asked, snapshot.host)) if asked.strip() else (), known=True)


def _rows(snapshot: Snapshot) -> Iterator[Row]:
    """What servers say of themselves, then processes that name a model none of them has told."""
    gpus = snapshot.host.gpus
    told: set[str] = set()
    for provider in snapshot.providers:
        for model in provider.loaded:
            told.add(model.name)
            share = NOTHING if model.share_in_vram is None else f"{percent(model.share_in_vram)} %"
            yield Row(model.name, provider.name, _where(model, gpus), size(model.vram), share)
    for gpu in gpus:
        for process in gpu.processes or ():
            if process.model and process.model not in told:
                yield Row(process.model, process.name, f"GPU {gpu.index}", size(process.memory), NOTHING)


def _where(model: LoadedModel, gpus: Sequence[GpuView]) -> str:
    """In which memory; a server does not say on which of several GPUs."""
    share = model.share_in_vram
    if share is None:
        return NOTHING
    gpu = f"GPU {gpus[0].index}" if len(gpus) == 1 else "GPU"
    return "host" if share == 0 else gpu if share == 1 else f"{gpu} + host"


def _estimate(asked: str, host: HostView) -> Iterator[Line]:
    needed = need(asked)
    if isinstance(needed, Wrong):
        yield [("✗ ", Ink.BAD), (needed.problem, Ink.PLAIN)]
        return
    yield _sum(needed)
    found = False
    for verdict in verdicts(needed, host.gpus):
        found = True
        what: Span
        if verdict.spare >= 0:
            what = (f"✓ fits on GPU {verdict.gpu} now, {size(verdict.spare)} to spare", Ink.GOOD)
        elif needed.total <= verdict.total:
            what = (f"◐ fits on GPU {verdict.gpu} once {size(-verdict.spare)} are freed", Ink.WARN)
        else:
            what = (f"○ larger than GPU {verdict.gpu} by {size(needed.total - verdict.total)}", Ink.BAD)
        yield [what, (f"  {verdict.name}", Ink.DIM)]
    if not found:
        yield [(_without_gpu(needed, host), Ink.PLAIN)]
    elif len(host.gpus) > 1:
        yield [_together(needed, host.gpus)]


def _sum(needed: Need) -> Line:
    weights = f"weights {size(needed.weights)} ({count(needed.parameters)} at {needed.bits:.3g} bits)"
    cache = f"cache {size(needed.cache)} ({needed.window:,} tokens)"
    parts = f"= {weights} + {cache} + engine {size(ENGINE_BYTES)}"
    return [("≈ ", Ink.DIM), (f"{size(needed.total)} ", Ink.STRONG), (parts, Ink.DIM)]


def _without_gpu(needed: Need, host: HostView) -> str:
    if host.memory_total is None or host.memory_used is None:
        return "no GPU whose memory is known, and the host's is not known either"
    free = host.memory_total - host.memory_used
    verdict = "fits into" if free >= needed.total else "does not fit into"
    return f"no GPU whose memory is known; it {verdict} the {size(free)} that are free in the host's memory"


def _together(needed: Need, gpus: Sequence[GpuView]) -> Span:
    free = sum((gpu.memory_total or 0) - (gpu.memory_used or 0) for gpu in gpus)
    word = "enough" if free >= needed.total else "not enough"
    return f"all GPUs together have {size(free)} free: {word} for an engine that splits models", Ink.DIM


def draw(view: View, width: int) -> list[Line]:
    """The estimate first, then the models."""
    if not view.known:
        return [[("waiting for the gateway", Ink.DIM)]]
    lines: list[Line] = [crop(line, width) for line in view.estimate]
    if lines:
        lines.append([])
    if not view.rows:
        said = "no server has told of a model in memory, and no process on a GPU names one"
        return [*lines, *([(piece, Ink.DIM)] for piece in wrap(said, width, 3))]
    placed = place(_COLUMNS, width)
    return [*lines, heading(placed), *(row(placed, _texts(one)) for one in view.rows)]


def _texts(one: Row) -> dict[str, Span]:
    return {
        "model": (one.model, Ink.PLAIN),
        "served by": (one.server, Ink.DIM),
        "where": (one.where, Ink.PLAIN),
        "vram": (one.vram, Ink.PLAIN),
        "in vram": (one.share, Ink.DIM),
    }


class MemoryMapPanel(Panel[View], can_focus=True):
    """Models in memory. `asked` is what somebody would like to load."""

    asked = ""

    def select(self, picture: Picture) -> View:
        return select(picture, self.asked)

    def viewed(self, view: View) -> None:
        self.title(
            f"Models in memory · {len(view.rows)}" if view.rows else "Models in memory",
            "",
            ("host.fit", "will it fit?"),
        )

    def draw(self, view: View, width: int, _height: int, /) -> Sequence[Line]:
        return draw(view, width)
