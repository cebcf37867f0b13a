"""Questions to the request log as people type them: `provider:ollama status:>=400 ttft:>2s model:qwen* -tenant:x text`.

A word with a field's name in front of it is about that field, any other is looked for in all texts of a row. All have
to hold; a comma is an `or`, a minus in front turns a word round. What is typed never becomes SQL: it is bound.
"""

import re
import shlex
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from difflib import get_close_matches
from types import MappingProxyType

from ai_dashboard.core.data import dataclass
from ai_dashboard.core.errors import CallerError

MAX_WORDS = 20
MAX_CHARS = 500

_UNITS: Mapping[str, float] = MappingProxyType(
    {"": 1, "ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
)
_OPERATORS = re.compile(r"(>=|<=|>|<|=)?(.*)", re.DOTALL)
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|[smhdw]?)")
_STATUS_CLASS = re.compile(r"([1-5])xx", re.IGNORECASE)

_TEXTS = MappingProxyType({
    "provider": "provider", "model": "model", "asked": "asked", "tenant": "tenant", "key": "key_id", "stage": "stage",
    "dialect": "dialect", "error": "error", "id": "id", "path": "path", "method": "method", "message": "message",
    "hit": "cached",
})  # fmt: skip
_NUMBERS = MappingProxyType({
    "status": "status", "prompt": "prompt_tokens", "completion": "completion_tokens", "cached": "cached_tokens",
    "tokens": "(coalesce(prompt_tokens, 0) + coalesce(completion_tokens, 0))", "cost": "(cost / 1e9)",
    "attempts": "json_array_length(attempts)",
})  # fmt: skip
_TIMES = MappingProxyType({"ttft": "ttft_s", "total": "total_s", "overhead": "overhead_s"})
_SEARCHED = ("id", "asked", "provider", "model", "tenant", "error", "message")

FIELDS = (*_TEXTS, *_NUMBERS, *_TIMES, "stream")


@dataclass(frozen=True, slots=True)
class Where:
    """A condition of SQL, and what is bound to it."""

    sql: str = "1"
    bound: tuple[str | float, ...] = ()


def read_filter(text: str) -> Where:
    """What a filter means. Raises `CallerError` with what cannot be read."""
    if len(text) > MAX_CHARS:
        raise CallerError(f"the filter is longer than {MAX_CHARS} characters")
    try:
        words = shlex.split(text)
    except ValueError:
        raise CallerError("the filter has a quote without its other half") from None
    if len(words) > MAX_WORDS:
        raise CallerError(f"the filter has more than {MAX_WORDS} words")
    found = [_word(word) for word in words]
    if not found:
        return Where()
    return Where(" AND ".join(f"({it.sql})" for it in found), tuple(value for it in found for value in it.bound))


def since(text: str, now: float) -> float:
    """A moment: so long ago (`90s`, `15m`, `1h`, `7d`), a day or time (`2026-11-21`, `2026-11-21T13:00`, UTC if it does
    not say), or Unix time. Raises `CallerError`."""
    if (found := _DURATION.fullmatch(text)) and found[2]:
        return now - float(found[1]) * _UNITS[found[2]]
    if found:
        return float(found[1])
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise CallerError(
            f"{text[:64]!r} is no moment", hint="write for example 1h, 7d, 2026-11-21 or 2026-11-21T13:00"
        ) from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _word(word: str) -> Where:
    turned, bare = (True, word[1:]) if len(word) > 1 and word[0] == "-" else (False, word)
    name, colon, value = bare.partition(":")
    if not colon or name.lower() not in FIELDS:
        # Names of models have colons, too: only what is nearly a field is taken for one that is misspelt.
        if colon and (near := get_close_matches(name.lower(), FIELDS, n=1, cutoff=0.75)):
            raise CallerError(f"there is no field {name[:32]!r}", hint=f"did you mean `{near[0]}:`?")
        condition = _anywhere(bare)
    else:
        parts = [_about(name.lower(), part) for part in value.split(",")]
        bound = tuple(it for part in parts for it in part.bound)
        condition = Where(" OR ".join(f"({part.sql})" for part in parts), bound)
    # What is unknown (NULL) is neither this nor that: turned round it holds.
    return Where(f"NOT coalesce(({condition.sql}), 0)", condition.bound) if turned else condition


def _about(name: str, value: str) -> Where:
    if name == "stream":
        if value not in {"yes", "no", "true", "false"}:
            raise CallerError("`stream` is yes or no")
        return Where("stream = ?", (float(value in {"yes", "true"}),))
    if (column := _TEXTS.get(name)) is not None:
        return _like(column, value)
    if name == "status" and (found := _STATUS_CLASS.fullmatch(value)):
        return Where("status / 100 = ?", (float(found[1]),))
    reader, column = (_seconds, _TIMES[name]) if name in _TIMES else (_plain_number, _NUMBERS[name])
    return _compared(name, column, value, reader)


def _compared(name: str, column: str, value: str, reader: Callable[[str], float | None]) -> Where:
    operator, written = _OPERATORS.fullmatch(value).groups()  # type: ignore[union-attr]  # it matches anything
    number = reader(written)
    if number is None:
        raise CallerError(f"`{name}` wants a number, and {written[:32]!r} is none", hint=f"for example {name}:>=2")
    return Where(f"{column} {operator or '='} ?", (number,))


def _like(column: str, value: str) -> Where:
    """Equal but for upper and lower case; `*` is any text, `?` any character."""
    return Where(f"{column} LIKE ? ESCAPE '\\'", (_pattern(value),))


def _anywhere(text: str) -> Where:
    pattern = f"%{_pattern(text)}%"
    return Where(" OR ".join(f"{column} LIKE ? ESCAPE '\\'" for column in _SEARCHED), (pattern,) * len(_SEARCHED))


def _pattern(text: str) -> str:
    escaped = re.sub(r"([\\%_])", r"\\\1", text)
    return escaped.replace("*", "%").replace("?", "_")


def _seconds(text: str) -> float | None:
    found = _DURATION.fullmatch(text)
    return float(found[1]) * _UNITS[found[2]] if found else None


def _plain_number(text: str) -> float | None:
    found = re.fullmatch(r"\$?(\d+(?:\.\d+)?)(k|m)?", text)
    return float(found[1]) * {"k": 1e3, "m": 1e6, None: 1}[found[2]] if found else None
