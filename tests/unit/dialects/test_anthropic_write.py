"""Asks, written for a provider that speaks Messages."""

from typing import Any

import orjson
import pytest

from ai_dashboard.core.chat import Ask, HttpRequest, Target
from ai_dashboard.core.errors import CallerError
from ai_dashboard.dialects.anthropic.read import read
from ai_dashboard.dialects.anthropic.write import MAX_WARNINGS, write
from ai_dashboard.dialects.forms import Call
from ai_dashboard.dialects.kinds import KINDS

KIND = KINDS["anthropic"]
HAIKU = Target("p", "anthropic", "claude-haiku-4-5")
OLD = Target("p", "anthropic", "claude-3-5-haiku")
USER = {"role": "user", "content": "hello"}
SAID = {"role": "user", "content": [{"type": "text", "text": "hello"}]}
TOOL = {"type": "function", "function": {"name": "f", "parameters": {"properties": {}}}}
LEFT_OUT = "is left out: Anthropic has no such field"


def canonical(**fields: object) -> Ask:
    body: dict[str, Any] = {"model": "asked", "messages": [USER]} | fields
    return Ask("asked", body.get("stream") is True, body, orjson.dumps(body), True)


def body_of(request: HttpRequest) -> dict[str, Any]:
    loaded: dict[str, Any] = orjson.loads(request.body)
    return loaded


def written(target: Target = HAIKU, warned: int = 0, **fields: object) -> dict[str, Any]:
    found = write(canonical(**fields), target, KIND)
    assert len(found.warnings) == warned, found.warnings
    return body_of(found.request)


def own(raw: bytes, target: Target, **headers: str) -> HttpRequest:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    found = write(read(Call(raw, headers=names)), target, KIND)
    assert found.warnings == ()
    return found.request


def test_the_least_that_is_sent() -> None:
    assert written() == {"model": "claude-haiku-4-5", "messages": [SAID], "max_tokens": 64_000}


def test_everything_that_has_a_counterpart() -> None:
    mark = {"type": "ephemeral"}
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}}
    body = written(
        messages=[{"role": "system", "content": "s"}, USER],
        stream=True,
        stream_options={"include_usage": True},
        max_completion_tokens=100,
        temperature=0.5,
        top_k=3,
        stop="END",
        tools=[TOOL | {"cache_control": mark}],
        tool_choice={"type": "function", "function": {"name": "f"}},
        parallel_tool_calls=False,
        response_format={"type": "json_schema", "json_schema": {"name": "r", "schema": schema}},
        user="u",
        service_tier="default",
        cache_control=mark,
        capability="code",
        strict=True,
    )
    assert body == {
        "model": "claude-haiku-4-5",
        "system": [{"type": "text", "text": "s"}],
        "messages": [SAID],
        "stream": True,
        "max_tokens": 100,
        "temperature": 0.5,
        "top_k": 3,
        "stop_sequences": ["END"],
        "tools": [{"name": "f", "input_schema": {"type": "object", "properties": {}}, "cache_control": mark}],
        "tool_choice": {"type": "tool", "name": "f", "disable_parallel_tool_use": True},
        "output_config": {"format": {"type": "json_schema", "schema": schema | {"additionalProperties": False}}},
        "metadata": {"user_id": "u"},
        "service_tier": "standard_only",
        "cache_control": mark,
    }


def test_an_effort_and_a_schema_share_their_place() -> None:
    wanted = {"type": "json_schema", "json_schema": {"schema": {"type": "string"}}}
    opus = Target("p", "anthropic", "claude-opus-5-5")
    config = written(opus, reasoning_effort="high", response_format=wanted)["output_config"]
    assert config == {"effort": "high", "format": {"type": "json_schema", "schema": {"type": "string"}}}


@pytest.mark.parametrize(
    "name",
    ["n", "seed", "logprobs", "top_logprobs", "logit_bias", "frequency_penalty", "min_p", "keep_alive", "options",
     "store", "metadata", "modalities", "prediction", "web_search_options", "prompt_cache_key", "verbosity"],
)  # fmt: skip
def test_what_anthropic_has_no_field_for_is_left_out_with_a_warning(name: str) -> None:
    found = write(canonical(**{name: 7}), HAIKU, KIND)
    assert found.warnings == (f"`{name}` {LEFT_OUT}",)
    assert name not in body_of(found.request)


@pytest.mark.parametrize(
    "nothing",
    [
        {"n": 1},
        {"frequency_penalty": 0, "presence_penalty": 0.0},
        {"logprobs": False, "store": None, "seed": None},
        {"logit_bias": {}, "metadata": {}, "options": {}},
        {"modalities": ["text"], "response_format": {"type": "text"}},
        {"tools": [], "tool_choice": "auto", "parallel_tool_calls": True},
        {"stop": [], "tools": None, "service_tier": "auto", "user": ""},
    ],
)
def test_fields_that_ask_for_nothing_are_no_loss(nothing: dict[str, Any]) -> None:
    assert written(**nothing) == written()


def test_warnings_are_plain_few_and_said_once() -> None:
    found = write(canonical(**{"a\r\nb": 1}), HAIKU, KIND)
    assert found.warnings == (f"`(unnamed)` {LEFT_OUT}",)
    many = write(canonical(**{f"field_{number}": 1 for number in range(999)}), HAIKU, KIND)
    assert len(many.warnings) == MAX_WARNINGS
    audio = {"role": "user", "content": "x", "name": "ann"}
    assert len(write(canonical(messages=[audio, audio]), HAIKU, KIND).warnings) == 1


@pytest.mark.parametrize(
    ("choice", "parallel", "expected"),
    [
        (None, None, None),
        (None, False, {"type": "auto", "disable_parallel_tool_use": True}),
        ("auto", None, {"type": "auto"}),
        ("none", False, {"type": "none"}),
        ("required", False, {"type": "any", "disable_parallel_tool_use": True}),
        ("required", True, {"type": "any"}),
    ],
)
def test_the_choice_of_tools(choice: object, parallel: bool | None, expected: object) -> None:
    body = written(tools=[TOOL], tool_choice=choice, parallel_tool_calls=parallel)
    assert body.get("tool_choice") == expected
    assert "tool_choice" not in written(tool_choice=choice, parallel_tool_calls=parallel)


def test_choices_and_tools_that_anthropic_does_not_have() -> None:
    assert "tool_choice" not in written(tools=[TOOL], tool_choice={"type": "allowed_tools"}, warned=1)
    assert "tools" not in written(tools=[{"type": "web_search"}], tool_choice="required", warned=1)


def test_tools_as_they_are() -> None:
    function = {"name": "f", "description": "F", "strict": True, "parameters": {"type": "object", "properties": {}}}
    shut = {"type": "object", "properties": {}, "additionalProperties": False}
    tool = {"type": "function", "function": function}
    assert written(tools=[tool])["tools"] == [{"name": "f", "description": "F", "strict": True, "input_schema": shut}]
    bare = {"type": "function", "function": {"name": "f"}}
    assert written(tools=[bare])["tools"] == [{"name": "f", "input_schema": {"type": "object"}}]
    assert "strict" not in written(OLD, tools=[tool], warned=1)["tools"][0]


@pytest.mark.parametrize(
    ("target", "wanted", "why"),
    [
        (HAIKU, {"type": "json_object"}, "by schema only"),
        (OLD, {"type": "json_schema", "json_schema": {"schema": {}}}, "cannot be held to a schema"),
    ],
)
def test_formats_that_cannot_be_promised(target: Target, wanted: dict[str, Any], why: str) -> None:
    found = write(canonical(response_format=wanted), target, KIND)
    assert why in found.warnings[0]
    assert "output_config" not in body_of(found.request)


def test_limits_of_a_schema_that_nobody_enforces() -> None:
    wanted = {"type": "json_schema", "json_schema": {"schema": {"type": "integer", "minimum": 1, "a\nb": 2}}}
    found = write(canonical(response_format=wanted), HAIKU, KIND)
    assert found.warnings == ("(unnamed), minimum of a JSON schema is told, but not enforced: Anthropic cannot",)


def test_stops_of_blanks() -> None:
    assert written(stop=["\n", "END"], warned=1)["stop_sequences"] == ["END"]
    assert "stop_sequences" not in written(stop=" ", warned=1)


@pytest.mark.parametrize("tier", ["flex", "priority", 3])
def test_tiers_of_others(tier: object) -> None:
    assert "service_tier" not in written(service_tier=tier, warned=1)


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"stop": 3}, "`stop`"),
        ({"stop": [3]}, "`stop`"),
        ({"tools": {}}, "`tools`"),
        ({"tools": [3]}, r"`tools\[0\]`"),
        ({"tools": [{"type": "function"}]}, r"`tools\[0\]`"),
        ({"tools": [{"type": "function", "function": {"name": "f", "parameters": 3}}]}, "parameters"),
        ({"tools": [TOOL], "tool_choice": 3}, "`tool_choice`"),
        ({"response_format": "json"}, "`response_format`"),
        ({"response_format": {"type": "json_schema"}}, "`response_format`"),
    ],
)
def test_what_makes_no_sense_to_send(fields: dict[str, Any], named: str) -> None:
    with pytest.raises(CallerError, match=named):
        write(canonical(**fields), HAIKU, KIND)


def test_path_and_headers() -> None:
    target = Target("p", "anthropic", "m", "/base", "secret", (("X-Team", "a"),))
    request = write(canonical(), target, KIND).request
    assert (request.method, request.path) == ("POST", "/base/v1/messages")
    assert dict(request.headers) == {
        "content-type": "application/json",
        "accept": "application/json",
        "anthropic-version": "2023-06-01",
        "x-api-key": "secret",
        "x-team": "a",
    }
    assert dict(write(canonical(stream=True), HAIKU, KIND).request.headers)["accept"] == "text/event-stream"
    assert "x-api-key" not in dict(write(canonical(), HAIKU, KIND).request.headers)


def test_the_operators_headers_win_and_say_which_version_is_spoken() -> None:
    headers = (("Anthropic-Version", "2026-10-21"), ("x-api-key", "other"))
    target = Target("p", "anthropic", "claude-haiku-4-5", "", "secret", headers)
    found = write(canonical(temperature=0.5), target, KIND)
    sent = [(name, value) for name, value in found.request.headers if name in ("anthropic-version", "x-api-key")]
    assert sent == [("anthropic-version", "2026-10-21"), ("x-api-key", "other")]
    assert "temperature" not in body_of(found.request)
    assert len(found.warnings) == 1


def test_a_callers_headers_go_to_a_provider_of_its_form() -> None:
    raw = orjson.dumps({"model": "m", "messages": [USER]})
    target = Target("p", "anthropic", "m")
    sent = dict(own(raw, target, anthropic_version="2026-10-21", anthropic_beta="a", authorization="Bearer x").headers)
    assert (sent["anthropic-version"], sent["anthropic-beta"]) == ("2026-10-21", "a")
    assert "authorization" not in sent
    assert dict(own(raw, target).headers)["anthropic-version"] == "2023-06-01"


RAW = (
    b'{ "model":"m", "max_tokens": 1e2, "top_p":12345678901234567890.0, "temperature":2,\n"brand_new":[1],'
    b'"tools":[{"name":"f","strict":true,"input_schema":{}}],"messages":[{"role":"user","content":"h\\u00e9"}]}'
).replace(b"1e2", b"100")


def test_a_callers_own_bytes_pass_untouched() -> None:
    assert own(RAW, Target("p", "anthropic", "m")).body is not None
    assert own(RAW, Target("p", "anthropic", "m")).body == RAW


def test_only_what_must_change_does() -> None:
    other = own(RAW, Target("p", "anthropic", "other")).body
    assert b"12345678901234567890.0" in other
    assert orjson.loads(other) == orjson.loads(RAW) | {"model": "other"}
    wishes = RAW.replace(b"{ ", b'{"capability":"code","strict":false,', 1)
    assert orjson.loads(own(wishes, Target("p", "anthropic", "m")).body) == orjson.loads(RAW)


def test_thinking_of_other_providers_is_taken_out() -> None:
    signed = {"type": "thinking", "thinking": "a", "signature": "sig"}
    unsigned = {"type": "thinking", "thinking": "b", "signature": ""}
    text = {"type": "text", "text": 'say "signature":""'}
    turns = [
        USER,
        {"role": "assistant", "content": [unsigned, signed, text]},
        USER,
        {"role": "assistant", "content": [unsigned]},
        {"role": "assistant", "content": "c"},
        {"role": "user", "content": [text]},
    ]
    target = Target("p", "anthropic", "m")
    sent = body_of(own(orjson.dumps({"model": "m", "messages": turns}), target))["messages"]
    assert sent == [USER, {"role": "assistant", "content": [signed, text]}, USER, turns[4], turns[5]]
    raw = orjson.dumps({"model": "m", "messages": turns[5:]})
    assert own(raw, target).body == raw
    tricky = orjson.dumps({"model": "m", "messages": [USER], "x": {"signature": ""}})
    assert own(tricky, target).body == tricky
