"""How much of a provider's rate limits is left, from what its replies say and from what we have counted ourselves.

Services tell their limits in reply headers: OpenAI and those that follow it `x-ratelimit-limit-requests`,
`…-remaining-…` and `…-reset-…` (`6m0s`), Anthropic `anthropic-ratelimit-requests-limit`, `-remaining`, `-reset` (a
date), the same for tokens. See platform.openai.com/docs/guides/rate-limits and docs.anthropic.com/en/api/rate-limits.
"""

import re
from collections.abc import Iterable
from datetime import UTC, datetime

from ai_dashboard.core.data import dataclass

HEADERS = (b"x-ratelimit-", b"anthropic-ratelimit-")
"""What the names of such headers begin with."""

USUAL_WINDOW_S = 60.0
"""For which limits hold where the reply does not say when they are reset."""

_OPENAI = re.compile(rb"x-ratelimit-(?P<what>limit|remaining|reset)-(?P<of>[a-z-]+)")
_ANTHROPIC = re.compile(rb"anthropic-ratelimit-(?P<of>[a-z-]+)-(?P<what>limit|remaining|reset)")
_SPAN = re.compile(r"(?:(?P<h>[\d.]+)h)?(?:(?P<m>[\d.]+)m(?!s))?(?:(?P<s>[\d.]+)s)?(?:(?P<ms>[\d.]+)ms)?")


@dataclass(frozen=True, slots=True)
class Left:
    """What is left of one limit, 0 to 1, until it is reset at `until` (monotonic seconds)."""

    of: str
    ratio: float
    until: float


def read(headers: Iterable[tuple[bytes, bytes]], *, now: float, wall: float) -> tuple[Left, ...]:
    """The limits that a reply tells of; what cannot be read is left out. `wall` is Unix time, `now` monotonic."""
    said: dict[str, dict[str, str]] = {}
    for name, value in headers:
        if name.startswith(HEADERS) and (match := _OPENAI.fullmatch(name) or _ANTHROPIC.fullmatch(name)):
            said.setdefault(match["of"].decode(), {})[match["what"].decode()] = value.decode("latin-1")
    found = (_left(of, figures, now, wall) for of, figures in said.items())
    return tuple(left for left in found if left is not None)


def headroom(limits: Iterable[Left], now: float) -> float | None:
    """The scarcest of the limits that still hold; None when none does."""
    return min((left.ratio for left in limits if left.until > now), default=None)


def counted(used: float, limit: int) -> float:
    """What is left of a limit of our own configuration."""
    return max(0.0, 1 - used / limit)


def scarcest(*ratios: float | None) -> float | None:
    """The smallest of those that are known."""
    return min((ratio for ratio in ratios if ratio is not None), default=None)


def _left(of: str, figures: dict[str, str], now: float, wall: float) -> Left | None:
    limit, remaining = _number(figures.get("limit")), _number(figures.get("remaining"))
    if limit is None or remaining is None or limit <= 0:
        return None
    seconds = _seconds(figures.get("reset", ""), wall)
    ratio = min(1.0, max(0.0, remaining / limit))
    return Left(of, ratio, now + (USUAL_WINDOW_S if seconds is None else seconds))


def _number(text: str | None) -> float | None:
    try:
        value = float(text) if text is not None else None
    except ValueError:
        return None
    return value if value is not None and 0 <= value < float("inf") else None


def _seconds(text: str, wall: float) -> float | None:
    """`1s`, `6m0s`, `20ms`, plain seconds, or a date as RFC 3339 writes it. None for anything else."""
    if (plain := _number(text)) is not None:
        return plain
    if text and (match := _SPAN.fullmatch(text)):
        parts = [_number(match[unit]) or 0.0 for unit in ("h", "m", "s", "ms")]
        return parts[0] * 3600 + parts[1] * 60 + parts[2] + parts[3] / 1000
    try:
        date = datetime.fromisoformat(text)
    except ValueError:
        return None
    return max(0.0, (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp() - wall)
