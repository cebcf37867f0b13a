"""Two requests side by side: what they asked, how long each took, what it went through. What differs stands out."""

from collections.abc import Callable, Sequence

from ai_dashboard.core.costs import money
from ai_dashboard.core.data import dataclass
from ai_dashboard.core.records import RequestRecord
from ai_dashboard.tui.format import NOTHING, clock_time, duration
from ai_dashboard.tui.ink import Ink, Line, Span, clip, crop, fit
from ai_dashboard.tui.panels import plan, waterfall
from ai_dashboard.tui.panels.base import Panel
from ai_dashboard.tui.panels.request import tokens_per_second
from ai_dashboard.tui.picture import Picture

LABEL = 12
CHANGE = 14
"""Cells for by how much the second differs."""

SAME = "="


@dataclass(frozen=True, slots=True)
class View:
    """Both requests as they were last seen."""

    first: RequestRecord
    second: RequestRecord


@dataclass(frozen=True, slots=True)
class Fact:
    """One line: what each has, and by how much the second differs where that is a number."""

    label: str
    first: str
    second: str
    change: str = ""


def facts(first: RequestRecord, second: RequestRecord) -> list[Fact]:
    """What can be compared, in the order in which it is read."""
    return [
        Fact("id", first.id, second.id),
        Fact("time", clock_time(first.at), clock_time(second.at)),
        Fact("asked", _asked(first), _asked(second)),
        Fact("answered", _answered(first), _answered(second)),
        _seconds("first token", first.ttft_s, second.ttft_s),
        _seconds("total", first.total_s, second.total_s),
        _seconds("queue", first.queued_s or None, second.queued_s or None),
        _seconds("gateway", first.overhead_s, second.overhead_s),
        _numbers("tokens in", _tokens_in(first), _tokens_in(second)),
        _numbers("tokens out", _tokens_out(first), _tokens_out(second)),
        _numbers("tokens/s", _speed(first), _speed(second)),
        _numbers("tries", len(first.attempts), len(second.attempts)),
        Fact("cost", _cost(first), _cost(second)),
        Fact("cache", first.cached or NOTHING, second.cached or NOTHING),
        Fact("tenant", first.tenant or NOTHING, second.tenant or NOTHING),
        Fact("rule", _rule(first), _rule(second)),
        Fact("error", first.error or NOTHING, second.error or NOTHING),
        Fact("warnings", _warned(first), _warned(second)),
        Fact("config", f"#{first.generation}", f"#{second.generation}"),
    ]


def draw(view: View, width: int) -> list[Line]:
    """The facts, then both waterfalls on one axis, then both plans."""
    changed = CHANGE if width >= 60 else 0
    cells = max((width - LABEL - changed) // 2 - 1, 1)
    lines: list[Line] = [_line(fact, cells, changed) for fact in facts(view.first, view.second)]
    end_s = max(waterfall.end_of(view.first), waterfall.end_of(view.second))
    for name, record in (("first", view.first), ("second", view.second)):
        lines += [[], [(f"Waterfall of the {name}", Ink.STRONG), (f"  {record.id}", Ink.DIM)]]
        lines += waterfall.draw(record, width, end_s)
    for name, record in (("first", view.first), ("second", view.second)):
        if record.plan is not None and (record is view.first or record.plan != view.first.plan):
            lines += [[], [(f"Of the {name}", Ink.DIM)], *plan.draw(record.plan, width)]
    return [crop(line, width) for line in lines]


def _line(fact: Fact, cells: int, changed: int) -> Line:
    same = fact.first == fact.second
    ink = Ink.DIM if same else Ink.PLAIN
    spans: list[Span] = [
        (fit(fact.label, LABEL), Ink.LABEL),
        (fit(fact.first, cells) + " ", ink),
        (fit(SAME if same else fact.second, cells) + " ", ink),
    ]
    if changed:
        spans.append((clip(fact.change, changed), Ink.STRONG))
    return spans


def _seconds(label: str, first: float | None, second: float | None) -> Fact:
    return _figures(label, duration(first), duration(second), _change(first, second, _signed_seconds))


def _numbers(label: str, first: float | None, second: float | None) -> Fact:
    return _figures(label, _number(first), _number(second), _change(first, second, lambda by: f"{by:+,.0f}"))


def _figures(label: str, first: str, second: str, change: str) -> Fact:
    """Figures that are written the same are the same."""
    return Fact(label, first, second, change if first != second else "")


def _number(value: float | None) -> str:
    return NOTHING if value is None else f"{value:,.0f}"


def _signed_seconds(by: float) -> str:
    return f"{'+' if by > 0 else '-'}{duration(abs(by))}"


def _change(first: float | None, second: float | None, signed: Callable[[float], str]) -> str:
    """By how much the second differs, in its unit and in per cent."""
    if first is None or second is None or first == second:
        return ""
    share = f" {(second - first) / first:+.0%}" if first else ""
    return signed(second - first) + share


def _asked(record: RequestRecord) -> str:
    return f"{record.asked} ({record.dialect}, {'stream' if record.stream else 'whole'})"


def _answered(record: RequestRecord) -> str:
    by = f" {record.provider}/{record.model}" if record.provider else ""
    return f"{record.status or NOTHING} {record.stage}{by}"


def _cost(record: RequestRecord) -> str:
    return NOTHING if record.cost is None else money(record.cost)


def _rule(record: RequestRecord) -> str:
    return f"{record.plan.rule} · {record.plan.strategy}" if record.plan is not None else NOTHING


def _warned(record: RequestRecord) -> str:
    return " · ".join(record.warnings) or NOTHING


def _tokens_in(record: RequestRecord) -> int | None:
    return record.usage.prompt_tokens if record.usage is not None else None


def _tokens_out(record: RequestRecord) -> int | None:
    return record.usage.completion_tokens if record.usage is not None else None


def _speed(record: RequestRecord) -> float | None:
    return tokens_per_second(record, record.usage) if record.usage is not None else None


class ComparePanel(Panel[View], can_focus=True):
    """Both requests, each followed by its id while it runs."""

    def __init__(self, first: RequestRecord, second: RequestRecord, dom_id: str | None = None) -> None:
        super().__init__(dom_id)
        self.pair = View(first, second)

    def select(self, picture: Picture) -> View:
        first, second = self.pair.first, self.pair.second
        self.pair = View(picture.find(first.id) or first, picture.find(second.id) or second)
        return self.pair

    def viewed(self, view: View) -> None:
        self.title(f"{view.first.id} and {view.second.id}", "", ("compare.back", "back"))

    def draw(self, view: View, width: int, _height: int, /) -> Sequence[Line]:
        return draw(view, width)
