import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.tui.requesting import Asking
from ai_dashboard.tui.snippet import python, python_of
from tests.tui.fakes import gateway, record

DIALECTS = ("openai", "anthropic", "google", "ollama")


@given(st.text(), st.sampled_from(DIALECTS), st.booleans(), st.booleans())
def test_a_program_is_a_program_whatever_the_model_is_called(
    model: str, dialect: str, stream: bool, embeds: bool
) -> None:
    program = python(gateway(), Asking(model, dialect, stream, embeds))
    assert program.isascii()
    literals = {node.value for node in ast.walk(ast.parse(program)) if isinstance(node, ast.Constant)}
    assert model in literals


@pytest.mark.parametrize(
    ("dialect", "library", "address"),
    [
        ("openai", "from openai import OpenAI", "'http://127.0.0.1:4000/v1'"),
        ("anthropic", "from anthropic import Anthropic", "'http://127.0.0.1:4000'"),
        ("google", "from google import genai", "'http://127.0.0.1:4000'"),
        ("ollama", "from ollama import Client", "'http://127.0.0.1:4000'"),
        ("unheard of", "from openai import OpenAI", "'http://127.0.0.1:4000/v1'"),
    ],
)
def test_every_dialect_has_its_client(dialect: str, library: str, address: str) -> None:
    program = python_of(gateway(), record(1, dialect=dialect))
    assert program.startswith(library)
    assert address in program


def test_a_whole_answer_is_printed_at_once_and_a_stream_as_it_comes() -> None:
    assert "flush=True" in python_of(gateway(), record(1))
    assert "flush=True" not in python_of(gateway(), record(1, stream=False))
