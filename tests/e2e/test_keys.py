"""Keys of the real program: printed once, and revoked at every gateway that shares the state folder."""

import http.client
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.program import Serving, run, serving, until
from tests.e2e.till import Provider, chat, configure, providing

pytestmark = pytest.mark.e2e

REVOKED_WITHIN_S = 1.0


@pytest.fixture
def provider() -> Iterator[Provider]:
    with providing() as server:
        yield server


def test_a_key_is_printed_once_and_revoked_at_all_gateways_of_a_folder(provider: Provider, tmp_path: Path) -> None:
    state = configure(tmp_path, provider, "auth: {master_key: for-everybody}\n")
    with serving(state=state) as one, serving(state=state) as other:
        gateways = (one, other)
        assert [chat(it.port) for it in gateways] == [401, 401]
        assert [chat(it.port, "for-everybody") for it in gateways] == [200, 200]
        made = run("keys", "create", "ci", "--rpm", "1000", "--url", one.url, state=state)
        secret = made.stdout.strip()
        assert secret.startswith("sk-aid-")
        assert secret not in made.stderr
        until(lambda: chat(other.port, secret) == 200, what="the other knows it")
        shown = run("keys", "show", "ci", "--json", "--url", other.url, state=state)
        assert (shown.returncode, '"state": "active"' in shown.stdout, secret in shown.stdout) == (0, True, False)
        _revoke(other, "ci")
        took = until(lambda: [chat(it.port, secret) for it in gateways] == [401, 401], what="it is revoked")
        assert took < REVOKED_WITHIN_S
        files = [path for path in (state / "state").rglob("*") if path.is_file()]
        assert files
        assert not [path for path in files if secret.encode() in path.read_bytes()]


def _revoke(gateway: Serving, name: str) -> None:
    """As the command does, without the second that a program takes to start."""
    token = (gateway.state / "state" / "admin-token").read_text()
    connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=5)
    connection.request("DELETE", f"/api/admin/keys/{name}", headers={"authorization": f"Bearer {token}"})
    assert connection.getresponse().status == 200
    connection.close()
