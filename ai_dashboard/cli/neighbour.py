"""Who else is on this machine: a gateway of ours on a port, another program, or nobody."""

import json
import os
import socket
import time
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
    """A JSON object from a gateway, None when nobody answers with one. Status bars call us every few seconds: one GET
    needs no client, whose import would take longer than all the rest."""
    parts = urlsplit(url)
    get = _get_through_tls if parts.scheme == "https" else _get
    try:
        status, body = get(parts.hostname or "", parts.port, parts.path + path, token, timeout_s)
        value = json.loads(body)
    except (OSError, ValueError):
        return None
    return value if isinstance(value, dict) and status == 200 else None


def _get(host: str, port: int | None, path: str, token: str | None, timeout_s: float) -> tuple[int, bytes]:
    """Status and body. HTTP/1.0: then a body is never in chunks, and ends with the connection. Raises `OSError`, and
    `ValueError` for what is no reply, or not all of one."""
    authority = f"[{host}]" if ":" in host else host
    lines = [f"GET {path} HTTP/1.0", f"host: {authority}:{port or 80}", "connection: close"]
    if token is not None:
        lines.append(f"authorization: Bearer {token}")
    if any(not (line.isascii() and line.isprintable()) for line in lines):
        raise ValueError("it cannot be asked for in HTTP")
    until = time.monotonic() + timeout_s
    with socket.create_connection((host, port or 80), timeout_s) as connection:
        connection.sendall("\r\n".join((*lines, "", "")).encode())
        pieces: list[bytes] = []
        while piece := connection.recv(65536):
            pieces.append(piece)
            connection.settimeout(max(0.001, until - time.monotonic()))
    head, _, body = b"".join(pieces).partition(b"\r\n\r\n")
    first, *fields = head.split(b"\r\n")
    sizes = [
        int(value) for name, _, value in (it.partition(b":") for it in fields) if name.lower() == b"content-length"
    ]
    if not first.startswith(b"HTTP/1.") or any(size != len(body) for size in sizes):
        raise ValueError("that is no whole reply")
    return int(first.partition(b" ")[2][:3]), body


def _get_through_tls(host: str, port: int | None, path: str, token: str | None, timeout_s: float) -> tuple[int, bytes]:
    """The same with encryption, where the client of the standard library is worth its import."""
    import http.client

    connection = http.client.HTTPSConnection(host, port, timeout=timeout_s)
    try:
        connection.request("GET", path, headers={"authorization": f"Bearer {token}"} if token else {})
        reply = connection.getresponse()
        return reply.status, reply.read()
    except http.client.HTTPException as error:
        raise ValueError(str(error)) from None
    finally:
        connection.close()


def nobody_at(url: str) -> str:
    """That no gateway is there, and what to do."""
    return f"no gateway of yours answers at {url}: start one with `ai-dashboard serve`, or name its address with --url"


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
