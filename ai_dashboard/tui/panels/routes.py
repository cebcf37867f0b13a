"""Where models lead, as a tree: each name that is asked for, its rule, its candidates in order with their state and
their share of the traffic, and who is left out."""

from collections.abc import Mapping, Sequence

from rich.cells import cell_len
from textual import events
from textual.message import Message

from ai_dashboard.core.data import dataclass
from ai_dashboard.core.plan import Excluded
from ai_dashboard.core.reasons import in_words
from ai_dashboard.tui.columns import GUTTER, Column, Placed, heading, place, row
from ai_dashboard.tui.format import NOTHING, duration, plural
from ai_dashboard.tui.ink import Ink, Line, Span, clip, crop, fit, whole
from ai_dashboard.tui.panels.base import Panel
from ai_dashboard.tui.panels.providers import STATE
from ai_dashboard.tui.picture import Picture
from ai_dashboard.tui.routes import Branch, Route, Said, routes, traffic
from ai_dashboard.tui.sanitise import visible

BAR_CELLS = 8
HEADING = 1
"""Lines above the routes."""

TREE, SHARE, BAR = "   #", "share", "of 100"

_BRANCH = (
    Column(TREE, 4, 0),
    Column("state", 13, 2),
    Column("provider", 11, 1, grow=1),
    Column("model", 12, 4, grow=2),
    Column("score", 5, 8, right=True),
    Column("TTFT", 5, 7, right=True),
    Column(SHARE, 5, 3, right=True),
    Column(BAR, BAR_CELLS, 6),
    Column("why", 14, 5, grow=5),
)


@dataclass(frozen=True, slots=True)
class View:
    """`routes` in the order of their traffic; `requests` is how many were counted, `answered` whether the
    gateway has said anything yet."""

    routes: tuple[Route, ...] = ()
    requests: int = 0
    answered: bool = False


def select(picture: Picture, plans: Mapping[str, Said] | None) -> View:
    """The tree of a picture, with the plans that are known; None as long as the gateway has not answered."""
    snapshot = picture.snapshot
    asked = traffic(picture.records)
    providers = snapshot.providers if snapshot is not None else ()
    found = routes(plans or {}, asked, providers)
    return View(found, sum(it.requests for it in asked.values()), plans is not None)


def draw(view: View, width: int) -> list[Line]:
    """All lines: the heading, then the routes; `heads(view)` tells where each begins."""
    placed = place(_BRANCH, width)
    lines: list[Line] = [crop(heading(placed), width)]
    for route in view.routes:
        lines += [crop(line, width) for line in _route(route, placed, width)]
    return lines


def heads(view: View) -> list[int]:
    """The line on which each route begins."""
    found, line = [], HEADING
    for route in view.routes:
        found.append(line)
        line += height_of(route)
    return found


def height_of(route: Route) -> int:
    """Lines that a route takes, the empty one below it included."""
    return 2 + len(route.branches) + len(route.notes) + bool(route.problem)


def _route(route: Route, placed: Sequence[Placed], width: int) -> list[Line]:
    lines: list[Line] = [_head(route, placed)]
    if route.problem:
        lines.append([(" └ ", Ink.RULE), (route.problem, Ink.BAD)])
    lines += [[(" │ ", Ink.RULE), (clip(note, max(width - 3, 0)), Ink.DIM)] for note in route.notes]
    last = len(route.branches) - 1
    lines += [_branch(branch, placed, last=number == last) for number, branch in enumerate(route.branches)]
    return [*lines, []]


def _head(route: Route, placed: Sequence[Placed]) -> Line:
    """The name over the columns before its share; the rule over what explains its candidates."""
    ordered = f" · {route.strategy}" if route.strategy and route.strategy != "direct" else ""
    figures: dict[str, Span] = {
        SHARE: (_share(route.share), Ink.PLAIN),
        BAR: (_bar(route.share), Ink.SECOND),
        "why": (
            _ruled(route.rule, ordered, next((cells for column, cells in placed if column.title == "why"), 0)),
            Ink.DIM,
        ),
    }
    titles = [column.title for column, _ in placed]
    start = titles.index(SHARE) if SHARE in titles else len(titles)
    cells = sum(cells + GUTTER for _, cells in placed[:start]) - GUTTER
    name: Span = (fit(route.asked, max(cells, 1)), Ink.STRONG)
    return [name, *([(" " * GUTTER, Ink.PLAIN), *row(placed[start:], figures)] if placed[start:] else [])]


def _room(placed: Sequence[Placed]) -> int:
    """Cells for the words that explain a line."""
    return next((cells for column, cells in placed if column.title == "why"), 0)


def _ruled(rule: str, ordered: str, cells: int) -> str:
    """The rule, and how it orders; without the part of the configuration that it stands in where that is too much."""
    said = visible(f"{rule}{ordered}")
    kind, _, name = rule.partition(".")
    return said if cell_len(said) <= cells else whole(f"{name or kind}{ordered}", cells) or name or kind


def _branch(branch: Branch, placed: Sequence[Placed], *, last: bool) -> Line:
    glyph, word, ink = STATE[branch.health] if branch.health is not None else ("?", "unknown", Ink.DIM)
    plain = Ink.PLAIN if branch.place else Ink.DIM
    why, why_ink = _why(branch)
    mark = str(branch.place) if branch.place else "✗" if branch.note else "·"
    return row(
        placed,
        {
            TREE: (f" {'└' if last else '├'} {mark}", Ink.RULE if branch.place else Ink.WARN),
            "state": (f"{glyph} {word}", ink),
            "provider": (branch.provider, plain),
            "model": (branch.model, plain),
            "score": (f"{branch.score:.2f}" if branch.score is not None else NOTHING, Ink.DIM),
            "TTFT": (duration(branch.ttft_s), plain),
            SHARE: (_share(branch.share), plain),
            BAR: (_bar(branch.share), Ink.FIRST),
            "why": (whole(why, _room(placed)) or why, why_ink),
        },
    )


def _why(branch: Branch) -> Span:
    """What put it there, or what keeps it out; a breaker's word first."""
    if branch.place:
        return " · ".join(filter(None, (branch.breaker, branch.note))), Ink.WARN if branch.breaker else Ink.DIM
    if not branch.note:
        return "answered before · not planned now", Ink.DIM
    return branch.breaker or in_words(Excluded(branch.provider, branch.model, branch.note)), Ink.WARN


def _share(share: float | None) -> str:
    """Whole per cent; little is not nothing."""
    if share is None:
        return NOTHING
    return "<1%" if 0 < share < 0.01 else f"{share:.0%}"


def _bar(share: float | None) -> str:
    return "▇" * round((share or 0.0) * BAR_CELLS) or ("▏" if share else "")


class RoutesPanel(Panel[View], can_focus=True):
    """The tree, with a cursor that goes from route to route."""

    class Chosen(Message):
        """Another route is under the cursor, or the plan of it is another one."""

    class Opened(Message):
        """Somebody clicked the selected route again."""

    def __init__(self, dom_id: str | None = None, *, classes: str | None = None) -> None:
        super().__init__(dom_id, classes=classes)
        self.plans: Mapping[str, Said] | None = None
        self._before: str | None = None
        self._cursor = 0

    @property
    def selected(self) -> str | None:
        """What is asked for in the route under the cursor."""
        found = self.view.routes if self.view is not None else ()
        return found[self._cursor].asked if self._cursor < len(found) else None

    def put(self, plans: Mapping[str, Said] | None) -> None:
        """Show these plans; the cursor stays with its route where that is still there, and comes back to it."""
        self._before = before = self.selected or self._before
        self.plans = plans
        names = list(plans or ())
        self._cursor = names.index(before) if before in names else min(self._cursor, max(len(names) - 1, 0))
        self.reselect()
        self.post_message(self.Chosen())

    def select(self, picture: Picture) -> View:
        return select(picture, self.plans)

    def viewed(self, view: View) -> None:
        counted = f"traffic of the last {plural(view.requests, 'request')}" if view.requests else "no traffic yet"
        self.title(f"Routes · {counted}", "", ("routing.ask", "ask"), ("routing.open", "plan"))

    def draw(self, view: View, width: int, height: int, /) -> Sequence[Line]:
        if view.routes:
            self._keep_in_sight(view, height)
            return draw(view, width)
        said = "no models: no provider lists any, and nothing was asked" if view.answered else "asking the gateway …"
        return [[(clip(said, width), Ink.DIM)]]

    def cursor_line(self) -> int | None:
        if self.view is None or not self.view.routes:
            return None
        return heads(self.view)[self._cursor]

    def move(self, lines: int) -> None:
        """Go to another route."""
        if self.view is None or not self.view.routes:
            return
        self._cursor = min(max(self._cursor + lines, 0), len(self.view.routes) - 1)
        self._keep_in_sight(self.view, self.size.height)
        self.refresh()
        self.post_message(self.Chosen())

    def page(self, direction: int) -> None:
        """As many routes as are in sight, at least one."""
        if self.view is None:
            return
        seen = sum(self.top <= line < self.top + self.size.height for line in heads(self.view))
        self.move(direction * max(seen - 1, 1))

    def end(self, direction: int) -> None:
        self.move(direction * len(self.plans or ()))

    def _keep_in_sight(self, view: View, height: int) -> None:
        """As little scrolling as shows the selected route, its beginning at least."""
        first = heads(view)[self._cursor] if self._cursor else 0
        end = heads(view)[self._cursor] + height_of(view.routes[self._cursor]) - 1
        self.top = min(max(self.top, end - height), first)

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if offset is None or self.view is None or not self.view.routes:
            return
        line = offset.y + self.top
        target = max((it for it, head in enumerate(heads(self.view)) if head <= line), default=0)
        if target == self._cursor:
            self.post_message(self.Opened())
        else:
            self.move(target - self._cursor)
