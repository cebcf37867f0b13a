"""What goes out to a provider of the caller's own form: the caller's own bytes, or as little changed as can be."""

import json
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.core.chat import Ask, Target
from ai_dashboard.core.errors import CallerError
from ai_dashboard.dialects.forms import Call
from ai_dashboard.dialects.kinds import KINDS, Kind
from ai_dashboard.dialects.openai import completions
from ai_dashboard.dialects.openai.passthrough import NEAR, key_header, pass_on, with_model
from ai_dashboard.dialects.openai.read import read

OPENAI = KINDS["openai"]
SAME, OTHER = Target("p", "openai", "m"), Target("p", "openai", 'other/"name"')
LONG = "x" * NEAR


def written(raw: bytes, target: Target = SAME, kind: Kind = OPENAI) -> bytes:
    return pass_on(read(Call(raw)), target, kind).request.body


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


# ── the model's name ─────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("padding", ["", f',"padding":"{LONG}"'])
@pytest.mark.parametrize(
    "raw",
    [
        '{"model":"m","messages":[{"role":"user","content":"é"}],"seed":1.50#}',
        '{"messages":[{"role":"user","content":"é"}],"model":"m"#}',
        '{"messages":[{"role":"user","content":"é"}]#,"model" : "m" ,"n": 1}',
        ' {\n "model"\t:\n "m", "messages": [{"role":"user"}]#}\n',
    ],
)
def test_only_the_name_changes(raw: str, padding: str) -> None:
    whole = raw.replace("#", padding).encode()
    assert written(whole, OTHER) == whole.replace(b'"m"', b'"other/\\"name\\""')


@pytest.mark.parametrize("padding", ["", LONG])
@pytest.mark.parametrize(
    "raw",
    [
        '{"model":"first","messages":[{"role":"user","content":"#"}],"model":"m"}',
        '{"model":"m","messages":[{"role":"user","content":"#","model":"x"}]}',
        '{"messages":[{"role":"user","content":"#","model":"m"}],"\\u006dodel":"m"}',
        '{"\\u006dodel":"m","messages":[{"role":"user","content":"#","x":{"model":"m"}}]}',
        '{"messages":[{"role":"user","content":"#"}],"model":"m","mod\\u0065l":"m"}',
        '{"messages":[{"role":"user","content":"#"}],"model":"\\u006d"}',
        '{"model":"m","messages":[{"role":"user","content":"# \\"model\\":\\"m\\""}]}',
        '{"model":"m","messages":[{"role":"user","content":"# \\"model"}]}',
        '{"messages":[{"role":"user","content":"#"}],"model":"m","tools":[{"model":"m"}]}',
        '{"messages":[{"role":"user","content":"#"}],"model":"m","tool_choice":"model"}',
    ],
)
def test_whatever_else_is_called_so_stays_as_it_is(raw: str, padding: str) -> None:
    whole = raw.replace("#", padding).encode()
    assert orjson.loads(written(whole, OTHER)) == orjson.loads(whole) | {"model": OTHER.model}


NAMES = ("model", '"model"', "\\", "a")
values = st.recursive(
    st.none() | st.sampled_from(NAMES) | st.integers(0, 9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from((*NAMES, "b", "c")), values, max_size=4), st.data())
def test_a_name_is_put_where_it_belongs_or_nowhere(body: dict[str, Any], data: st.DataObject) -> None:
    items = [(name, value) for name, value in body.items() if name != "model"]
    items.insert(data.draw(st.integers(0, len(items))), ("model", data.draw(st.sampled_from(("model", "m", "\\")))))
    text = json.dumps(dict(items), separators=data.draw(st.sampled_from(((",", ":"), (" ,\n", " : ")))))
    escaped = data.draw(st.integers(0, text.count("model")))
    raw = text.replace("model", "mod\\u0065l", escaped).encode()
    padded = raw[:-1] + b" " * data.draw(st.sampled_from((0, NEAR))) + b"}"
    changed = with_model(padded, "new")
    assert changed is None or orjson.loads(changed) == orjson.loads(padded) | {"model": "new"}


# ── usage ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("target", [SAME, OTHER])
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
def test_usage_is_asked_for_with_every_stream(more: str, options: dict[str, Any] | None, target: Target) -> None:
    body = orjson.loads(written(ask(more), target))
    assert body.pop("stream_options", None) == options
    left = {name: value for name, value in orjson.loads(ask(more)).items() if name != "stream_options"}
    assert body == left | {"model": target.model}


def test_usage_is_not_asked_of_those_who_do_not_know_the_option() -> None:
    raw = ask(',"stream":true')
    kind = Kind("x", "openai", "openai.chat", OPENAI.paths, "/v1/models", stream_usage=False)
    assert written(raw, kind=kind) == raw


# ── when it has to be written anew ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("more", [',"capability":"code"', ',"strict":true', ',"strict":false,"capability":null'])
def test_the_gateways_own_fields_stay_here(more: str) -> None:
    assert written(ask(more)) == ask()


NUMBERS = (
    "123456789012345678901234567890",
    "-99999999999999999999",
    "18446744073709551616",
    "0.12345678901234567890123",
)


@pytest.mark.parametrize("number", NUMBERS)
def test_no_number_is_rounded_when_something_else_changes(number: str) -> None:
    raw = ask(f',"strict":false,"metadata":{{"id":[{number},1.0]}}')
    assert f'"metadata":{{"id":[{number},1.0]}}'.encode() in written(raw, OTHER)


@given(st.integers(), st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_keep_their_value(whole: int, real: float) -> None:
    raw = ask(f',"strict":false,"whole":{whole},"real":{real!r}')
    out = written(raw, OTHER)
    assert f'"whole":{whole}'.encode() in out
    assert orjson.loads(out)["real"] == real


@pytest.mark.parametrize("number", ["1", "1234567890123456789012"])
@pytest.mark.parametrize("depth", [300, 1000])
def test_a_body_that_cannot_be_written_again_is_the_callers_fault(depth: int, number: str) -> None:
    raw = ask(f',"deep":{"[" * depth}{number}{"]" * depth}')
    assert written(raw) == raw
    with pytest.raises(CallerError, match="cannot be passed on"):
        written(raw[:-1] + b',"strict":true}')


def test_an_ask_that_is_not_canonical_is_written_from_its_own_bytes() -> None:
    raw = b'{"prompt":"Hi","model":"m","stream":true,"stream_options":null,"suffix":"!"}'
    request = pass_on(completions.read(Call(raw)), OTHER, OPENAI).request
    assert request.path == "/v1/completions"
    assert orjson.loads(request.body) == orjson.loads(raw) | {
        "model": OTHER.model,
        "stream_options": {"include_usage": True},
    }


# ── path and headers ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_path_and_headers() -> None:
    target = Target("p", "openai", "m", "/base", "secret", (("x-team", "a"), ("accept", "mine")))
    read_ask = read(Call(ask(',"stream":true'), headers={"openai-beta": "b"}))
    request = pass_on(read_ask, target, OPENAI).request
    assert (request.method, request.path) == ("POST", "/base/v1/chat/completions")
    assert request.headers == (
        ("content-type", "application/json"),
        ("authorization", "Bearer secret"),
        ("openai-beta", "b"),
        ("x-team", "a"),
        ("accept", "mine"),
    )


def test_without_a_key_nothing_is_authorised() -> None:
    request = pass_on(read(Call(ask())), SAME, OPENAI).request
    assert dict(request.headers) == {"content-type": "application/json", "accept": "application/json"}


def test_the_header_of_a_key() -> None:
    assert key_header("bearer", "k") == ("authorization", "Bearer k")
    assert key_header("x-api-key", "k") == ("x-api-key", "k")


def test_nothing_is_changed_for_embeddings_but_the_name() -> None:
    raw = b'{"input":"x","model":"m"}'
    asked = Ask("m", False, orjson.loads(raw), raw, False, form="openai.embeddings", operation="embed")
    assert pass_on(asked, OTHER, OPENAI).request.body == b'{"input":"x","model":"other/\\"name\\""}'
    assert pass_on(asked, SAME, OPENAI).request.path == "/v1/embeddings"
