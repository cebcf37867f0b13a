"""What a request's head means, once llhttp has found it well formed.

llhttp in its strict mode refuses bare LF, obs-fold, control characters, space before the colon, both lengths, repeated
lengths and bad chunk sizes. This module closes what it leaves open: HTTP/0.9 and 2.0, RTSP and ICE, `Host`, transfer
codings we do not decode, and targets that are no path.
"""

from functools import lru_cache

from ai_dashboard.core.errors import CallerError, MethodNotAllowed

METHODS = {name.encode(): name for name in ("GET", "POST", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE")}

Header = tuple[bytes, bytes]


def method_name(method: bytes) -> str:
    """The method as text. Raises `MethodNotAllowed` for those that are not HTTP's, and for CONNECT and TRACE."""
    try:
        return METHODS[method]
    except KeyError:
        raise MethodNotAllowed(
            f"The method {method.decode('latin-1')} is not served here.",
            hint=f"Use one of {', '.join(METHODS.values())}.",
        ) from None


def check_framing(version: str, headers: list[Header], fields: dict[bytes, bytes]) -> None:
    """Raise `CallerError` unless it is beyond doubt where this request goes and where it ends.

    `headers` are as they came, names in lower case; `fields` the same as a dict.
    """
    if version != "1.1" and version != "1.0":
        raise CallerError(f"HTTP/{version} is not spoken here.", hint="Use HTTP/1.1.")
    if b"host" not in fields:
        if version == "1.1":
            raise CallerError("The Host header is missing.", hint="HTTP/1.1 requires exactly one.")
    elif len(fields) != len(headers) and sum(name == b"host" for name, _ in headers) > 1:
        raise CallerError("There is more than one Host header.", hint="HTTP/1.1 requires exactly one.")
    coding = fields.get(b"transfer-encoding")
    if coding is not None and (coding.lower() != b"chunked" or version == "1.0"):
        raise CallerError("The only transfer coding understood is `chunked`, and only in HTTP/1.1.")


@lru_cache(maxsize=512)
def split_target(target: bytes) -> tuple[str, str]:
    """`(path, query)` of a request target, both undecoded. Raises `CallerError` for what is no path.

    An absolute URL is taken for its path, as RFC 9112 (3.2.2) asks of every server. Most requests ask for one of a few
    targets, hence the cache.
    """
    text = target.decode("ascii")
    if not text.startswith("/"):
        text = _path_of(text)
    if "#" in text:
        raise CallerError("The request target holds a `#`.", hint="A fragment is for the browser; encode it as %23.")
    path, _, query = text.partition("?")
    return path, query


def _path_of(text: str) -> str:
    if text == "*":
        return text
    scheme, found, rest = text.partition("://")
    if not found or scheme.lower() not in {"http", "https"}:
        raise CallerError("The request target is not a path.", hint="It starts with `/`.")
    authority_end = min((at for at in (rest.find("/"), rest.find("?")) if at >= 0), default=len(rest))
    tail = rest[authority_end:]
    return tail if tail.startswith("/") else "/" + tail
