"""A world for each document, and nothing of the folders and keys of whoever runs the tests."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.docs.front import Front
from tests.docs.shell import Shell, seen
from tests.docs.world import KEYS, World, world


@pytest.fixture
def there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """A running gateway, with its folder as the present one."""
    for name in KEYS:
        monkeypatch.delenv(name, raising=False)
    for name in ("HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.setenv("EDITOR", "true")
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.chdir(tmp_path)
    state = tmp_path / ".local/state/ai-dashboard"
    state.parent.mkdir(parents=True)
    state.symlink_to(tmp_path / "state")
    with world(tmp_path) as running:
        monkeypatch.setenv("AI_DASHBOARD_STATE_DIR", str(tmp_path / "state"))
        monkeypatch.setenv("AI_DASHBOARD_PORT", running.url.rpartition(":")[2])
        yield running


@pytest.fixture
def shell(there: World) -> Shell:
    """Where a document's lines are run."""
    seen(there.folder)
    return Shell(there, Front(there.url, request_to(there)))


def request_to(there: World) -> str:
    """The id of a request that was answered."""
    body = {"model": "llama3.1:8b", "messages": [{"role": "user", "content": "hello"}]}
    return httpx.post(f"{there.url}/v1/chat/completions", json=body).raise_for_status().headers["x-request-id"]
