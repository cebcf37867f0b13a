"""Rows of the request log as files for other programs: JSON lines, or a table."""

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

import orjson

from ai_dashboard.core.request_log import LoggedRequest

TABLE = (
    "time", "id", "tenant", "key_id", "dialect", "method", "path", "asked", "provider", "model", "stage", "status",
    "stream", "ttft_s", "total_s", "overhead_s", "prompt_tokens", "completion_tokens", "cached_tokens",
    "reasoning_tokens", "estimated", "cost", "attempts", "error", "message",
    "cached",
)  # fmt: skip

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def as_jsonl(requests: Iterable[LoggedRequest]) -> Iterator[str]:
    """A JSON object a row, with everything."""
    for request in requests:
        yield orjson.dumps(request).decode() + "\n"


def as_csv(requests: Iterable[LoggedRequest]) -> Iterator[str]:
    """A heading, then a line a row, for spreadsheets: texts that these would take for a formula are marked as text."""
    yield _line(TABLE)
    for request in requests:
        yield _line(_cell(request, name) for name in TABLE)


def _cell(request: LoggedRequest, name: str) -> object:
    match name:
        case "time":
            return datetime.fromtimestamp(request.at, UTC).isoformat(timespec="milliseconds")
        case "attempts":
            return len(request.attempts)
        case _:
            value = getattr(request, name)
            return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def _line(cells: Iterable[object]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow(cells)
    return line.getvalue()
