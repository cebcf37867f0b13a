"""Who is let in, by the head of a request alone; over real sockets in tests/integration/gateway/test_server.py."""

import pytest

from ai_dashboard.config.schema import GatewaySettings
from ai_dashboard.core.errors import CallerError
from ai_dashboard.gateway.clock import SystemClock
from ai_dashboard.gateway.guard import Guard, own_names, refuse_open_listener
from ai_dashboard.tenancy.identity import Identity
from ai_dashboard.tenancy.key_book import KeyBook
from ai_dashboard.tenancy.key_homes import MemoryKeys


@pytest.mark.parametrize(
    ("host", "has", "has_not"),
    [
        ("127.0.0.1", {"localhost", "127.0.0.1", "[::1]"}, {"0.0.0.0"}),
        ("127.0.0.2", {"localhost", "127.0.0.2"}, set()),
        ("0.0.0.0", {"localhost", "127.0.0.1"}, {"0.0.0.0"}),
        ("::", {"[::1]"}, {"[::]", "::"}),
        ("192.168.7.7", {"192.168.7.7"}, set()),
        ("fe80::7", {"[fe80::7]"}, {"fe80::7"}),
        ("gpu.lan", {"gpu.lan"}, set()),
    ],
)
def test_own_names(host: str, has: set[str], has_not: set[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("socket.getfqdn", lambda: "box.lan")
    names = own_names(host)
    assert has <= set(names)
    assert not has_not & set(names)
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("host", "has_key", "insecure", "refused"),
    [
        ("127.0.0.1", False, False, False),
        ("localhost", False, False, False),
        ("::1", False, False, False),
        ("0.0.0.0", False, False, True),
        ("gpu.lan", False, False, True),
        ("0.0.0.0", True, False, False),
        ("0.0.0.0", False, True, False),
    ],
)
def test_an_open_listener_needs_a_key(host: str, has_key: bool, insecure: bool, refused: bool) -> None:
    if refused:
        with pytest.raises(CallerError, match="spend your keys"):
            refuse_open_listener(host, has_key=has_key, insecure=insecure)
    else:
        refuse_open_listener(host, has_key=has_key, insecure=insecure)


@pytest.mark.parametrize(
    ("host", "insecure", "auth", "refused"),
    [
        ("0.0.0.0", False, {}, True),
        ("0.0.0.0", False, {"master_key": "sk-1"}, False),
        ("0.0.0.0", True, {}, False),
        ("127.0.0.1", False, {}, False),
    ],
)
def test_settings_that_would_open_the_listener_are_refused(
    host: str, insecure: bool, auth: dict[str, str], refused: bool
) -> None:
    locked = GatewaySettings.model_validate({"auth": {"master_key": "sk-0"}})
    book = KeyBook(MemoryKeys(), clock=SystemClock(), entropy=bytes)
    identity = Identity(locked, book, None, admin_token="t", wall=SystemClock.wall)
    guard = Guard(host, locked, lambda: identity, insecure=insecure)
    wanted = GatewaySettings.model_validate({"auth": auth})
    if refused:
        with pytest.raises(CallerError, match="spend your keys"):
            guard.check(wanted)
    else:
        guard.check(wanted)
