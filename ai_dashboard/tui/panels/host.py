"""The machine: processor, memory, and each GPU. No GPU is one calm line, not an error."""

from collections.abc import Sequence

from ai_dashboard.core.data import dataclass
from ai_dashboard.core.snapshot import GpuView, HostView
from ai_dashboard.tui.format import NOTHING, size_pair
from ai_dashboard.tui.ink import Ink, Line, Span, fit, wrap
from ai_dashboard.tui.panels.base import Panel
from ai_dashboard.tui.picture import Picture
from ai_dashboard.tui.spark import gauge

LABEL = 4
FIGURES = 10
"""Cells right of a bar: `512/1024 G`."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A label, a share from 0 to 1 and the figures behind it."""

    label: str
    ratio: float | None
    figures: str


@dataclass(frozen=True, slots=True)
class View:
    """Bars of the host, then name, bars and details of each GPU."""

    known: bool = False
    host: tuple[Bar, ...] = ()
    load: str = ""
    gpus: tuple[tuple[str, tuple[Bar, ...], str], ...] = ()
    note: str = ""


def select(picture: Picture) -> View:
    """The machine of a picture."""
    if picture.snapshot is None:
        return View()
    host = picture.snapshot.host
    return View(
        known=True,
        host=(
            Bar("cpu", _step(host.cpu), _percent(host.cpu)),
            Bar(
                "mem",
                _step(_ratio(host.memory_used, host.memory_total)),
                size_pair(host.memory_used, host.memory_total),
            ),
        ),
        load=_load(host),
        gpus=tuple(map(_gpu, host.gpus)),
        note="" if host.gpus else host.gpu_note,
    )


def summary(host: HostView) -> str:
    """The machine in a few words, for where there is one line."""
    if not host.gpus:
        return f"cpu {_percent(host.cpu)}"
    gpu = max(host.gpus, key=lambda one: one.utilisation or 0.0)
    return f"gpu {_percent(gpu.utilisation)} {size_pair(gpu.memory_used, gpu.memory_total)}"


def draw(view: View, width: int, height: int) -> list[Line]:
    """Bars under each other; a GPU's details only where there is room for them."""
    if not view.known:
        return [[("waiting for the gateway", Ink.DIM)]]
    lines: list[Line] = [_bar(bar, width) for bar in view.host]
    needed = len(lines) + sum(1 + len(bars) for _, bars, _ in view.gpus)
    if view.load and height > needed:
        lines.append([(" " * (LABEL + 1), Ink.PLAIN), (view.load, Ink.DIM)])
        needed += 1
    spare = height - needed
    for name, bars, details in view.gpus:
        lines.append([(fit(name, width), Ink.LABEL)])
        lines.extend(_bar(bar, width) for bar in bars)
        if details and spare > 0:
            lines.append([(" " * (LABEL + 1), Ink.PLAIN), (details, Ink.DIM)])
            spare -= 1
    lines.extend([(piece, Ink.DIM)] for piece in (wrap(view.note, width, 3) if view.note else ()))
    return lines


def _gpu(gpu: GpuView) -> tuple[str, tuple[Bar, ...], str]:
    details: list[str] = []
    if gpu.temperature_c is not None:
        details.append(f"{gpu.temperature_c:.0f}°C")
    if gpu.power_w is not None:
        limit = f"/{gpu.power_limit_w:.0f}" if gpu.power_limit_w is not None else ""
        details.append(f"{gpu.power_w:.0f}{limit} W")
    bars = (
        Bar("gpu", _step(gpu.utilisation), _percent(gpu.utilisation)),
        Bar("vram", _step(_ratio(gpu.memory_used, gpu.memory_total)), size_pair(gpu.memory_used, gpu.memory_total)),
    )
    return f"{gpu.index} {gpu.name}", bars, "  ".join(details)


def _bar(bar: Bar, width: int) -> Line:
    bar_cells = max(width - LABEL - FIGURES - 2, 0)
    spans: list[Span] = [(fit(bar.label, LABEL), Ink.LABEL)]
    if bar_cells >= 4:
        spans += [(" ", Ink.PLAIN), (gauge(bar.ratio, bar_cells), Ink.FIRST)]
    spans += [(" ", Ink.PLAIN), (fit(bar.figures, FIGURES, right=True), Ink.PLAIN)]
    return spans


def _percent(ratio: float | None) -> str:
    return NOTHING if ratio is None else f"{ratio * 100:.0f}%"


def _step(ratio: float | None) -> float | None:
    """The share in whole percents: a finer change is not worth a repaint."""
    return None if ratio is None else round(ratio, 2)


def _ratio(used: int | None, total: int | None) -> float | None:
    return used / total if used is not None and total else None


def _load(host: HostView) -> str:
    if host.load1 is None:
        return ""
    return f"load {host.load1:.1f}" + (f" · {host.cores} cores" if host.cores else "")


class HostPanel(Panel[View], can_focus=True):
    """The machine."""

    def select(self, picture: Picture) -> View:
        return select(picture)

    def viewed(self, view: View) -> None:
        self.title("GPU · Host" if view.gpus else "Host")

    def draw(self, view: View, width: int, height: int, /) -> Sequence[Line]:
        return draw(view, width, height)
