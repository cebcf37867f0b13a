"""Which addresses only this machine can reach. Light to import: the command line asks as well."""

import ipaddress


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a listener on `host`."""
    address = ipaddress_or_none(host)
    return host.lower() == "localhost" if address is None else address.is_loopback


def ipaddress_or_none(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The address that `host` spells, None when it is a name."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None
