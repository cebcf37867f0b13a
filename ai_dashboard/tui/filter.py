"""Where a filter is typed, and below it what may stand there or what is wrong with it.

Letters type here; tab takes the first choice, enter keeps the filter, esc drops it.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import ClassVar

from textual.binding import BindingType

from ai_dashboard.core.records import RequestRecord
from ai_dashboard.tui.format import plural
from ai_dashboard.tui.ink import Ink, Line, Span
from ai_dashboard.tui.keys import Scope, bindings
from ai_dashboard.tui.query import Choice, Wrong, choices, values_of
from ai_dashboard.tui.query_fields import FIELDS
from ai_dashboard.tui.typed_line import TypedLine, TypingBar

INPUT = "filter"


class FilterInput(TypedLine):
    """The line itself."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.FILTER)


def hint(problem: Wrong | None, found: int, of: int, ahead: Sequence[Choice]) -> Line:
    """What to say below a filter: what is wrong, how it may go on, or else how much it finds."""
    if ahead:
        first, *more = ahead
        means = FIELDS.get(first.label.removesuffix(":"))
        spans: list[Span] = [("tab ", Ink.KEY), (first.label, Ink.STRONG)]
        if first.label.endswith(":") and means is not None:
            spans.append((f" {means.means}", Ink.DIM))
        return [*spans, *((f"  {choice.label}", Ink.PLAIN) for choice in more)]
    if problem is not None:
        return [("✗ ", Ink.BAD), (problem.problem, Ink.PLAIN)]
    return [(f"{found:,} of {plural(of, 'request')} match", Ink.DIM)]


class FilterBar(TypingBar):
    """Both lines, shown while a filter is typed. `seen` has the requests whose values complete one."""

    def __init__(self, seen: Callable[[], Iterable[RequestRecord]]) -> None:
        super().__init__(
            FilterInput(INPUT, placeholder="provider:ollama status:>=400 ttft:>2s model:qwen* or any text")
        )
        self._seen = seen

    def tell(self, problem: Wrong | None, found: int, of: int) -> None:
        """After a change: what the filter that is typed finds, or why it is none."""
        ahead = choices(self.line.value, lambda name: values_of(name, self._seen()))
        self.hint(hint(problem, found, of, ahead), ahead)
