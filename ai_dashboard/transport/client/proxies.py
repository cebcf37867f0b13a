"""Which proxy leads to a provider, by the variables that other programs follow: HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and
NO_PROXY, the lower-case spelling first. This machine itself is never reached through a proxy.
"""

import base64
import ipaddress
from collections.abc import Mapping
from dataclasses import field
from urllib.parse import unquote, urlsplit

from ai_dashboard.core.data import dataclass
from ai_dashboard.transport.client.endpoint import Endpoint

DEFAULT_PORT = 80


@dataclass(frozen=True, slots=True)
class Proxy:
    """An HTTP proxy. `authorization` is the value of its header, and a secret."""

    endpoint: Endpoint
    authorization: str | None = field(default=None, repr=False)


def proxy_for(endpoint: Endpoint, variables: Mapping[str, str]) -> Proxy | None:
    """The way to `endpoint`, None for the direct one. Raises `ValueError` for a proxy that cannot be used, which names
    the variable and never its value."""
    if _is_local(endpoint.host) or _is_excepted(endpoint, _variable(variables, "no_proxy")[1]):
        return None
    for name in (f"{endpoint.scheme}_proxy", "all_proxy"):
        spelling, value = _variable(variables, name)
        if value:
            return _parse(spelling, value)
    return None


def _variable(variables: Mapping[str, str], name: str) -> tuple[str, str]:
    spelling = name if name in variables else name.upper()
    return spelling, variables.get(spelling, "").strip()


def _parse(spelling: str, value: str) -> Proxy:
    try:
        parts = urlsplit(value if "://" in value else f"http://{value}")
        host, port = parts.hostname, parts.port or DEFAULT_PORT
    except ValueError:
        host = None
    if not host:
        raise ValueError(f"the proxy in {spelling} cannot be read; write it like http://proxy:3128")
    if parts.scheme != "http":
        raise ValueError(f"the proxy in {spelling} is spoken to by {parts.scheme}; only http:// proxies are understood")
    authorization = None
    if parts.username is not None:
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        authorization = f"Basic {base64.b64encode(pair.encode()).decode()}"
    return Proxy(Endpoint("http", host, port), authorization)


def _is_local(host: str) -> bool:
    address = _address(host)
    if address is not None:
        return address.is_loopback or address.is_unspecified
    return host == "localhost" or host.endswith(".localhost")


def _is_excepted(endpoint: Endpoint, no_proxy: str) -> bool:
    return any(_matches(endpoint, entry.strip().lower()) for entry in no_proxy.split(",") if entry.strip())


def _matches(endpoint: Endpoint, entry: str) -> bool:
    """`*`, a name with all that is below it, an address, a network; names and addresses with or without a port."""
    if entry == "*":
        return True
    address = _address(endpoint.host)
    if address is not None and "/" in entry:
        try:
            return address in ipaddress.ip_network(entry, strict=False)
        except ValueError:
            return False
    if _address(entry) is None:
        name, colon, port = entry.rpartition(":")
        if colon and port.isdigit():
            if int(port) != endpoint.port:
                return False
            entry = name
    name = entry.strip("[]").removeprefix("*").removeprefix(".")
    if address is not None:
        return _address(name) == address
    return endpoint.host == name or endpoint.host.endswith("." + name)


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return None
