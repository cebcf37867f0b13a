"""Foreign errors in plain words."""

import errno
import socket
import ssl

import pytest

from ai_dashboard.transport.client import Endpoint
from ai_dashboard.transport.client.failures import cut, late, unreachable

ENDPOINT = Endpoint("http", "gpu-box", 8000)


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (ConnectionRefusedError(errno.ECONNREFUSED, "x"), "connection refused"),
        (OSError(errno.EHOSTUNREACH, "x"), "no route to the host"),
        (socket.gaierror(socket.EAI_NONAME, "x"), "gpu-box cannot be resolved"),
        (OSError(errno.EPROTO, "Protocol error"), "Protocol error"),
        (OSError("odd"), "OSError"),
        (ssl.SSLError(1, "[SSL] wrong version"), "TLS failed"),
    ],
)
def test_unreachable_names_the_place_and_the_reason(error: OSError, says: str) -> None:
    failure = unreachable(ENDPOINT, error)
    assert failure.message.startswith("gpu-box:8000: ")
    assert says in failure.message
    assert failure.hint


def test_late_and_cut_say_when() -> None:
    assert late(ENDPOINT, "no connection", 5.0).message == "gpu-box:8000: no connection within 5 s."
    assert cut(ENDPOINT, "before it answered").message == "gpu-box:8000: the connection ended before it answered."
