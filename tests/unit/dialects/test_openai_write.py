"""What goes out to an OpenAI-compatible provider: the caller's own bytes, or as little changed as can be."""

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.core.chat import Target
from ai_dashboard.core.errors import CallerError
from ai_dashboard.dialects.kinds import KINDS, Kind
from ai_dashboard.dialects.openai.read import read_request
from ai_dashboard.dialects.openai.write import write_request

OPENAI, ANTHROPIC = KINDS["openai"], KINDS["anthropic"]
SAME, OTHER = Target("p", "openai", "m"), Target("p", "openai", "other/name")


def written(raw: bytes, target: Target = SAME, kind: Kind = OPENAI) -> bytes:
    return write_request(read_request(raw), target, kind).body


def ask(more: str = "") -> bytes:
    return f'{{"model":"m","messages":[{{"role":"user","content":"é"}}]{more}}}'.encode()


@pytest.mark.parametrize(
    "raw",
    [
        ask(),
        ask(', "unknown":  {"kept" : 1.50}'),
        ask(',"stream":true,"stream_options":{"include_usage":true}'),
        ask(',"seed":123456789012345678901234567890'),
        b' {\n  "messages": [{"role": "user", "content": "\\u00e9"}],\n  "model": "m"\n}\n',
    ],
)
def test_the_callers_own_bytes_go_out_when_nothing_has_to_change(raw: bytes) -> None:
    assert written(raw) == raw


def test_the_providers_name_of_the_model_replaces_the_callers() -> None:
    changed = orjson.loads(written(ask(',"unknown":{"kept":[1,null]}'), OTHER))
    assert changed == {
        "model": "other/name",
        "messages": [{"role": "user", "content": "é"}],
        "unknown": {"kept": [1, None]},
    }


@pytest.mark.parametrize(
    ("more", "options"),
    [
        (',"stream":true', {"include_usage": True}),
        (',"stream":true,"stream_options":null', {"include_usage": True}),
        (',"stream":true,"stream_options":{"include_usage":false}', {"include_usage": True}),
        (',"stream":true,"stream_options":{"x":1}', {"x": 1, "include_usage": True}),
        (',"stream":false', None),
        ("", None),
    ],
)
def test_usage_is_asked_for_with_every_stream(more: str, options: dict[str, Any] | None) -> None:
    assert orjson.loads(written(ask(more))).get("stream_options") == options


def test_usage_is_not_asked_of_those_who_do_not_know_the_option() -> None:
    raw = ask(',"stream":true')
    assert written(raw, kind=ANTHROPIC) == raw


def test_the_gateways_own_fields_stay_here() -> None:
    assert written(ask(',"capability":"code"')) == ask()


NUMBERS = (
    "123456789012345678901234567890",
    "-99999999999999999999",
    "18446744073709551616",
    "0.12345678901234567890123",
)


@pytest.mark.parametrize("number", NUMBERS)
def test_no_number_is_rounded_when_something_else_changes(number: str) -> None:
    raw = ask(f',"metadata":{{"id":[{number},1.0]}}')
    assert f'"metadata":{{"id":[{number},1.0]}}'.encode() in written(raw, OTHER)


@given(st.integers(), st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_keep_their_value(whole: int, real: float) -> None:
    raw = ask(f',"whole":{whole},"real":{real!r}')
    out = written(raw, OTHER)
    assert f'"whole":{whole}'.encode() in out
    assert orjson.loads(out)["real"] == real


@pytest.mark.parametrize("number", ["1", "1234567890123456789012"])
@pytest.mark.parametrize("depth", [300, 1000])
def test_a_body_that_cannot_be_written_again_is_the_callers_fault(depth: int, number: str) -> None:
    raw = ask(f',"deep":{"[" * depth}{number}{"]" * depth}')
    assert written(raw) == raw
    with pytest.raises(CallerError, match="cannot be passed on"):
        written(raw, OTHER)


def test_path_and_headers() -> None:
    target = Target("p", "google", "m", "/base", "secret", (("x-team", "a"),))
    request = write_request(read_request(ask(',"stream":true')), target, KINDS["google"])
    assert (request.method, request.path) == ("POST", "/base/v1beta/openai/chat/completions")
    assert dict(request.headers) == {
        "content-type": "application/json",
        "accept": "text/event-stream",
        "authorization": "Bearer secret",
        "x-team": "a",
    }


def test_without_a_key_nothing_is_authorised() -> None:
    request = write_request(read_request(ask()), SAME, OPENAI)
    assert dict(request.headers) == {"content-type": "application/json", "accept": "application/json"}
