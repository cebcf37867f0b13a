"""Requests of the list as files for other programs: an HTTP archive (HAR 1.2) or JSON lines. Pure.

Records hold no bodies and no headers, so an archive's are empty, as the format wants it; what HAR has no place for is
in fields that begin with an underscore.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict
from datetime import UTC, datetime
from http import HTTPStatus
from urllib.parse import parse_qsl, urlsplit

from ai_dashboard import __version__
from ai_dashboard.core.costs import dollars
from ai_dashboard.core.records import RequestRecord
from ai_dashboard.tui.requesting import JsonObject, asking_of, post_of

UNKNOWN = -1


def as_jsonl(records: Iterable[RequestRecord]) -> str:
    """A JSON object a line, with everything that is known of the request."""
    return "".join(json.dumps(asdict(record), default=_listed) + "\n" for record in records)


def as_har(records: Iterable[RequestRecord], root: str) -> str:
    """The archive. `root` is the gateway's address (`http://127.0.0.1:4000`)."""
    creator = {"name": "ai-dashboard", "version": __version__}
    entries = [entry(record, root) for record in records]
    log = {"version": "1.2", "creator": creator, "pages": [], "entries": entries}
    return json.dumps({"log": log}, indent=1) + "\n"


def entry(record: RequestRecord, root: str) -> JsonObject:
    """One request."""
    begun_s = min(record.attempts[0].started_s, record.total_s) if record.attempts else record.total_s
    first_s = record.ttft_s if record.ttft_s is not None else record.total_s
    return {
        "startedDateTime": datetime.fromtimestamp(record.at, UTC).isoformat(timespec="milliseconds"),
        "time": _ms(record.total_s),
        "request": _request(record, root),
        "response": _response(record),
        "cache": {},
        "timings": {
            "blocked": _ms(begun_s),
            "dns": UNKNOWN,
            "connect": UNKNOWN,
            "ssl": UNKNOWN,
            "send": 0,
            "wait": _ms(first_s - begun_s),
            "receive": _ms(record.total_s - first_s),
        },
        "_id": record.id,
        "_asked": record.asked,
        "_provider": record.provider,
        "_model": record.model,
        "_stage": record.stage,
        "_rule": record.plan.rule if record.plan is not None else None,
        "_tenant": record.tenant,
        "_key": record.key_id,
        "_cost": dollars(record.cost) if record.cost is not None else None,
        "_cached": record.cached,
        "_tokens": asdict(record.usage) if record.usage is not None else None,
        "_error": record.error,
        "_message": record.message,
        "_attempts": [asdict(attempt) for attempt in record.attempts],
    }


def _request(record: RequestRecord, root: str) -> JsonObject:
    path = post_of(asking_of(record)).path
    query = parse_qsl(urlsplit(path).query)
    return {
        "method": "POST",
        "url": f"{root}{path}",
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": [],
        "queryString": [{"name": name, "value": value} for name, value in query],
        "headersSize": UNKNOWN,
        "bodySize": UNKNOWN,
    }


def _response(record: RequestRecord) -> JsonObject:
    return {
        "status": record.status,
        "statusText": _phrase(record.status),
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": [],
        "content": {"size": 0, "mimeType": "text/event-stream" if record.stream else "application/json"},
        "redirectURL": "",
        "headersSize": UNKNOWN,
        "bodySize": UNKNOWN,
    }


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def _ms(seconds: float) -> float:
    return round(max(seconds, 0.0) * 1000, 3)


def _listed(value: frozenset[str]) -> list[str]:
    """What JSON has no form for, and a record holds: a set of names."""
    return sorted(value)
