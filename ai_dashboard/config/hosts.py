"""Addresses: how they are read, and which of them are machines of your own. Nothing here asks the network."""

import ipaddress
from urllib.parse import urlsplit

_OWN_DOMAINS = (".local", ".localhost", ".lan", ".internal", ".home.arpa")


def without_v1(value: object) -> object:
    """A base URL without spaces, trailing slashes and a trailing `/v1`; anything that is no text unchanged."""
    if not isinstance(value, str):
        return value
    return value.strip().rstrip("/").removesuffix("/v1").rstrip("/")


def address_of(text: str, default_port: int | None) -> str | None:
    """A base URL from what people write into variables: a URL, `host:port`, a host, or `0.0.0.0`; None for what is
    none."""
    text = text.strip()
    if not text:
        return None
    if "://" not in text:
        text = f"http://{text}" if ":" in text or default_port is None else f"http://{text}:{default_port}"
    # 0.0.0.0 tells a server to listen everywhere; as a destination it means this machine.
    url = str(without_v1(text)).replace("://0.0.0.0", "://127.0.0.1", 1).replace("://localhost:", "://127.0.0.1:", 1)
    return url if is_http(url) else None


def split_url(url: str) -> tuple[str, str, int | None]:
    """Scheme, host and port of a URL (the scheme's usual port where none is written); all empty for what is no URL."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "", "", None
    return parts.scheme, parts.hostname or "", port or {"http": 80, "https": 443}.get(parts.scheme)


def is_http(url: str) -> bool:
    """Whether it is an http(s) URL with a host, without spaces or placeholders such as `<your-host>`, and without
    anything that an address of a server may not hold."""
    scheme, host, port = split_url(url)
    clean = not any(char.isspace() or char in "<>{}\"'\\" for char in url)
    return scheme in ("http", "https") and bool(host) and port is not None and clean and not too_much(url)


def too_much(url: str) -> str:
    """What a URL holds beyond the address of a server; empty for one that holds nothing of the kind."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    if "@" in parts.netloc:
        return "a user name or password"
    return "a `?` or `#`" if parts.query or parts.fragment else ""


def is_loopback(host: str) -> bool:
    """Whether only this very machine can be meant; `0.0.0.0`, to listen on, is every address there is."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    address = _address(host)
    return address is not None and address.is_loopback


def is_local_host(host: str) -> bool:
    """Whether a host is a machine of one's own: loopback, a private network, `.local` and its like, or a bare name."""
    address = _address(host)
    if address is not None:
        return address.is_loopback or address.is_private or address.is_link_local
    return bool(host) and ("." not in host or host.endswith(_OWN_DOMAINS))


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None
