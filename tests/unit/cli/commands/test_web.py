"""`web`, as far as it comes without a browser."""

import argparse
import socket
import sys
from pathlib import Path

import pytest

from ai_dashboard.cli.commands.web import command
from ai_dashboard.cli.main import main


@pytest.fixture
def without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)


def test_what_is_missing_is_one_line_with_the_command(
    without_the_extra: None, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["web", "--demo"]) == 1
    assert capsys.readouterr().err == (
        "ai-dashboard: the screens in a browser need one more part: pip install 'ai-dashboard[web]'\n"
    )


def test_a_gateway_that_is_not_there_comes_first(without_the_extra: None, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["web", "--url", "http://127.0.0.1:9"]) == 1
    assert capsys.readouterr().err.startswith("ai-dashboard: no gateway of yours answers at http://127.0.0.1:9")


def test_a_tab_shows_the_gateway_or_a_demo_of_its_own(tmp_path: Path) -> None:
    start = [sys.executable, "-m", "ai_dashboard"]
    assert command(argparse.Namespace(demo=False, url="http://h:1")) == [*start, "attach", "http://h:1"]
    assert command(argparse.Namespace(demo=True, url="")) == [*start, "demo", "--port", "0"]


def test_a_port_that_is_taken_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("textual_serve", reason="the extra `web` is not installed")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert main(["web", "--demo", "--port", str(taken.getsockname()[1])]) == 1
    assert "try --port 0" in capsys.readouterr().err
