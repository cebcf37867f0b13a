"""Who else is on this machine: a gateway of ours on a port, another program, or nobody."""

import http.client
import json
import socket
from typing import Any

LOOK_S = 0.5


def is_ours(host: str, port: int) -> bool:
    """Whether an ai-dashboard gateway answers at this address."""
    return (get_json(host, port, "/health/liveliness", timeout_s=LOOK_S) or {}).get("service") == "ai-dashboard"


def get_json(
    host: str, port: int, path: str, *, token: str | None = None, timeout_s: float = 2.0
) -> dict[str, Any] | None:
    """A JSON object from a gateway, None when nobody answers with one. The standard library's client: it is imported in
    a tenth of the time of httpx, and scripts call us in loops."""
    connection = http.client.HTTPConnection(_reachable(host), port, timeout=timeout_s)
    try:
        connection.request("GET", path, headers={"authorization": f"Bearer {token}"} if token else {})
        reply = connection.getresponse()
        value = json.loads(reply.read())
    except (OSError, http.client.HTTPException, ValueError):
        return None
    finally:
        connection.close()
    return value if isinstance(value, dict) and reply.status == 200 else None


def describe_listener(host: str, port: int) -> str:
    """Who listens on a port, as far as this user may know."""
    if is_ours(host, port):
        return f"another ai-dashboard (see it with `ai-dashboard attach http://{_reachable(host)}:{port}`)"
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
    return "127.0.0.1" if host in {"0.0.0.0", "localhost"} else host  # noqa: S104 - compared, not bound
