"""What the cache holds, what it has saved, and how it came to that: over the window, and since the start."""

from collections.abc import Iterator, Sequence

from ai_dashboard.core.cache import CacheFigures, CacheView, SemanticFigures
from ai_dashboard.core.data import dataclass
from ai_dashboard.core.snapshot import CacheGauge
from ai_dashboard.tui.format import count, duration, percent, size_pair, usd
from ai_dashboard.tui.ink import Ink, Line, Span, crop, fit, width_of, wrap
from ai_dashboard.tui.panels.base import Panel
from ai_dashboard.tui.panels.cache_course import totals
from ai_dashboard.tui.past import partly
from ai_dashboard.tui.picture import Picture
from ai_dashboard.tui.spark import gauge

LABEL = 8
MIN_BAR = 6
MAX_BAR = 24


@dataclass(frozen=True, slots=True)
class Fact:
    """A line: its label, what it says, and what it adds quietly where that fits whole."""

    label: str
    text: str
    more: str = ""
    ink: Ink = Ink.PLAIN


@dataclass(frozen=True, slots=True)
class View:
    """Facts in the order in which they matter; behind the first three of them what the memory holds. `note` stands
    before everything else, `problem` behind it, and last what is `missing` of the past."""

    window: str = ""
    facts: tuple[Fact, ...] = ()
    used: float | None = None
    memory: str = ""
    note: str = ""
    problem: str = ""
    missing: str = ""


AHEAD = 3
"""Facts in front of the memory."""


def select(cache: CacheView | None) -> View:
    """The figures."""
    if cache is None:
        return View(note="waiting for the gateway")
    exact = cache.figures.exact
    if not cache.figures.enabled and not exact.entries:
        return View(note="the cache is off: `cache.enabled: true` in gateway.yaml puts it on, c edits it")
    return View(
        cache.window,
        tuple(_facts(cache)),
        round(exact.bytes / exact.max_bytes, 2) if exact.max_bytes else None,
        size_pair(exact.bytes, exact.max_bytes),
        note="" if cache.figures.enabled else "the cache is off; what it held is still there",
        problem=cache.figures.problem,
    )


def glance(gauge: CacheGauge, note: str) -> View:
    """What a picture holds of it."""
    if not gauge.enabled and not gauge.entries:
        return View(note="the cache was off", missing=note)
    facts = (
        Fact("hits", f"{percent(gauge.hit_ratio)} %", "in 15m"),
        Fact("saved", f"{usd(gauge.saved_usd)} and {duration(gauge.saved_s)}", "since the start"),
        Fact("holds", f"{count(gauge.entries)} answers"),
    )
    used = round(gauge.bytes / gauge.max_bytes, 2) if gauge.max_bytes else None
    return View("", facts, used, size_pair(gauge.bytes, gauge.max_bytes), missing=note)


def _facts(cache: CacheView) -> Iterator[Fact]:
    figures, window = cache.figures, cache.window
    exact, semantic = figures.exact, figures.semantic
    known, alike, asked = totals(cache.steps)
    ratio = percent((known + alike) / asked if asked else None)
    yield Fact("hits", f"{ratio} % of {count(asked)}", f"in {window}")
    yield Fact("", f"{count(known)} exact · {count(alike)} by meaning", f"in {window}")
    yield Fact("saved", f"{usd(cache.saved_usd)} and {duration(cache.saved_s)}", f"in {window}")
    where = "memory and Redis" if exact.shared else "memory"
    yield Fact("holds", f"{count(exact.entries)} answers", f"in {where}")
    if semantic is not None:
        yield Fact("", f"{count(semantic.entries)} prompts by meaning")
    yield Fact("evicted", count(cache.evicted), f"in {window} · {count(exact.evicted)} since the start")
    yield Fact("others", f"{count(exact.joined)} waited for another's answer", f"· {count(exact.bypasses)} bypassed")
    yield from _meaning(semantic)
    saved = f"· {usd(figures.saved_usd)} · {duration(figures.saved_s)}"
    yield Fact("in all", f"{percent(_ratio(figures))} % hits", saved)


def _meaning(semantic: SemanticFigures | None) -> Iterator[Fact]:
    if semantic is None:
        yield Fact("meaning", "off", "", Ink.DIM)
        return
    mean = "" if semantic.mean_similarity is None else f" · mean {semantic.mean_similarity:.2f}"
    yield Fact("meaning", f"from {semantic.threshold:.2f} alike{mean}", f"by {semantic.embedder}")
    yield Fact("", f"{count(semantic.near_misses)} near misses", f"· {count(semantic.feedback)} bad hits taken back")
    if semantic.embed_failures:
        yield Fact("", f"{count(semantic.embed_failures)} times without a vector", "· its embedder failed", Ink.WARN)


def _ratio(figures: CacheFigures) -> float | None:
    exact, alike = figures.exact, figures.semantic.hits if figures.semantic is not None else 0
    asked = exact.hits + exact.misses
    return min(1.0, (exact.hits + alike) / asked) if asked else None


def draw(view: View, width: int) -> list[Line]:
    """Facts, and a bar for the memory among them."""
    lines: list[Line] = [[(piece, Ink.DIM)] for piece in (wrap(view.note, width, 3) if view.note else ())]
    lines += [crop(_line(fact, width), width) for fact in view.facts[:AHEAD]]
    if view.facts:
        lines.append(_bar(view, width))
    lines += [crop(_line(fact, width), width) for fact in view.facts[AHEAD:]]
    for at, piece in enumerate(wrap(view.problem, max(width - 2, 1), 3) if view.problem else ()):
        lines.append(crop([("  " if at else "⚠ ", Ink.WARN), (piece, Ink.PLAIN)], width))
    return [*lines, crop([(view.missing, Ink.DIM)], width)] if view.missing else lines


def _line(fact: Fact, width: int) -> list[Span]:
    spans: list[Span] = [(fit(fact.label, LABEL), Ink.LABEL), (fact.text, fact.ink)]
    more: list[Span] = [(f" {fact.more}", Ink.DIM)] if fact.more else []
    return spans + more if width_of(spans + more) <= width else spans


def _bar(view: View, width: int) -> list[Span]:
    cells = min(width - LABEL - 1 - width_of([(view.memory, Ink.PLAIN)]), MAX_BAR)
    spans: list[Span] = [(fit("memory", LABEL), Ink.LABEL)]
    if cells >= MIN_BAR and view.used is not None:
        spans += [(gauge(view.used, cells), Ink.FIRST), (" ", Ink.PLAIN)]
    return crop([*spans, (view.memory, Ink.PLAIN)], width)


class CacheFiguresPanel(Panel[View], can_focus=True):
    """The figures."""

    def __init__(self, dom_id: str | None = None, *, classes: str | None = None) -> None:
        super().__init__(dom_id, classes=classes)
        self.cache: CacheView | None = None

    def select(self, picture: Picture) -> View:
        if self.cache is None and picture.then is not None:
            return glance(picture.then.cache, partly(picture))
        return select(self.cache)

    def viewed(self, view: View) -> None:
        keys = (("cache.forget cache.forget_all", "forget"), ("cache.clear", "clear"))
        self.title(f"Cache · {view.window}" if view.window else "Cache", "", *(keys if view.facts else ()))

    def draw(self, view: View, width: int, _height: int, /) -> Sequence[Line]:
        return draw(view, width)
