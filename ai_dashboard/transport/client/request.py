"""A request as bytes. Framing headers are written here and nowhere else."""

from functools import lru_cache

from ai_dashboard.core.chat import HttpRequest
from ai_dashboard.transport.client.proxies import Proxy

FRAMING_HEADERS = frozenset(
    {"content-length", "transfer-encoding", "connection", "keep-alive", "upgrade", "te", "trailer"}
)
"""What only a connection knows; a relay drops these, a configuration may not set them."""

_BODILESS_METHODS = frozenset({"GET", "HEAD", "DELETE", "OPTIONS"})

Headers = tuple[tuple[str, str], ...]


def encode_request(request: HttpRequest, authority: str, proxy: Proxy | None = None) -> bytes:
    """The request's head. `authority` becomes the Host header unless the request brings its own; `proxy` is the one
    that is to pass the request on, if any.

    Raises `ValueError`, naming the header but never its value, for what cannot be sent: a framing header, or anything
    with CR, LF or NUL in it, which would turn one request into two.
    """
    method, body = request.method, request.body
    head = _constant_part(method, request.path, request.headers, authority, proxy)
    if body or method not in _BODILESS_METHODS:
        return b"%bcontent-length: %d\r\n\r\n" % (head, len(body))
    return head + b"\r\n"


@lru_cache(maxsize=256)
def _constant_part(method: str, path: str, headers: Headers, authority: str, proxy: Proxy | None) -> bytes:
    """All but the length: from one request to a provider to the next it is the same, as a rule."""
    target = path if proxy is None else f"http://{authority}{path}"
    lines = [f"{method} {target} HTTP/1.1"]
    host_given = False
    for name, value in headers:
        if name in FRAMING_HEADERS:
            raise ValueError(f"the header {name!r} is written by the connection")
        if name == "host":
            host_given = True
        lines.append(f"{name}: {value}")
    if not host_given:
        lines.append(f"host: {authority}")
    if proxy is not None and proxy.authorization is not None:
        lines.append(f"proxy-authorization: {proxy.authorization}")
    head = "\r\n".join(lines)
    if head.count("\n") != len(lines) - 1 or head.count("\r") != len(lines) - 1 or "\0" in head:
        raise ValueError(f"{_culprit(headers)} holds a line break or a NUL character")
    if lines[0].count(" ") != 2:
        raise ValueError("the path holds a space")
    try:
        return (head + "\r\n").encode("latin-1")
    except UnicodeEncodeError:
        raise ValueError(f"{_culprit(headers)} holds a character that HTTP cannot carry") from None


def _culprit(headers: Headers) -> str:
    for name, value in headers:
        if not (name + value).isprintable() or not (name + value).isascii():
            return f"the header {name!r}"
    return "the path"
