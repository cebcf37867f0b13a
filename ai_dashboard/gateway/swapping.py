"""What a server that holds only so many models at one time has in memory, and whose turn it is there.

A model counts as loaded from the moment at which the first request for it is sent: that is when the server begins to
load it. What the server says of itself corrects that when it is asked. `routing.swaps` decides.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field

from ai_dashboard.core.data import dataclass
from ai_dashboard.core.queue import SwapsView, SwapView
from ai_dashboard.gateway.warmth import Engine as Told
from ai_dashboard.queueing.line import Line, Ticket
from ai_dashboard.queueing.priority import TOP
from ai_dashboard.routing.live import TargetLive
from ai_dashboard.routing.swaps import Batch, Engine, before, planned, step, takes

MAX_REMEMBERED = 512
"""Models of which it is remembered when they were loaded."""

Lines = Callable[[], Iterator[tuple[str, Line]]]
"""The models of a provider that somebody waits for, each with its line."""


@dataclass(slots=True, eq=False)
class Shelf:
    """The models of one provider that are in its memory. `room` is how many it holds at one time, `turn_s` how long one
    stays at least while another is overdue, `swaps` how often one made room for another."""

    room: int
    turn_s: float
    lines: Lines
    swaps: int = 0
    _loaded: dict[str, float] = field(default_factory=dict)
    _busy: Counter[str] = field(default_factory=Counter)
    _before: dict[str, float] = field(default_factory=dict)

    # ── what happens ─────────────────────────────────────────────────────────────────────────────────────────────

    def begins(self, model: str, now: float) -> None:
        """A request for a model is sent, or a place is kept for one: it is loaded if it was not."""
        self._busy[model] += 1
        if model in self._loaded:
            return
        self._make_room(self.room - 1)
        self._loaded[model] = now
        if len(self._before) >= MAX_REMEMBERED:
            self._before.clear()
        self._before[model] = now

    def ends(self, model: str) -> None:
        """A request is over, or a kept place is used or given up."""
        self._busy[model] -= 1
        if self._busy[model] <= 0:
            del self._busy[model]
        self._make_room(self.room)

    def says(self, told: Told, now: float) -> None:
        """The server has said what it holds. What is in use may still be on its way."""
        if told.loaded is None or told.everything:
            return
        for model in [it for it in self._loaded if not self._busy[it] and told.holds(it) is False]:
            del self._loaded[model]
        known = {model.removesuffix(":latest") for model in self._loaded}
        for model in told.loaded:
            if model.removesuffix(":latest") not in known:
                self._loaded[model.removesuffix(":latest")] = now

    def _make_room(self, room: int) -> None:
        """Let those go that nobody uses: what nobody waits for first, and then what was loaded first."""
        while len(self._loaded) > room and (free := [it for it in self._loaded if not self._busy[it]]):
            wanted = {model for model, _ in self.lines()}
            del self._loaded[min(free, key=lambda it: (it in wanted, self._loaded[it]))]
            self.swaps += 1

    # ── whose turn it is ─────────────────────────────────────────────────────────────────────────────────────────

    def admits(self, now: float) -> Callable[[str, Ticket], bool]:
        """Which of those who wait may begin now, by model: until one does."""
        turn = step(self._engine(), self._batches(now), now, self.turn_s)
        return lambda model, ticket: turn.admits(model, urgent=ticket.priority == TOP)

    def held_back(self, model: str, now: float) -> str | None:
        """Why a request for a model that comes now has to wait, if it does."""
        engine, waiting = self._engine(), self._batches(now)
        if takes(engine, waiting, model, now, self.turn_s):
            return None
        ahead = before(engine, waiting, model, now, self.turn_s)
        what = "its next turn" if model in engine.loaded else f"{model} to be swapped in"
        return f"waits for {what}; {ahead} before it"

    def view(self, provider: str, targets: Mapping[str, TargetLive], now: float) -> SwapsView:
        """As the operator sees it."""
        coming = planned(self._engine(), self._batches(now), now, self.turn_s)
        loads = {model: target.load_s for model, target in targets.items()}
        steps = tuple(SwapView(it.load, it.evict, it.requests, loads.get(it.load)) for it in coming)
        return SwapsView(provider, self.room, tuple(self._loaded), steps, self.swaps)

    def _engine(self) -> Engine:
        return Engine(self._loaded, self._busy, self.room, self._before)

    def _batches(self, now: float) -> Sequence[Batch]:
        return [
            Batch(model, len(line), line.due(), line.top(now), line.urgent)
            for model, line in self.lines()
        ]  # fmt: skip
