"""One request, asked for by the beginning of its id."""

import argparse
import json

import pytest

from ai_dashboard.cli.commands import why
from ai_dashboard.core.records import RequestRecord
from tests.tui.fakes import record


def parsed(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser(exit_on_error=False)
    why.arguments(parser)
    return parser.parse_args(words)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A gateway that has one request; what it was asked."""
    asked: list[str] = []

    async def ask(url: str, id_prefix: str) -> RequestRecord:
        asked.extend((url, id_prefix))
        return record(4)

    monkeypatch.setattr(why, "_ask", ask)
    return asked


def test_for_people(asked: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert why.run(parsed(" req-0 ", "--url", "127.0.0.1:9")) == 0
    assert asked == ["http://127.0.0.1:9", "req-0"]
    assert capsys.readouterr().out.startswith("request req-000004")


def test_for_programs(asked: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert why.run(parsed("req-0", "--json")) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["id"], told["attempts"][1]["provider"], told["usage"]["prompt_tokens"]) == ("req-000004", "vllm", 812)
    assert asked


def test_an_id_is_not_empty() -> None:
    with pytest.raises(argparse.ArgumentError):
        parsed(" ")
