"""The overview in three lines, for terminals without room for panels: who is up, how fast, and the machine."""

from collections.abc import Sequence

from ai_dashboard.core.data import dataclass
from ai_dashboard.core.snapshot import Health
from ai_dashboard.tui.format import duration
from ai_dashboard.tui.ink import Ink, Line, Span, crop, width_of, wrap
from ai_dashboard.tui.panels import host
from ai_dashboard.tui.panels.base import Panel
from ai_dashboard.tui.panels.providers import STATE
from ai_dashboard.tui.picture import Picture
from ai_dashboard.tui.sanitise import visible
from ai_dashboard.tui.spark import sparkline

SPARK_CELLS = 10


@dataclass(frozen=True, slots=True)
class View:
    """Names of providers by state, broken ones first; then the first-token times and the machine in words."""

    groups: tuple[tuple[Health, tuple[str, ...]], ...] = ()
    spark: str = ""
    p50: str = ""
    p95: str = ""
    machine: str = ""
    lesson: str = ""


def select(picture: Picture) -> View:
    """The three lines of a picture."""
    snapshot = picture.snapshot
    if snapshot is None:
        return View(lesson="waiting for the gateway")
    if not snapshot.providers:
        return View(lesson="no provider yet: start Ollama or set a key, press r · or: ai-dashboard --demo")
    by_state = {
        health: tuple(provider.name for provider in snapshot.providers if provider.health is health)
        for health in Health
    }
    recent = [point.ttft.p95 for point in snapshot.series[-SPARK_CELLS:]]
    return View(
        groups=tuple((health, names) for health, names in by_state.items() if names),
        spark=sparkline(recent, SPARK_CELLS),
        p50=duration(snapshot.ttft.p50),
        p95=duration(snapshot.ttft.p95),
        machine=host.summary(snapshot.host),
    )


def draw(view: View, width: int, height: int) -> list[Line]:
    """States in as many lines as there are but one; figures in the last, when there is more than one."""
    if view.lesson:
        return [[(piece, Ink.DIM)] for piece in wrap(view.lesson, width, height)]
    lines = _groups(view, width, max(height - 1, 1))
    if height > 1:
        figures: list[Span] = [
            ("TTFT ", Ink.LABEL),
            (f"{view.spark} ", Ink.DIM),
            (f"p50 {view.p50:>5}  p95 {view.p95:>5}", Ink.PLAIN),
            (" │ ", Ink.RULE),
            (view.machine, Ink.PLAIN),
        ]
        lines.append(crop(figures, width))
    return lines


def _groups(view: View, width: int, limit: int) -> list[Line]:
    """`○ unavailable ollama  ◐ degraded vllm  ● active …`, wrapped by word into at most `limit` lines."""
    words: list[Span] = []
    for health, names in view.groups:
        glyph, word, ink = STATE[health]
        words.append((f"{glyph} {word}", ink))
        words.extend((visible(name), Ink.PLAIN) for name in names)
    lines: list[list[Span]] = [[]]
    for index, (text, ink) in enumerate(words):
        gap = "" if not lines[-1] else " " if ink is Ink.PLAIN else "  "
        if lines[-1] and width_of(lines[-1]) + width_of([(gap + text, ink)]) > width:
            if len(lines) == limit:
                more = f" +{len(words) - index}"
                lines[-1] = [*crop(lines[-1], width - len(more)), (more, Ink.DIM)]
                break
            lines.append([])
            gap = ""
        lines[-1].append((gap + text, ink))
    return [crop(line, width) for line in lines]


class CompactPanel(Panel[View]):
    """The three lines."""

    def select(self, picture: Picture) -> View:
        return select(picture)

    def draw(self, view: View, width: int, height: int, /) -> Sequence[Line]:
        return draw(view, width, height)
