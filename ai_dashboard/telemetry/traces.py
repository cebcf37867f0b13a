"""Spans, as they are known here: what OpenTelemetry is told is made from these, and they know nothing of it.

A caller that traces its requests names its own span in the header `traceparent`
(https://www.w3.org/TR/trace-context/); ours hangs below that.
"""

import re
from collections.abc import Mapping
from typing import Literal

from ai_dashboard.core.data import dataclass

Value = str | int | float | bool

_TRACEPARENT = re.compile(rb"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")

SAMPLED = 1
INVALID_VERSION = b"ff"


@dataclass(frozen=True, slots=True)
class Parent:
    """The caller's own span. `sampled` says that it is recorded there."""

    trace_id: int
    span_id: int
    sampled: bool


@dataclass(frozen=True, slots=True)
class Span:
    """One piece of work. `began` and `ended` are Unix time; `error` says in words that it failed, empty where it did
    not; `below` are the spans of which it consists."""

    name: str
    kind: Literal["server", "client"]
    began: float
    ended: float
    attributes: Mapping[str, Value]
    error: str = ""
    parent: Parent | None = None
    below: tuple["Span", ...] = ()


def parent_of(header: bytes | None) -> Parent | None:
    """What a `traceparent` names; None for one that is not sound, as if there were none."""
    found = _TRACEPARENT.fullmatch(header.strip()) if header is not None else None
    if found is None or found[1] == INVALID_VERSION or (found[1] == b"00" and found[5]):
        return None
    trace_id, span_id = int(found[2], 16), int(found[3], 16)
    return Parent(trace_id, span_id, bool(int(found[4], 16) & SAMPLED)) if trace_id and span_id else None
