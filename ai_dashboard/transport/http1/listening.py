"""Listening sockets, bound by hand: asyncio gives each address of a name a port of its own when asked for port 0.

A port has one listener, unless somebody holds it for several (`reserve`) and each of them says that it shares it.
"""

import errno
import socket
from collections.abc import Sequence
from typing import Any

Address = tuple[int, Any]
"""A family and what `getaddrinfo` calls a socket address."""

MISSING = frozenset({errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT})
"""What the system says of an address that this machine does not have, such as `::1` without IPv6."""

ATTEMPTS = 20
"""How often a free port is looked for that is free on all addresses."""


def bind_all(addresses: Sequence[Address], *, shared: bool = False, reuse_address: bool = True) -> list[socket.socket]:
    """Bind every address, all to one port. An address that the machine does not have is left out if another one is
    there. `shared`: beside others of this user that share it too. Raises `OSError` as the system gave it."""
    chosen_by_us = addresses[0][1][1] == 0 and len(addresses) > 1
    for _ in range(ATTEMPTS if chosen_by_us else 0):
        try:
            return _bind_once(addresses, shared, reuse_address)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
    return _bind_once(addresses, shared, reuse_address)


def reserve(host: str, port: int) -> list[socket.socket]:
    """Hold one port on every address of a name for listeners that share it, without listening. Port 0 takes any free
    one. Raises `OSError` when anybody has it, even one who would share it. Blocks while the name is looked up."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    alone = bind_all([(family, address) for family, _, _, _, address in found])
    held = [(bound.family, bound.getsockname()) for bound in alone]
    for bound in alone:
        bound.close()
    try:
        # Without SO_REUSEADDR nobody else can bind the port, not even while none of the sharers listens.
        return bind_all(held, shared=True, reuse_address=False)
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        # The connections of a listener that did not share are still in TIME_WAIT: SO_REUSEADDR is what overlooks them.
        # The port is then held by its listeners alone; with none of them, another program could take it.
        return bind_all(held, shared=True)


def _bind_once(addresses: Sequence[Address], shared: bool, reuse_address: bool) -> list[socket.socket]:
    bound: list[socket.socket] = []
    missing: OSError | None = None
    try:
        for family, address in addresses:
            port = bound[0].getsockname()[1] if bound else address[1]
            try:
                bound.append(_bind_one(family, (address[0], port, *address[2:]), shared, reuse_address))
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


def _bind_one(family: int, address: tuple[Any, ...], shared: bool, reuse_address: bool) -> socket.socket:
    # The protocol is named because asyncio switches TCP_NODELAY on only for sockets that know theirs.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, reuse_address)
        if shared:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.bind(address)
    except OSError:
        listener.close()
        raise
    return listener
