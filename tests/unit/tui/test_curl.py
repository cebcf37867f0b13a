import json
import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.tui.curl import curl, curl_of
from ai_dashboard.tui.requesting import Asking
from tests.tui.fakes import gateway, record

DIALECTS = ("openai", "anthropic", "google", "ollama")


@given(st.text(), st.sampled_from(DIALECTS), st.booleans(), st.booleans())
def test_a_command_is_one_printable_line(model: str, dialect: str, stream: bool, embeds: bool) -> None:
    command = curl(gateway(), Asking(model, dialect, stream, embeds))
    assert command.isascii()
    assert command.isprintable()


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_a_shell_reads_the_model_as_it_was_asked_for(model: str) -> None:
    words = shlex.split(curl(gateway(), Asking(model)))
    assert words[:3] == ["curl", "-s", "http://127.0.0.1:4000/v1/chat/completions"]
    assert json.loads(words[-1])["model"] == model


def test_a_stream_is_asked_for_as_a_stream() -> None:
    words = shlex.split(curl_of(gateway(), record(1)))
    assert words[1] == "-sN"
    assert json.loads(words[-1])["stream"] is True


@pytest.mark.parametrize(
    ("dialect", "said"),
    [
        ("anthropic", ["http://127.0.0.1:4000/v1/messages", "anthropic-version: 2023-06-01"]),
        ("google", ["http://127.0.0.1:4000/v1beta/models/chat:streamGenerateContent?alt=sse"]),
        ("ollama", ["http://127.0.0.1:4000/api/chat"]),
    ],
)
def test_a_caller_of_another_dialect_gets_a_command_in_it(dialect: str, said: list[str]) -> None:
    words = shlex.split(curl_of(gateway(), record(1, dialect=dialect)))
    assert set(said) <= set(words)
