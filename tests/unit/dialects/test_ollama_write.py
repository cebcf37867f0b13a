"""OpenAI's asks, written for Ollama."""

from typing import Any

import orjson
import pytest

from ai_dashboard.core.chat import HttpRequest, Target
from ai_dashboard.core.errors import CallerError
from ai_dashboard.dialects.kinds import KINDS
from ai_dashboard.dialects.ollama.write import write_request
from ai_dashboard.dialects.openai.read import read_request

USER = {"role": "user", "content": "hello"}
LLAMA = Target("p", "ollama", "llama3.1:8b")
SAME = ("temperature", "top_p", "top_k", "min_p", "seed", "frequency_penalty", "presence_penalty", "num_ctx")
TOOL = {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}


def request(target: Target, body: dict[str, Any]) -> HttpRequest:
    ask = read_request(orjson.dumps({"model": "asked", "messages": [USER]} | body))
    return write_request(ask, target, KINDS["ollama"])


def written(target: Target = LLAMA, **body: object) -> dict[str, Any]:
    loaded: dict[str, Any] = orjson.loads(request(target, body).body)
    return loaded


def messages(*given: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = written(messages=list(given))["messages"]
    return found


def call(name: str = "f", arguments: object = '{"x":1}', call_id: str = "a") -> dict[str, Any]:
    return {"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}


def test_the_least_that_is_sent() -> None:
    assert written() == {"model": "llama3.1:8b", "messages": [USER], "stream": True}


@pytest.mark.parametrize("stream", [True, False, None])
def test_it_is_always_asked_as_a_stream(stream: bool | None) -> None:
    assert written(stream=stream)["stream"] is True


def test_path_and_headers() -> None:
    sent = request(Target("p", "ollama", "m", "/base", "secret", (("x-team", "a"),)), {})
    assert (sent.method, sent.path) == ("POST", "/base/api/chat")
    assert dict(sent.headers) == {
        "content-type": "application/json",
        "accept": "application/x-ndjson",
        "authorization": "Bearer secret",
        "x-team": "a",
    }
    assert "authorization" not in dict(request(Target("p", "ollama", "m"), {}).headers)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"role": "developer", "content": "be kind"}, {"role": "system", "content": "be kind"}),
        ({"role": "system", "content": "be brief"}, {"role": "system", "content": "be brief"}),
        ({"role": "user", "content": None}, {"role": "user", "content": ""}),
        ({"role": "user"}, {"role": "user", "content": ""}),
        ({"role": "user", "content": []}, {"role": "user", "content": ""}),
        (
            {"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]},
            {"role": "user", "content": "a\nb"},
        ),
        (
            {"role": "assistant", "content": [{"type": "refusal", "refusal": "no"}]},
            {"role": "assistant", "content": "no"},
        ),
        (
            {"role": "assistant", "content": "so", "reasoning_content": "hm"},
            {"role": "assistant", "content": "so", "thinking": "hm"},
        ),
        ({"role": "assistant", "content": "so", "reasoning_content": 5}, {"role": "assistant", "content": "so"}),
    ],
)
def test_messages(given: dict[str, Any], expected: dict[str, Any]) -> None:
    assert messages(given) == [expected]


def test_images() -> None:
    parts = [{"type": "text", "text": "what?"}] + [
        {"type": "image_url", "image_url": {"url": f"data:image/{kind};base64,{data}", "detail": "low"}}
        for kind, data in (("png", "AAAA"), ("jpeg", "BB=="))
    ]
    assert messages({"role": "user", "content": parts}) == [
        {"role": "user", "content": "what?", "images": ["AAAA", "BB=="]}
    ]


def test_tool_calls_and_their_results_go_round() -> None:
    assert messages(
        USER,
        {"role": "assistant", "content": None, "tool_calls": [call("f", '{"x":1}', "a"), call("g", "", "b")]},
        {"role": "tool", "tool_call_id": "b", "content": "2"},
        {"role": "tool", "tool_call_id": "a", "content": "1"},
        {"role": "tool", "tool_call_id": "unknown", "content": "0"},
    )[1:] == [
        {
            "role": "assistant",
            "content": "",
            "tool_calls": [
                {"function": {"name": "f", "arguments": {"x": 1}}},
                {"function": {"name": "g", "arguments": {}}},
            ],
        },
        {"role": "tool", "content": "2", "tool_name": "g"},
        {"role": "tool", "content": "1", "tool_name": "f"},
        {"role": "tool", "content": "0"},
    ]


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ({"content": [{"type": "image_url", "image_url": {"url": "https://x/a.png"}}]}, "not by URL"),
        ({"content": [{"type": "image_url", "image_url": {"url": "data:image/png,AA"}}]}, "not by URL"),
        ({"content": [{"type": "image_url", "image_url": "data:image/png;base64,AA"}]}, "neither text nor an image"),
        ({"content": [{"type": "input_audio", "input_audio": {}}]}, "neither text nor an image"),
        ({"content": ["text"]}, "neither text nor an image"),
        ({"tool_calls": "f"}, "not a list"),
        ({"tool_calls": 5}, "not a list"),
        ({"tool_calls": ["f"]}, "no function"),
        ({"tool_calls": [{"function": {"name": "f"}}]}, "no function"),
        ({"tool_calls": [call(arguments={"x": 1})]}, "no function"),
        ({"tool_calls": [call(arguments="{x}")]}, "'f' are not JSON"),
        ({"tool_calls": [call(arguments="[1]")]}, "'f' are not a JSON object"),
        ({"tool_calls": [call(arguments='{"x":' + "[" * 400 + "]" * 400 + "}")]}, "cannot be passed on"),
    ],
)
def test_what_ollama_cannot_be_told(message: dict[str, Any], reason: str) -> None:
    with pytest.raises(CallerError, match=reason):
        messages({"role": "assistant", **message})


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
        ({"options": "none", "temperature": None}, None),
    ],
)  # fmt: skip
def test_options(asked: dict[str, Any], options: dict[str, Any] | None) -> None:
    assert written(**asked).get("options") == options


def test_the_models_own_options_yield_to_the_caller() -> None:
    target = Target("p", "ollama", "m", options={"num_ctx": 4096, "temperature": 0.1, "num_gpu": 1})
    assert written(target, temperature=0.9, options={"num_gpu": 2})["options"] == {
        "num_ctx": 4096,
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
        ({"response_format": "json"}, {}),
        ({"tools": [TOOL]}, {"tools": [TOOL]}),
        ({"tools": []}, {}),
        ({"reasoning_effort": "none"}, {"think": False}),
        ({"reasoning_effort": "minimal"}, {"think": False}),
        ({"reasoning_effort": "high"}, {"think": "high"}),
        ({"reasoning_effort": "xhigh"}, {"think": "high"}),
        ({"reasoning_effort": "low", "think": True}, {"think": True}),
        ({"keep_alive": "5m"}, {"keep_alive": "5m"}),
        ({"keep_alive": 0}, {"keep_alive": 0}),
        ({"unknown": 1}, {}),
    ],
)
def test_everything_else(asked: dict[str, Any], expected: dict[str, Any]) -> None:
    body = written(**asked)
    assert {name: value for name, value in body.items() if name not in ("model", "messages", "stream")} == expected


@pytest.mark.parametrize("effort", ["extreme", 5, ["low"], {}, True])
def test_an_effort_that_nobody_knows(effort: object) -> None:
    with pytest.raises(CallerError, match="none, minimal, low"):
        written(reasoning_effort=effort)
