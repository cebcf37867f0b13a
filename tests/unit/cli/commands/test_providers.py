"""Providers as people and programs read them, and what they are told to do."""

import argparse
import json

import pytest

from ai_dashboard.cli.commands import providers
from ai_dashboard.core.snapshot import Health, ProviderView
from tests.tui.fakes import provider

GOOD = provider("ollama")
OFF = provider("cloud", Health.DISABLED, reason="no API key", models=())
DRAINED = provider("vllm", Health.DRAINING, reason="drained by the operator", wish="drained", models=("one",))


def parsed(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser(exit_on_error=False)
    providers.arguments(parser)
    return parser.parse_args(words)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str | None]]:
    asked: list[tuple[str, str | None]] = []

    async def ask(_url: str, action: str, name: str | None) -> tuple[ProviderView, ...]:
        asked.append((action, name))
        return (GOOD, OFF, DRAINED) if name is None else (DRAINED,)

    monkeypatch.setattr(providers, "_ask", ask)
    return asked


def test_the_list(asked: list[tuple[str, str | None]], capsys: pytest.CaptureFixture[str]) -> None:
    assert providers.run(parsed()) == 0
    assert asked == [("list", None)]
    assert capsys.readouterr().out.splitlines() == [
        "ollama  active         2 models    1 in flight     24/min  p95 1.90s",
        "cloud   disabled       0 models    1 in flight     24/min  p95 1.90s  its API key is missing",
        "vllm    draining        1 model    1 in flight     24/min  p95 1.90s  drained by the operator",
    ]


@pytest.mark.parametrize("action", ["enable", "disable", "drain", "reset"])
def test_an_action_needs_a_name(asked: list[tuple[str, str | None]], action: str) -> None:
    assert providers.run(parsed(action, "vllm")) == 0
    assert asked == [(action, "vllm")]
    for words in ((action,), ("list", "vllm")):
        with pytest.raises((SystemExit, argparse.ArgumentError)):
            providers.run(parsed(*words))


def test_a_word_that_is_no_action_is_refused() -> None:
    with pytest.raises(argparse.ArgumentError):
        parsed("stop", "vllm")


def test_for_programs(asked: list[tuple[str, str | None]], capsys: pytest.CaptureFixture[str]) -> None:
    assert providers.run(parsed("drain", "vllm", "--json")) == 0
    (view,) = json.loads(capsys.readouterr().out)
    assert (view["name"], view["health"], view["wish"]) == ("vllm", "draining", "drained")
    assert asked


def test_nobody_is_told_with_what_to_do() -> None:
    assert "--demo" in providers.lines(())[0]


def test_nothing_reaches_the_terminal_that_it_could_obey() -> None:
    assert all(line.isprintable() for line in providers.lines((provider("\x1b[2J", reason="\r\n"),)))
