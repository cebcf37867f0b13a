"""Reply heads: exact bytes, and nothing that could move the end of a reply."""

import orjson
import pytest

from ai_dashboard.core.errors import Overloaded
from ai_dashboard.transport.http1.reply import encode_head, error_body


def test_head_is_exact() -> None:
    head = encode_head(200, [(b"content-type", b"text/plain"), (b"x-a", b"")], b"content-length: 3\r\n")
    assert head == b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\nx-a: \r\ncontent-length: 3\r\n\r\n"


def test_unregistered_status_has_an_empty_reason() -> None:
    assert encode_head(299, [], b"") == b"HTTP/1.1 299 \r\n\r\n"


@pytest.mark.parametrize("name", [b"content-length", b"transfer-encoding", b"connection", b"keep-alive"])
def test_framing_headers_are_the_servers_own(name: bytes) -> None:
    with pytest.raises(ValueError, match=name.decode()):
        encode_head(200, [(name, b"1")], b"")


@pytest.mark.parametrize("bad", [b"a\r\nx: y", b"a\n", b"\r", b"a\0b"])
def test_header_injection_is_refused(bad: bytes) -> None:
    for header in ((b"x-a", bad), (bad, b"a")):
        with pytest.raises(ValueError, match="CR, LF or NUL"):
            encode_head(200, [header], b"content-length: 0\r\n")


def test_error_body_says_what_to_do() -> None:
    body = orjson.loads(error_body(Overloaded("Too much is in flight.", hint="Try again.")))
    assert body == {
        "error": {"message": "Too much is in flight. Try again.", "type": "server_error", "code": "overloaded"}
    }
