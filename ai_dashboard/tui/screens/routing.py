"""Routing: where each model leads now, and where a request with these facts would go, and why.

The gateway is asked for the plans when the screen comes up, when a provider's state or the configuration changed, and
every few seconds of its own clock; nothing is sent to a provider for that.
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.widgets import Input

from ai_dashboard.core.control import ControlPort, PortClosed
from ai_dashboard.core.errors import GatewayError
from ai_dashboard.core.plan import RouteFacts
from ai_dashboard.core.snapshot import Snapshot
from ai_dashboard.tui.ask_line import choices, line_of, parse
from ai_dashboard.tui.ink import Ink, Line, Span
from ai_dashboard.tui.keys import Scope, bindings
from ai_dashboard.tui.panels.footer import FooterBar
from ai_dashboard.tui.panels.header import Header
from ai_dashboard.tui.panels.notice import NoticeLine
from ai_dashboard.tui.panels.planned import PlannedPanel, View
from ai_dashboard.tui.panels.routes import RoutesPanel
from ai_dashboard.tui.panels.tabs import TabLine
from ai_dashboard.tui.past import Heard, unrecorded
from ai_dashboard.tui.picture import Freshness, Picture
from ai_dashboard.tui.query import Wrong
from ai_dashboard.tui.requesting import EMBEDDINGS
from ai_dashboard.tui.routes import Said, names, traffic
from ai_dashboard.tui.screens.base import PictureScreen
from ai_dashboard.tui.typed_line import TypedLine, TypingBar

EVERY_S = 5.0
"""After how many seconds of the gateway's clock plans are asked for again although nothing stands out."""

TIMEOUT_S = 5.0
INPUT = "ask"
PLANNED = "-planned"

Stamp = tuple[object, ...]


class AskLine(TypedLine):
    """The line in which facts are typed."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.ASK)


class RoutingScreen(PictureScreen):
    """The tree of routes, and one plan."""

    BINDINGS = bindings(Scope.ROUTING, Scope.VIEW)
    AUTO_FOCUS = "#routes"
    home = "routes"

    def __init__(self, latest: Callable[[], Picture], port: ControlPort) -> None:
        super().__init__(latest)
        self._port = port
        self._heard: Heard[None, Mapping[str, Said]] = Heard()
        self._stamp: Stamp = ()
        self._looked_at = 0.0
        self._travelled = False
        self._asked: RouteFacts | None = None
        self._about = ""

    def compose(self) -> ComposeResult:
        yield Header("header")
        yield TabLine(5)
        with Container(id="body"):
            yield RoutesPanel("routes", classes="panel")
            yield PlannedPanel("plan", classes="panel")
        yield TypingBar(AskLine(INPUT, placeholder="chat tokens:9000 tenant:acme needs:tools x-priority:high"))
        yield NoticeLine("notice")
        yield FooterBar("footer")

    @property
    def routes(self) -> RoutesPanel:
        """The tree."""
        return self.query_one(RoutesPanel)

    @property
    def planned(self) -> PlannedPanel:
        """The plan beside it."""
        return self.query_one(PlannedPanel)

    @property
    def bar(self) -> TypingBar:
        """Where facts are typed."""
        return self.query_one(TypingBar)

    def check_action(self, action: str, _parameters: tuple[object, ...]) -> bool | None:
        if not self.is_mounted:
            return True
        if action == "ask":
            return not self.latest().is_past
        return action != "open" or self.routes.selected is not None

    # ── the tree ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def show(self, picture: Picture) -> None:
        super().show(picture)
        self._fit(picture)
        if self._travelled and not picture.is_past:
            self._explain()
        self._travelled = picture.is_past
        snapshot = picture.snapshot
        if snapshot is None or picture.freshness is not Freshness.LIVE:
            return
        stamp = _stamp(snapshot)
        if stamp != self._stamp or not 0 <= snapshot.at - self._looked_at < EVERY_S:
            self._stamp, self._looked_at = stamp, snapshot.at
            self._look(picture)

    @work(group="routes", exclusive=True)
    async def _look(self, picture: Picture) -> None:
        asked = traffic(picture.records)
        providers = picture.snapshot.providers if picture.snapshot is not None else ()
        plans: dict[str, Said] = {}
        for name in names(asked, providers):
            embeds = name in asked and asked[name].embeds
            said = await self._said(RouteFacts(name, needs=frozenset({EMBEDDINGS}) if embeds else frozenset()))
            if said is None:
                self._stamp = ()
                return
            plans[name] = said
        if picture.snapshot is not None:
            self._heard.add(None, picture.snapshot.at, plans)
        self._fit(self.latest())
        self._explain()

    def _fit(self, picture: Picture) -> None:
        """Show the plans that belong to a picture: the newest, or what they were then."""
        plans = self._heard.fitting(None, picture)
        self.routes.missing = unrecorded(picture) if plans is None else ""
        if plans is not self.routes.plans or picture.is_past:
            self.routes.put(plans)

    async def _said(self, facts: RouteFacts) -> Said | None:
        """The gateway's plan, or its word on why there is none; None when it does not answer."""
        try:
            async with asyncio.timeout(TIMEOUT_S):
                return await self._port.explain(facts)
        except GatewayError as refusal:
            return str(refusal)
        except (PortClosed, TimeoutError, OSError):
            return None

    @on(RoutesPanel.Chosen)
    def follow(self) -> None:
        """Show the plan of the selected route, unless something else was asked."""
        name = self.routes.selected
        missing = unrecorded(self.latest())
        if self._asked is None:
            said = (self.routes.plans or {}).get(name or "")
            self.planned.put(View(name or "", "", said, missing))
        elif missing:
            self.planned.put(View(line_of(self._asked), self._about, missing=missing))
        self.refresh_bindings()

    @on(RoutesPanel.Opened)
    def action_open(self) -> None:
        """Go to the plan."""
        self.add_class(PLANNED)
        self.planned.focus()

    async def action_back(self) -> None:
        """Back to the tree, dropping what was asked; from there to the overview."""
        if self._asked is None and self.focused is not self.planned:
            await self.run_action("app.show_screen(1)")
        else:
            self._drop()

    def _drop(self) -> None:
        self.remove_class(PLANNED)
        self._asked, self._about = None, ""
        self.routes.focus()
        self.follow()

    # ── one request's facts ──────────────────────────────────────────────────────────────────────────────────────────

    def ask(self, facts: RouteFacts, about: str) -> None:
        """Plan a request with these facts; `about` says where they come from."""
        self._asked, self._about = facts, about
        self.call_later(self._open_asked)  # the screen may be on its way up still

    def _open_asked(self) -> None:
        self.action_open()
        self._explain()

    def action_ask(self) -> None:
        """Type facts, beginning with those that are asked about, or with the selected route."""
        facts = self._asked or RouteFacts(self.routes.selected or "")
        self.bar.line.write(line_of(facts) + " " if facts.model else "")
        self.bar.open()
        self._tell()

    @on(Input.Changed, f"#{INPUT}")
    def typed(self) -> None:
        """Plan while typing, as soon as the line says anything."""
        read = parse(self.bar.line.value, self._asked or RouteFacts(""))
        if isinstance(read, RouteFacts):
            self._asked = read
            self._explain()
        self._tell()

    def action_keep_asked(self) -> None:
        """Close the line and go to the plan."""
        self.bar.close()
        if self._asked is None:
            self.routes.focus()
        else:
            self.action_open()

    def action_drop_asked(self) -> None:
        """Close the line and go back to the tree."""
        self.bar.close()
        self._drop()

    def action_complete_asked(self) -> None:
        self.bar.complete()

    def _tell(self) -> None:
        """What may follow in the line, or what is wrong with it."""
        text = self.bar.line.value
        read, ahead = parse(text), choices(text, list(self.routes.plans or ()))
        said: Line = [("⏎", Ink.KEY), (" goes to the plan", Ink.DIM)]
        if ahead:
            more: list[Span] = [(f"  {choice.label}", Ink.PLAIN) for choice in ahead[1:]]
            said = [("tab ", Ink.KEY), (ahead[0].label, Ink.STRONG), *more]
        if isinstance(read, Wrong) and text.strip() and not ahead:
            said = [("✗ ", Ink.BAD), (read.problem, Ink.PLAIN)]
        self.bar.hint(said, ahead)

    @work(group="explain", exclusive=True)
    async def _explain(self) -> None:
        facts = self._asked
        if facts is None:
            return
        if self.latest().is_past:
            self.follow()
            return
        line = line_of(facts)
        if self.planned.shown.asked != line:
            self.planned.put(View(line, self._about))
        said = await self._said(facts)
        if said is not None and facts is self._asked:
            self.planned.put(View(line, self._about, said))
        elif facts is self._asked:
            self.planned.put(View(line, self._about, "the gateway does not answer"))


def _stamp(snapshot: Snapshot) -> Stamp:
    """What plans rest on, as far as a picture tells: when it is another one, plans are others."""
    providers = (
        (it.name, it.health, it.wish, it.models, tuple((target.model, target.breaker) for target in it.targets))
        for it in snapshot.providers
    )
    return snapshot.gateway.pid, snapshot.config.number, *providers
