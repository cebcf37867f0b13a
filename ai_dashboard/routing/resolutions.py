"""Resolutions, remembered for as long as everybody lists what they list.

A resolution follows from the name that was asked for, what the request wants beside it, and what its conditions come to
one after the other. So the conditions are asked again each time, in the order in which they were asked before, and
whoever gets the same answers is led where they have led before.
"""

from ai_dashboard.core.plan import RouteFacts
from ai_dashboard.routing.live import Live
from ai_dashboard.routing.resolve import Question, Resolution, resolve
from ai_dashboard.routing.table import Table

MAX_REMEMBERED = 1024
"""Names remembered at one time. Names come from callers, so there must be an end to them."""

_Key = tuple[str, str | None, str | None]


class _Branch:
    """A question, and what follows from each of its answers as far as that has come up."""

    __slots__ = ("after", "question")

    def __init__(self, question: Question) -> None:
        self.question = question
        self.after: dict[bool, _Branch | Resolution] = {}


class Resolutions:
    """`resolve()` for one table."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._known: dict[_Key, _Branch | Resolution] = {}
        self._listed: list[tuple[str, tuple[str, ...]]] = []

    def listed_anew(self, live: Live) -> None:
        """Something may have happened: forget everything if somebody lists other models than before."""
        if len(live) == len(self._listed):
            for (name, models), (told, state) in zip(self._listed, live.items(), strict=True):
                if (state.models is not models and state.models != models) or told != name:
                    break
            else:
                return
        self._listed = [(name, state.models) for name, state in live.items()]
        self._known.clear()

    def of(self, facts: RouteFacts, live: Live) -> Resolution:
        """Where a request leads. Raises `ModelNotFound`."""
        key = facts.model, facts.capability, facts.task
        found = self._known.get(key)
        while type(found) is _Branch:
            found = found.after.get(found.question.answer(facts, self._table, live))
        if type(found) is Resolution:
            return found
        made = resolve(facts, self._table, live)
        if len(self._known) >= MAX_REMEMBERED:
            self._known.clear()
        self._remember(key, made)
        return made

    def _remember(self, key: _Key, made: Resolution) -> None:
        steps: list[_Branch | Resolution] = [*(_Branch(question) for question, _ in made.asked), made]
        known = self._known.setdefault(key, steps[0])
        for (_, answer), after in zip(made.asked, steps[1:], strict=True):
            if isinstance(known, _Branch):
                known = known.after.setdefault(answer, after)
