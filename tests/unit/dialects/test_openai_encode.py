"""Events written as OpenAI's replies, beyond what a translated reply needs: calls in pieces, and usage in detail."""

import orjson
import pytest

from ai_dashboard.core.events import Event, Failed, Finished, Started, Text, ToolCall, Usage
from ai_dashboard.dialects.openai.encode import StreamEncoder, WholeEncoder, usage_object

PIECES: list[Event] = [
    ToolCall(0, "a", "f", '{"x"'),
    ToolCall(1, "b", "g", "{}"),
    ToolCall(0, "", "", ":1}"),
    Finished("tool_calls"),
]


def test_a_call_in_pieces_names_itself_once() -> None:
    encoder = StreamEncoder("r", "m", 7, include_usage=False)
    frames = b"".join(map(encoder.encode, PIECES)).removesuffix(b"data: [DONE]\n\n").split(b"\n\n")[:-2]
    calls = [orjson.loads(frame.removeprefix(b"data: "))["choices"][0]["delta"]["tool_calls"][0] for frame in frames]
    assert calls == [
        {"index": 0, "id": "a", "type": "function", "function": {"name": "f", "arguments": '{"x"'}},
        {"index": 1, "id": "b", "type": "function", "function": {"name": "g", "arguments": "{}"}},
        {"index": 0, "function": {"arguments": ":1}"}},
    ]


def test_a_call_in_pieces_is_put_together() -> None:
    encoder = WholeEncoder("r", "m", 7)
    message = orjson.loads(b"".join(map(encoder.encode, PIECES)))["choices"][0]["message"]
    assert message["tool_calls"] == [
        {"id": "a", "type": "function", "function": {"name": "f", "arguments": '{"x":1}'}},
        {"id": "b", "type": "function", "function": {"name": "g", "arguments": "{}"}},
    ]
    assert message["content"] is None


@pytest.mark.parametrize("event", [Started("m"), Failed("boom"), Usage(1, 2)])
def test_what_is_not_said_to_the_caller_by_itself(event: Event) -> None:
    assert StreamEncoder("r", "m", 7, include_usage=True).encode(event) == b""
    assert WholeEncoder("r", "m", 7).encode(event) == b""


def test_the_role_is_said_once() -> None:
    encoder = StreamEncoder("r", "m", 7, include_usage=False)
    assert b'"role":"assistant"' in encoder.encode(Text("a"))
    assert b"role" not in encoder.encode(Text("b")) + encoder.encode(Finished("stop"))


@pytest.mark.parametrize(
    ("usage", "details"),
    [
        (Usage(4, 2), {}),
        (Usage(4, 2, cached_tokens=3), {"prompt_tokens_details": {"cached_tokens": 3}}),
        (Usage(4, 2, reasoning_tokens=1), {"completion_tokens_details": {"reasoning_tokens": 1}}),
    ],
)
def test_usage(usage: Usage, details: dict[str, object]) -> None:
    assert usage_object(usage) == {"prompt_tokens": 4, "completion_tokens": 2, "total_tokens": 6, **details}
