"""What holds for every sub-command, also for one that is new: help with an example, JSON, exit codes, plain words."""

import argparse
import io
from pathlib import Path

import pytest

from ai_dashboard.cli.completing.tree import Node
from ai_dashboard.cli.main import main, parser_of, sub_commands, tree

DEAD = "http://127.0.0.1:9"

WITHOUT_JSON = {
    "attach": "a screen",
    "completion": "a script for a shell",
    "config edit": "an editor",
    "config export-litellm": "a file of YAML",
    "config schema": "JSON as it is",
    "demo": "a screen",
    "serve": "it goes on and on",
    "web": "it goes on and on",
}
"""Commands whose output is for no program, and what it is."""

SAMPLES = {
    "chat": ["m", "hello"],
    "compare": ["m", "n", "hello"],
    "config what-if": ["providers.yaml", "-"],
    "keys create": ["ci"],
    "keys revoke": ["ci"],
    "keys show": ["ci"],
    "why": ["9f3a"],
}
"""What commands need that cannot be called with nothing."""

WELL_WITHOUT = {"config edit", "config put", "config rollback", "config set", "route"}
"""Commands that take a gateway's address and go on without one."""


@pytest.fixture(scope="module")
def nodes() -> dict[str, Node]:
    """Every command that can be called, by its words."""
    return {" ".join(node.path): node for node in tree().all() if node.path and not node.children}


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No configuration, state or key of whoever runs the tests."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AI_DASHBOARD_STATE_DIR", str(tmp_path / "state"))
    for name in ("HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, str(tmp_path))


def takes(node: Node, option: str) -> bool:
    return any(option in it.names for it in node.options)


def test_every_help_has_an_example(nodes: dict[str, Node]) -> None:
    without = []
    for name in sub_commands():
        parsers = {name: parser_of(name)}
        for action in parsers[name]._actions:
            if isinstance(action, argparse._SubParsersAction):
                parsers |= {f"{name} {word}": parser for word, parser in action.choices.items()}
        without += [words for words, it in parsers.items() if f"ai-dashboard {words}" not in (it.description or "")]
    assert without == []


def test_every_command_speaks_to_programs(nodes: dict[str, Node]) -> None:
    assert [name for name, node in nodes.items() if not takes(node, "--json") and name not in WITHOUT_JSON] == []


def test_wrong_use_is_one_clear_sentence(nodes: dict[str, Node], capsys: pytest.CaptureFixture[str]) -> None:
    for name in nodes:
        with pytest.raises(SystemExit) as done:
            main([*name.split(), *SAMPLES.get(name, []), "--no-such-option"])
        *usage, sentence = capsys.readouterr().err.splitlines()
        assert done.value.code == 2, name
        assert usage[0].startswith(f"usage: ai-dashboard {name.split()[0]}")
        assert sentence.startswith(f"ai-dashboard {name.split()[0]}")
        assert ": error: " in sentence


def test_without_a_gateway_it_is_said_what_to_do(
    nodes: dict[str, Node], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asking = [name for name, node in nodes.items() if takes(node, "--url") and name not in WELL_WITHOUT]
    assert len(asking) > 10
    for name in asking:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO()))  # for those that read a prompt
        assert main([*name.split(), *SAMPLES.get(name, []), "--url", DEAD]) == 1, name
        said = capsys.readouterr().err
        assert "no gateway" in said, name
        assert DEAD in said, name
        assert "ai-dashboard serve" in said, name
        assert said.count("\n") == 1, name
