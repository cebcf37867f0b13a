"""`doctor` as a whole."""

import json
from pathlib import Path

import pytest

from ai_dashboard.cli.commands.doctor import counted, lines
from ai_dashboard.cli.doctoring.finding import Finding, Level
from ai_dashboard.cli.main import main

CHECKS = {"config", "keys", "port", "redis", "gpu", "terminal", "state", "prices", "clock"}


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No configuration, state or key of whoever runs the tests."""
    monkeypatch.chdir(tmp_path)
    for name in ("HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.setenv("AI_DASHBOARD_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("AI_DASHBOARD_PORT", "0")
    for name in ("AI_DASHBOARD_CONFIG_DIR", "REDIS_URL", "REDIS_HOST", "OPENAI_API_KEY"):
        monkeypatch.delenv(name, raising=False)


def test_everything_is_looked_at_and_what_is_wrong_has_a_fix(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "config").mkdir()
    text = "providers: {cloud: {type: openai, base_url: https://api.openai.com, models: [m]}}\n"
    (tmp_path / "config" / "providers.yaml").write_text(text)
    assert main(["doctor", "--json"]) == 1
    said = json.loads(capsys.readouterr().out)
    assert {it["check"] for it in said["findings"]} == CHECKS
    problems = [it["check"] for it in said["findings"] if it["level"] == "problem"]
    assert "keys" in problems
    assert all(it["fix"] for it in said["findings"] if it["level"] in ("problem", "warning"))
    assert said["problems"] == len(problems)


def test_the_exit_code_says_whether_there_are_problems(capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["doctor"])
    text = capsys.readouterr().out
    assert code == bool(text.count("✗ "))  # none, but for what is wrong with this very machine
    for words in ("no active provider needs one", "the gateway takes any free port", "none is configured"):
        assert words in text


def test_a_folder_that_is_not_there_is_used_wrongly() -> None:
    assert main(["doctor", "--config-dir", "nowhere"]) == 2


def test_a_check_is_named_once_and_nothing_from_outside_reaches_the_terminal() -> None:
    found = [
        Finding("port", Level.PROBLEM, "taken by \x1b[31mevil", "stop it"),
        Finding("port", Level.OK, "free"),
        Finding("gpu", Level.NOTE, "none"),
    ]
    assert lines(found) == ["✗ port  taken by �[31mevil", "        → stop it", "✓       free", "· gpu   none"]


@pytest.mark.parametrize(
    ("counts", "words"), [((0, 0), "all is well"), ((1, 2), "1 problem, 2 warnings"), ((0, 1), "0 problems, 1 warning")]
)
def test_the_sum(counts: tuple[int, int], words: str) -> None:
    assert counted(*counts) == words
