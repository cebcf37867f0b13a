"""The plan of one request's facts: of the selected route, or of what was asked about."""

from collections.abc import Sequence

from ai_dashboard.core.data import dataclass
from ai_dashboard.tui.ink import Ink, Line, clip, crop, wrap
from ai_dashboard.tui.panels import plan
from ai_dashboard.tui.panels.base import Panel
from ai_dashboard.tui.picture import Picture
from ai_dashboard.tui.routes import Said

EXAMPLE = "asks with more facts, such as chat tokens:9000 tenant:acme needs:tools"


@dataclass(frozen=True, slots=True)
class View:
    """`asked` are the facts as a line, `about` where they come from; `said` is None until the gateway has answered, and
    where it was not asked at a moment of the past, as `missing` says."""

    asked: str = ""
    about: str = ""
    said: Said | None = None
    missing: str = ""


def draw(view: View, width: int, key: str = "a") -> list[Line]:
    """The facts, then the plan or why there is none; `key` asks."""
    if not view.asked:
        return [[(piece, Ink.DIM)] for piece in wrap(view.missing or f"{key} {EXAMPLE}", width, 4)]
    lines: list[Line] = [[(piece, Ink.KEY)] for piece in wrap(view.asked, width, 4)]
    if view.about:
        lines.append([(clip(view.about, width), Ink.DIM)])
    lines.append([])
    if view.said is None:
        lines.append([(clip(view.missing or "asking the gateway …", width), Ink.DIM)])
    elif isinstance(view.said, str):
        lines += [[(piece, Ink.BAD)] for piece in wrap(view.said, width, 6)]
    else:
        lines += plan.draw(view.said, width)
    return [crop(line, width) for line in lines]


class PlannedPanel(Panel[View], can_focus=True):
    """The plan that the screen has put here."""

    def __init__(self, dom_id: str | None = None, *, classes: str | None = None) -> None:
        super().__init__(dom_id, classes=classes)
        self.shown = View()

    def put(self, view: View) -> None:
        """Show this."""
        if view.asked != self.shown.asked:
            self.top = 0
        self.shown = view
        self.reselect()

    def select(self, _picture: Picture) -> View:
        return self.shown

    def viewed(self, view: View) -> None:
        self.title("Why", "", *([("routing.back", "drops it")] if view.about else ()))

    def draw(self, view: View, width: int, _height: int, /) -> Sequence[Line]:
        return draw(view, width, self.pressed("routing.ask"))
