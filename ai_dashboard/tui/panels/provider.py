"""One provider: how it stands and stood, its models and their breakers, its times, limits, failures and service."""

from collections.abc import Sequence

from ai_dashboard.core.data import dataclass
from ai_dashboard.core.history import Bucket, Failure, LimitView, ProviderDetail, ServiceView
from ai_dashboard.core.snapshot import Health, ProviderView
from ai_dashboard.tui.format import NOTHING, clock_time, count, duration, percent, rate, span
from ai_dashboard.tui.ink import Ink, Line, Span, clip, crop, fit, width_of, wrap
from ai_dashboard.tui.marks import Happening
from ai_dashboard.tui.panels import health_strip, provider_models
from ai_dashboard.tui.panels.base import Panel
from ai_dashboard.tui.panels.provider_models import NO_MODELS, Models
from ai_dashboard.tui.panels.providers import STATE
from ai_dashboard.tui.past import unrecorded
from ai_dashboard.tui.picture import Picture
from ai_dashboard.tui.spark import gauge

TWO_COLUMNS = 100
"""From this width on there are two columns."""

LEFT_SHARE = 0.6
GAP = 3

MAX_FAILURES = 8
BAR_LABEL = 13


@dataclass(frozen=True, slots=True)
class View:
    """Everything; `detail` is None until the gateway has told it, and where nobody asked at a moment of the past, as
    `missing` says; `provider` is None where there is none any more."""

    name: str
    provider: ProviderView | None = None
    models: Models = NO_MODELS
    detail: ProviderDetail | None = None
    service: ServiceView | None = None
    whole: bool = False
    marks: tuple[Happening, ...] = ()
    missing: str = ""


def select(
    picture: Picture, name: str, detail: ProviderDetail | None, service: ServiceView | None, whole: bool
) -> View:
    """A provider of a picture; `whole` chooses between the histograms."""
    providers = picture.snapshot.providers if picture.snapshot is not None else ()
    provider = next((it for it in providers if it.name == name), None)
    if provider is None:
        return View(name)
    marks = tuple(mark for mark in picture.marks if mark.provider in ("", name))
    return View(name, provider, provider_models.select(provider), detail, service, whole, marks, unrecorded(picture))


def draw(view: View, width: int) -> list[Line]:
    """Sections under each other, or in two columns where there is room."""
    provider, detail = view.provider, view.detail
    if provider is None:
        return [[("it is not in the configuration any more; esc goes back", Ink.DIM)]]
    top = _standing(provider, width)
    if width < TWO_COLUMNS:
        return [crop(line, width) for line in (*top, *_left(view, detail, width), *_right(view, detail, width))]
    left_width = int(width * LEFT_SHARE)
    left = _left(view, detail, left_width)
    right = _right(view, detail, width - left_width - GAP)
    return [crop(line, width) for line in (*top, *beside(left, right, left_width))]


def beside(left: Sequence[Line], right: Sequence[Line], left_width: int) -> list[Line]:
    """Two columns as one list of lines."""
    empty: Line = []
    lines: list[Line] = []
    for index in range(max(len(left), len(right))):
        one = crop(left[index] if index < len(left) else empty, left_width)
        other = right[index] if index < len(right) else empty
        lines.append([*one, (" " * (left_width - width_of(one) + GAP), Ink.PLAIN), *other] if other else one)
    return lines


def _standing(provider: ProviderView, width: int) -> list[Line]:
    """State and reason, then what it is, then its figures."""
    glyph, word, ink = STATE[provider.health]
    lines: list[Line] = [[(f"{glyph} {word}", ink)]]
    if provider.reason and provider.health is not Health.ACTIVE:
        lines.extend([("  ", Ink.PLAIN), (piece, Ink.PLAIN)] for piece in wrap(provider.reason, max(width - 2, 1), 2))
    where = "here" if provider.local else "elsewhere"
    capacity = "" if provider.capacity is None else f" of {provider.capacity}"
    speed = NOTHING if provider.tokens_per_s is None else count(provider.tokens_per_s)
    lines.append([(clip(f"{provider.kind} · {provider.address} · {where}", width), Ink.DIM)])
    ttft, whole = provider.ttft, provider.total
    figures = (
        f"in flight {provider.in_flight}{capacity}   {rate(provider.per_minute)} req/min   "
        f"err {percent(provider.error_ratio)} %   {speed} tok/s   "
        f"ttft p50 {duration(ttft.p50)} p95 {duration(ttft.p95)}   "
        f"whole p50 {duration(whole.p50)} p95 {duration(whole.p95)}"
    )
    lines.extend([(piece, Ink.PLAIN)] for piece in wrap(figures, width, 3))
    return lines


def _left(view: View, detail: ProviderDetail | None, width: int) -> list[Line]:
    lines = [*_title("Health"), *([_waiting(view)] if detail is None else _health(detail, view.marks, width))]
    lines += [*_title("Models and their breakers"), *provider_models.draw(view.models, width)]
    failures = detail.failures if detail is not None else ()
    lines += [*_title("Latest failures"), *_failures(failures, width)]
    return lines


def _right(view: View, detail: ProviderDetail | None, width: int) -> list[Line]:
    if detail is None:
        return []
    measure, bars = ("Whole answer", detail.total) if view.whole else ("First token", detail.ttft)
    lines = [*_title(f"{measure} · 15 min · m changes"), *_histogram(bars, width)]
    lines += [*_title("Rate limits"), *_limits(detail.limits, width)]
    lines += [*_title("Service"), *_service(detail.unit, view.service, width)]
    return lines


def _title(text: str) -> list[Line]:
    return [[], [(text, Ink.LABEL)]]


def _waiting(view: View) -> Line:
    return [(view.missing or "asking the gateway", Ink.DIM)]


def _health(detail: ProviderDetail, marks: Sequence[Happening], width: int) -> list[Line]:
    return health_strip.draw(detail.changes, detail.since, detail.at, width, marks=marks)


def _failures(failures: Sequence[Failure], width: int) -> list[Line]:
    """Newest first."""
    if not failures:
        return [[("none since the start", Ink.DIM)]]
    lines: list[Line] = []
    for failure in reversed(failures[-MAX_FAILURES:]):
        model = failure.model or "health check"
        spans: list[Span] = [
            (f"{clock_time(failure.at)} ", Ink.DIM),
            (f"{clip(model, 24)} ", Ink.PLAIN),
            (failure.message, Ink.DIM),
        ]
        lines.append(crop(spans, width))
    return lines


def _histogram(bars: Sequence[Bucket], width: int) -> list[Line]:
    """A bar for each, the longest as long as there is room."""
    if not bars:
        return [[("nothing measured yet", Ink.DIM)]]
    most = max(bar.count for bar in bars)
    cells = max(width - BAR_LABEL - 7, 1)
    return [
        [
            (f"{duration(bar.start):>5} – {duration(bar.end):<5} ", Ink.DIM),
            (_bar(bar.count / most, cells), Ink.FIRST),
            (f" {count(bar.count):>5}", Ink.PLAIN),
        ]
        for bar in bars
    ]


def _bar(ratio: float, cells: int) -> str:
    """As a gauge without its edges; whatever was counted shows at least a trace."""
    drawn = gauge(ratio, cells + 2)[1:-1]
    return drawn if drawn.strip() or not ratio else "▏".ljust(cells)


def _limits(limits: Sequence[LimitView], width: int) -> list[Line]:
    if not limits:
        return [[("it tells of none, and none is configured", Ink.DIM)]]
    lines: list[Line] = []
    for limit in limits:
        ink = Ink.BAD if limit.left <= 0.05 else Ink.WARN if limit.left <= 0.2 else Ink.PLAIN
        resets = "" if limit.resets_in_s is None else f" · reset in {span(limit.resets_in_s)}"
        lines.append([(gauge(limit.left, 12), ink), (f" {percent(limit.left):>4} % left{resets}", ink)])
        lines.append([(clip(f"  {limit.name}", width), Ink.DIM)])
    return lines


def _service(unit: str, service: ServiceView | None, width: int) -> list[Line]:
    if not unit:
        return [[(clip("no `service` is named in providers.yaml", width), Ink.DIM)]]
    if service is None:
        return [[("asking the gateway", Ink.DIM)]]
    if not service.state:
        return [[(piece, Ink.DIM)] for piece in wrap(f"{unit}: {service.note}", width, 2)]
    ink = Ink.GOOD if service.state == "active" else Ink.BAD if service.state == "failed" else Ink.WARN
    lines: list[Line] = [[(f"{unit} ", Ink.PLAIN), (service.state, ink), (f" · {service.note}", Ink.DIM)]]
    lines.extend([(fit(line, width), Ink.DIM)] for line in service.journal)
    return lines


class ProviderPanel(Panel[View], can_focus=True):
    """One provider. `detail` and `service` are what the screen has asked for."""

    def __init__(self, name: str, dom_id: str | None = None, *, classes: str | None = None) -> None:
        super().__init__(dom_id, classes=classes)
        self.provider = name
        self.detail: ProviderDetail | None = None
        self.service: ServiceView | None = None
        self.whole = False

    def select(self, picture: Picture) -> View:
        return select(picture, self.provider, self.detail, self.service, self.whole)

    def viewed(self, view: View) -> None:
        self.title(f"Provider {view.name}")

    def draw(self, view: View, width: int, _height: int, /) -> Sequence[Line]:
        return draw(view, width)
