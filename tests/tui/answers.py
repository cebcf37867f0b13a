"""What a gateway with a scripted picture knows already, and who waits for what it does not."""

from ai_dashboard.core.cache import CacheFigures, CacheStep, CacheView, ExactFigures, NearMiss, SemanticFigures
from ai_dashboard.core.history import Mark, Window
from ai_dashboard.core.queue import LineView, PlacesView, QueueStep, QueueView, SwapsView, SwapView
from ai_dashboard.core.snapshot import CacheGauge, QueueGauge, Snapshot

NOW = 1_790_000_000.0
MIB = 1 << 20

CACHE_GAUGE = CacheGauge(True, 0.63, (0.5, None, 0.6, 0.7) * 4, 4_624, 118 * MIB, 256 * MIB, 860.0, 1.12)
QUEUE_GAUGE = QueueGauge(12, 3.2, 42.0, 0, 0, (0, 0, 1, 4, 8, 12) * 3)

REASONS = ("numbers", "similarity", "opposites", "names")


def cached(picture: Snapshot, window: Window) -> CacheView:
    """A cache that has answers where a picture has providers; the names of those are its embedder and its trouble."""
    if not picture.providers:
        return CacheView(window, NOW, CacheFigures(enabled=False))
    name = picture.providers[0].name
    near = tuple(NearMiss(NOW + at, 0.81 + at / 100, reason) for at, reason in enumerate((*REASONS, name)))
    exact = ExactFigures(1_050, 861, 12, 33, 861, 20, 4_312, 118 * MIB, 256 * MIB, shared=True)
    semantic = SemanticFigures(name, 0.85, 154, 707, 48, 2, 3, 312, 2 * MIB, 0.91, near)
    steps = tuple(
        CacheStep(index, 50 + picture.version, 10, 37) for index in reversed(range(window.points)) if index % 9
    )
    figures = CacheFigures(True, exact, semantic, 11_520.0, 12.4, f"the embedder of {name} is slow")
    marks = (Mark(NOW - window.step_s * window.points / 3, 16),)
    return CacheView(window, picture.at, figures, steps, 860.0, 1.12, 3, marks)


def waiting(picture: Snapshot, window: Window) -> QueueView:
    """Lines for each provider of a picture, the first one the longest."""
    if not picture.providers:
        return QueueView(window, NOW, 0, 0.0, 1_000)
    lines = tuple(
        LineView(
            one.name,
            (*one.models, "?")[0],
            {"CRITICAL": 0, "HIGH": 2, "NORMAL": max(9 - 3 * place, 0), "LOW": 1, "BULK": 4 * (place == 1)},
            3.21 + picture.version,
            40 - place,
            place,
            2 * place,
            12.0 if place else 0.0,
        )
        for place, one in enumerate(picture.providers)
    )
    places = tuple(
        PlacesView(one.name, 3, (None, 4, 8, 3, 16)[place % 5], place % 2 == 0, place == 2)
        for place, one in enumerate(picture.providers)
    )
    steps = tuple(QueueStep(index, index % 13, 4, index % 2, 0) for index in reversed(range(window.points)))
    held, coming = lines[0].model, lines[-1].model
    swaps = SwapsView(picture.providers[0].name, 1, (held,), (SwapView(coming, held, 3, 4.0),), 7)
    return QueueView(window, picture.at, 12, 42.0, 1_000, lines, places, steps, (swaps,))
