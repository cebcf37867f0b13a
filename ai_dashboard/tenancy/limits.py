"""What a request takes from the limits it is under, and how those who get nothing are told.

All limits are taken together or none is. Tokens are reserved by an estimate and corrected when the request is over.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import field
from types import MappingProxyType
from typing import Protocol, assert_never

from ai_dashboard.core.data import dataclass
from ai_dashboard.core.errors import RateLimited
from ai_dashboard.core.tenancy import NO_LIMITS, Bucket, Counted, Left, Limit, Quota, Slots, Standing
from ai_dashboard.tenancy.gcra import NEVER, Mark

_UNITS: Mapping[float, str] = MappingProxyType({1: "a second", 60: "a minute", 3600: "an hour", 86400: "a day"})

FREE_SLOT_S = 1.0
"""Nobody knows when a request ends; so long is one told to wait who comes when too many run."""


@dataclass(slots=True)
class Taken:
    """What one request has taken, to be handed back to `settle` once it is over. `marks` belong to the buckets for
    tokens, in the order of `limits`; `windows` say when the window of each quota began. `lease` names the request where
    several gateways count slots together; `shared` says that they do for this one."""

    scope: str
    limits: tuple[Limit, ...]
    tokens: int
    standing: Standing = field(default_factory=lambda: NO_LIMITS)
    marks: list[Mark] = field(default_factory=list)
    windows: list[float] = field(default_factory=list)
    lease: str = ""
    shared: bool = False
    settled: bool = False


class LimitHome(Protocol):
    """Where levels are kept. Everything under one `scope` (a tenant, a provider) is counted in one place."""

    async def take(self, scope: str, limits: tuple[Limit, ...], tokens: int) -> Taken:
        """Let one request through that will take so many tokens, by an estimate. Raises `RateLimited`."""
        ...

    async def settle(self, taken: Taken, tokens: int) -> None:
        """A request is over, and took so many tokens in truth. Doing it twice does nothing."""
        ...

    async def begin(self, scope: str, quota: Quota, begins: float, tokens: int) -> None:
        """So many were used of a quota since its window began (`begins`), as far as the request log knows: they count,
        those that count already once. Raises `LinkDown` where that has to be said again."""
        ...


@dataclass(frozen=True, slots=True)
class Found:
    """How one limit stands for a request: seconds to wait (0: come in, `NEVER`: waiting does not help), and what is
    left of it."""

    limit: Limit
    wait_s: float
    left: Left


def refusal(found: Iterable[Found]) -> RateLimited:
    """The error for whoever is not let through. The limit that keeps out for longest is named."""
    found = tuple(found)
    worst = max(found, key=lambda it: it.wait_s)
    standing = tightest(found)
    if worst.wait_s == NEVER:
        return RateLimited(
            f"one request may take {worst.left.limit} tokens of {worst.limit.owner} at most",
            hint="ask for less: a shorter prompt, or a smaller `max_tokens`",
            standing=standing,
        )
    return RateLimited(
        f"{_what(worst)} of {worst.limit.owner} {'are' if isinstance(worst.limit, Slots) else 'is'} used up",
        hint=f"try again in {math.ceil(worst.wait_s)} s",
        retry_after_s=worst.wait_s,
        standing=standing,
    )


def tightest(found: Iterable[Found]) -> Standing:
    """Of each kind the limit of which least is left."""
    standing: dict[Counted, Left] = {}
    for it in found:
        match it.limit:
            case Bucket(counts=counts):
                kind = counts
            case Quota():
                kind = "tokens"
            case Slots():
                continue
            case _ as never:
                assert_never(never)
        if (known := standing.get(kind)) is None or it.left.remaining < known.remaining:
            standing[kind] = it.left
    return standing


def headers(standing: Standing) -> list[tuple[bytes, bytes]]:
    """`x-ratelimit-…` as OpenAI's clients know them."""
    written = []
    for kind, left in standing.items():
        name = kind.encode()
        written.append((b"x-ratelimit-limit-" + name, b"%d" % left.limit))
        written.append((b"x-ratelimit-remaining-" + name, b"%d" % left.remaining))
        written.append((b"x-ratelimit-reset-" + name, duration(left.reset_s).encode()))
    return written


def header_lines(standing: Standing) -> bytes:
    """The same, as they stand in a reply's head. Every reply to a key with limits has them."""
    lines = b""
    for kind, (limit, remaining, reset_s) in standing.items():
        name = kind.encode()
        lines += b"x-ratelimit-limit-%b: %d\r\nx-ratelimit-remaining-%b: %d\r\nx-ratelimit-reset-%b: %b\r\n" % (
            name, limit, name, remaining, name, duration(reset_s).encode(),
        )  # fmt: skip
    return lines


def duration(seconds: float) -> str:
    """`250ms`, `8.64s`, `6m0s`, `23h59m59s`."""
    if seconds < 1:
        return f"{math.ceil(seconds * 1000)}ms"
    if seconds < 60:
        return f"{math.ceil(seconds * 100) / 100:g}s"
    minutes, rest = divmod(math.ceil(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}h{minutes}m{rest}s" if hours else f"{minutes}m{rest}s"


def counted(limit: Limit) -> str:
    """What it is about, in words."""
    match limit:
        case Bucket(counts=counts, rate=rate):
            return f"{counts} {_UNITS.get(rate.seconds) or f'in {rate.seconds:g} s'}"
        case Quota(calendar=calendar):
            return f"tokens a {calendar}"
        case Slots():
            return "places"
        case _ as never:
            assert_never(never)


def _what(found: Found) -> str:
    match found.limit:
        case Bucket(rate=rate):
            return f"the limit of {rate.amount} {counted(found.limit)}"
        case Quota(tokens=tokens):
            return f"the quota of {tokens} {counted(found.limit)}"
        case Slots(most=most):
            return f"all {most} {counted(found.limit)}"
        case _ as never:
            assert_never(never)
