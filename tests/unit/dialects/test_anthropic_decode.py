"""Anthropic's replies as events: transcripts cut at every byte, and servers that do not keep to the rules."""

from collections.abc import Callable, Iterator
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.core.chat import Ask
from ai_dashboard.core.errors import UpstreamInvalid
from ai_dashboard.core.events import (
    Event,
    Failed,
    Finished,
    Refusal,
    Signature,
    Started,
    Text,
    Thinking,
    ToolCall,
    Usage,
)  # fmt: skip
from ai_dashboard.dialects.anthropic.decode import MAX_CALLS, decoder

Chunkings = Callable[[bytes], Iterator[list[bytes]]]


def ask(*, stream: bool = True) -> Ask:
    return Ask("m", stream, {}, b"", True)


def frame(kind: str, **fields: object) -> bytes:
    return b"event: " + kind.encode() + b"\ndata: " + orjson.dumps({"type": kind} | fields) + b"\n\n"


def start(index: object, block: object) -> bytes:
    return frame("content_block_start", index=index, content_block=block)


def delta(index: object, kind: str, **fields: object) -> bytes:
    return frame("content_block_delta", index=index, delta={"type": f"{kind}_delta"} | fields)


def stop(index: object) -> bytes:
    return frame("content_block_stop", index=index)


def end(reason: object = "end_turn", usage: object = None, **fields: object) -> bytes:
    return frame("message_delta", delta={"stop_reason": reason, "stop_sequence": None} | fields, usage=usage)


def tool(name: object = "f", call_id: object = "toolu_1", arguments: object = None) -> dict[str, Any]:
    return {"type": "tool_use", "id": call_id, "name": name, "input": arguments or {}}


BEGIN = frame("message_start", message={"model": "claude", "usage": {"input_tokens": 5, "output_tokens": 1}})
BEGUN: list[Event] = [Started("claude"), Usage(5, 1)]
HELLO = start(0, {"type": "text", "text": ""}) + delta(0, "text", text="Hé 🙂") + stop(0)
STOP = frame("message_stop")


def events(*chunks: bytes, stream: bool = True) -> list[Event]:
    reader = decoder(ask(stream=stream), "p")
    return [event for chunk in chunks for event in reader.feed(chunk)] + reader.close()


def test_a_transcript_of_everything_however_it_is_cut(chunkings: Chunkings) -> None:
    stream = (
        BEGIN
        + frame("ping")
        + start(0, {"type": "thinking", "thinking": "", "signature": ""})
        + delta(0, "thinking", thinking="Hm")
        + delta(0, "signature", signature="sig")
        + stop(0)
        + start(1, {"type": "redacted_thinking", "data": "xyz"})
        + stop(1)
        + start(2, {"type": "text", "text": ""})
        + delta(2, "text", text="Hé 🙂")
        + delta(2, "citations", citation={"type": "page_location"})
        + stop(2)
        + start(3, tool("f", "a"))
        + delta(3, "input_json", partial_json="")
        + delta(3, "input_json", partial_json='{"x":')
        + delta(3, "input_json", partial_json="1}")
        + stop(3)
        + start(4, tool("g", "b"))
        + stop(4)
        + end("tool_use", {"output_tokens": 9, "output_tokens_details": {"thinking_tokens": 4}})
        + STOP
    )
    expected = [
        *BEGUN,
        Thinking("Hm"),
        Signature("sig"),
        Signature("xyz", redacted=True),
        Text("Hé 🙂"),
        ToolCall(0, "a", "f", ""),
        ToolCall(0, "", "", '{"x":'),
        ToolCall(0, "", "", "1}"),
        ToolCall(1, "b", "g", ""),
        ToolCall(1, "", "", "{}"),
        Usage(5, 9, reasoning_tokens=4),
        Finished("tool_calls"),
    ]
    for chunks in chunkings(stream):
        assert events(*chunks) == expected


def test_a_whole_message_however_it_is_cut(chunkings: Chunkings) -> None:
    message = {
        "type": "message",
        "model": "claude",
        "content": [
            {"type": "thinking", "thinking": "Hm", "signature": "sig"},
            {"type": "redacted_thinking", "data": "xyz"},
            {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {}},
            {"type": "text", "text": "Hello", "citations": None},
            tool("f", "a", {"x": 1}),
            tool("g", "b"),
        ],
        "stop_reason": "tool_use",
        "stop_sequence": None,
        "usage": {"input_tokens": 3, "cache_read_input_tokens": 2, "output_tokens": 4},
    }
    for chunks in chunkings(orjson.dumps(message)):
        assert events(*chunks, stream=False) == [
            Started("claude"),
            Thinking("Hm"),
            Signature("sig"),
            Signature("xyz", redacted=True),
            Text("Hello"),
            ToolCall(0, "a", "f", '{"x":1}'),
            ToolCall(1, "b", "g", "{}"),
            Usage(5, 4, cached_tokens=2),
            Finished("tool_calls"),
        ]


@pytest.mark.parametrize(
    ("reason", "found"),
    [
        ("end_turn", "stop"),
        ("max_tokens", "length"),
        ("model_context_window_exceeded", "length"),
        ("pause_turn", "length"),
        ("refusal", "content_filter"),
        ("brand_new", "stop"),
    ],
)
def test_why_it_ended(reason: str, found: str) -> None:
    assert events(BEGIN, HELLO, end(reason), STOP)[-1] == Finished(found)  # type: ignore[arg-type]


def test_the_stop_sequence_that_ended_it() -> None:
    assert events(BEGIN, HELLO, end("stop_sequence", stop_sequence="END"))[-1] == Finished("stop", stop_sequence="END")


def test_the_words_of_a_refusal() -> None:
    details = {"type": "refusal", "category": "cyber", "explanation": "I cannot."}
    refused = [Refusal("I cannot."), Finished("content_filter")]
    assert events(BEGIN, end("refusal", stop_details=details), STOP) == [*BEGUN, *refused]
    whole = {"model": "m", "content": [], "stop_reason": "refusal", "stop_details": details}
    assert events(orjson.dumps(whole), stream=False) == [Started("m"), *refused]


@pytest.mark.parametrize("cut", [BEGIN, BEGIN + HELLO, BEGIN + HELLO + end(None), BEGIN + HELLO + end("end_turn")[:-9]])
def test_a_stream_that_breaks_off_does_not_finish(cut: bytes) -> None:
    assert not any(isinstance(event, Finished) for event in events(cut))


def test_the_last_event_may_be_without_its_blank_line() -> None:
    assert events(BEGIN, HELLO, end("end_turn")[:-2])[-1] == Finished("stop")


def test_an_end_without_a_reason_is_the_providers_word_all_the_same() -> None:
    assert events(BEGIN, HELLO, STOP)[-1] == Finished("stop")
    assert events(BEGIN, start(0, tool()), stop(0), STOP)[-1] == Finished("tool_calls")


def test_it_ends_once() -> None:
    found = events(BEGIN, HELLO, end("max_tokens"), end("end_turn"), STOP, STOP)
    assert [event for event in found if isinstance(event, Finished)] == [Finished("length")]


def test_calls_that_end_like_text_are_calls() -> None:
    assert events(BEGIN, start(0, tool()), stop(0), end("end_turn"))[-1] == Finished("tool_calls")


@pytest.mark.parametrize("error", [{"type": "overloaded_error", "message": "busy"}, "busy"])
def test_an_error_inside_the_stream(error: object) -> None:
    assert events(BEGIN, HELLO, frame("error", error=error))[-1] == Failed("busy")
    assert events(b"data: " + orjson.dumps({"error": error}) + b"\n\n") == [Failed("busy")]


def test_an_error_instead_of_a_message() -> None:
    body = orjson.dumps({"type": "error", "error": {"type": "api_error", "message": "busy"}})
    assert events(body, stream=False) == [Failed("busy")]


def test_blocks_and_events_that_nobody_knows_are_skipped() -> None:
    stream = (
        BEGIN
        + start(0, {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {}})
        + delta(0, "input_json", partial_json='{"query":"x"}')
        + stop(0)
        + start(1, {"type": "brand_new", "stuff": []})
        + delta(1, "brand_new", stuff="x")
        + stop(1)
        + frame("brand_new", index=1)
        + HELLO
        + end()
    )
    assert events(stream) == [*BEGUN, Text("Hé 🙂"), Finished("stop")]


def calls(*frames: bytes) -> list[tuple[str, str, str]]:
    """Id, name and arguments of each call, put together."""
    found: dict[int, list[str]] = {}
    for event in events(BEGIN, *frames, end("tool_use")):
        if isinstance(event, ToolCall):
            if event.index in found:
                found[event.index][2] += event.arguments
            else:
                found[event.index] = [event.id, event.name, event.arguments]
    return [(call_id, name, arguments) for call_id, name, arguments in found.values()]


@pytest.mark.parametrize("call_id", [None, "", "  ", 7, {}])
def test_a_call_without_an_id_is_given_one(call_id: object) -> None:
    assert calls(start(0, tool("f", call_id)), stop(0)) == [("call_p_0", "f", "{}")]


def test_an_id_that_was_there_before_is_made_another() -> None:
    found = calls(start(0, tool("f", "a")), stop(0), start(1, tool("g", "a")), stop(1))
    assert found == [("a", "f", "{}"), ("call_p_1", "g", "{}")]


def test_calls_with_the_same_index_or_with_none_are_told_apart() -> None:
    one, other = tool("f", "a"), tool("g", "b")
    piece = {"partial_json": '{"x":1}'}
    expected = [("a", "f", '{"x":1}'), ("b", "g", '{"x":1}')]
    for first, second in ((0, 0), (None, None), ("x", 2.5)):
        assert (
            calls(
                start(first, one),
                delta(first, "input_json", **piece),
                start(second, other),
                delta(second, "input_json", **piece),
            )
            == expected
        )
    assert calls(start(4, one), delta(None, "input_json", **piece)) == expected[:1]
    assert calls(start(None, one), delta(4, "input_json", **piece)) == expected[:1]


def test_pieces_of_several_calls_may_come_in_turns() -> None:
    found = calls(
        start(0, tool("f", "a")),
        start(1, tool("g", "b")),
        delta(0, "input_json", partial_json='{"x":'),
        delta(1, "input_json", partial_json='{"y":'),
        delta(0, "input_json", partial_json="1}"),
        delta(1, "input_json", partial_json="2}"),
        stop(0),
        stop(1),
    )
    assert found == [("a", "f", '{"x":1}'), ("b", "g", '{"y":2}')]


@pytest.mark.parametrize("arguments", [{"x": 1}, '{"x":1}'])
def test_arguments_may_come_with_the_beginning_and_pieces_replace_them(arguments: object) -> None:
    begun = start(0, tool("f", "a", arguments))
    assert calls(begun, stop(0)) == [("a", "f", '{"x":1}')]
    assert calls(begun) == [("a", "f", '{"x":1}')]
    assert calls(begun, delta(0, "input_json", partial_json='{"x":2}'), stop(0)) == [("a", "f", '{"x":2}')]


@pytest.mark.parametrize("name", [None, "", 3])
def test_a_call_without_a_name_is_a_failure(name: object) -> None:
    failed = Failed("the provider sent a tool call without a name")
    assert failed in events(BEGIN, start(0, tool(name)))
    whole = {"content": [tool(name)], "stop_reason": "tool_use"}
    assert failed in events(orjson.dumps(whole), stream=False)


@pytest.mark.parametrize("before", [b"", start(0, tool()) + stop(0)])
def test_a_piece_of_a_call_that_has_not_begun_is_refused(before: bytes) -> None:
    with pytest.raises(UpstreamInvalid, match="without its beginning"):
        events(BEGIN, before, delta(9, "input_json", partial_json="{"))


def test_too_many_calls_are_refused() -> None:
    with pytest.raises(UpstreamInvalid, match=f"over {MAX_CALLS} tool calls"):
        events(*[start(number, tool()) + stop(number) for number in range(MAX_CALLS + 1)])
    with pytest.raises(UpstreamInvalid, match=f"over {MAX_CALLS} open blocks"):
        events(*[start(number, {"type": "text"}) for number in range(MAX_CALLS + 1)])


def test_arguments_too_deep_to_be_passed_on_are_refused() -> None:
    deep = b'{"a":' * 300 + b"1" + b"}" * 300
    block = b'{"type":"tool_use","id":"a","name":"f","input":' + deep + b"}"
    with pytest.raises(UpstreamInvalid, match="cannot be passed on"):
        events(b'{"content":[' + block + b'],"stop_reason":"tool_use"}', stream=False)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html></html>",
        b"[]",
        b"null",
        b'{"content":null}',
        b'{"choices":[]}',
        b'{"content":[NaN]}',
        b"[" * 10_000 + b"]" * 10_000,
        b"\xff",
    ],
)
def test_a_whole_reply_that_is_none(body: bytes) -> None:
    with pytest.raises(UpstreamInvalid):
        events(body, stream=False)


@pytest.mark.parametrize("data", [b"nonsense", b"[]", b"3", b'{"type":NaN}', b"[" * 10_000 + b"]" * 10_000, b"\xff"])
def test_an_event_that_is_none(data: bytes) -> None:
    with pytest.raises(UpstreamInvalid):
        events(BEGIN, b"event: x\ndata: " + data + b"\n\n")


def test_what_other_services_end_their_streams_with_is_skipped() -> None:
    assert events(BEGIN, HELLO, end(), b"data: [DONE]\n\n", b"data:\n\n")[-1] == Finished("stop")


def test_a_whole_message_without_a_reason_does_not_finish() -> None:
    body = orjson.dumps({"content": [{"type": "text", "text": "x"}], "stop_reason": None})
    assert events(body, stream=False) == [Started(""), Text("x")]


def test_usage_may_come_late_twice_or_never() -> None:
    late = events(BEGIN, HELLO, end(), frame("message_delta", delta={}, usage={"output_tokens": 8}), STOP)
    assert late[-1] == Usage(5, 8)
    plain = frame("message_start", message={"model": "m"})
    assert not any(isinstance(event, Usage) for event in events(plain, HELLO, end(), STOP))


WRONG: st.SearchStrategy[Any] = st.sampled_from(
    [None, True, -1, 2.5, "", "x", [], {}, [1], {"type": "text"}, {"type": []}]
)
KINDS = st.sampled_from([
    "message_start", "content_block_start", "content_block_delta", "content_block_stop", "message_delta", "ping",
])  # fmt: skip
FIELDS = st.dictionaries(st.sampled_from(["index", "message", "content_block", "delta", "usage"]), WRONG, max_size=5)


@given(st.lists(st.tuples(KINDS, FIELDS), max_size=6))
def test_wrong_types_everywhere_neither_crash_nor_finish(frames: list[tuple[str, dict[str, Any]]]) -> None:
    found = events(*[frame(kind, **fields) for kind, fields in frames])
    assert not any(isinstance(event, Finished) for event in found)


@given(st.lists(WRONG, max_size=5), WRONG, WRONG)
def test_wrong_types_in_a_whole_message_do_not_crash(content: list[Any], model: object, usage: object) -> None:
    body = orjson.dumps({"content": content, "model": model, "usage": usage, "stop_reason": "end_turn"})
    assert events(body, stream=False)[-1] == Finished("stop")
