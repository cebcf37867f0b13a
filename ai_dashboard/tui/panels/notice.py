"""The line above the footer: what was just done, what is wrong, or else the latest news."""

from collections.abc import Sequence

from textual.timer import Timer

from ai_dashboard.core.data import dataclass
from ai_dashboard.core.snapshot import Snapshot
from ai_dashboard.tui.format import clock_time
from ai_dashboard.tui.ink import Ink, Line, Span, crop, kept, width_of
from ai_dashboard.tui.panels import alerts
from ai_dashboard.tui.panels.base import Panel
from ai_dashboard.tui.picture import Picture

SAID_S = 6.0
"""Seconds for which the result of an action is shown."""


@dataclass(frozen=True, slots=True)
class View:
    """One line of news; `hint` is what can be done about it, where there is room to say all of that."""

    spans: tuple[Span, ...] = ()
    hint: str = ""


def select(picture: Picture, said: str = "") -> View:
    """What was just said, else the problem with the gateway, else its most urgent alert, else its last error."""
    if said:
        return View(((said, Ink.PLAIN),))
    if picture.problem:
        return View((("✗ ", Ink.BAD), (f"{picture.problem} · trying again", Ink.PLAIN)))
    if picture.snapshot is None:
        return View((("connecting to the gateway", Ink.DIM),))
    urgent = alerts.select(picture).open
    if urgent:
        first = urgent[0]
        glyph, word, ink = alerts.LEVEL[first.level]
        return View(
            ((f"{clock_time(first.at)} ", Ink.DIM), (f"{glyph} {word} ", ink), (first.text, Ink.PLAIN)),
            f" · {first.hint}" if first.hint else "",
        )
    return _last_error(picture.snapshot)


def draw(view: View, width: int) -> list[Line]:
    """One line; the span that fits only in part is cut."""
    spans = crop([(" ", Ink.PLAIN), *view.spans], width)
    return [[*spans, *kept([[(view.hint, Ink.DIM)]], width - width_of(spans))]]


def _last_error(snapshot: Snapshot) -> View:
    failed = [provider for provider in snapshot.providers if provider.last_error_at is not None]
    if not failed:
        return View(((f"config: {snapshot.config.origin}" if snapshot.config.origin else "", Ink.DIM),))
    latest = max(failed, key=lambda provider: provider.last_error_at or 0.0)
    at = clock_time(latest.last_error_at or 0.0)
    return View(((f"{at} ", Ink.DIM), (f"{latest.name}: {latest.last_error}", Ink.DIM)))


class NoticeLine(Panel[View]):
    """The news, and for a moment what an action did."""

    said = ""
    _silence: Timer | None = None

    def select(self, picture: Picture) -> View:
        return select(picture, self.said)

    def draw(self, view: View, width: int, _height: int, /) -> Sequence[Line]:
        return draw(view, width)

    def say(self, text: str) -> None:
        """Show what was just done, then go back to the news."""
        if self._silence is not None:
            self._silence.stop()
        self._silence = self.set_timer(SAID_S, self._hush)
        self.said = text
        self.reselect()

    def _hush(self) -> None:
        self.said = ""
        self.reselect()
