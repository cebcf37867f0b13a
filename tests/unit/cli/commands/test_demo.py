"""`demo` is the control centre with `--demo`."""

import argparse

import pytest

from ai_dashboard.cli.commands import app
from ai_dashboard.cli.main import main, parser_of


def test_it_takes_what_the_control_centre_takes_and_is_a_demo(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[argparse.Namespace] = []

    def show(args: argparse.Namespace) -> int:
        started.append(args)
        return 7

    monkeypatch.setattr(app, "show_own", show)
    assert main(["demo", "--port", "0", "--seed", "7"]) == 7
    assert main(["--demo", "--port", "0", "--seed", "7"]) == 7
    ours, plain = (vars(args) for args in started)
    assert ours == plain
    monkeypatch.setattr(app, "show_child", lambda _args: 8)
    assert main(["demo", "--process"]) == 8


def test_it_attaches_to_nobody() -> None:
    assert "--attach" not in parser_of("demo").format_help()
