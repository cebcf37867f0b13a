"""Where secrets stand in a YAML text, found line by line: what a line must know of those above it fits into a `State`.

The rule is that of `core.secrets`, by the name of the key, by place (all headers but the harmless ones) and by look.
Where a line can be read in two ways more is hidden, never less. States are kept every `BLOCK` lines, so that a change
costs what is looked at afterwards and not the whole file.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from ai_dashboard.core.data import dataclass
from ai_dashboard.core.secrets import BY_KEY, BY_LOOK, IN_ADDRESS, PLAIN_HEADERS, is_reference, is_secret_key

BLOCK = 64
DOT = "•"
SHOWN = 4
"""Characters at the end of a long secret that may be seen, to tell one from another."""

SHOWN_FROM = 12

Span = tuple[int, int]

_KEY = re.compile(r"""(?P<key>"[^"]*"|'[^']*'|[^\s#"'\[\]{},][^:#]*?)\s*:(?=\s|$)\s*""")
_DASHES = re.compile(r"(?:-\s+)*(?:-$)?")
_BEFORE_VALUE = re.compile(r"(?:[&!]\S*\s*)*")
_IN_FLOW = re.compile(
    r"""(?P<key>"[^"]*"|'[^']*'|[\w.-]+)\s*:(?:\s+|(?=["']))"""
    r"""(?P<value>"(?:[^"\\]|\\.)*"?|'(?:[^']|'')*'?|\[[^\]]*\]?|[^\s,{}\[\]"'][^,{}\]]*)?"""
)
_COMMENT = re.compile(r"\s#")
_BLOCK_SCALAR = re.compile(r"[|>][-+0-9]*\s*(?:#.*)?$")
_MAYBE = re.compile(r"(?i)key|password|secret|token|authorization|@|sk-|gsk_|hf_|AIza|xai-|pk-|ghp_")
"""Whether a closer look is worth its time."""

_STRINGS = re.compile(r""""(?:[^"\\]|\\.)*"|'(?:[^']|'')*'""")
_BRACES = re.compile(rf"{_STRINGS.pattern}|[{{}}]")


@dataclass(frozen=True, slots=True)
class State:
    """What lines above say of the next one. `secret` and `headers`: what is indented deeper than this column belongs to
    a secret, or to headers. `quote` and `depth`: a quoted secret, or so many brackets of `flow`, are still open."""

    secret: int | None = None
    headers: int | None = None
    quote: str = ""
    depth: int = 0
    flow: str = ""


START = State()


def step(state: State, line: str) -> tuple[State, tuple[Span, ...]]:
    """The state after a line, and the spans of the secrets in it, from left to right."""
    after, spans = _by_place(state, line)
    return after, _united([*spans, *_by_look(line)])


def masked(line: str, spans: Sequence[Span]) -> str:
    """The line with dots in place of secrets, as many characters as it has."""
    for start, end in spans:
        hidden = end - start - (SHOWN if end - start >= SHOWN_FROM else 0)
        line = line[:start] + DOT * hidden + line[start + hidden :]
    return line


def masked_lines(lines: Sequence[str]) -> list[str]:
    """A whole text with dots in place of its secrets."""
    state, shown = START, []
    for line in lines:
        state, spans = step(state, line)
        shown.append(masked(line, spans))
    return shown


class Secrets:
    """The spans of any line of a text that changes. `lines` is the text itself, read again where it changed."""

    def __init__(self, lines: Sequence[str]) -> None:
        self._lines = lines
        self._states = [START]
        self._spans: dict[int, list[tuple[Span, ...]]] = {}

    def changed(self, row: int) -> None:
        """Lines from `row` on are others than before."""
        block = row // BLOCK
        del self._states[block + 1 :]
        self._spans = {known: spans for known, spans in self._spans.items() if known < block}

    def __getitem__(self, row: int) -> tuple[Span, ...]:
        block = row // BLOCK
        while len(self._states) <= block or block not in self._spans:
            self._read(min(block, len(self._states) - 1))
        spans = self._spans[block]
        return spans[row % BLOCK] if row % BLOCK < len(spans) else ()

    def _read(self, block: int) -> None:
        state, found = self._states[block], []
        for line in self._lines[block * BLOCK : (block + 1) * BLOCK]:
            state, spans = step(state, line)
            found.append(spans)
        self._spans[block] = found
        if len(self._states) == block + 1:
            self._states.append(state)


# ── one line ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _by_place(state: State, line: str) -> tuple[State, list[Span]]:
    content = line.lstrip(" \t\ufeff")
    indent = len(line) - len(content)
    if state.quote:
        return _go_on_quoted(state, line, 0, state.quote)
    if state.depth:
        spans = [(indent, len(line))] if state.flow == "secret" else _flow_values(line, indent, headers=True)
        return replace(state, depth=max(state.depth + _balance(line), 0)), spans
    if not content or (content.startswith("#") and state.secret is None):
        return state, []
    if state.secret is not None:
        if indent > state.secret or (indent == state.secret and content.startswith("-")):
            return state, [(indent, len(line))]
        state = replace(state, secret=None)
    if state.headers is not None and indent <= state.headers:
        state = replace(state, headers=None)
    dashes = _DASHES.match(line, indent)
    column = dashes.end() if dashes else indent
    entry = _KEY.match(line, column)
    if entry is None:
        return state, _flow_values(line, column, headers=False)
    return _entry(state, line, column, entry)


def _entry(state: State, line: str, column: int, entry: re.Match[str]) -> tuple[State, list[Span]]:
    """A key and what follows it on its line."""
    key = entry["key"].strip("\"'")
    before = _BEFORE_VALUE.match(line, entry.end())
    at = before.end() if before else entry.end()
    value = line[at:]
    if is_secret_key(key) or (state.headers is not None and key.lower() not in PLAIN_HEADERS):
        return _secret_value(replace(state, secret=column), line, at)
    if key == "headers":
        if value.startswith("{"):
            left = _balance(value)
            return replace(state, depth=max(left, 0), flow="headers"), _flow_values(line, at, headers=True)
        return replace(state, headers=column), []
    opened = max(_balance(value), 0) if value.startswith(("{", "[")) and "headers" in value else 0
    return replace(state, depth=opened, flow="headers"), _flow_values(line, at, headers=False)


def _secret_value(state: State, line: str, at: int) -> tuple[State, list[Span]]:
    """What stands behind a secret's key; deeper lines belong to it as well."""
    value = line[at:]
    if not value or value.startswith("#") or _BLOCK_SCALAR.match(value):
        return state, []
    if value[0] in "\"'":
        return _go_on_quoted(state, line, at + 1, value[0])
    if value[0] in "{[":
        return replace(state, depth=max(_balance(value), 0), flow="secret"), [(at, len(line))]
    comment = _COMMENT.search(line, at)
    end = comment.start() if comment else len(line)
    return state, [] if is_reference(line[at:end].rstrip()) else [(at, end)]


def _go_on_quoted(state: State, line: str, start: int, quote: str) -> tuple[State, list[Span]]:
    """A quoted secret from `start` on, up to its end or that of the line."""
    at = start
    while (end := line.find(quote, at)) >= 0:
        if quote == '"' and (end - len(line[:end].rstrip("\\"))) % 2:
            at = end + 1
        elif quote == "'" and line.startswith("''", end):
            at = end + 2
        else:
            break
    closed = replace(state, quote="" if end >= 0 else quote)
    stop = end if end >= 0 else len(line)
    whole = not state.quote and end >= 0
    return closed, [] if whole and is_reference(line[start:stop]) else [(start, stop)]


def _flow_values(line: str, at: int, *, headers: bool) -> list[Span]:
    """The secrets in `{key: value, …}`; under `headers` all of them but the harmless ones."""
    spans: list[Span] = []
    if not headers and "{" not in line:
        return spans
    until = len(line) if headers else 0
    for entry in _IN_FLOW.finditer(line, at):
        key, value = entry["key"].strip("\"'"), entry["value"]
        if key == "headers" and entry.start() >= until:
            until = _closing(line, entry.end())
        elif value and (is_secret_key(key) or (entry.start() < until and key.lower() not in PLAIN_HEADERS)):
            start, end = entry.span("value")
            quoted = value[0] in "\"'"
            inner = start + quoted, end - (quoted and len(value) > 1 and value[-1] == value[0])
            if not is_reference(line[inner[0] : inner[1]]):
                spans.append(inner)
    return spans


def _by_look(line: str) -> Iterator[Span]:
    if not _MAYBE.search(line):
        return
    for found in BY_KEY.finditer(line):
        start, end = found.span("secret")
        start += line[start] in "\"'"
        if not (is_reference(line[start:end]) or _BLOCK_SCALAR.match(line, start)):
            yield start, end
    for pattern in (IN_ADDRESS, BY_LOOK):
        yield from (found.span() for found in pattern.finditer(line))


def _closing(line: str, at: int) -> int:
    """Where the map that opens at `at` ends; the end of the line for one that does not end on it."""
    depth = 0
    for found in _BRACES.finditer(line, at):
        depth += {"{": 1, "}": -1}.get(found.group(), 0)
        if depth <= 0:
            return found.start()
    return len(line)


def _balance(text: str) -> int:
    """How many brackets a piece of text leaves open."""
    bare = _STRINGS.sub("", text)
    return sum(map(bare.count, "{[")) - sum(map(bare.count, "}]"))


def _united(spans: list[Span]) -> tuple[Span, ...]:
    """The spans in order, overlapping ones as one."""
    joined: list[Span] = []
    for start, end in sorted(span for span in spans if span[0] < span[1]):
        if joined and start <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(end, joined[-1][1])
        else:
            joined.append((start, end))
    return tuple(joined)
