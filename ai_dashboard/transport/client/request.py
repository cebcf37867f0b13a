"""A request as bytes. Framing headers are written here and nowhere else."""

from ai_dashboard.core.chat import HttpRequest

FRAMING_HEADERS = frozenset(
    {"content-length", "transfer-encoding", "connection", "keep-alive", "upgrade", "te", "trailer"}
)
"""What only a connection knows; a relay drops these, a configuration may not set them."""

_BODILESS_METHODS = frozenset({"GET", "HEAD", "DELETE", "OPTIONS"})


def encode_request(request: HttpRequest, authority: str) -> bytes:
    """The request's head. `authority` becomes the Host header unless the request brings its own.

    Raises `ValueError`, naming the header but never its value, for what cannot be sent: a framing header, or anything
    with CR, LF or NUL in it, which would turn one request into two.
    """
    lines = [f"{request.method} {request.path} HTTP/1.1"]
    host_given = False
    for name, value in request.headers:
        if name in FRAMING_HEADERS:
            raise ValueError(f"the header {name!r} is written by the connection")
        if name == "host":
            host_given = True
        lines.append(f"{name}: {value}")
    if not host_given:
        lines.append(f"host: {authority}")
    if request.body or request.method not in _BODILESS_METHODS:
        lines.append(f"content-length: {len(request.body)}")
    head = "\r\n".join(lines)
    if head.count("\n") != len(lines) - 1 or head.count("\r") != len(lines) - 1 or "\0" in head:
        raise ValueError(f"{_culprit(request)} holds a line break or a NUL character")
    if lines[0].count(" ") != 2:
        raise ValueError("the path holds a space")
    try:
        return (head + "\r\n\r\n").encode("latin-1")
    except UnicodeEncodeError:
        raise ValueError(f"{_culprit(request)} holds a character that HTTP cannot carry") from None


def _culprit(request: HttpRequest) -> str:
    for name, value in request.headers:
        if not (name + value).isprintable() or not (name + value).isascii():
            return f"the header {name!r}"
    return "the path"
