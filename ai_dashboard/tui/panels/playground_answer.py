"""One conversation on the screen: questions, answers as they come, and under each who gave it, how fast, the cost."""

from collections.abc import Iterator, Sequence

from textual.timer import Timer

from ai_dashboard.core.costs import money
from ai_dashboard.core.events import Usage
from ai_dashboard.core.records import RequestRecord
from ai_dashboard.tui.format import NOTHING, duration, span
from ai_dashboard.tui.ink import Ink, Line, wrap
from ai_dashboard.tui.panels.base import Canvas
from ai_dashboard.tui.panels.playground_talk import Exchange, Talk

PAINT_S = 0.1
"""Pieces that come within this time are painted at once."""

ASKED = "› "
MAX_LINES = 6
"""Lines that figures or a refusal may take."""

HOW_TO_BEGIN = (
    "write below what you want to ask; ⏎ sends it",
    "",
    "^o chooses one to four models or capabilities to ask at once, and how: temperature, longest answer, system prompt",
    "what is asked here goes through the gateway like any request, at your cost, and stands in the request list",
)


def draw(talk: Talk, width: int, now: float) -> list[Line]:
    """The whole conversation; as many lines as it takes."""
    if not talk.exchanges:
        return [[(piece, Ink.DIM)] for said in HOW_TO_BEGIN for piece in wrap(said, width, MAX_LINES)]
    lines: list[Line] = []
    if talk.forgotten:
        said = f"the first {talk.forgotten:,} exchanges are forgotten, here and by the model"
        lines += [[(piece, Ink.DIM)] for piece in wrap(said, width, MAX_LINES)]
    for exchange in talk.exchanges:
        if lines:
            lines.append([])
        lines += _exchange(exchange, width, now)
    return lines


def _exchange(exchange: Exchange, width: int, now: float) -> Iterator[Line]:
    inner = max(width - len(ASKED), 1)
    for place, line in enumerate(exchange.question.lines(inner)):
        yield [(ASKED if place == 0 else " " * len(ASKED), Ink.KEY), (line, Ink.STRONG)]
    for line in exchange.thinking.lines(width):
        yield [(line, Ink.DIM)]
    if exchange.thinking and exchange.answer:
        yield []
    for line in exchange.answer.lines(width):
        yield [(line, Ink.PLAIN)]
    dropped = exchange.answer.dropped + exchange.thinking.dropped
    if dropped:
        yield from _words(f"… and {dropped:,} more characters, which are not kept", width, Ink.WARN)
    if exchange.refused is not None:
        yield from _words(f"✗ {exchange.refused.message}", width, Ink.BAD)
    yield from _figures(exchange, width, now)


def _words(text: str, width: int, ink: Ink) -> list[Line]:
    return [[(piece, ink)] for piece in wrap(text, width, MAX_LINES)]


# ── the figures ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _figures(exchange: Exchange, width: int, now: float) -> Iterator[Line]:
    if exchange.running:
        yield from _words(f"… {waiting(exchange, now)}", width, Ink.DIM)
        return
    yield from _words(figures(exchange), width, Ink.LABEL)
    if said := reason(exchange):
        yield from _words(said, width, Ink.DIM)


def waiting(exchange: Exchange, now: float) -> str:
    """How long it has taken so far, in whole seconds, and who it is."""
    words = [span(now - exchange.began_at)]
    if exchange.routed is not None:
        words.append(f"{exchange.routed.provider} {exchange.routed.model}")
    if exchange.first_at is not None:
        words.append(f"first after {duration(exchange.first_at - exchange.began_at)}")
    return " · ".join(words)


def figures(exchange: Exchange) -> str:
    """How fast it was, and what it took: by the gateway's record, else by what was seen here."""
    record, ended = exchange.record, exchange.ended_at or exchange.began_at
    seen = exchange.first_at - exchange.began_at if exchange.first_at is not None else None
    first = record.ttft_s if record is not None else seen
    total = record.total_s if record is not None else ended - exchange.began_at
    words = ["stopped"] if exchange.stopped else []
    words += [f"{duration(first)} first", duration(total), f"{_speed(record)} tok/s"]
    words += [f"{_tokens(exchange)} tok", _cost(record)]
    return " · ".join(words)


def reason(exchange: Exchange) -> str:
    """Who has answered, and why that one."""
    record, routed = exchange.record, exchange.routed
    if record is None:
        return f"{routed.provider} {routed.model}" if routed is not None else ""
    words = [f"{record.provider} {record.model}".strip()]
    if record.cached is not None:
        words.append(f"known before ({record.cached})")
    elif record.attempts:
        words.append(record.attempts[-1].why)
    if record.fallback_from is not None:
        words.append(f"instead of {record.fallback_from}")
    words += record.warnings
    return " · ".join(filter(None, words))


def _speed(record: RequestRecord | None) -> str:
    speed = record.tokens_per_s if record is not None else None
    return f"{speed:.0f}" if speed is not None else NOTHING


def _tokens(exchange: Exchange) -> str:
    usage: Usage | None = exchange.usage
    if exchange.record is not None and exchange.record.usage is not None:
        usage = exchange.record.usage
    if usage is None:
        return NOTHING
    return f"{'~' if usage.estimated else ''}{usage.prompt_tokens:,}/{usage.completion_tokens:,}"


def _cost(record: RequestRecord | None) -> str:
    return money(record.cost) if record is not None and record.cost is not None else f"${NOTHING}"


# ── on the screen ────────────────────────────────────────────────────────────────────────────────────────────────────


class AnswerPanel(Canvas, can_focus=True):
    """A conversation that stays at its end until somebody scrolls up. `now` is its screen's clock, `note` says in the
    border how it is asked."""

    def __init__(self, dom_id: str) -> None:
        super().__init__(dom_id, classes="panel -off")
        self.talk = Talk("")
        self.now = 0.0
        self.note = ""
        self._follows = True
        self._soon: Timer | None = None

    def put(self, talk: Talk) -> None:
        """Show this conversation."""
        self.talk = talk
        self._follows = True
        self.paint()

    def soon(self) -> None:
        """Something more has come: paint it within `PAINT_S`, with what comes until then."""
        if self._soon is None:
            self._soon = self.set_timer(PAINT_S, self.paint)

    def paint(self) -> None:
        """Paint what there is."""
        if self._soon is not None:
            self._soon.stop()
            self._soon = None
        self.title(self.talk.model or "no model", self.note)
        self.stale()

    def tick(self, now: float) -> None:
        """A second has passed."""
        self.now = now
        if self.talk.running:
            self.stale()

    def lines(self, width: int, _height: int, /) -> Sequence[Line]:
        return draw(self.talk, width, self.now)

    def move(self, lines: int) -> None:
        self._follows = False
        super().move(lines)
        width, height = self.size
        self._follows = self.top >= len(self._drawn(width, height)) - height

    def _drawn(self, width: int, height: int) -> Sequence[Line]:
        lines = super()._drawn(width, height)
        if self._follows:
            self.top = max(len(lines) - height, 0)
        return lines
