"""Cache and queue at a glance: one line each, for the overview."""

from collections.abc import Sequence

from ai_dashboard.core.data import dataclass
from ai_dashboard.core.snapshot import CacheGauge, QueueGauge
from ai_dashboard.tui.format import count, duration, percent, span, usd
from ai_dashboard.tui.ink import Ink, Line, Span, crop, fit
from ai_dashboard.tui.panels.base import Panel
from ai_dashboard.tui.picture import Picture
from ai_dashboard.tui.spark import gauge, sparkline

LABEL = 5
FIGURE = 5
BAR = 7
TREND = 7
ROOMY = 34
"""From this width on there is room for a bar and a trend."""


@dataclass(frozen=True, slots=True)
class View:
    """Both as they are written; `hits` from 0 to 1 is None where nothing was looked up, and the cache `off` where it
    is."""

    known: bool = False
    waiting: int = 0
    trend: tuple[int, ...] = ()
    about_queue: tuple[Span, ...] = ()
    off: bool = False
    hits: float | None = None
    saved: str = ""


def select(picture: Picture) -> View:
    """The gauges of a picture."""
    if picture.snapshot is None:
        return View()
    cache, queue = picture.snapshot.cache, picture.snapshot.queue
    return View(
        True,
        queue.waiting,
        queue.trend,
        _about(queue),
        not cache.enabled,
        None if cache.hit_ratio is None else round(cache.hit_ratio, 3),
        _saved(cache),
    )


def _about(queue: QueueGauge) -> tuple[Span, ...]:
    """What is wrong with it if anything is, else since when the oldest waits."""
    if queue.shed or queue.expired:
        lost = [f"{count(queue.shed)} shed"] * bool(queue.shed) + [f"{count(queue.expired)} late"] * bool(queue.expired)
        return ((" ".join(lost), Ink.WARN),)
    if not queue.waiting:
        return (("nobody waits", Ink.DIM),)
    return ((f"oldest {span(queue.oldest_s)}", Ink.DIM),)


def _saved(cache: CacheGauge) -> str:
    return f"saved {usd(cache.saved_usd)}" if cache.saved_usd else f"saved {duration(cache.saved_s)}"


def draw(view: View, width: int, height: int) -> list[Line]:
    """A line for each; both in one where there is room for one."""
    if not view.known:
        return [[("waiting for the gateway", Ink.DIM)]]
    if height < 2:
        cache = "cache off" if view.off else f"cache {percent(view.hits)} %"
        return [crop([(f"queue {count(view.waiting)}", Ink.PLAIN), (" · ", Ink.RULE), (cache, Ink.PLAIN)], width)]
    return [crop(_queue(view, width), width), crop(_cache(view, width), width)]


def _queue(view: View, width: int) -> list[Span]:
    spans: list[Span] = [(fit("queue", LABEL), Ink.LABEL), (f" {count(view.waiting):>{FIGURE}} ", Ink.STRONG)]
    if width >= ROOMY:
        trend = sparkline(view.trend, TREND, top=float(max(*view.trend, 1))) if view.trend else ""
        spans += [(fit(trend, BAR + 1), Ink.FIRST)]
    return [*spans, *view.about_queue]


def _cache(view: View, width: int) -> list[Span]:
    spans: list[Span] = [(fit("cache", LABEL), Ink.LABEL)]
    if view.off:
        return [*spans, (f" {'off':>{FIGURE}}", Ink.DIM)]
    spans.append((f" {percent(view.hits):>{FIGURE - 1}}% ", Ink.STRONG))
    if width >= ROOMY:
        spans += [(gauge(view.hits, BAR), Ink.FIRST), (" ", Ink.PLAIN)]
    return [*spans, (view.saved, Ink.DIM)]


class GaugesPanel(Panel[View], can_focus=True):
    """Both gauges."""

    def select(self, picture: Picture) -> View:
        return select(picture)

    def viewed(self, _view: View) -> None:
        self.title("Cache · Queue", "", ("app.screen.6", ""))

    def draw(self, view: View, width: int, height: int, /) -> Sequence[Line]:
        return draw(view, width, height)
