"""A configuration folder of one's own, a state folder of one's own, and no gateway anywhere."""

import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ai_dashboard.cli.main import main

PROVIDERS = """\
# mine
providers:
  one: {type: vllm, base_url: http://127.0.0.1:1, models: [a]}   # keep
"""

Config = Callable[..., int]


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing of whoever runs the tests, and a port on which nobody answers."""
    for name in ("AI_DASHBOARD_CONFIG_DIR", "AI_DASHBOARD_ADMIN_KEY", "OPENAI_API_KEY", "VISUAL", "EDITOR", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AI_DASHBOARD_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        monkeypatch.setenv("AI_DASHBOARD_PORT", str(taken.getsockname()[1]))
        yield


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "providers.yaml").write_text(PROVIDERS)
    return folder


@pytest.fixture
def config(folder: Path) -> Config:
    """`config("check", …)` runs an action on that folder; its exit code, argparse's own included."""

    def config(*words: str) -> int:
        try:
            return main(["config", *words, "--config-dir", str(folder)])
        except SystemExit as ended:
            return ended.code if isinstance(ended.code, int) else -1

    return config
