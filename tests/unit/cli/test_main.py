"""The command as a whole: finds the sub-command, helps, and exits as it should."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from ai_dashboard import __version__
from ai_dashboard.cli.main import main

COMMANDS = ("attach", "config", "route", "serve", "status")


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No configuration, state or key of whoever runs the tests."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("AI_DASHBOARD_STATE_DIR", str(tmp_path / "state"))
    for name in ("AI_DASHBOARD_CONFIG_DIR", "AI_DASHBOARD_PORT", "AI_DASHBOARD_ADMIN_KEY"):
        monkeypatch.delenv(name, raising=False)


def test_help_lists_every_sub_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    text = capsys.readouterr().out
    for name in COMMANDS:
        assert re.search(rf"^  {name} +[A-Z]", text, re.MULTILINE)
    assert not re.search(r"^  app ", text, re.MULTILINE)
    assert "--demo" in text


@pytest.mark.parametrize("name", COMMANDS)
def test_each_sub_command_has_its_own_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as done:
        main([name, "--help"])
    assert done.value.code == 0
    assert capsys.readouterr().out.startswith(f"usage: ai-dashboard {name}")


@pytest.mark.parametrize(
    ("word", "said"),
    [("statsu", "did you mean `status`?"), ("app", "there are attach, "), ("zzz", "there are attach, ")],
)
def test_an_unknown_word_is_used_wrongly(word: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([word]) == 2
    assert said in capsys.readouterr().err


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"ai-dashboard {__version__}\n"


@pytest.mark.parametrize(
    "arguments", [["--prot", "1"], ["serve", "--port", "x"], ["config"], ["route"], ["status", "--json", "--tmux"]]
)
def test_wrong_use_exits_2(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as done:
        main(arguments)
    assert done.value.code == 2


@pytest.mark.parametrize("url", ["http://127.0.0.1:99999", "ftp://127.0.0.1", "http://", "http://u:p@127.0.0.1", ""])
@pytest.mark.parametrize("command", [["attach"], ["status", "--url"], ["route", "m", "--url"], ["--attach"]])
def test_what_is_no_address_is_used_wrongly(command: list[str], url: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as done:
        main([*command, url])
    assert done.value.code == 2
    assert "is no address of a gateway" in capsys.readouterr().err


def test_what_status_bars_ask_for_imports_little() -> None:
    script = """
import sys
from ai_dashboard.cli.main import main
main(sys.argv[1:])
heavy = {"asyncio", "httpx", "http.client", "pydantic", "textual", "dataclasses", "ssl", "ai_dashboard.core.control"}
print(sorted(heavy & set(sys.modules)), file=sys.stderr)
"""
    for arguments in (["--version"], ["status", "--tmux", "--url", "http://127.0.0.1:9"]):
        command = [sys.executable, "-c", script, *arguments]
        assert subprocess.run(command, capture_output=True, text=True, check=True).stderr == "[]\n"


def test_what_people_can_mend_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["config", "check", "--config-dir", "nowhere"]) == 2
    assert re.fullmatch(r"--config-dir: .*nowhere does not exist \(.*\)\n", capsys.readouterr().err)


def test_an_unknown_model_is_a_problem_with_a_hint(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["route", "gpt-9", "--offline"]) == 1
    assert capsys.readouterr().err.startswith("ai-dashboard: no rule and no provider knows the model 'gpt-9' (")
