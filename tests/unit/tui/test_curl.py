import json
import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.tui.curl import base_url, curl, curl_of
from tests.tui.fakes import gateway, record


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:4000/v1"),
        ("0.0.0.0", "http://127.0.0.1:4000/v1"),
        ("::", "http://127.0.0.1:4000/v1"),
        ("::1", "http://[::1]:4000/v1"),
        ("gpu-box", "http://gpu-box:4000/v1"),
    ],
)
def test_where_clients_reach_the_gateway(host: str, url: str) -> None:
    assert base_url(gateway(host=host)) == url


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_a_shell_reads_the_model_as_it_was_asked_for(model: str) -> None:
    command = curl(gateway(), model)
    assert command.isascii()
    assert command.isprintable()
    words = shlex.split(command)
    assert words[:3] == ["curl", "-s", "http://127.0.0.1:4000/v1/chat/completions"]
    assert json.loads(words[-1])["model"] == model


def test_a_stream_is_asked_for_as_a_stream() -> None:
    words = shlex.split(curl_of(gateway(), record(1)))
    assert words[1] == "-sN"
    assert json.loads(words[-1])["stream"] is True
