"""Canonical messages, written as Ollama's."""

from typing import Any

import orjson
import pytest

from ai_dashboard.core.chat import JsonObject
from ai_dashboard.core.errors import CallerError
from ai_dashboard.dialects.ollama.write_messages import write_messages

USER = {"role": "user", "content": "hello"}


def written(*given: dict[str, Any], warnings: list[str] | None = None) -> list[JsonObject]:
    """As Ollama reads them: arguments are written as they came, as a fragment of JSON."""
    messages: list[JsonObject] = orjson.loads(
        orjson.dumps(write_messages(list(given), [] if warnings is None else warnings))
    )
    return messages


def call(name: str = "f", arguments: object = '{"x":1}', call_id: str = "a") -> dict[str, Any]:
    return {"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}


def part(kind: str, **more: object) -> dict[str, Any]:
    return {"type": kind, kind: more}


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
        ({"role": "assistant", "content": None, "refusal": "no"}, {"role": "assistant", "content": "no"}),
        ({"role": "assistant", "content": "so", "refusal": "no"}, {"role": "assistant", "content": "so\nno"}),
        (
            {"role": "assistant", "content": "so", "reasoning_content": "hm"},
            {"role": "assistant", "content": "so", "thinking": "hm"},
        ),
        (
            {"role": "assistant", "content": "so", "reasoning": "hm"},
            {"role": "assistant", "content": "so", "thinking": "hm"},
        ),
        (
            {
                "role": "assistant",
                "content": "so",
                "thinking_blocks": [
                    {"type": "thinking", "thinking": "h", "signature": "s"},
                    {"type": "redacted_thinking", "data": "x"},
                    {"type": "thinking", "thinking": "m"},
                    7,
                ],
            },
            {"role": "assistant", "content": "so", "thinking": "hm"},
        ),
        ({"role": "assistant", "content": "so", "reasoning_content": 5}, {"role": "assistant", "content": "so"}),
        ({"role": "user", "content": "a", "cache_control": {"type": "ephemeral"}}, {"role": "user", "content": "a"}),
    ],
)
def test_messages_without_a_loss(given: dict[str, Any], expected: dict[str, Any]) -> None:
    warnings: list[str] = []
    assert written(given, warnings=warnings) == [expected]
    assert warnings == []


def test_images_and_sounds() -> None:
    parts = [
        {"type": "text", "text": "what?"},
        part("image_url", url="data:image/png;base64,AAAA", detail="auto"),
        part("image_url", url="data:image/jpeg;base64,BB=="),
        part("input_audio", data="CCCC", format="wav"),
        part("file", file_data="data:image/png;base64,DDDD"),
    ]
    warnings: list[str] = []
    assert written({"role": "user", "content": parts}, warnings=warnings) == [
        {"role": "user", "content": "what?", "images": ["AAAA", "BB==", "CCCC", "DDDD"]}
    ]
    assert warnings == []


def test_tool_calls_and_their_results_go_round() -> None:
    assert written(
        USER,
        {"role": "assistant", "content": None, "tool_calls": [call("f", '{"x":1}', "a"), call("g", "", "b")]},
        {"role": "tool", "tool_call_id": "b", "content": "2"},
        {
            "role": "tool",
            "tool_call_id": "a",
            "content": [{"type": "text", "text": "1"}, part("image_url", url="data:;base64,A")],
        },
        {"role": "tool", "tool_call_id": "unknown", "content": "0", "name": "h"},
    )[1:] == [
        {
            "role": "assistant",
            "content": "",
            "tool_calls": [
                {"id": "a", "function": {"name": "f", "arguments": {"x": 1}}},
                {"id": "b", "function": {"name": "g", "arguments": {}}},
            ],
        },
        {"role": "tool", "content": "2", "tool_call_id": "b", "tool_name": "g"},
        {"role": "tool", "content": "1", "images": ["A"], "tool_call_id": "a", "tool_name": "f"},
        {"role": "tool", "content": "0", "tool_call_id": "unknown", "tool_name": "h"},
    ]


def test_calls_of_the_old_kind() -> None:
    assert written(
        {"role": "assistant", "content": None, "function_call": {"name": "f", "arguments": "{}"}},
        {"role": "function", "name": "f", "content": "1"},
    ) == [
        {"role": "assistant", "content": "", "tool_calls": [{"function": {"name": "f", "arguments": {}}}]},
        {"role": "tool", "content": "1", "tool_name": "f"},
    ]


def test_arguments_keep_the_digits_that_they_were_written_with() -> None:
    arguments = '{"id": 123456789012345678901234567890, "x": 1.10}'
    entries = write_messages([{"role": "assistant", "tool_calls": [call("f", arguments)]}], [])
    assert arguments.encode() in orjson.dumps(entries)


@pytest.mark.parametrize(
    ("message", "warning"),
    [
        ({"role": "user", "content": "a", "name": "ann"}, "`name` of a message"),
        ({"role": "assistant", "content": "a", "audio": {"id": "x"}}, "`audio` of a message"),
        ({"role": "tool", "tool_call_id": "a", "content": "a", "is_error": True}, "`is_error` of a tool's result"),
        (
            {"role": "user", "content": [part("image_url", url="data:;base64,A", detail="high")]},
            "`detail` of an image",
        ),
    ],
)
def test_what_is_lost_is_said(message: dict[str, Any], warning: str) -> None:
    warnings: list[str] = []
    written(message, warnings=warnings)
    assert len(warnings) == 1
    assert warnings[0].startswith(f"{warning} is left out: ")


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ({"content": [part("image_url", url="https://x/a.png")]}, "not by URL"),
        ({"content": [part("image_url", url="data:image/png,AA")]}, "not by URL"),
        ({"content": [{"type": "image_url", "image_url": "data:image/png;base64,AA"}]}, "neither text, an image"),
        ({"content": [{"type": "input_audio", "input_audio": {}}]}, "neither text, an image"),
        ({"content": [part("file", file_data="data:application/pdf;base64,AA")]}, "neither text, an image"),
        ({"content": ["text"]}, "neither text, an image"),
        ({"tool_calls": "f"}, "not a list"),
        ({"tool_calls": 5}, "not a list"),
        ({"tool_calls": ["f"]}, "no function"),
        ({"tool_calls": [{"function": {"name": "f"}}]}, "no function"),
        ({"tool_calls": [call(arguments={"x": 1})]}, "no function"),
        ({"tool_calls": [call(arguments="{x}")]}, "'f' are not JSON"),
        ({"tool_calls": [call(arguments="[1]")]}, "'f' are not a JSON object"),
        ({"tool_calls": [call(arguments='{"x":' + "[" * 4000 + "]" * 4000 + "}")]}, "'f' are not JSON"),
    ],
)
def test_what_ollama_cannot_be_told(message: dict[str, Any], reason: str) -> None:
    with pytest.raises(CallerError, match=reason):
        written({"role": "assistant", **message})
