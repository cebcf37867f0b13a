"""The language of `condition:`: names, literals, comparisons, AND, OR, NOT and parentheses. Nothing of it is ever run.

    condition  = every {"OR" every}
    every      = single {"AND" single}
    single     = "NOT" single | "(" condition ")" | value [("==" | "!=" | "<" | "<=" | ">" | ">=") value]
    value      = name | text in "…" or '…' | number | true | false

Words of the language may be in small letters. Inside a text, its own quote and the backslash stand after a backslash.
`parse` reads at most `MAX_LENGTH` characters and `MAX_DEPTH` levels, or raises `ConditionError`; `show` writes a
condition so that `parse` reads the same again. Messages repeat names and signs, never a value.
"""

import math
import re
from collections.abc import Iterator
from difflib import get_close_matches
from enum import Enum
from typing import Literal, assert_never

from ai_dashboard.core.data import dataclass

MAX_LENGTH = 1000
MAX_DEPTH = 16
"""Parentheses and NOTs around each other."""

Comparison = Literal["==", "!=", "<", "<=", ">", ">="]

LEVELS = ("low", "medium", "high")
"""The values of a name that is a level, lowest first."""


class Kind(Enum):
    """What a name stands for, and with it what it may be compared with."""

    NUMBER = "a number"
    TEXT = "a text"
    TRUTH = "true or false"
    LEVEL = "one of low, medium and high"
    WORD = "a word of the caller's"
    """Compared with a number it is read as one; alone it is true unless it is missing, empty, `0`, `no` or `false`."""


NAMES = {
    "stream": Kind.TRUTH,
    "batch_size": Kind.NUMBER,
    "batch_mode": Kind.TRUTH,
    "request_count": Kind.NUMBER,
    "local_saturated": Kind.TRUTH,
    "complexity": Kind.LEVEL,
    "quality_tier": Kind.LEVEL,
    "length": Kind.NUMBER,
    "prompt_tokens": Kind.NUMBER,
    "max_tokens": Kind.NUMBER,
    "priority": Kind.TEXT,
    "tenant": Kind.TEXT,
    "model": Kind.TEXT,
    "user": Kind.TEXT,
    "has_images": Kind.TRUTH,
    "has_tools": Kind.TRUTH,
    "task": Kind.TEXT,
}
"""All names but those that begin with one of `OPEN`. What each means stands in `routing/conditions.py`."""

HEADER, METADATA = "header.", "metadata."
OPEN = (HEADER, METADATA)
"""Names of the caller's own making begin so: `header.x-team`, `metadata.project`."""


class ConditionError(ValueError):
    """What is wrong, at which character (the first is 0), and what to do."""

    def __init__(self, message: str, at: int, fix: str = "") -> None:
        super().__init__(f"{message} (character {at + 1})")
        self.at = at
        self.fix = fix


@dataclass(frozen=True, slots=True)
class Name:
    """Something about the request or about the present. Headers are in lower case."""

    name: str

    @property
    def kind(self) -> Kind:
        return NAMES.get(self.name, Kind.WORD)


@dataclass(frozen=True, slots=True)
class Constant:
    """What is written out."""

    value: str | float | bool


@dataclass(frozen=True, slots=True)
class Compare:
    """Two values held against each other."""

    sign: Comparison
    left: Name | Constant
    right: Name | Constant


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite."""

    part: "Expression"


@dataclass(frozen=True, slots=True)
class And:
    """All of two or more."""

    parts: tuple["Expression", ...]


@dataclass(frozen=True, slots=True)
class Or:
    """At least one of two or more."""

    parts: tuple["Expression", ...]


Expression = Name | Constant | Compare | Not | And | Or


def parse(text: str) -> Expression:
    """Read a condition. Raises `ConditionError` for anything that has no meaning, unknown names included."""
    if len(text) > MAX_LENGTH:
        raise ConditionError(f"a condition has at most {MAX_LENGTH} characters", MAX_LENGTH, "split the rule in two")
    reader = _Reader(text)
    expression = reader.condition(0)
    reader.end()
    return expression


def names_in(expression: Expression) -> Iterator[str]:
    """All names in a condition, as often as they stand there."""
    match expression:
        case Name(name):
            yield name
        case Constant():
            return
        case Compare(_, left, right):
            yield from names_in(left)
            yield from names_in(right)
        case Not(part):
            yield from names_in(part)
        case And(parts) | Or(parts):
            for part in parts:
                yield from names_in(part)
        case _:
            assert_never(expression)


def show(expression: Expression) -> str:
    """A condition as a person would write it."""
    match expression:
        case Name(name):
            return name
        case Constant(value):
            return _shown(value)
        case Compare(sign, left, right):
            return f"{show(left)} {sign} {show(right)}"
        case Not(part):
            return f"NOT {_enclosed(part, And, Or)}"
        case And(parts):
            return " AND ".join(_enclosed(part, And, Or) for part in parts)
        case Or(parts):
            return " OR ".join(_enclosed(part, Or) for part in parts)
        case _:
            assert_never(expression)


def _enclosed(part: Expression, *weaker: type[And | Or]) -> str:
    return f"({show(part)})" if isinstance(part, weaker) else show(part)


def _shown(value: str | float | bool) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)


# ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────────────

_TOKEN = re.compile(
    r"""
    (?P<space>\s+)
  | (?P<number>-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?(?![\w.]))
  | (?P<word>[A-Za-z_][A-Za-z0-9_.-]*)
  | (?P<sign>==|!=|<=|>=|<|>)
  | (?P<bracket>[()])
  | (?P<text>"(?:[^"\\]|\\["\\])*"|'(?:[^'\\]|\\['\\])*')
    """,
    re.VERBOSE,
)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_MISWRITTEN = {
    "=": "write == to compare",
    "&": "write AND",
    "|": "write OR",
    "!": "write NOT, or != to compare",
    '"': 'end the text with "; a backslash in it is written twice',
    "'": "end the text with '; a backslash in it is written twice",
}
_SIGNS: dict[str, Comparison] = {"==": "==", "!=": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}


@dataclass(frozen=True, slots=True)
class _Token:
    """`kind` is a group of `_TOKEN`, `keyword` for a word of the language, or `end`."""

    kind: str
    text: str
    at: int

    def __str__(self) -> str:
        return f"a {self.kind}" if self.kind in ("text", "number") else repr(self.text)


def _tokens(text: str) -> Iterator[_Token]:
    at = 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise ConditionError(f"{text[at]!r} has no meaning here", at, _MISWRITTEN.get(text[at], ""))
        kind, said = str(found.lastgroup), found.group()
        if kind == "word" and said.lower() in ("and", "or", "not", "true", "false"):
            yield _Token("keyword", said.lower(), at)
        elif kind != "space":
            yield _Token(kind, said, at)
        at = found.end()
    yield _Token("end", "", at)


class _Reader:
    """Reads from left to right, one token ahead."""

    def __init__(self, text: str) -> None:
        self._tokens = _tokens(text)
        self._next = next(self._tokens)

    def condition(self, depth: int) -> Expression:
        parts = [self._every(depth)]
        while self._took("or"):
            parts.append(self._every(depth))
        return Or(tuple(parts)) if len(parts) > 1 else parts[0]

    def end(self) -> None:
        if self._next.kind == "sign":
            fix = "join comparisons with AND; parentheses stand around whole conditions only"
            raise ConditionError(f"{self._next.text!r} has nothing to compare", self._next.at, fix)
        if self._next.kind != "end":
            raise ConditionError(f"{self._next} is one too many", self._next.at, "join conditions with AND or OR")

    def _every(self, depth: int) -> Expression:
        parts = [self._single(depth)]
        while self._took("and"):
            parts.append(self._single(depth))
        return And(tuple(parts)) if len(parts) > 1 else parts[0]

    def _single(self, depth: int) -> Expression:
        token = self._next
        if depth > MAX_DEPTH:
            raise ConditionError(f"a condition has at most {MAX_DEPTH} levels", token.at, "write it with less nesting")
        if self._took("not"):
            return Not(self._single(depth + 1))
        if self._took("("):
            inner = self.condition(depth + 1)
            if not self._took(")"):
                raise ConditionError("a parenthesis is not closed", token.at, "add `)`")
            return inner
        left = self._value()
        if self._next.kind != "sign":
            return _alone(left, token.at)
        sign = self._advance()
        return _compared(_SIGNS[sign.text], left, self._value(), sign.at)

    def _value(self) -> Name | Constant:
        token = self._advance()
        match token.kind:
            case "word":
                return _name(token)
            case "text":
                return Constant(_ESCAPED.sub(r"\1", token.text[1:-1]))
            case "number":
                number = float(token.text)
                if math.isinf(number):
                    raise ConditionError("this number is too large", token.at)
                return Constant(number)
            case "keyword" if token.text in ("true", "false"):
                return Constant(token.text == "true")
            case _:
                found = f"not {token}" if token.text else "and nothing follows"
                raise ConditionError(f"a name or a value is expected, {found}", token.at, 'such as stream, 5 or "high"')

    def _took(self, text: str) -> bool:
        """Whether this word of the language, or this bracket, was next; it is passed over."""
        if self._next.kind not in ("keyword", "bracket") or self._next.text != text:
            return False
        self._advance()
        return True

    def _advance(self) -> _Token:
        token = self._next
        if token.kind != "end":
            self._next = next(self._tokens)
        return token


# ── meaning ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _name(token: _Token) -> Name:
    name = token.text
    if name in NAMES:
        return Name(name)
    start, dot, rest = name.partition(".")
    if dot and start.lower() == "header":
        if not rest.lower().startswith("x-") or len(rest) == 2:
            raise ConditionError(f"of the headers, only x-… can be read, not {rest!r}", token.at, "send an x-… header")
        return Name(HEADER + rest.lower())
    if dot and rest and start == "metadata":
        return Name(name)
    if start in ("header", "metadata"):
        example = "header.x-team" if start == "header" else "metadata.project"
        raise ConditionError(f"`{start}` needs the name of one, such as `{example}`", token.at)
    near = get_close_matches(name.lower(), NAMES, n=1, cutoff=0.5)
    fix = f"did you mean `{near[0]}`?" if near else f"there are {', '.join((*NAMES, 'header.x-…', 'metadata.…'))}"
    raise ConditionError(f"there is no name `{name}`", token.at, fix)


def _alone(value: Name | Constant, at: int) -> Name | Constant:
    kind = _kind(value)
    if kind in (Kind.TRUTH, Kind.WORD):
        return value
    if isinstance(value, Name):
        raise ConditionError(f"`{value.name}` is {kind.value}: held against what?", at, f"{value.name} == …")
    raise ConditionError(f"{kind.value} alone is neither true nor false", at, "compare it with a name")


def _compared(sign: Comparison, left: Name | Constant, right: Name | Constant, at: int) -> Compare:
    """A comparison that can be true and can be false."""
    one, other = _kind(left, right), _kind(right, left)
    if one is not other and Kind.WORD not in (one, other):
        for this, level in ((left, other), (right, one)):
            if level is Kind.LEVEL and isinstance(this, Constant):
                near = get_close_matches(str(this.value).lower(), LEVELS, n=1)
                fix = f'did you mean "{near[0]}"?' if near else ""
                raise ConditionError(f"a level is {Kind.LEVEL.value}, in quotes", at, fix)
        raise ConditionError(f"{one.value} is compared with {other.value}", at, "that never holds")
    if sign not in ("==", "!=") and not {Kind.NUMBER, Kind.LEVEL} & {one, other}:
        raise ConditionError(f"only numbers and levels have an order, {one.value} has none", at, "use == or !=")
    return Compare(sign, left, right)


def _kind(value: Name | Constant, beside: Name | Constant | None = None) -> Kind:
    """What a value is, where it stands beside another: `"high"` is a level beside one, and else a text."""
    match value:
        case Name():
            return value.kind
        case Constant(bool()):
            return Kind.TRUTH
        case Constant(str(text)):
            is_level = isinstance(beside, Name) and beside.kind is Kind.LEVEL and text in LEVELS
            return Kind.LEVEL if is_level else Kind.TEXT
        case Constant():
            return Kind.NUMBER
        case _:
            assert_never(value)
