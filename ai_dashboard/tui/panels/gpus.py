"""Every GPU: how busy, how full, how hot, what keeps it down, and which processes are on it. None is one calm line."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from ai_dashboard.core.data import dataclass
from ai_dashboard.core.snapshot import GpuProcess, GpuView
from ai_dashboard.tui.format import NOTHING, size, size_pair
from ai_dashboard.tui.ink import Ink, Line, Span, crop, fit, wrap
from ai_dashboard.tui.panels.base import Panel
from ai_dashboard.tui.picture import Picture
from ai_dashboard.tui.spark import gauge, sparkline

LABEL = 5
FIGURES = 11
TREND_CELLS = 20
NAME_CELLS = 14


@dataclass(frozen=True, slots=True)
class View:
    """The GPUs, with figures rounded to what can be seen; `note` where there are none."""

    gpus: tuple[GpuView, ...] = ()
    note: str = "waiting for the gateway"


def select(picture: Picture) -> View:
    """The GPUs of a picture."""
    if picture.snapshot is None:
        return View()
    host = picture.snapshot.host
    return View(tuple(map(_calm, host.gpus)), "" if host.gpus else host.gpu_note)


def _calm(gpu: GpuView) -> GpuView:
    """A watt or a megahertz more is not worth a repaint."""
    return replace(
        gpu,
        power_w=None if gpu.power_w is None else float(round(gpu.power_w)),
        clock_mhz=None if gpu.clock_mhz is None else float(round(gpu.clock_mhz, -1)),
    )


def draw(view: View, width: int) -> list[Line]:
    """A block for each GPU."""
    if view.note:
        return [[(piece, Ink.DIM)] for piece in wrap(view.note, width, 3)]
    lines: list[Line] = []
    for gpu in view.gpus:
        lines += [[]] if lines else []
        lines += _gpu(gpu, width)
    return lines


def _gpu(gpu: GpuView, width: int) -> Iterator[Line]:
    yield [(fit(f"{gpu.index} {gpu.name}", width), Ink.STRONG)]
    if gpu.trend and width >= 2 * TREND_CELLS + 30:
        trend: list[Span] = [("  ", Ink.PLAIN), (sparkline(gpu.trend, TREND_CELLS, top=1.0), Ink.DIM)]
    else:
        trend = []
    bar = width - TREND_CELLS - 2 if trend else width
    busy = NOTHING if gpu.utilisation is None else f"{gpu.utilisation * 100:.0f}%"
    yield [*_bar("busy", gpu.utilisation, busy, bar), *trend]
    known = gpu.memory_used is not None and gpu.memory_total
    ratio = (gpu.memory_used or 0) / gpu.memory_total if known and gpu.memory_total else None
    figures = size_pair(gpu.memory_used, gpu.memory_total) if known else "not told"
    yield _bar("vram", ratio, figures, bar)
    yield crop([(" " * (LABEL + 1), Ink.PLAIN), *_condition(gpu)], width)
    if gpu.throttled:
        held = f"⚠ held back: {', '.join(gpu.throttled)}"
        yield crop([(" " * (LABEL + 1), Ink.PLAIN), (held, Ink.WARN)], width)
    for part in gpu.parts:
        yield crop(
            [
                ("  └ ", Ink.RULE),
                (fit(part.name, NAME_CELLS), Ink.PLAIN),
                (size_pair(part.memory_used, part.memory_total), Ink.DIM),
            ],
            width,
        )
    yield from _processes(gpu.processes, width)


def _bar(label: str, ratio: float | None, figures: str, width: int) -> list[Span]:
    cells = max(width - LABEL - FIGURES - 2, 4)
    ink = Ink.FIRST if ratio is None or ratio < 0.9 else Ink.WARN
    return [
        (fit(label, LABEL), Ink.LABEL),
        (" ", Ink.PLAIN),
        (gauge(ratio, cells), ink),
        (" ", Ink.PLAIN),
        (fit(figures, FIGURES, right=True), Ink.PLAIN),
    ]


def _condition(gpu: GpuView) -> Iterator[Span]:
    """Temperature, power, clocks and memory errors; what is not told is left out."""
    if gpu.temperature_c is not None:
        yield f"{gpu.temperature_c:.0f}°C  ", Ink.WARN if gpu.temperature_c >= 85 else Ink.PLAIN
    if gpu.power_w is not None:
        limit = "" if gpu.power_limit_w is None else f"/{gpu.power_limit_w:.0f}"
        yield f"{gpu.power_w:.0f}{limit} W  ", Ink.PLAIN
    if gpu.clock_mhz is not None:
        most = "" if gpu.clock_max_mhz is None else f"/{gpu.clock_max_mhz:.0f}"
        memory = "" if gpu.memory_clock_mhz is None else f", memory {gpu.memory_clock_mhz:.0f}"
        yield f"{gpu.clock_mhz:.0f}{most} MHz{memory}  ", Ink.PLAIN
    if gpu.ecc_errors is not None:
        yield f"ecc {gpu.ecc_errors}  ", Ink.BAD if gpu.ecc_errors else Ink.PLAIN


def _processes(processes: Sequence[GpuProcess] | None, width: int) -> Iterator[Line]:
    if processes is None:
        said = "the driver does not tell which processes are on it"
        yield [("  └ ", Ink.RULE), (said if width >= len(said) + 4 else "processes are not told", Ink.DIM)]
        return
    for process in processes:
        name = process.name or "another user's"
        spans: list[Span] = [
            ("  └ ", Ink.RULE),
            (fit(name, NAME_CELLS), Ink.PLAIN),
            (f" {size(process.memory):>5}  ", Ink.PLAIN),
            (process.model, Ink.KEY),
            (f"{'  ' if process.model else ''}pid {process.pid}", Ink.DIM),
        ]
        yield crop(spans, width)


class GpusPanel(Panel[View], can_focus=True):
    """The GPUs."""

    def select(self, picture: Picture) -> View:
        return select(picture)

    def viewed(self, view: View) -> None:
        self.title(f"GPU · {len(view.gpus)}" if view.gpus else "GPU")

    def draw(self, view: View, width: int, _height: int, /) -> Sequence[Line]:
        return draw(view, width)
