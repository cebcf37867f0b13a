"""The scripts, in the shells that they are for."""

import shutil
import subprocess
from pathlib import Path

import pytest

from ai_dashboard.cli.completing import bash, fish, zsh
from ai_dashboard.cli.completing.tree import Node, Option, Value

URL = Option(("--url",), "address (default: 'http://x:1')", Value.ANY)
BY = Option(("--by", "-b"), "what [to] add up by", Value.ANY, ("day", "tenant"))
DIR = Option(("--config-dir",), "folder", Value.FOLDER)
TREE = Node(
    (),
    "",
    (Option(("--version",), "say it", Value.NONE),),
    children=(
        Node(("status",), "How it is.", (URL, Option(("--json",), "for programs", Value.NONE))),
        Node(("costs",), "What it's cost.", (BY, URL)),
        Node(("cache",), "The cache.", (), ("stats", "invalidate")),
        Node(
            ("config",),
            "Look: change.",
            children=(
                Node(("config", "what-if"), "What if.", (DIR,), (), Value.FILE),
                Node(("config", "check"), "Check.", (DIR,)),
            ),
        ),
    ),
)
CASES = [
    (["st"], ["status"]),
    (["c"], ["costs", "cache", "config"]),
    (["status", "--"], ["--url", "--json"]),
    (["status", "--url", ""], []),
    (["status", "--url", "x", "--j"], ["--json"]),
    (["costs", "--by", ""], ["day", "tenant"]),
    (["costs", "-b", "t"], ["tenant"]),
    (["cache", ""], ["stats", "invalidate"]),
    (["config", ""], ["what-if", "check"]),
    (["config", "check", "--config-dir", "fol"], ["folder"]),
    (["config", "what-if", "fil"], ["file.yaml"]),
    (["config", "what-if", "--"], ["--config-dir"]),
]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file.yaml").touch()
    return tmp_path


def told(program: str, script: str, place: Path) -> str:
    if shutil.which(program) is None:
        pytest.skip(f"there is no {program}")
    quiet = {"bash": ["--norc"], "fish": ["--no-config"], "zsh": ["-f"]}[program]
    env = {"HOME": str(place), "PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8"}
    done = subprocess.run(
        [program, *quiet, "-c", script], cwd=place, env=env, capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    return done.stdout


def test_bash_completes(place: Path) -> None:
    asks = "\n".join(
        f"COMP_WORDS=(ai-dashboard {' '.join(repr(word) for word in words)}); COMP_CWORD={len(words)}; "
        '_ai_dashboard; echo "${COMPREPLY[*]}"'
        for words, _ in CASES
    )
    found = told("bash", bash.script(TREE) + asks, place).splitlines()
    assert [line.split() for line in found] == [wanted for _, wanted in CASES]


def test_fish_completes(place: Path) -> None:
    asks = "\n".join(
        f'complete -C "ai-dashboard {" ".join(words)}" | string replace -r "\\t.*" ""; echo ==' for words, _ in CASES
    )
    groups = told("fish", fish.script(TREE) + asks, place).split("==\n")[:-1]
    found = [sorted(word.rstrip("/") for word in group.split()) for group in groups]
    assert found == [sorted(wanted) for _, wanted in CASES]


def test_zsh_reads_it(place: Path) -> None:
    script = zsh.script(TREE)
    stubs = "_describe() { print -l ${(P)2} }; _arguments() { print -l -- $@ }; compdef() { print defined $@ }\n"
    said = told("zsh", stubs + script + "\n_ai_dashboard_costs; _ai_dashboard_config_what_if", place)
    assert "defined _ai_dashboard ai-dashboard" in said
    assert "(--by -b)--by[what (to) add up by]: :(day tenant)" in said
    assert "(--config-dir)--config-dir[folder]: :_files -/" in said
    assert "*: :_files" in said
    assert "'Look\\: change.'" not in script
    assert "config:Look: change." in script
