"""Requests in words; over HTTP in tests/integration/gateway/test_log_api.py."""

from dataclasses import asdict, replace

import pytest

from ai_dashboard.cli import main as cli
from ai_dashboard.cli.commands.requests import details, line
from tests.unit.telemetry.test_har import REQUEST


def test_a_request_in_a_line() -> None:
    text = line(asdict(REQUEST))
    assert text.startswith("✓ 09-21 ")
    assert text.endswith("00000000  200    1.20s    300ms        100→50    $0.0012  acme        llama3.1:8b @ home")
    assert line(asdict(replace(REQUEST, cached="exact"))).endswith("llama3.1:8b @ home (known)")
    failed = replace(
        REQUEST, stage="failed", provider="", error="no_provider", message="all are down", prompt_tokens=None
    )
    assert line(asdict(failed)).endswith("llama3.1:8b @ nobody  no_provider: all are down")


def test_what_others_wrote_cannot_steer_a_terminal() -> None:
    text = "\n".join(details(asdict(replace(REQUEST, asked="\x1b]0;x\x07", warnings=("a\rb",)))))
    assert all(letter.isprintable() or letter == "\n" for letter in text)


@pytest.mark.parametrize(
    "arguments", [["show"], ["list", "abc"], ["--follow", "--export", "csv"], ["--export", "csv", "--json"]]
)
def test_what_makes_no_sense_together_is_refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["requests", *arguments])
    assert "usage" in capsys.readouterr().err
