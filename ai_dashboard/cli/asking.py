"""Asking a running gateway's admin API for JSON, with the standard library's client: scripts call us in loops."""

import http.client
import json
from typing import Any
from urllib.parse import urlsplit

from ai_dashboard.cli.neighbour import token_for
from ai_dashboard.core.control import PortClosed

TIMEOUT_S = 10.0


def ask(url: str, method: str, name: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    """What `/api/admin/…` answers. Raises `PortClosed` with the gateway's own words when it refuses, or when nobody
    answers."""
    parts = urlsplit(url)
    scheme = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = scheme(parts.hostname or "", parts.port, timeout=TIMEOUT_S)
    headers = {"content-type": "application/json"}
    if (token := token_for(url)) is not None:
        headers["authorization"] = f"Bearer {token}"
    try:
        path = f"{parts.path}/api/admin/{name}"
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        reply = connection.getresponse()
        said = json.loads(reply.read())
    except (OSError, http.client.HTTPException, ValueError):
        raise PortClosed(f"no gateway of yours answers at {url}") from None
    finally:
        connection.close()
    if reply.status != http.client.OK or not isinstance(said, dict):
        raise PortClosed(_refusal(said, reply.status))
    return said


def _refusal(said: object, status: int) -> str:
    match said:
        case {"error": {"message": str(message)}}:
            return message
        case _:
            return f"the gateway answers {status}"
