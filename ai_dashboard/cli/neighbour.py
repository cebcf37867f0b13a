"""Who else is on this machine: a gateway of ours on a port, another program, or nobody."""

import http.client
import json
import os
import socket
from typing import Any
from urllib.parse import urlsplit

from ai_dashboard.gateway.loopback import is_loopback
from ai_dashboard.gateway.state import ADMIN_KEY_VARIABLE, known_admin_token, state_folder

LOOK_S = 0.5


def url_of(host: str, port: int) -> str:
    """The address at which a client on this machine reaches a listener on `host` and `port`."""
    name = _reachable(host)
    return f"http://[{name}]:{port}" if ":" in name else f"http://{name}:{port}"


def token_for(url: str) -> str | None:
    """The admin token to send to a gateway. The one in the state folder belongs to gateways on this machine: it goes
    nowhere else, whoever asks."""
    env = dict(os.environ)
    if not is_loopback(urlsplit(url).hostname or ""):
        return env.get(ADMIN_KEY_VARIABLE) or None
    return known_admin_token(state_folder(env), env)


def is_ours(url: str) -> bool:
    """Whether an ai-dashboard gateway answers at this address."""
    return (get_json(url, "/health/liveliness", timeout_s=LOOK_S) or {}).get("service") == "ai-dashboard"


def get_json(url: str, path: str, *, token: str | None = None, timeout_s: float = 2.0) -> dict[str, Any] | None:
    """A JSON object from a gateway, None when nobody answers with one. The standard library's client: it is imported in
    a tenth of the time of httpx, and scripts call us in loops."""
    parts = urlsplit(url)
    scheme = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = scheme(parts.hostname or "", parts.port, timeout=timeout_s)
    try:
        connection.request("GET", parts.path + path, headers={"authorization": f"Bearer {token}"} if token else {})
        reply = connection.getresponse()
        value = json.loads(reply.read())
    except (OSError, http.client.HTTPException, ValueError):
        return None
    finally:
        connection.close()
    return value if isinstance(value, dict) and reply.status == 200 else None


def describe_listener(host: str, port: int) -> str:
    """Who listens on a port, as far as this user may know."""
    url = url_of(host, port)
    if is_ours(url):
        return f"another ai-dashboard (see it with `ai-dashboard attach {url}`)"
    import psutil

    try:
        for connection in psutil.net_connections("tcp"):
            if connection.status == psutil.CONN_LISTEN and connection.laddr[1:] == (port,) and connection.pid:
                return f"{psutil.Process(connection.pid).name()} (pid {connection.pid})"
    except psutil.Error:
        pass
    return "another program"


def free_port_after(host: str, port: int) -> int:
    """The next port that is free now; 0 (any) when the next hundred are not."""
    for candidate in range(port + 1, min(port + 100, 65535)):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((_reachable(host), candidate))
            except OSError:
                continue
            return candidate
    return 0


def _reachable(host: str) -> str:
    """An address to connect to for one that was listened on."""
    if host == "::":
        return "::1"
    return "127.0.0.1" if host in {"0.0.0.0", "localhost"} else host  # noqa: S104 - compared, not bound
