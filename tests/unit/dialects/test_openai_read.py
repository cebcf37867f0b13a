"""What callers send, right and wrong: every wrong thing is a `CallerError` that says which."""

from contextlib import suppress
from dataclasses import replace
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.core.chat import Ask, JsonObject, Target
from ai_dashboard.core.errors import CallerError
from ai_dashboard.core.plan import RouteFacts
from ai_dashboard.dialects.forms import Call
from ai_dashboard.dialects.kinds import KINDS
from ai_dashboard.dialects.openai.read import MAX_MODEL_CHARS, TOKENS_PER_IMAGE, embedded_tokens, facts_of, parse_object
from ai_dashboard.dialects.openai.read import read as read_call
from ai_dashboard.dialects.openai.write import write

ASK: dict[str, Any] = {"model": "m", "messages": [{"role": "user", "content": "hello"}]}


def read(**changes: object) -> Ask:
    return read_call(Call(orjson.dumps(ASK | changes)))


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"", "not JSON"),
        (b"{", r"line 1, column \d"),
        (b'{\n"model": nope}', "line 2, column"),
        (b'{"model": NaN}', "not JSON"),
        (b'{"model": Infinity}', "not JSON"),
        (b'{"seed": 1e999}', "not JSON"),
        (b'{"model": "\xff"}', "not JSON"),
        (b'{"model": "\\ud800"}', "not JSON"),
        (b'\xef\xbb\xbf{"model": "m"}', "not JSON"),
        (b"[" * 2000 + b"]" * 2000, "not JSON"),
        (b"[]", "list and not an object"),
        (b'"text"', "str and not an object"),
        (b"null", "NoneType and not an object"),
    ],
)
def test_broken_bodies(raw: bytes, message: str) -> None:
    with pytest.raises(CallerError, match=message):
        parse_object(raw)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model": None}, "`model`"),
        ({"model": ""}, "`model`"),
        ({"model": "  "}, "`model`"),
        ({"model": ["m"]}, "`model`"),
        ({"model": "m" * (MAX_MODEL_CHARS + 1)}, "`model` is longer than"),
        ({"messages": None}, "`messages`"),
        ({"messages": []}, "`messages`"),
        ({"messages": "hello"}, "`messages`"),
        ({"messages": {"role": "user"}}, "`messages`"),
        ({"messages": ["hello"]}, r"`messages\[0\]`"),
        ({"messages": [*ASK["messages"], {"content": "x"}]}, r"`messages\[1\]`"),
        ({"messages": [{"role": 1}]}, r"`messages\[0\]`"),
        ({"messages": [{"role": "user", "content": 5}]}, r"`messages\[0\]\.content`"),
        ({"messages": [{"role": "user", "content": {"text": "x"}}]}, r"`messages\[0\]\.content`"),
        ({"stream": "true"}, "`stream`"),
        ({"stream": 1}, "`stream`"),
        ({"capability": 5}, "`capability`"),
        ({"strict": "yes"}, "`strict`"),
    ],
)
def test_wrong_fields_are_named(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(CallerError, match=message) as caught:
        read(**changes)
    assert caught.value.status == 400


def test_a_plain_ask() -> None:
    ask = read(unknown={"kept": [1]})
    assert (ask.model, ask.stream, ask.include_usage, ask.capability) == ("m", False, False, None)
    assert ask.body["unknown"] == {"kept": [1]}
    assert orjson.loads(ask.raw) == ask.body


@pytest.mark.parametrize(
    ("options", "include_usage"),
    [(None, False), ({}, False), ({"include_usage": True}, True), ({"include_usage": 1}, False), ("yes", False)],
)
def test_whether_usage_was_asked_for(options: object, include_usage: bool) -> None:
    assert read(stream=True, stream_options=options).include_usage is include_usage


@pytest.mark.parametrize(
    ("body", "headers", "capability", "strict"),
    [
        ({}, {}, None, False),
        ({"capability": "code", "strict": True}, {}, "code", True),
        ({}, {"x-capability": "code", "x-strict": "True"}, "code", True),
        ({"capability": "fast", "strict": False}, {"x-capability": "code", "x-strict": "1"}, "fast", False),
        ({}, {"x-strict": "no"}, None, False),
    ],
)
def test_what_is_said_to_the_gateway(
    body: JsonObject, headers: dict[str, str], capability: str | None, strict: bool
) -> None:
    ask = read_call(Call(orjson.dumps(ASK | body), headers=headers))
    assert (ask.capability, ask.strict) == (capability, strict)


def test_headers_of_the_dialect_are_kept_and_those_of_an_account_are_not() -> None:
    headers = {"openai-beta": "x=1", "openai-organization": "org", "authorization": "Bearer key"}
    assert read_call(Call(orjson.dumps(ASK), headers=headers)).headers == (("openai-beta", "x=1"),)


def test_a_key_that_is_there_twice_counts_as_most_servers_read_it() -> None:
    raw = b'{"model":"first","messages":[{"role":"user"}],"model":"last"}'
    assert read_call(Call(raw)).model == "last"


IMAGE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}


@pytest.mark.parametrize(
    ("changes", "facts"),
    [
        ({}, RouteFacts("m", prompt_tokens=2)),
        ({"stream": True, "capability": "code"}, RouteFacts("m", "code", prompt_tokens=2, stream=True)),
        ({"max_tokens": 7}, RouteFacts("m", prompt_tokens=2, max_tokens=7)),
        ({"max_tokens": 7, "max_completion_tokens": 9}, RouteFacts("m", prompt_tokens=2, max_tokens=9)),
        ({"max_tokens": -1}, RouteFacts("m", prompt_tokens=2)),
        ({"max_tokens": "many"}, RouteFacts("m", prompt_tokens=2)),
        ({"tools": [{"type": "function"}]}, RouteFacts("m", prompt_tokens=7, needs=frozenset({"tools"}))),
        ({"functions": [{"name": "f"}]}, RouteFacts("m", prompt_tokens=5, needs=frozenset({"tools"}))),
        ({"reasoning_effort": "low"}, RouteFacts("m", prompt_tokens=2, needs=frozenset({"thinking"}))),
        ({"reasoning_effort": "none"}, RouteFacts("m", prompt_tokens=2)),
        ({"thinking": {"type": "adaptive"}}, RouteFacts("m", prompt_tokens=2, needs=frozenset({"thinking"}))),
        ({"thinking": {"type": "disabled"}}, RouteFacts("m", prompt_tokens=2)),
        ({"thinking": {"type": ["enabled"]}}, RouteFacts("m", prompt_tokens=2)),
        (
            {"messages": [{"role": "assistant", "tool_calls": [{"function": {"arguments": "four"}}]}]},
            RouteFacts("m", prompt_tokens=9),
        ),
        ({"tools": []}, RouteFacts("m", prompt_tokens=2)),
        (
            {"response_format": {"type": "json_schema", "json_schema": {}}},
            RouteFacts("m", prompt_tokens=2, needs=frozenset({"json"})),
        ),
        ({"response_format": {"type": "text"}}, RouteFacts("m", prompt_tokens=2)),
        ({"response_format": {"type": ["json_object"]}}, RouteFacts("m", prompt_tokens=2)),
        ({"messages": [{"role": "user", "content": None}]}, RouteFacts("m")),
        (
            {"messages": [{"role": "user", "content": [{"type": "text", "text": "four"}, IMAGE, IMAGE]}]},
            RouteFacts("m", prompt_tokens=1 + 2 * TOKENS_PER_IMAGE, needs=frozenset({"vision"})),
        ),
        ({"messages": [{"role": "user", "content": ["odd", 5, {"text": 5}]}]}, RouteFacts("m")),
        (
            {"messages": [{"role": "system", "content": "abcd"}, {"role": "user", "content": "e"}]},
            RouteFacts("m", prompt_tokens=2),
        ),
    ],
)
def test_facts(changes: dict[str, Any], facts: RouteFacts) -> None:
    assert facts_of(read(**changes)) == facts


def test_facts_of_what_cannot_be_written() -> None:
    raw = orjson.dumps(ASK)[:-1] + b',"tools":' + b"[" * 300 + b"]" * 300 + b"}"
    assert facts_of(read_call(Call(raw))).prompt_tokens == 2


@pytest.mark.parametrize(
    ("asked", "tokens"),
    [
        ("hello", 2),
        (["hello", "you"], 3),
        ([1, 2, 3], 3),
        ([[1, 2], [3]], 3),
        ([], 0),
        (None, 0),
        ([["a"], 5, None], 1),
    ],
)
def test_facts_of_embeddings(asked: object, tokens: int) -> None:
    assert embedded_tokens(asked) == tokens
    ask = Ask("m", False, {"input": asked}, b"", False, "code", operation="embed")
    assert facts_of(ask) == RouteFacts("m", "code", tokens, needs=frozenset({"embeddings"}))


# ── whatever comes, nothing but a CallerError comes of it ────────────────────────────────────────────────────────────

scalars = (
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False) | st.text(max_size=8)
)
words = st.sampled_from(
    (
        *("role", "content", "type", "text", "image_url", "url", "refusal", "reasoning_content", "include_usage"),
        *("tool_calls", "function", "name", "arguments", "id", "tool_call_id", "json_schema", "schema"),
        *("cache_control", "file", "file_data", "data:text/plain;base64,YQ==", "budget_tokens", "enabled"),
    )
)
anything = st.recursive(
    scalars | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words | st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)
OF_A_MESSAGE = ("tool_calls", "tool_call_id", "reasoning_content", "name", "is_error", "thinking_blocks")
OF_AN_ASK = (
    *("tools", "response_format", "reasoning_effort", "stop", "max_tokens", "stream_options", "options"),
    *("capability", "keep_alive", "thinking", "temperature", "n", "strict", "tool_choice", "top_k"),
)
messages = st.fixed_dictionaries(
    {"role": st.sampled_from(("user", "tool", "assistant", "developer"))},
    optional=dict.fromkeys(OF_A_MESSAGE, anything) | {"content": st.text(max_size=5) | st.lists(anything, max_size=3)},
)
near_misses = st.fixed_dictionaries(
    {"model": st.just("m"), "messages": st.lists(messages | anything, min_size=1, max_size=3)},
    optional=dict.fromkeys(OF_AN_ASK, anything) | {"stream": st.booleans()},
)


@given(anything)
def test_any_json_is_read_or_refused(value: object) -> None:
    with suppress(CallerError):
        facts_of(read_call(Call(orjson.dumps(value))))


@given(st.binary(max_size=40))
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    with suppress(CallerError):
        parse_object(raw)


@given(near_misses)
def test_what_is_read_can_be_measured_and_written(body: dict[str, Any]) -> None:
    try:
        ask = read_call(Call(orjson.dumps(body)))
    except CallerError:
        return
    facts_of(ask)
    same = write(ask, Target("p", "vllm", "other"), KINDS["vllm"])
    assert orjson.loads(same.request.body)["messages"] == ask.body["messages"]
    for kind in ("openai", "vllm", "openai_compatible"):
        with suppress(CallerError):
            translated = write(replace(ask, form="unified.chat"), Target("p", kind, "gpt-5"), KINDS[kind])
            assert orjson.loads(translated.request.body)["model"] == "gpt-5"
