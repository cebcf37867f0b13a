"""Near misses of the semantic cache: how alike two prompts were, and why the answer to one was not given to the other.
The newest first; no text of either."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from ai_dashboard.core.cache import CacheView
from ai_dashboard.core.data import dataclass
from ai_dashboard.tui.format import clock_time, count
from ai_dashboard.tui.ink import Ink, Line, crop, fit, kept, wrap
from ai_dashboard.tui.panels.base import Panel
from ai_dashboard.tui.picture import Picture

SAID: Mapping[str, str] = MappingProxyType({
    "similarity": "less alike than it takes",
    "reworded": "hardly a word in common",
    "code": "other code",
    "quotes": "something else is quoted",
    "numbers": "other numbers",
    "dates": "other dates",
    "scripts": "another script",
    "languages": "another language is named",
    "names": "other names",
    "negations": "one says not",
    "opposites": "opposites, as on and off",
    "questions": "another question",
    "persons": "somebody else is meant",
    "relations": "turned round, as from and to",
    "content": "about something else",
    "order": "two things changed places",
})  # fmt: skip
"""What a guard that refused has seen. One that is not known here is only named."""

FIGURES, GUARD = 15, 10
"""Cells of the time with the similarity, and of the guard's name."""


@dataclass(frozen=True, slots=True)
class View:
    """Time, similarity, guard; `total` is how many there were since the start."""

    rows: tuple[tuple[str, str, str], ...] = ()
    total: int = 0
    note: str = ""


def select(cache: CacheView | None) -> View:
    """The near misses."""
    if cache is None:
        return View(note="waiting for the gateway")
    semantic = cache.figures.semantic
    if semantic is None:
        return View(note="the semantic cache is off: `cache.semantic.enabled: true` in gateway.yaml puts it on")
    rows = tuple((clock_time(it.at), f"{it.similarity:.3f}", it.reason) for it in reversed(semantic.near))
    note = "" if rows else f"none so far: no prompt came close to the {semantic.threshold:.2f} that a hit needs"
    return View(rows, semantic.near_misses, note)


def draw(view: View, width: int) -> list[Line]:
    """A line for each."""
    if view.note:
        return [[(piece, Ink.DIM)] for piece in wrap(view.note, width, 3)]
    return [
        [
            *crop([(f"{at} ", Ink.DIM), (f"{similarity} ", Ink.STRONG), (fit(reason, GUARD), Ink.PLAIN)], width),
            *kept([[(f" {SAID.get(reason, '')}", Ink.DIM)]], width - FIGURES - GUARD),
        ]
        for at, similarity, reason in view.rows
    ]


class NearMisses(Panel[View], can_focus=True):
    """The list."""

    def __init__(self, dom_id: str | None = None, *, classes: str | None = None) -> None:
        super().__init__(dom_id, classes=classes)
        self.cache: CacheView | None = None

    def select(self, _picture: Picture) -> View:
        return select(self.cache)

    def viewed(self, view: View) -> None:
        self.title(f"Near misses · {count(view.total)} · since the start" if view.total else "Near misses")

    def draw(self, view: View, width: int, _height: int, /) -> Sequence[Line]:
        return draw(view, width)
