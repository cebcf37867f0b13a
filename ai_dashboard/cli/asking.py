"""Asking a running gateway's admin API for JSON, with the standard library's client: scripts call us in loops."""

import http.client
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from ai_dashboard.cli.neighbour import nobody_at, token_for
from ai_dashboard.core.control import PortClosed

TIMEOUT_S = 10.0


def ask(
    url: str, method: str, name: str, body: dict[str, Any] | None = None, *, timeout_s: float = TIMEOUT_S
) -> dict[str, Any]:
    """What `/api/admin/…` answers. Raises `PortClosed` with the gateway's own words when it refuses, or when nobody
    answers."""
    with _reply(url, method, name, body, timeout_s) as reply:
        said = json.loads(reply.read())
        if reply.status != http.client.OK or not isinstance(said, dict):
            raise PortClosed(_refusal(said, reply.status))
        return said


def listen(url: str, name: str, body: dict[str, Any], *, timeout_s: float) -> Iterator[dict[str, Any]]:
    """What `POST /api/admin/…` tells line by line, as it comes; `timeout_s` is for one line. Raises what `ask` does."""
    with _reply(url, "POST", name, body, timeout_s) as reply:
        if reply.status != http.client.OK:
            raise PortClosed(_refusal(json.loads(reply.read()), reply.status))
        for line in reply:
            if line.strip() and isinstance(said := json.loads(line), dict):
                yield said


@contextmanager
def _reply(
    url: str, method: str, name: str, body: dict[str, Any] | None, timeout_s: float
) -> Iterator[http.client.HTTPResponse]:
    """The reply, while its connection is open."""
    parts = urlsplit(url)
    scheme = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = scheme(parts.hostname or "", parts.port, timeout=timeout_s)
    headers = {"content-type": "application/json"}
    if (token := token_for(url)) is not None:
        headers["authorization"] = f"Bearer {token}"
    try:
        path = f"{parts.path}/api/admin/{name}"
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        yield connection.getresponse()
    except (OSError, http.client.HTTPException, ValueError):
        raise PortClosed(nobody_at(url)) from None
    finally:
        connection.close()


def _refusal(said: object, status: int) -> str:
    match said:
        case {"error": {"message": str(message)}}:
            return message
        case _:
            return f"the gateway answers {status}"
