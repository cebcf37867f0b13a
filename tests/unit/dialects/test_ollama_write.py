"""Asks, written for Ollama."""

from typing import Any

import orjson
import pytest

from ai_dashboard.core.chat import Ask, HttpRequest, Target
from ai_dashboard.core.errors import CallerError
from ai_dashboard.dialects.forms import Call, Written
from ai_dashboard.dialects.kinds import KINDS, Kind
from ai_dashboard.dialects.ollama.read import read_chat, read_generate
from ai_dashboard.dialects.ollama.write import write_chat, write_generate
from ai_dashboard.dialects.openai.read import parse_object

USER = {"role": "user", "content": "hello"}
LLAMA = Target("p", "ollama", "llama3.1:8b")
SAME = ("temperature", "top_p", "top_k", "min_p", "seed", "frequency_penalty", "presence_penalty", "repeat_penalty")
TOOL = {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}
LEAST = {"model": "llama3.1:8b", "messages": [USER], "stream": True, "options": {"num_ctx": 4096}}
OLLAMA = KINDS["ollama"]


def foreign(body: dict[str, Any]) -> Ask:
    """An ask of another form, as its own dialect would have read it."""
    canonical = {"model": "asked", "messages": [USER], **body}
    return Ask("asked", bool(body.get("stream")), canonical, b"the bytes of another form", True)


def write(target: Target = LLAMA, **body: object) -> Written:
    return write_chat(foreign(body), target, OLLAMA)


def written(target: Target = LLAMA, **body: object) -> dict[str, Any]:
    return parse_object(write(target, **body).request.body)


def beyond_the_least(body: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name not in LEAST}


def test_the_least_that_is_sent() -> None:
    assert written() == LEAST
    assert write().warnings == ()


@pytest.mark.parametrize("stream", [True, False, None])
def test_other_forms_are_always_asked_as_a_stream(stream: bool | None) -> None:
    assert written(stream=stream)["stream"] is True


def test_path_and_headers() -> None:
    sent = write(Target("p", "ollama", "m", "/base", "secret", (("x-team", "a"),))).request
    assert (sent.method, sent.path) == ("POST", "/base/api/chat")
    assert dict(sent.headers) == {
        "content-type": "application/json",
        "accept": "application/x-ndjson",
        "authorization": "Bearer secret",
        "x-team": "a",
    }
    assert "authorization" not in dict(write(Target("p", "ollama", "m")).request.headers)


def test_the_operators_headers_win() -> None:
    sent = write(Target("p", "ollama", "m", "", "secret", (("authorization", "Basic x"),))).request
    assert [value for name, value in sent.headers if name == "authorization"] == ["Basic x"]


def test_a_key_goes_where_the_kind_wants_it() -> None:
    kind = Kind("o", "ollama", "ollama.chat", OLLAMA.paths, "/api/tags", auth="x-api-key")
    sent = write_chat(foreign({}), Target("p", "o", "m", api_key="secret"), kind).request
    assert ("x-api-key", "secret") in sent.headers


@pytest.mark.parametrize(
    ("asked", "options"),
    [
        (dict.fromkeys(SAME, 0.5), dict.fromkeys(SAME, 0.5)),
        ({"stop": "END"}, {"stop": ["END"]}),
        ({"stop": ["A", "B"]}, {"stop": ["A", "B"]}),
        ({"max_tokens": 5}, {"num_predict": 5}),
        ({"max_tokens": 5, "max_completion_tokens": 6}, {"num_predict": 6}),
        ({"max_tokens": 5, "max_completion_tokens": None}, {"num_predict": 5}),
        ({"options": {"num_gpu": 1}, "temperature": 1}, {"num_gpu": 1, "temperature": 1}),
        ({"options": "none", "temperature": None}, {}),
        ({"num_ctx": 512}, {"num_ctx": 512}),
        ({"options": {"num_ctx": 512}}, {"num_ctx": 512}),
        ({"messages": [USER | {"content": "a" * 12_000}]}, {"num_ctx": 8192}),
    ],
)
def test_options(asked: dict[str, Any], options: dict[str, Any]) -> None:
    assert written(**asked)["options"] == {"num_ctx": 4096} | options
    assert write(**asked).warnings == ()


def test_the_models_own_options_yield_to_the_caller() -> None:
    target = Target("p", "ollama", "m", options={"num_ctx": 16_384, "temperature": 0.1, "num_gpu": 1})
    assert written(target, temperature=0.9, options={"num_gpu": 2, "top_k": None})["options"] == {
        "num_ctx": 16_384,
        "temperature": 0.9,
        "num_gpu": 2,
    }


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"response_format": {"type": "json_object"}}, {"format": "json"}),
        (
            {"response_format": {"type": "json_schema", "json_schema": {"name": "s", "schema": {"type": "object"}}}},
            {"format": {"type": "object"}},
        ),
        ({"response_format": {"type": "text"}}, {}),
        ({"format": "json"}, {"format": "json"}),
        ({"tools": [TOOL]}, {"tools": [TOOL]}),
        ({"tools": []}, {}),
        ({"tools": [TOOL], "tool_choice": "auto"}, {"tools": [TOOL]}),
        ({"tools": [TOOL], "tool_choice": "none"}, {}),
        ({"reasoning_effort": "none"}, {"think": False}),
        ({"reasoning_effort": "minimal"}, {"think": "low"}),
        ({"reasoning_effort": "high"}, {"think": "high"}),
        ({"reasoning_effort": "xhigh"}, {"think": "max"}),
        ({"reasoning_effort": "low", "think": True}, {"think": True}),
        ({"reasoning_effort": "low", "thinking": {"type": "disabled"}}, {"think": "low"}),
        ({"thinking": {"type": "disabled"}}, {"think": False}),
        ({"thinking": {"type": "adaptive"}}, {}),
        ({"thinking": {"type": "enabled"}}, {"think": True}),
        ({"keep_alive": "5m"}, {"keep_alive": "5m"}),
        ({"keep_alive": 0}, {"keep_alive": 0}),
        ({"truncate": False, "shift": False}, {"truncate": False, "shift": False}),
        ({"logprobs": True, "top_logprobs": 3}, {"logprobs": True, "top_logprobs": 3}),
        ({"n": 1, "parallel_tool_calls": True, "service_tier": "auto", "modalities": ["text"]}, {}),
        ({"stream_options": {"include_usage": True}, "capability": "code", "strict": True}, {}),
        ({"user": None, "logit_bias": {}, "store": False}, {}),
        ({"tools": [], "tool_choice": "required", "parallel_tool_calls": False}, {}),
    ],
)
def test_everything_else_without_a_loss(asked: dict[str, Any], expected: dict[str, Any]) -> None:
    sent = write(**asked)
    assert beyond_the_least(parse_object(sent.request.body)) == expected
    assert sent.warnings == ()


@pytest.mark.parametrize(
    ("asked", "warning"),
    [
        ({"n": 2}, "`n` is left out: Ollama gives one answer"),
        ({"tools": [TOOL], "tool_choice": "required"}, "`tool_choice` is left out: Ollama leaves the choice"),
        ({"tools": [TOOL], "tool_choice": {"type": "function"}}, "`tool_choice` is left out"),
        (
            {"tools": [TOOL], "parallel_tool_calls": False},
            "`parallel_tool_calls` is left out: Ollama leaves the number",
        ),
        ({"n": None, "logit_bias": {"1": 5}}, "`logit_bias` is left out: Ollama has no"),
        ({"user": "ann"}, "`user` is left out"),
        ({"unheard_of": 1}, "`unheard_of` is left out"),
        ({"response_format": {"type": "grammar"}}, "`response_format` is left out"),
        ({"thinking": {"type": "enabled", "budget_tokens": 2048}}, "`thinking.budget_tokens` is left out"),
        ({"messages": [USER | {"name": "a"}, USER | {"name": "b"}]}, "`name` of a message is left out"),
    ],
)
def test_what_is_lost_is_said_once(asked: dict[str, Any], warning: str) -> None:
    (said,) = write(**asked).warnings
    assert said.startswith(warning)


@pytest.mark.parametrize("effort", ["extreme", 5, ["low"], {}, True])
def test_an_effort_that_nobody_knows(effort: object) -> None:
    with pytest.raises(CallerError, match="none, minimal, low"):
        written(reasoning_effort=effort)


def test_what_is_nested_too_deeply_is_the_callers_fault() -> None:
    with pytest.raises(CallerError, match="cannot be passed on"):
        write(keep_alive=orjson.loads("[" * 300 + "]" * 300))


CHAT = b'{ "model":"asked", "messages":[{"role":"user","content":"hello"}], "x":123456789012345678901, "stream":false}'


def passed_on(raw: bytes, target: Target, *, generate: bool = False) -> HttpRequest:
    ask = (read_generate if generate else read_chat)(Call(raw))
    sent = (write_generate if generate else write_chat)(ask, target, OLLAMA)
    assert sent.warnings == ()
    return sent.request


def test_ollamas_own_ask_is_passed_on_byte_for_byte() -> None:
    sent = passed_on(CHAT, Target("p", "ollama", "asked"))
    assert sent.body is CHAT
    assert ("accept", "application/json") in sent.headers
    raw = b'{"model":"asked","prompt":"hello","raw":true}'
    generated = passed_on(raw, Target("p", "ollama", "asked"), generate=True)
    assert (generated.path, generated.body) == ("/api/generate", raw)
    assert ("accept", "application/x-ndjson") in generated.headers


def test_the_providers_name_for_the_model_is_put_in_and_all_else_stays() -> None:
    sent = passed_on(CHAT, Target("p", "ollama", "other")).body
    assert parse_object(sent) == parse_object(CHAT) | {"model": "other"}
    assert b"123456789012345678901" in sent


def test_a_name_is_put_in_also_where_its_place_is_not_certain() -> None:
    raw = b'{"model":"asked","messages":[{"role":"user","content":"\\"model\\": x","model":"y"}]}'
    sent = passed_on(raw, Target("p", "ollama", "other")).body
    assert parse_object(sent) == parse_object(raw) | {"model": "other"}


def test_what_speaks_to_the_gateway_does_not_leave_it() -> None:
    raw = b'{"model":"m","capability":"code","strict":false,"messages":[{"role":"user","content":"a"}]}'
    assert parse_object(passed_on(raw, Target("p", "ollama", "m")).body) == {
        "model": "m",
        "messages": [{"role": "user", "content": "a"}],
    }


def own(content: str, **more: object) -> bytes:
    return orjson.dumps({"model": "m", "messages": [{"role": "user", "content": content}], **more})


@pytest.mark.parametrize(
    ("raw", "configured", "options"),
    [
        (own("a" * 12_000), {}, {"num_ctx": 8192}),
        (own("a" * 12_000, options={"top_k": 5}), {}, {"num_ctx": 8192, "top_k": 5}),
        (own("a", options=None), {"num_gpu": 1}, {"num_gpu": 1}),
        (own("a", options={"num_gpu": 2}), {"num_gpu": 1, "num_thread": 3}, {"num_gpu": 2, "num_thread": 3}),
        (own("a"), {"num_ctx": 2048}, {"num_ctx": 4096}),
        (own("a"), {"num_ctx": 16_384}, {"num_ctx": 16_384}),
        (b'{"model":"m"}', {"num_ctx": 16_384}, {"num_ctx": 16_384}),
    ],
)
def test_options_that_are_added_to_ollamas_own_ask(
    raw: bytes, configured: dict[str, Any], options: dict[str, Any]
) -> None:
    sent = passed_on(raw, Target("p", "ollama", "m", options=configured))
    assert parse_object(sent.body) == parse_object(raw) | {"options": options}


@pytest.mark.parametrize(
    ("raw", "configured"),
    [
        (own("a"), {}),
        (own("a" * 12_000, options={"num_ctx": 512}), {}),
        (own("a" * 12_000, options={"num_ctx": 512}), {"num_ctx": 16_384}),
        (own("a", options={"num_gpu": 2}), {"num_gpu": 1}),
        (b'{"model":"m","keep_alive":0}', {}),
    ],
)
def test_an_ask_that_has_all_options_is_left_as_it_is(raw: bytes, configured: dict[str, Any]) -> None:
    assert passed_on(raw, Target("p", "ollama", "m", options=configured)).body == raw


def test_a_long_prompt_of_generate_gets_its_window() -> None:
    raw = orjson.dumps({"model": "m", "prompt": "a" * 12_000})
    sent = passed_on(raw, Target("p", "ollama", "m"), generate=True)
    assert parse_object(sent.body)["options"] == {"num_ctx": 8192}
