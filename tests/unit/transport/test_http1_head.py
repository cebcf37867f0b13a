"""What llhttp leaves open about a request's head is closed here."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.core.errors import CallerError, MethodNotAllowed
from ai_dashboard.transport.http1.head import Header, check_framing, method_name, split_target

HOST: Header = (b"host", b"a")


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        (b"/", ("/", "")),
        (b"/v1/models?limit=3", ("/v1/models", "limit=3")),
        (b"/a?b?c", ("/a", "b?c")),
        (b"//evil/../x", ("//evil/../x", "")),
        (b"/%2e%2e?%00", ("/%2e%2e", "%00")),
        (b"*", ("*", "")),
        (b"http://host:4000/v1/models?x", ("/v1/models", "x")),
        (b"HTTPS://host", ("/", "")),
        (b"http://host?x=/y", ("/", "x=/y")),
    ],
)
def test_target_is_split_undecoded(target: bytes, expected: tuple[str, str]) -> None:
    assert split_target(target) == expected


@pytest.mark.parametrize("target", [b"/a#b", b"ftp://host/x", b"host:443", b"x", b"http://h/#"])
def test_targets_that_are_no_path(target: bytes) -> None:
    with pytest.raises(CallerError):
        split_target(target)


@given(path=st.text("abc/%._-", max_size=20), query=st.text("ab=&?/%", max_size=20))
def test_target_comes_back_whole(path: str, query: str) -> None:
    target = f"/{path}?{query}"
    assert "?".join(split_target(target.encode())) == target


@pytest.mark.parametrize("method", [b"GET", b"POST", b"HEAD", b"OPTIONS", b"PUT", b"PATCH", b"DELETE"])
def test_methods(method: bytes) -> None:
    assert method_name(method) == method.decode()


@pytest.mark.parametrize("method", [b"CONNECT", b"TRACE", b"DESCRIBE", b"SOURCE", b"PRI"])
def test_methods_of_others(method: bytes) -> None:
    with pytest.raises(MethodNotAllowed, match=method.decode()):
        method_name(method)


@pytest.mark.parametrize(
    ("version", "headers"),
    [
        ("1.1", [HOST]),
        ("1.0", []),
        ("1.1", [HOST, (b"transfer-encoding", b"Chunked")]),
        ("1.1", [HOST, (b"accept", b"a"), (b"accept", b"b")]),
    ],
)
def test_clear_framing(version: str, headers: list[Header]) -> None:
    check_framing(version, headers, dict(headers))


@pytest.mark.parametrize(
    ("version", "headers", "says"),
    [
        ("1.1", [], "Host header is missing"),
        ("1.1", [HOST, HOST], "more than one Host"),
        ("1.0", [HOST, HOST], "more than one Host"),
        ("0.9", [], "HTTP/0.9"),
        ("2.0", [HOST], "HTTP/2.0"),
        ("1.1", [HOST, (b"transfer-encoding", b"gzip, chunked")], "transfer coding"),
        ("1.1", [HOST, (b"transfer-encoding", b"identity")], "transfer coding"),
        ("1.0", [HOST, (b"transfer-encoding", b"chunked")], "transfer coding"),
    ],
)
def test_doubtful_framing(version: str, headers: list[Header], says: str) -> None:
    with pytest.raises(CallerError, match=says):
        check_framing(version, headers, dict(headers))
