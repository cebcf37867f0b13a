"""The live request list: running requests first, then the newest finished ones, thousands of rows deep.

Only the rows on the screen are ever made into text. While following, the cursor stays on the first row; after a move it
stays on its own request, and the list moves on beneath it.
"""

from collections.abc import Callable, Sequence

from rich.cells import cell_len
from textual import events
from textual.message import Message

from ai_dashboard.core.data import dataclass
from ai_dashboard.core.records import RequestRecord, Stage
from ai_dashboard.tui.columns import Column, Placed, heading, place, row
from ai_dashboard.tui.curl import curl
from ai_dashboard.tui.format import NOTHING, clock_time, count, duration, spent
from ai_dashboard.tui.gist import is_running, why
from ai_dashboard.tui.ink import Ink, Line, Span, whole, wrap
from ai_dashboard.tui.panels.base import Panel
from ai_dashboard.tui.picture import Picture
from ai_dashboard.tui.query import ALL, Query, Sieve, Wrong, parse
from ai_dashboard.tui.requesting import Asking
from ai_dashboard.tui.sanitise import visible

RUNNING = "···"
_ID_CELLS = 6
COST = "$"
TOKENS = "   in/out"
"""The title of the tokens, its slash above theirs."""

_COLUMNS = (
    Column("", 1, 0),
    Column("time", 8, 3),
    Column("id", _ID_CELLS, 11),
    Column("asked", 14, 9, grow=1),
    Column("model", 14, 1, grow=2),
    Column("provider", 11, 7, grow=1),
    Column("st", 3, 2, right=True),
    Column("TTFT", 5, 5, right=True),
    Column("total", 6, 4, right=True),
    Column(TOKENS, 11, 8),
    Column(COST, 6, 10, right=True),
    Column("why", 10, 6, grow=6),
)

MARK = "◆"

MARGIN = 1
"""Lines above the rows: the heading."""


@dataclass(frozen=True, slots=True)
class Sort:
    """An order of the list: by the largest `key` first, or as the requests came in where there is none."""

    name: str
    key: Callable[[RequestRecord], float] | None = None


SORTS = (
    Sort("newest"),
    Sort("slowest", lambda record: record.total_s),
    Sort("slowest first token", lambda record: record.ttft_s or 0.0),
    Sort(
        "most tokens",
        lambda record: record.usage.prompt_tokens + record.usage.completion_tokens if record.usage is not None else 0,
    ),
    Sort("dearest", lambda record: record.cost or 0),
    Sort("worst status", lambda record: record.status),
    Sort("most tries", lambda record: len(record.attempts)),
)


@dataclass(frozen=True, slots=True)
class View:
    """`rows` from the top of the list down, `finished` of how many. `hint` is what to paste into a shell when nothing
    was ever asked."""

    rows: tuple[RequestRecord, ...] = ()
    finished: int = 0
    lost: int = 0
    query: Query = ALL
    sort: Sort = SORTS[0]
    hint: str = ""


def select(picture: Picture, sieve: Sieve | None = None, sort: Sort = SORTS[0]) -> View:
    """The list of a picture, reduced to the requests that a filter lets pass, in that order."""
    everything = (*picture.running, *picture.records)
    query = sieve.query if sieve is not None else ALL
    rows = (*query.chosen(picture.running), *sieve.chosen(picture.records)) if sieve is not None else everything
    if sort.key is not None:
        rows = tuple(sorted(rows, key=sort.key, reverse=True))
    hint = ""
    if not everything and picture.snapshot is not None:
        hint = curl(picture.snapshot.gateway, Asking(_first_model(picture)))
    return View(rows, len(picture.records), picture.lost, query, sort, hint)


def draw_row(record: RequestRecord, placed: Sequence[Placed], *, selected: bool, marked: bool = False) -> Line:
    """One request in the given columns."""
    running = is_running(record)
    status, ink = _status(record)
    plain = Ink.DIM if record.stage is Stage.WAITING else Ink.PLAIN
    texts: dict[str, Span] = {
        "": (MARK if marked else "▸" if selected else " ", Ink.KEY),
        "time": (clock_time(record.at), Ink.DIM),
        "id": (record.id[-_ID_CELLS:], Ink.DIM),
        "asked": (record.asked, plain),
        "model": (record.model or record.asked, plain),
        "provider": (record.provider or NOTHING, plain),
        "st": (status, ink),
        "TTFT": (duration(record.ttft_s), plain),
        "total": (duration(record.total_s) + ("…" if running else " "), plain),
        TOKENS: (_tokens(record), plain),
        COST: (spent(record.cost), plain),
        "why": (_why(record, placed), ink if ink is not Ink.PLAIN and not running else Ink.DIM),
    }
    return row(placed, texts)


def _why(record: RequestRecord, placed: Sequence[Placed]) -> str:
    """As much of it as there is room for."""
    cells = next((cells for column, cells in placed if column.title == "why"), 0)
    said = visible(why(record))
    if cell_len(said) <= cells:
        return said
    brief = why(record, brief=True)
    return whole(brief, cells) or brief


def _first_model(picture: Picture) -> str:
    """A model that somebody has, to put into the example."""
    providers = picture.snapshot.providers if picture.snapshot is not None else ()
    return next((provider.models[0] for provider in providers if provider.models), "llama3.1:8b")


def _status(record: RequestRecord) -> Span:
    if is_running(record):
        return RUNNING, Ink.DIM
    status = str(record.status) if record.status else NOTHING
    if record.stage is Stage.CUT or record.stage is Stage.GONE:
        return status, Ink.WARN
    if record.stage is Stage.FAILED or record.status >= 400:
        return status, Ink.BAD
    return status, Ink.PLAIN


def _tokens(record: RequestRecord) -> str:
    if record.usage is None:
        return f"{NOTHING:>5}/{NOTHING:<5}"
    return f"{count(record.usage.prompt_tokens):>5}/{count(record.usage.completion_tokens):<5}"


class RequestsPanel(Panel[View], can_focus=True):
    """The request list, with a cursor."""

    class Opened(Message):
        """Somebody clicked the selected request again."""

    def __init__(self, dom_id: str | None = None, *, classes: str | None = None) -> None:
        super().__init__(dom_id, classes=classes)
        self.follow = True
        self.sieve = Sieve()
        self.wrong: Wrong | None = None
        self.sort = SORTS[0]
        self.marked: RequestRecord | None = None
        self._cursor = 0
        self._cursor_id: str | None = None
        self._first = 0
        """The row at the top of the list."""

    @property
    def selected(self) -> RequestRecord | None:
        """The request under the cursor."""
        rows = self.view.rows if self.view is not None else ()
        return rows[self._cursor] if self._cursor < len(rows) else None

    @property
    def everything(self) -> tuple[RequestRecord, ...]:
        """Every request that could be in the list."""
        return (*self.picture.running, *self.picture.records)

    def select(self, picture: Picture) -> View:
        return select(picture, self.sieve, self.sort)

    @property
    def filter(self) -> Query:
        """What the list is reduced to."""
        return self.sieve.query

    def viewed(self, view: View) -> None:
        self._keep_place(view.rows)
        self._retitle()

    def draw(self, view: View, width: int, height: int, /) -> Sequence[Line]:
        placed = place(_COLUMNS, width)
        if not view.rows:
            return [heading(placed), *_empty(view, width)]
        room = max(height - MARGIN, 1)
        self._first = self._first_row(len(view.rows), room)
        shown = view.rows[self._first : self._first + room]
        return [
            heading(placed),
            *(
                draw_row(record, placed, selected=self._first + offset == self._cursor, marked=self._is_marked(record))
                for offset, record in enumerate(shown)
            ),
        ]

    def cursor_line(self) -> int | None:
        if self.view is None or not self.view.rows:
            return None
        return MARGIN + self._cursor - self._first

    def move(self, lines: int) -> None:
        """Move the cursor, and stop following unless it is at the top."""
        if self.view is None or not self.view.rows:
            return
        self._cursor = min(max(self._cursor + lines, 0), len(self.view.rows) - 1)
        self._cursor_id = self.view.rows[self._cursor].id
        self.follow = self._cursor == 0 and lines < 0
        self._retitle()
        self.stale()

    def page(self, direction: int) -> None:
        self.move(direction * max(self.size.height - MARGIN - 1, 1))

    def end(self, direction: int) -> None:
        self.move(direction * len(self.view.rows if self.view is not None else ()))

    def toggle_follow(self) -> None:
        """Go to the newest request and stay with it, or stay here."""
        self.follow = not self.follow
        if self.follow and self.view is not None:
            self._keep_place(self.view.rows)
        self._retitle()
        self.stale()

    def search(self, text: str) -> None:
        """Show only what this filter lets pass; while it is none, what the last one did."""
        read = parse(text)
        self.wrong = read if isinstance(read, Wrong) else None
        if isinstance(read, Query):
            self.sieve = Sieve(read)
            self.reselect()

    def next_sort(self) -> None:
        """The next order; the cursor goes to the top of it."""
        self.sort = SORTS[(SORTS.index(self.sort) + 1) % len(SORTS)]
        self.follow = True
        self.reselect()

    def mark(self, record: RequestRecord | None) -> None:
        """Set a request aside, to be compared with another one."""
        self.marked = record
        self._retitle()
        self.stale()

    def _is_marked(self, record: RequestRecord) -> bool:
        return self.marked is not None and record.id == self.marked.id

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if offset is None or offset.y < MARGIN or self.view is None:
            return
        target = self._first + offset.y - MARGIN
        if target >= len(self.view.rows):
            return
        if target == self._cursor:
            self.post_message(self.Opened())
        else:
            self.move(target - self._cursor)

    def _keep_place(self, rows: Sequence[RequestRecord]) -> None:
        """After news: the cursor goes to the top while following, else to where its request is now."""
        if self.follow or not rows:
            self._cursor = 0
            self._cursor_id = rows[0].id if rows else None
            return
        place_now = next((index for index, record in enumerate(rows) if record.id == self._cursor_id), None)
        before = self._cursor
        self._cursor = min(before, len(rows) - 1) if place_now is None else place_now
        self._cursor_id = rows[self._cursor].id
        self._first = max(self._first + self._cursor - before, 0)

    def _first_row(self, rows: int, room: int) -> int:
        """As little scrolling as keeps the cursor in sight."""
        first = min(max(self._first, self._cursor - room + 1), self._cursor)
        return max(min(first, rows - room), 0)

    def _retitle(self) -> None:
        view = self.view
        if view is None:
            return
        words = [f"Requests · {view.finished:,}"]
        if view.query.text:
            words.append(f"/{view.query.text} {len(view.rows):,} match")
        if view.sort is not SORTS[0]:
            words.append(f"{view.sort.name} first")
        if self.marked is not None:
            words.append(f"{MARK} {self.marked.id[-_ID_CELLS:]}")
        if view.lost:
            words.append(f"{view.lost:,} passed unseen")
        self.title(" · ".join(words), "", ("requests.follow", "following" if self.follow else "follow"))


def _empty(view: View, width: int) -> list[Line]:
    if view.query.text and not view.hint:
        return [[(f"no request matches “{view.query.text}”  (esc drops the filter)", Ink.DIM)]]
    if not view.hint:
        return []
    lines: list[Line] = [[("Nothing asked yet. Try:", Ink.DIM)]]
    lines.extend([(piece, Ink.KEY)] for piece in wrap(view.hint, width, 6))
    return lines
