"""The machine around the GPUs: processor, memory, disks, network."""

from collections.abc import Iterator, Sequence

from ai_dashboard.core.data import dataclass
from ai_dashboard.core.snapshot import HostView
from ai_dashboard.tui.format import NOTHING, size, size_pair
from ai_dashboard.tui.ink import Ink, Line, crop, fit
from ai_dashboard.tui.panels.base import Panel
from ai_dashboard.tui.picture import Picture
from ai_dashboard.tui.spark import gauge, sparkline

LABEL = 6
FIGURES = 11


@dataclass(frozen=True, slots=True)
class Bar:
    """A label, a share from 0 to 1 and the figures behind it."""

    label: str
    ratio: float | None
    figures: str


@dataclass(frozen=True, slots=True)
class View:
    """What is full or busy as bars, then the trend of the processor, then what flows and stands in words."""

    known: bool = False
    bars: tuple[Bar, ...] = ()
    trend: tuple[float | None, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()


def select(picture: Picture) -> View:
    """The machine of a picture."""
    if picture.snapshot is None:
        return View()
    host = picture.snapshot.host
    return View(True, tuple(_bars(host)), host.cpu_trend, tuple(_facts(host)))


def _bars(host: HostView) -> Iterator[Bar]:
    cpu = None if host.cpu is None else round(host.cpu, 2)
    yield Bar("cpu", cpu, NOTHING if cpu is None else f"{cpu * 100:.0f}%")
    yield Bar("mem", _ratio(host.memory_used, host.memory_total), size_pair(host.memory_used, host.memory_total))
    if host.swap_total:
        yield Bar("swap", _ratio(host.swap_used, host.swap_total), size_pair(host.swap_used, host.swap_total))
    for disk in host.disks:
        label = "disk" if disk.path == "/" else "home"
        yield Bar(label, _ratio(disk.used, disk.total), size_pair(disk.used, disk.total))


def _facts(host: HostView) -> Iterator[tuple[str, str]]:
    load = NOTHING if host.load1 is None else f"{host.load1:.1f}"
    yield "load", f"{load} on {host.cores} cores" if host.cores else load
    yield "net", _flow(host.net_in, host.net_out, "in", "out")
    yield "disks", _flow(host.disk_read, host.disk_write, "read", "written")
    yield "here", f"the gateway holds {size(host.own_memory)}" if host.own_memory is not None else NOTHING


def _flow(first: float | None, second: float | None, one: str, other: str) -> str:
    return NOTHING if first is None or second is None else f"{size(first)}/s {one} · {size(second)}/s {other}"


def _ratio(used: int | None, total: int | None) -> float | None:
    return round(used / total, 2) if used is not None and total else None


def draw(view: View, width: int) -> list[Line]:
    """Bars, trend, facts."""
    if not view.known:
        return [[("waiting for the gateway", Ink.DIM)]]
    cells = max(width - LABEL - FIGURES - 2, 4)
    lines: list[Line] = [
        [
            (fit(bar.label, LABEL), Ink.LABEL),
            (" ", Ink.PLAIN),
            (gauge(bar.ratio, cells), Ink.FIRST if (bar.ratio or 0) < 0.9 else Ink.WARN),
            (" ", Ink.PLAIN),
            (fit(bar.figures, FIGURES, right=True), Ink.PLAIN),
        ]
        for bar in view.bars
    ]
    if view.trend:
        trend = sparkline(view.trend, max(width - LABEL - 1, 1), top=1.0)
        lines.append([(fit("2 min", LABEL), Ink.LABEL), (" ", Ink.PLAIN), (trend, Ink.DIM)])
    lines.extend(
        crop([(fit(label, LABEL), Ink.LABEL), (" ", Ink.PLAIN), (fact, Ink.PLAIN)], width) for label, fact in view.facts
    )
    return lines


class MachinePanel(Panel[View], can_focus=True):
    """The machine."""

    def select(self, picture: Picture) -> View:
        return select(picture)

    def viewed(self, _view: View) -> None:
        self.title("Host")

    def draw(self, view: View, width: int, _height: int, /) -> Sequence[Line]:
        return draw(view, width)
