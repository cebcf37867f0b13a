"""The first line: is this live, where does it listen, and how is it doing. What matters least gives way first."""

from collections.abc import Sequence

from ai_dashboard.core.data import dataclass
from ai_dashboard.core.diagnostics import Severity
from ai_dashboard.core.snapshot import ConfigView, GatewayView, SharedView
from ai_dashboard.tui.format import clock_time, duration, plural, rate, span
from ai_dashboard.tui.ink import Ink, Line, Span, clip, width_of
from ai_dashboard.tui.panels.base import Panel
from ai_dashboard.tui.panels.money import header_span
from ai_dashboard.tui.picture import Freshness, Picture

RULE: Span = (" │ ", Ink.RULE)


@dataclass(frozen=True, slots=True)
class View:
    """What the header knows, as it is written: figures that round to the same text are the same view."""

    freshness: Span
    simulated: bool
    draining: bool
    where: str
    uptime: str
    rate: str
    in_flight: str
    alerts: int
    noted: int
    config: Span
    overhead: str
    source: str
    money: Span | None = None
    shared: Span | None = None


def select(picture: Picture) -> View:
    """The header of a picture."""
    snapshot = picture.snapshot
    if snapshot is None:
        return View(_freshness(picture), False, False, "", "", "", "", 0, 0, ("", Ink.PLAIN), "", picture.source)
    gateway = snapshot.gateway
    return View(
        freshness=_freshness(picture),
        simulated=gateway.simulated,
        draining=gateway.draining,
        where=f":{gateway.port}",
        uptime=f"up {_calm_span(gateway.uptime_s)}",
        rate=f"{rate(gateway.rate):>5} req/s",
        in_flight=f"{gateway.in_flight:>3} in flight",
        alerts=sum(alert.is_open for alert in snapshot.alerts),
        noted=sum(not alert.is_open for alert in snapshot.alerts),
        config=_config(snapshot.config),
        overhead=_overhead(gateway),
        source=picture.source,
        money=header_span(snapshot.money),
        shared=None if snapshot.shared is None else _shared(snapshot.shared),
    )


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of the line. Parts of high `rank` give way first; `ruled` ones stand behind a rule."""

    rank: int
    span: Span
    ruled: bool = False


def draw(view: View, width: int) -> list[Line]:
    """One line of at most `width` cells."""
    parts = [Part(9, ("ai-dashboard", Ink.STRONG)), Part(0, view.freshness)]
    if view.simulated:
        parts.append(Part(1, ("DEMO", Ink.KEY)))
    if view.draining:
        parts.append(Part(2, ("DRAINING", Ink.WARN)))
    if view.where:
        parts += [
            Part(3, (view.where, Ink.PLAIN), ruled=True),
            Part(8, (view.uptime, Ink.DIM)),
            Part(4, (view.rate, Ink.PLAIN), ruled=True),
            Part(5, (view.in_flight, Ink.PLAIN)),
            Part(6, _alerts(view), ruled=True),
            Part(7, view.config, ruled=True),
            Part(10, (view.overhead, Ink.DIM), ruled=True),
        ]
        if view.alerts and view.noted:
            parts.insert(-2, Part(9, (f"· {view.noted} noted", Ink.DIM)))
        if view.money is not None:
            parts.insert(-2, Part(7, view.money, ruled=True))
        if view.shared is not None:
            parts.insert(-1, Part(9 if view.shared[1] is Ink.DIM else 6, view.shared, ruled=True))
    if view.source:
        parts.append(Part(11, (clip(view.source, 60), Ink.DIM), ruled=True))
    while len(parts) > 1 and width_of(_joined(parts)) > width:
        parts.remove(max(parts, key=lambda part: part.rank))
    return [_joined(parts)]


def _joined(parts: Sequence[Part]) -> list[Span]:
    line: list[Span] = []
    for part in parts:
        line += [RULE if part.ruled else (" ", Ink.PLAIN), part.span]
    return line


def _alerts(view: View) -> Span:
    """Those that somebody should look at; where there are none, those that somebody has seen to."""
    if view.alerts:
        return f"⚠ {view.alerts}", Ink.WARN
    return f"{view.noted} noted" if view.noted else "no alerts", Ink.DIM


def _freshness(picture: Picture) -> Span:
    age = f" {span(picture.age_s)}" if picture.age_s else ""
    match picture.freshness:
        case Freshness.LIVE:
            return "● LIVE", Ink.GOOD
        case Freshness.STALE:
            return f"◌ STALE{age}", Ink.BAD
        case Freshness.PAUSED:
            news = f" +{picture.waiting:,}" if picture.waiting else ""
            return f"‖ PAUSED{news}", Ink.WARN
        case Freshness.PAST:
            at = "" if picture.snapshot is None else clock_time(picture.snapshot.at)
            return f"◀ {at} −{_ago(picture.age_s)}", Ink.WARN
        case Freshness.CONNECTING:
            return f"… CONNECTING{age}", Ink.DIM


def _calm_span(seconds: float) -> str:
    """An uptime that does not change with every tick: steps of 10 s until the tenth minute."""
    return span(seconds // 10 * 10 if 10 <= seconds < 600 else seconds)


def _ago(seconds: int) -> str:
    """`42s`, `3m05s` or `2h07m`."""
    if seconds < 60:
        return f"{seconds}s"
    if seconds < 3_600:
        return f"{seconds // 60}m{seconds % 60:02}s"
    return f"{seconds // 3_600}h{seconds % 3_600 // 60:02}m"


def _shared(shared: SharedView) -> Span:
    """The Redis that several gateways share, and how many they are; without it this one goes on by itself."""
    if not shared.up:
        return "redis ◌ away", Ink.WARN
    return f"redis ✓ {plural(shared.gateways, 'gateway')}", Ink.DIM


def _config(config: ConfigView) -> Span:
    if not config.usable:
        return f"cfg #{config.number} ✗ refused", Ink.BAD
    worst = {finding.severity for finding in config.diagnostics}
    if Severity.ERROR in worst:
        return f"cfg #{config.number} ✗ errors", Ink.BAD
    if Severity.WARNING in worst:
        return f"cfg #{config.number} ⚠", Ink.WARN
    return f"cfg #{config.number} ✓", Ink.DIM


def _overhead(gateway: GatewayView) -> str:
    return f"adds {duration(gateway.overhead.p50)}"


class Header(Panel[View]):
    """The header line."""

    def select(self, picture: Picture) -> View:
        return select(picture)

    def draw(self, view: View, width: int, _height: int, /) -> Sequence[Line]:
        return draw(view, width)
