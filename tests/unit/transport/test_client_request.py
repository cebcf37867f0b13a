"""Requests as bytes: exact, and one request only."""

import pytest

from ai_dashboard.core.chat import HttpRequest
from ai_dashboard.transport.client.request import encode_request


def test_post_is_exact() -> None:
    request = HttpRequest("POST", "/v1/x?y", (("content-type", "application/json"),), b"{}")
    assert encode_request(request, "h:1") == (
        b"POST /v1/x?y HTTP/1.1\r\ncontent-type: application/json\r\nhost: h:1\r\ncontent-length: 2\r\n\r\n"
    )


def test_nothing_is_added_that_was_not_asked_for() -> None:
    head = encode_request(HttpRequest("GET", "/", (), b""), "h")
    assert head == b"GET / HTTP/1.1\r\nhost: h\r\n\r\n"


def test_an_empty_post_has_a_length() -> None:
    assert b"content-length: 0\r\n" in encode_request(HttpRequest("POST", "/", (), b""), "h")


def test_a_virtual_host_may_be_named() -> None:
    head = encode_request(HttpRequest("GET", "/", (("host", "other"),), b""), "h")
    assert head == b"GET / HTTP/1.1\r\nhost: other\r\n\r\n"


@pytest.mark.parametrize("bad", ["a\r\nx: y", "a\n", "\r", "a\0", "ключ"])
def test_what_would_become_two_requests_is_refused(bad: str) -> None:
    with pytest.raises(ValueError, match="'authorization'") as refusal:
        encode_request(HttpRequest("GET", "/", (("authorization", f"secret{bad}"),), b""), "h")
    assert "secret" not in str(refusal.value)


@pytest.mark.parametrize("path", ["/a b", "/a\r\n", "/\0", "/ HTTP/1.1\r\nx: y"])
def test_paths_that_would_break_the_request_line(path: str) -> None:
    with pytest.raises(ValueError, match="the path"):
        encode_request(HttpRequest("GET", path, (), b""), "h")


@pytest.mark.parametrize("name", ["content-length", "transfer-encoding", "connection", "upgrade"])
def test_framing_headers_are_the_connections_own(name: str) -> None:
    with pytest.raises(ValueError, match=name):
        encode_request(HttpRequest("GET", "/", ((name, "1"),), b""), "h")
