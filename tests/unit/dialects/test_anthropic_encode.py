"""Events as Anthropic's callers read them."""

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.core.chat import Ask
from ai_dashboard.core.errors import UpstreamInvalid, UpstreamTruncated
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
)  # fmt: skip
from ai_dashboard.dialects.anthropic.decode import decoder
from ai_dashboard.dialects.anthropic.encode import PING, encoder
from ai_dashboard.dialects.fold import Fold
from ai_dashboard.dialects.forms import ReplyHead
from ai_dashboard.dialects.sse import SseDecoder

HEAD = ReplyHead("r1", "claude", 7)
END = Finished("stop")


def written(events: list[Event], *, stream: bool = True, body: dict[str, Any] | None = None) -> bytes:
    writer = encoder(Ask("m", stream, body or {}, b"", True), HEAD)
    return b"".join(map(writer.encode, events)) + writer.close()


def frames(*events: Event, **body: object) -> list[dict[str, Any]]:
    found = SseDecoder().feed(written(list(events), body=body))
    loaded = [orjson.loads(event.data) for event in found]
    assert [event.name for event in found] == [body["type"] for body in loaded]
    return loaded


def whole(*events: Event, **body: object) -> dict[str, Any]:
    loaded: dict[str, Any] = orjson.loads(written(list(events), stream=False, body=body))
    return loaded


def test_a_stream_of_text_in_bytes() -> None:
    stream = written([Started("x"), Text("Hé"), Text(' "🙂"\n'), Usage(5, 2), END])
    message = (
        '{"id":"msg_r1","type":"message","role":"assistant","model":"claude","content":[],'
        '"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":0,"output_tokens":0}}'
    )
    usage = '{"input_tokens":5,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":2}'
    assert [event.split("\ndata: ") for event in stream.decode().split("\n\n")] == [
        ["event: message_start", f'{{"type":"message_start","message":{message}}}'],
        [
            "event: content_block_start",
            '{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}',
        ],
        [
            "event: content_block_delta",
            '{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hé"}}',
        ],
        [
            "event: content_block_delta",
            '{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":" \\"🙂\\"\\n"}}',
        ],
        ["event: content_block_stop", '{"type":"content_block_stop","index":0}'],
        [
            "event: message_delta",
            '{"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":' + usage + "}",
        ],
        ["event: message_stop", '{"type":"message_stop"}'],
        [""],
    ]


def test_nothing_is_sent_before_something_was_said() -> None:
    writer = encoder(Ask("m", True, {}, b"", True), HEAD)
    for event in (Started("x"), Usage(5, 0), Text(""), Thinking(""), Signature(""), Failed("no")):
        assert writer.encode(event) == b""


def test_usage_that_is_known_at_the_beginning_is_said_there() -> None:
    assert frames(Usage(9, 0, cached_tokens=4), Text("x"), END)[0]["message"]["usage"]["input_tokens"] == 5


def test_an_answer_of_nothing_still_has_its_frame() -> None:
    kinds = [body["type"] for body in frames(Finished("length"))]
    assert kinds == ["message_start", "message_delta", "message_stop"]


EVERYTHING: tuple[Event, ...] = (
    Thinking("Hm"),
    Thinking("…"),
    Signature("sig"),
    Signature("xyz", redacted=True),
    Text("Hello"),
    ToolCall(0, "a", "f", ""),
    ToolCall(0, "", "", '{"x":'),
    ToolCall(0, "", "", "1}"),
    ToolCall(1, "b", "g", "{}"),
    Usage(12, 9, cached_tokens=3, reasoning_tokens=4, cache_write_tokens=2),
    Finished("tool_calls"),
)


def test_every_kind_of_block() -> None:
    found = frames(*EVERYTHING)[1:-2]
    assert [(body["type"].removeprefix("content_block_"), body["index"]) for body in found] == [
        ("start", 0), ("delta", 0), ("delta", 0), ("delta", 0), ("stop", 0),
        ("start", 1), ("stop", 1),
        ("start", 2), ("delta", 2), ("stop", 2),
        ("start", 3), ("delta", 3), ("delta", 3), ("stop", 3),
        ("start", 4), ("delta", 4), ("stop", 4),
    ]  # fmt: skip
    starts = [body["content_block"] for body in found if body["type"] == "content_block_start"]
    assert starts == [
        {"type": "thinking", "thinking": "", "signature": ""},
        {"type": "redacted_thinking", "data": "xyz"},
        {"type": "text", "text": ""},
        {"type": "tool_use", "id": "a", "name": "f", "input": {}},
        {"type": "tool_use", "id": "b", "name": "g", "input": {}},
    ]
    assert found[3]["delta"] == {"type": "signature_delta", "signature": "sig"}
    assert found[11]["delta"] == {"type": "input_json_delta", "partial_json": '{"x":'}


def test_a_whole_message() -> None:
    assert whole(*EVERYTHING) == {
        "id": "msg_r1",
        "type": "message",
        "role": "assistant",
        "model": "claude",
        "content": [
            {"type": "thinking", "thinking": "Hm…", "signature": "sig"},
            {"type": "redacted_thinking", "data": "xyz"},
            {"type": "text", "text": "Hello"},
            {"type": "tool_use", "id": "a", "name": "f", "input": {"x": 1}},
            {"type": "tool_use", "id": "b", "name": "g", "input": {}},
        ],
        "stop_reason": "tool_use",
        "stop_sequence": None,
        "usage": {
            "input_tokens": 7,
            "cache_creation_input_tokens": 2,
            "cache_read_input_tokens": 3,
            "output_tokens": 9,
            "output_tokens_details": {"thinking_tokens": 4},
        },
    }


@pytest.mark.parametrize(
    ("said", "finish", "reason", "sequence"),
    [
        (Text("x"), Finished("stop"), "end_turn", None),
        (Text("x"), Finished("stop", stop_sequence="END"), "stop_sequence", "END"),
        (Text("x"), Finished("length"), "max_tokens", None),
        (Text("x"), Finished("content_filter"), "refusal", None),
        (Refusal("No."), Finished("stop"), "refusal", None),
        (ToolCall(0, "a", "f", "{}"), Finished("tool_calls"), "tool_use", None),
        (ToolCall(0, "a", "f", "{}"), Finished("stop", stop_sequence="x"), "tool_use", None),
    ],
)
def test_why_it_ended(said: Event, finish: Finished, reason: str, sequence: str | None) -> None:
    ending = {"stop_reason": reason, "stop_sequence": sequence}
    assert frames(said, finish)[-2]["delta"] == ending
    assert {name: whole(said, finish)[name] for name in ending} == ending


def test_the_words_of_a_refusal_are_text() -> None:
    assert whole(Refusal("I "), Refusal("can't"), END)["content"] == [{"type": "text", "text": "I can't"}]
    assert frames(Refusal("I "), END)[2]["delta"] == {"type": "text_delta", "text": "I "}


def test_without_a_finish_there_is_no_end() -> None:
    for stream in (True, False):
        with pytest.raises(UpstreamTruncated):
            written([Text("x")], stream=stream)


def test_pieces_of_several_calls_may_come_in_turns() -> None:
    found = frames(
        ToolCall(0, "a", "f", '{"x":'),
        ToolCall(1, "b", "g", '{"y":'),
        ToolCall(0, "", "", "1}"),
        ToolCall(1, "", "", "2}"),
        Text("done"),
        ToolCall(1, "", "", " "),
        Finished("tool_calls"),
    )
    pieces = [(body["index"], body["delta"].get("partial_json")) for body in found if body["type"].endswith("k_delta")]
    assert pieces == [(0, '{"x":'), (1, '{"y":'), (0, "1}"), (1, "2}"), (2, None)]
    assert sorted(body["index"] for body in found if body["type"] == "content_block_stop") == [0, 1, 2]


def test_a_call_whose_arguments_are_whole_is_closed_when_the_next_begins() -> None:
    found = frames(ToolCall(0, "a", "f", "{}"), ToolCall(1, "b", "g", "{}"), Finished("tool_calls"))
    kinds = [body["type"].removeprefix("content_block_") for body in found[1:-2]]
    assert kinds == ["start", "delta", "stop", "start", "delta", "stop"]


def test_ids_are_such_as_anthropic_takes_back() -> None:
    events = (ToolCall(0, "functions.f:0", "f", "{}"), ToolCall(1, "", "g", "{}"), Finished("tool_calls"))
    assert [block["id"] for block in whole(*events)["content"]] == ["functions_f_0", "toolu_r1_0"]
    starts = [body["content_block"]["id"] for body in frames(*events) if body["type"] == "content_block_start"]
    assert starts == ["functions_f_0", "toolu_r1_0"]


@pytest.mark.parametrize("arguments", ["{", "[]", "3", '{"a":' * 300 + "1" + "}" * 300])
def test_arguments_that_are_no_object_are_no_answer_unless_the_limit_cut_them(arguments: str) -> None:
    call = ToolCall(0, "a", "f", arguments)
    with pytest.raises(UpstreamInvalid, match="'f' are not a JSON object"):
        whole(call, Finished("tool_calls"))
    assert whole(Text("x"), call, Finished("length"))["content"] == [{"type": "text", "text": "x"}]


def test_thinking_without_a_signature_has_an_empty_one() -> None:
    assert whole(Thinking("Hm"), Text("x"), END)["content"][0] == {
        "type": "thinking",
        "thinking": "Hm",
        "signature": "",
    }


def test_omitted_thinking_leaves_its_signatures() -> None:
    thinking = {"type": "adaptive", "display": "omitted"}
    signed, unsigned = (Thinking("Hm"), Signature("sig")), (Thinking("Hm"),)
    block = {"type": "thinking", "thinking": "", "signature": "sig"}
    assert whole(*signed, Text("x"), END, thinking=thinking)["content"][0] == block
    assert whole(*unsigned, Text("x"), END, thinking=thinking)["content"] == [{"type": "text", "text": "x"}]
    deltas = [
        body["delta"]["type"]
        for body in frames(*signed, Text("x"), END, thinking=thinking)
        if "index" in body and "delta" in body
    ]
    assert deltas == ["signature_delta", "text_delta"]
    assert b"thinking" not in written([*unsigned, Text("x"), END], body={"thinking": thinking})


def test_other_choices_are_left_out() -> None:
    other: list[Event] = [Text("b", 1), Thinking("b", 1), ToolCall(0, "a", "f", "", 1), Finished("length", 1)]
    assert written([Text("a"), *other, END]) == written([Text("a"), END])


def test_what_keeps_a_line_alive_is_an_event() -> None:
    assert SseDecoder().feed(PING)[0].name == "ping"


PIECES = st.lists(
    st.builds(Text, st.text(max_size=5))
    | st.builds(Thinking, st.text(max_size=5))
    | st.builds(Signature, st.text("abc", min_size=1, max_size=5))
    | st.builds(Signature, st.text("abc", min_size=1, max_size=5), st.just(True)),
    max_size=12,
)
CALLS = st.lists(st.dictionaries(st.text(max_size=3), st.integers(0, 9) | st.text(max_size=3), max_size=2), max_size=3)
REASONS: st.SearchStrategy[FinishReason] = st.sampled_from(["stop", "length", "content_filter"])
USAGES = st.none() | st.builds(
    Usage, st.just(9), st.integers(0, 9), st.integers(0, 4), st.just(0), st.just(False), st.integers(0, 4)
)


def folded(events: list[Event]) -> tuple[object, ...]:
    fold = Fold()
    for event in events:
        fold.add(event)
    choice = fold.choices[0]
    thinking = [block for block in choice.thinking if block.text or block.signature or block.redacted]
    return choice.text, thinking, choice.whole_calls, choice.finish, fold.usage


def read(data: bytes, *, stream: bool) -> list[Event]:
    reader = decoder(Ask("m", stream, {}, b"", True), "p")
    return reader.feed(data) + reader.close()


@given(PIECES, CALLS, REASONS, USAGES)
def test_a_stream_and_a_whole_message_say_what_the_events_say(
    pieces: list[Event], calls: list[dict[str, Any]], reason: FinishReason, usage: Usage | None
) -> None:
    called: list[Event] = [
        ToolCall(number, f"call_{number}", "f", orjson.dumps(arguments).decode())
        for number, arguments in enumerate(calls)
    ]
    finish = Finished("tool_calls" if calls else reason)
    events: list[Event] = [*pieces, *called, *([usage] if usage else []), finish]
    text, thinking, whole_calls, finish_found, _ = folded(events)
    expected = (text, thinking, whole_calls, finish_found, usage or Usage(0, 0))
    # A block of thinking that nobody signed has no end that text could not be put behind: compared without its borders.
    assert unbordered(folded(read(written(events, stream=False), stream=False))) == unbordered(expected)
    assert unbordered(folded(read(written(events), stream=True))) == unbordered(expected)


def unbordered(fold: tuple[Any, ...]) -> tuple[object, ...]:
    text, thinking, *rest = fold
    shown = "".join(block.text for block in thinking)
    proofs = [(block.signature, block.redacted) for block in thinking if block.signature or block.redacted]
    return (text, shown, proofs, *rest)
