"""Listening sockets, bound by hand: asyncio gives each address of a name a port of its own when asked for port 0."""

import errno
import socket
from typing import Any

Address = tuple[int, Any]
"""A family and what `getaddrinfo` calls a socket address."""

MISSING = frozenset({errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT})
"""What the system says of an address that this machine does not have, such as `::1` without IPv6."""

ATTEMPTS = 20
"""How often a free port is looked for that is free on all addresses."""


def bind_all(addresses: list[Address]) -> list[socket.socket]:
    """Bind every address, all to one port. An address that the machine does not have is left out if another one is
    there. Raises `OSError` as the system gave it."""
    chosen_by_us = addresses[0][1][1] == 0 and len(addresses) > 1
    for _ in range(ATTEMPTS if chosen_by_us else 0):
        try:
            return _bind_once(addresses)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
    return _bind_once(addresses)


def _bind_once(addresses: list[Address]) -> list[socket.socket]:
    bound: list[socket.socket] = []
    missing: OSError | None = None
    try:
        for family, address in addresses:
            port = bound[0].getsockname()[1] if bound else address[1]
            try:
                bound.append(_bind_one(family, (address[0], port, *address[2:])))
            except OSError as error:
                if error.errno not in MISSING:
                    raise
                missing = error
        if missing is not None and not bound:
            raise missing
    except OSError:
        for taken in bound:
            taken.close()
        raise
    return bound


def _bind_one(family: int, address: tuple[Any, ...]) -> socket.socket:
    # The protocol is named because asyncio switches TCP_NODELAY on only for sockets that know theirs.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.bind(address)
    except OSError:
        listener.close()
        raise
    return listener
