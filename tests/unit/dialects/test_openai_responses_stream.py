"""Events as the Responses API writes them: complete for the official client, and the same as the whole reply."""

from collections.abc import Iterable
from typing import Any

import httpx2
import openai
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import TypeAdapter

from ai_dashboard.core.chat import Ask
from ai_dashboard.core.events import (
    Event,
    Failed,
    Finished,
    FinishReason,
    Refusal,
    Signature,
    Started,
    Text,
    Thinking,
    ToolCall,
    Usage,
)
from ai_dashboard.dialects.forms import Call, ReplyHead
from ai_dashboard.dialects.openai.responses_items import messages_of
from ai_dashboard.dialects.openai.responses_read import read
from ai_dashboard.dialects.openai.responses_stream import encoder
from ai_dashboard.dialects.sse import SseDecoder

HEAD = ReplyHead("abc", "gpt-5", 1_700_000_000)
EVENT: TypeAdapter[ResponseStreamEvent] = TypeAdapter(ResponseStreamEvent)

TURN: list[Event] = [
    Started("gpt-5"),
    Thinking("Look "),
    Thinking("first."),
    Signature("sig"),
    Signature("data", redacted=True),
    Text("Hé "),
    Text("🙂\n"),
    ToolCall(0, "call_1", "f", '{"a":'),
    ToolCall(1, "call_2", "g", ""),
    ToolCall(0, "", "", "1}"),
    Finished("tool_calls"),
    Usage(10, 5, 3, 2),
]


def ask(*, stream: bool) -> Ask:
    return read(Call(orjson.dumps({"model": "gpt-5", "input": "Hello", "stream": stream})))


def encoded(events: Iterable[Event], *, stream: bool = True) -> bytes:
    encoder_of = encoder(ask(stream=stream), HEAD)
    return b"".join([encoder_of.encode(event) for event in events]) + encoder_of.close()


def streamed(events: Iterable[Event]) -> list[dict[str, Any]]:
    decoded = SseDecoder().feed(encoded(events))
    bodies = [orjson.loads(event.data) for event in decoded]
    assert [event.name for event in decoded] == [body["type"] for body in bodies]
    assert [body["sequence_number"] for body in bodies] == list(range(len(bodies)))
    return bodies


def test_every_event_is_one_that_the_official_types_take() -> None:
    bodies = streamed([*TURN[:7], Refusal("No."), *TURN[7:]])
    for body in bodies:
        EVENT.validate_python(body)
    assert [body["type"].removeprefix("response.") for body in bodies] == [
        "created",
        "in_progress",
        "output_item.added",
        "reasoning_summary_part.added",
        "reasoning_summary_text.delta",
        "reasoning_summary_text.delta",
        "reasoning_summary_text.done",
        "reasoning_summary_part.done",
        "output_item.done",
        "output_item.added",
        "output_item.done",
        "output_item.added",
        "content_part.added",
        "output_text.delta",
        "output_text.delta",
        "output_text.done",
        "content_part.done",
        "content_part.added",
        "refusal.delta",
        "refusal.done",
        "content_part.done",
        "output_item.done",
        "output_item.added",
        "function_call_arguments.delta",
        "output_item.added",
        "function_call_arguments.delta",
        "function_call_arguments.done",
        "output_item.done",
        "function_call_arguments.delta",
        "function_call_arguments.done",
        "output_item.done",
        "completed",
    ]


def test_the_official_client_reads_a_stream() -> None:
    def answer(request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, headers={"content-type": "text/event-stream"}, content=encoded(TURN))

    transport = httpx2.Client(transport=httpx2.MockTransport(answer))
    client = openai.OpenAI(base_url="http://gateway/v1", api_key="k", http_client=transport)
    with client, client.responses.stream(model="gpt-5", input="Hello") as stream:
        kinds = [event.type for event in stream]
        final = stream.get_final_response()
    assert kinds[-1] == "response.completed"
    assert final.output_text == "Hé 🙂\n"
    calls = [(item.call_id, item.name, item.arguments) for item in final.output if item.type == "function_call"]
    assert calls == [("call_1", "f", '{"a":1}'), ("call_2", "g", "{}")]
    assert final.usage is not None
    assert final.usage.output_tokens_details.reasoning_tokens == 2


def test_the_official_types_take_a_whole_reply() -> None:
    response = Response.model_validate_json(encoded(TURN, stream=False))
    assert response.status == "completed"
    assert response.output_text == "Hé 🙂\n"


def test_nothing_is_sent_for_nothing() -> None:
    stream = encoder(ask(stream=True), HEAD)
    assert stream.encode(Started("gpt-5")) == b""
    assert stream.encode(Usage(1, 1)) == b""
    assert stream.encode(Failed("no")) == b""
    assert stream.encode(Text("")) == b""
    assert stream.encode(Text("Hi")).startswith(b"event: response.created\n")


def test_a_reply_without_words_has_its_beginning_and_its_end() -> None:
    kinds = [body["type"] for body in streamed([Finished("content_filter")])]
    assert kinds == ["response.created", "response.in_progress", "response.incomplete"]


def test_a_reply_that_was_cut_short_says_so() -> None:
    bodies = streamed([Text("Hi"), Finished("length"), Usage(1, 1)])
    assert bodies[-1]["type"] == "response.incomplete"
    assert bodies[-1]["response"]["incomplete_details"] == {"reason": "max_output_tokens"}
    assert bodies[-2]["item"]["status"] == "incomplete"


def test_of_several_answers_the_first_is_written() -> None:
    both: list[Event] = [Text("a"), Text("b", choice=1), Thinking("b", choice=1), Signature("b", choice=1)]
    ends: list[Event] = [ToolCall(0, "1", "f", "", choice=1), Finished("stop"), Finished("length", choice=1)]
    assert streamed([*both, *ends]) == streamed([Text("a"), Finished("stop")])


def test_log_probabilities_come_with_their_pieces_and_at_the_end() -> None:
    entry = {"token": "H", "logprob": -0.1, "bytes": [72], "top_logprobs": []}
    bodies = streamed([Text("H", logprobs=(entry,)), Text("i"), Finished("stop")])
    pieces = [body["logprobs"] for body in bodies if body["type"] == "response.output_text.delta"]
    assert pieces == [[entry], []]
    assert bodies[-1]["response"]["output"][0]["content"][0]["logprobs"] == [entry]


def test_what_was_said_can_be_said_again_in_the_next_turn() -> None:
    response = orjson.loads(
        encoded([*TURN[:7], ToolCall(0, "call_1", "f", "", signature="mark"), *TURN[-2:]], stream=False)
    )
    assert messages_of(response["output"], set()) == [
        {
            "role": "assistant",
            "content": "Hé 🙂\n",
            "reasoning_content": "Look first.",
            "thinking_blocks": [
                {"type": "thinking", "thinking": "Look first.", "signature": "sig"},
                {"type": "redacted_thinking", "data": "data"},
            ],
            "tool_calls": [
                {
                    "id": "call_1",
                    "type": "function",
                    "function": {"name": "f", "arguments": "{}"},
                    "extra_content": {"google": {"thought_signature": "mark"}},
                }
            ],
        }
    ]


WORDS = st.text(max_size=5)
EVENTS = st.lists(
    st.builds(Text, WORDS)
    | st.builds(Thinking, WORDS)
    | st.builds(Refusal, WORDS)
    | st.builds(Signature, WORDS, st.booleans())
    | st.builds(ToolCall, st.integers(0, 3), WORDS, WORDS, WORDS, st.just(0), WORDS),
    max_size=12,
)


@given(EVENTS, st.sampled_from(["stop", "length", "tool_calls", "content_filter"]))
def test_a_stream_and_a_whole_reply_agree(events: list[Event], reason: FinishReason) -> None:
    events = [*events, Finished(reason), Usage(3, 4)]
    bodies = streamed(events)
    whole = orjson.loads(encoded(events, stream=False))
    assert bodies[-1]["response"] == whole
    done = {body["output_index"]: body["item"] for body in bodies if body["type"] == "response.output_item.done"}
    assert [done[index] for index in range(len(done))] == whole["output"]
    assert told(bodies) == [said(item) for item in whole["output"]]


def told(bodies: list[dict[str, Any]]) -> list[str]:
    """What the pieces of each item add up to."""
    items: dict[int, str] = {}
    for body in bodies:
        if body["type"] == "response.output_item.added":
            items[body["output_index"]] = ""
        elif body["type"].endswith(".delta"):
            items[body["output_index"]] += body["delta"]
    return [items[index] for index in range(len(items))]


def said(item: dict[str, Any]) -> str:
    parts = item.get("content", []) + item.get("summary", [])
    return "".join([item.get("arguments", ""), *(part.get("text", "") + part.get("refusal", "") for part in parts)])


def test_surrogates_and_separators_stay_inside_their_event() -> None:
    text = "a\u2028b\u0085c\r\nd\n\ne"
    assert "".join(b["delta"] for b in streamed([Text(text), Finished("stop")]) if b["type"].endswith(".delta")) == text


@pytest.mark.parametrize("stream", [True, False])
def test_a_reply_knows_what_it_told(stream: bool) -> None:
    encoder_of: Any = encoder(ask(stream=stream), HEAD)
    for event in TURN:
        encoder_of.encode(event)
    encoder_of.close()
    assert encoder_of.response_id == "resp_abc"
    assert encoder_of.output == orjson.loads(encoded(TURN, stream=False))["output"]
