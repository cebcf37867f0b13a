"""Who else is on this machine, seen through real sockets, and what they are trusted with."""

import socket
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest

from ai_dashboard.cli.neighbour import (
    describe_listener,
    free_port_after,
    get_json,
    is_ours,
    nobody_at,
    token_for,
    url_of,
)


@pytest.fixture
def stranger() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener


def answering(listener: socket.socket, reply: bytes) -> Thread:
    """Somebody who takes one connection and says `reply`, whatever was asked."""

    def once() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(reply)

    thread = Thread(target=once, daemon=True)
    thread.start()
    return thread


@pytest.mark.parametrize(
    ("reply", "value"),
    [
        (b'HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n{"a":1}', {"a": 1}),
        (b'HTTP/1.1 401 No\r\nContent-Length: 7\r\n\r\n{"a":1}', None),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]", None),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n<>", None),
        (b"SSH-2.0-OpenSSH_9.9\r\n", None),
        (b"", None),
        (b'HTTP/1.0 200\r\n\r\n{"a":1}', {"a": 1}),
        (b'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"a":1}', None),
        (b'HTTP/1.1\r\n\r\n{"a":1}', None),
        (b'HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n{"a":1}', None),
    ],
)
def test_only_a_json_object_counts(stranger: socket.socket, reply: bytes, value: object) -> None:
    thread = answering(stranger, reply)
    assert get_json(url_of(*stranger.getsockname()), "/x") == value
    thread.join(5)


def test_a_token_cannot_become_another_header(stranger: socket.socket) -> None:
    url = url_of(*stranger.getsockname())
    assert get_json(url, "/x", token="a\r\nhost: evil") is None


def test_nobody_is_waited_for_longer_than_said(stranger: socket.socket) -> None:
    assert get_json(url_of(*stranger.getsockname()), "/x", timeout_s=0.02) is None


def test_that_nobody_is_there_comes_with_what_to_do() -> None:
    said = nobody_at("http://127.0.0.1:4000")
    assert said.startswith("no gateway of yours answers at http://127.0.0.1:4000: ")
    assert "`ai-dashboard serve`" in said


def test_our_own_are_known_by_their_word(stranger: socket.socket) -> None:
    body = b'{"status":"alive","service":"ai-dashboard"}'
    answering(stranger, b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)).join(0)
    assert is_ours(url_of(*stranger.getsockname()))


def test_whoever_holds_a_port_is_named(stranger: socket.socket) -> None:
    answering(stranger, b"")
    assert "(pid " in describe_listener(*stranger.getsockname())


def test_a_free_port_is_free(stranger: socket.socket) -> None:
    host, taken = stranger.getsockname()
    free = free_port_after(host, taken)
    assert free != taken
    with socket.create_server((host, free)):
        pass


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:1"),
        ("0.0.0.0", "http://127.0.0.1:1"),
        ("localhost", "http://127.0.0.1:1"),
        ("::", "http://[::1]:1"),
        ("192.168.7.7", "http://192.168.7.7:1"),
    ],
)
def test_a_listener_is_reached_at(host: str, url: str) -> None:
    assert url_of(host, 1) == url


@pytest.mark.parametrize(
    ("url", "key", "token"),
    [
        ("http://127.0.0.1:4000", "", "local"),
        ("http://localhost:4000", "", "local"),
        ("http://[::1]:4000", "", "local"),
        ("http://gpu.lan:4000", "", None),
        ("http://127.0.0.1.evil.example", "", None),
        ("http://gpu.lan:4000", "named", "named"),
        ("http://127.0.0.1:4000", "named", "named"),
    ],
)
def test_the_local_token_stays_here(
    url: str, key: str, token: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AI_DASHBOARD_STATE_DIR", str(tmp_path))
    monkeypatch.setenv("AI_DASHBOARD_ADMIN_KEY", key)
    (tmp_path / "admin-token").write_text("local\n")
    assert token_for(url) == token
