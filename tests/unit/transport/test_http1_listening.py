"""Who may bind which port beside whom, on real sockets of this machine."""

import errno
import socket
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

import pytest

from ai_dashboard.transport.http1.listening import Address, bind_all, reserve

LOOPBACK = "127.0.0.1"


def at(port: int) -> list[Address]:
    return [(socket.AF_INET, (LOOPBACK, port))]


@contextmanager
def kept(sockets: Sequence[socket.socket]) -> Iterator[int]:
    """The port of sockets that stay open for the block."""
    with ExitStack() as stack:
        for bound in sockets:
            stack.enter_context(bound)
        yield sockets[0].getsockname()[1]


@contextmanager
def listening(port: int, *, shared: bool = False) -> Iterator[int]:
    bound = bind_all(at(port), shared=shared)
    bound[0].listen()
    with kept(bound) as number:
        yield number


def refuses(port: int, *, shared: bool = False) -> bool:
    """Whether nobody else may have the port."""
    try:
        bound = bind_all(at(port), shared=shared)
    except OSError as error:
        return error.errno == errno.EADDRINUSE
    with kept(bound):
        return False


def test_a_port_has_one_listener() -> None:
    with listening(0) as port:
        assert refuses(port)
        assert refuses(port, shared=True)


def test_a_reserved_port_takes_several_listeners_that_share_it() -> None:
    with kept(reserve(LOOPBACK, 0)) as port, listening(port, shared=True), listening(port, shared=True):
        assert refuses(port)


def test_connections_go_to_the_listeners_and_never_to_the_one_who_holds_the_port() -> None:
    with kept(reserve(LOOPBACK, 0)) as port, kept(bind_all(at(port), shared=True)):
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((LOOPBACK, port), timeout=1)
        with listening(port, shared=True), socket.create_connection((LOOPBACK, port), timeout=1):
            pass


def test_a_reserved_port_is_refused_to_others_while_none_of_the_sharers_listens() -> None:
    with kept(reserve(LOOPBACK, 0)) as port:
        assert refuses(port)


@pytest.mark.parametrize("shared", [False, True])
def test_a_port_with_a_listener_cannot_be_reserved(shared: bool) -> None:
    with listening(0, shared=shared) as port, pytest.raises(OSError, match="in use"):
        reserve(LOOPBACK, port)


def test_a_port_can_be_reserved_once() -> None:
    with kept(reserve(LOOPBACK, 0)) as port, pytest.raises(OSError, match="in use"):
        reserve(LOOPBACK, port)


@pytest.mark.parametrize("shared", [False, True])
def test_connections_that_are_over_do_not_keep_a_port_from_being_reserved(shared: bool) -> None:
    """Who closes first is left with a connection in TIME_WAIT, for a minute."""
    bound = bind_all(at(0), shared=shared)
    bound[0].listen()
    with kept(bound) as port, socket.create_connection((LOOPBACK, port), timeout=1) as client:
        accepted, _ = bound[0].accept()
        accepted.close()
        assert client.recv(1) == b""
    with kept(reserve(LOOPBACK, port)), listening(port, shared=True):
        pass


def test_a_name_is_reserved_on_all_its_addresses_with_one_port() -> None:
    held = reserve("localhost", 0)
    with kept(held) as port:
        assert {bound.getsockname()[1] for bound in held} == {port}
        found = {info[4][0] for info in socket.getaddrinfo("localhost", port, type=socket.SOCK_STREAM)}
        assert {bound.getsockname()[0] for bound in held} <= found


def test_a_name_that_nobody_knows_is_an_os_error() -> None:
    with pytest.raises(OSError, match=r"\w"):
        reserve("no-such-host.invalid", 0)
