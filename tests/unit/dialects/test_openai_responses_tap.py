"""Replies of the Responses API that pass through: when they commit, when they are whole, and what is noted of them."""

from collections.abc import Callable, Iterator
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.core.chat import Ask
from ai_dashboard.core.errors import UpstreamError, UpstreamInvalid, UpstreamTruncated
from ai_dashboard.core.events import Usage
from ai_dashboard.dialects.openai.responses_tap import ResponsesTap, WholeResponseTap, read_response, tap, usage_of
from ai_dashboard.dialects.tap import TAIL_BYTES

Chunkings = Callable[[bytes], Iterator[list[bytes]]]


def frame(kind: str, **fields: object) -> bytes:
    return f"event: {kind}\ndata: ".encode() + orjson.dumps({"type": kind, **fields}) + b"\n\n"


USAGE = {
    "input_tokens": 9,
    "input_tokens_details": {"cached_tokens": 3, "cache_write_tokens": 1},
    "output_tokens": 5,
    "output_tokens_details": {"reasoning_tokens": 2},
    "total_tokens": 14,
}
MESSAGE = {"type": "message", "id": "msg_1", "role": "assistant", "content": [{"type": "output_text", "text": "Hé 🙂"}]}
CALL = {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "f", "arguments": "{}"}


def response(status: str = "completed", *output: object, **more: object) -> dict[str, Any]:
    return {"id": "resp_1", "object": "response", "status": status, "output": list(output), "error": None, **more}


CREATED = frame("response.created", response=response("in_progress"))
ADDED = frame("response.output_item.added", output_index=0, item={"type": "message", "content": []})
PART = frame("response.content_part.added", part={"type": "output_text", "text": ""})
DELTA = frame("response.output_text.delta", delta="Hé 🙂", output_index=0)
DONE = frame("response.output_item.done", output_index=0, item=MESSAGE)
COMPLETED = frame("response.completed", response=response("completed", MESSAGE, usage=USAGE))
STREAM = CREATED + ADDED + PART + DELTA + DONE + COMPLETED
TOLD = Usage(9, 5, 3, 2, cache_write_tokens=1)


def feed(relay: ResponsesTap, chunks: list[bytes]) -> bytes:
    return b"".join(map(relay.feed, chunks)) + relay.close()


def test_a_stream_passes_byte_for_byte_however_it_is_cut(chunkings: Chunkings) -> None:
    for chunks in chunkings(STREAM):
        relay = ResponsesTap()
        assert feed(relay, chunks) == STREAM
        assert (relay.usage, relay.finish, relay.failure, relay.committed) == (TOLD, "stop", None, True)
        assert (relay.response_id, relay.output) == ("resp_1", [MESSAGE])
        assert relay.said > 0


@pytest.mark.parametrize("line_end", [b"\r\n", b"\r"])
def test_other_line_ends_are_read_alike(line_end: bytes, chunkings: Chunkings) -> None:
    stream = STREAM.replace(b"\n", line_end)
    for chunks in chunkings(stream):
        relay = ResponsesTap()
        assert feed(relay, chunks) == stream
        assert (relay.usage, relay.finish) == (TOLD, "stop")


def test_a_last_event_that_is_longer_than_any_tail_is_read() -> None:
    long = {**MESSAGE, "content": [{"type": "output_text", "text": "word " * TAIL_BYTES}]}
    last = frame("response.completed", response=response("completed", long, usage=USAGE))
    for size in (1000, 1 << 20):
        data = CREATED + DELTA + last
        relay = ResponsesTap()
        assert feed(relay, [data[place : place + size] for place in range(0, len(data), size)]) == data
        assert (relay.usage, relay.output) == (TOLD, [long])


def test_a_last_event_without_its_blank_line_is_read() -> None:
    relay = ResponsesTap()
    assert feed(relay, [STREAM[:-1]]) == STREAM[:-1]
    assert relay.usage == TOLD


@pytest.mark.parametrize(
    "event",
    [
        DELTA,
        frame("response.refusal.delta", delta="No"),
        frame("response.reasoning_summary_text.delta", delta="hm"),
        frame("response.function_call_arguments.delta", delta="{"),
        frame("response.output_item.added", item={"type": "function_call", "name": "f"}),
        frame("response.output_item.added", item={"type": "web_search_call"}),
        frame("response.output_item.added", item={"type": []}),
        DONE,
        COMPLETED,
        frame("response.incomplete", response=response("incomplete")),
    ],
)
def test_content_thinking_and_tools_commit(event: bytes) -> None:
    relay = ResponsesTap()
    assert relay.feed(CREATED) == CREATED
    assert not relay.committed
    relay.feed(event)
    assert relay.committed


@pytest.mark.parametrize(
    "event",
    [
        CREATED,
        ADDED,
        PART,
        b": keep-alive\n\n",
        b"data:\n\n",
        frame("response.in_progress", response=response("in_progress")),
        frame("response.output_item.added", item={"type": "reasoning", "summary": []}),
        frame("response.output_text.delta", delta=""),
        frame("response.output_item.added", item=None),
        frame("response.something.new", news=[1]),
        b'data: {"type": 7}\n\n',
        b"data: {}\n\n",
    ],
)
def test_lifecycle_events_do_not_commit(event: bytes) -> None:
    relay = ResponsesTap()
    relay.feed(event)
    assert not relay.committed


FAILED = frame("response.failed", response=response("failed", error={"code": "server_error", "message": "no memory"}))
ERRORS = [
    (FAILED, "no memory"),
    (frame("error", message="no memory", code="x"), "no memory"),
    (frame("error", error={"message": "no memory"}), "no memory"),
    (b'data: {"error": {"message": "no memory"}}\n\n', "no memory"),
    (frame("error"), "without a message"),
    (frame("response.failed", response=None), "without a message"),
    (frame("response.completed", response=response()), "empty"),
    (frame("response.completed", response=7), "not a response"),
    (b"data: <html>\n\n", "not JSON"),
    (b"data: [1]\n\n", "not an object"),
]


@pytest.mark.parametrize(("event", "says"), ERRORS)
def test_an_error_before_the_content_is_no_answer(event: bytes, says: str) -> None:
    with pytest.raises(UpstreamInvalid, match=says):
        ResponsesTap().feed(CREATED + event)


@pytest.mark.parametrize(("event", "says"), ERRORS[:6])
def test_an_error_after_the_content_passes_and_is_noted(event: bytes, says: str, chunkings: Chunkings) -> None:
    data = CREATED + DELTA + event
    for chunks in chunkings(data):
        relay = ResponsesTap()
        assert feed(relay, chunks) == data
        assert says in (relay.failure or "")
        assert relay.usage is None


@pytest.mark.parametrize("data", [CREATED + DELTA, CREATED + DELTA + DONE, STREAM[: len(STREAM) - 40], b""])
def test_a_stream_that_was_cut_is_never_whole(data: bytes) -> None:
    relay = ResponsesTap()
    relay.feed(data)
    with pytest.raises(UpstreamTruncated):
        relay.close()


def test_an_event_whose_type_is_no_word_ends_nothing() -> None:
    relay = ResponsesTap()
    relay.feed(DELTA + b'data: {"type": {}}\n\n')
    with pytest.raises(UpstreamTruncated):
        relay.close()


def test_words_that_look_like_an_end_are_none() -> None:
    relay = ResponsesTap()
    relay.feed(CREATED + frame("response.output_text.delta", delta='"type":"response.completed"'))
    relay.feed(frame("response.custom.done", item={"type": "response.completed"}))
    with pytest.raises(UpstreamTruncated):
        relay.close()


@pytest.mark.parametrize(
    ("whole", "finish"),
    [
        (response("completed", MESSAGE, usage=USAGE), "stop"),
        (response("completed", CALL, usage=USAGE), "tool_calls"),
        (response("incomplete", MESSAGE, incomplete_details={"reason": "max_output_tokens"}, usage=USAGE), "length"),
        (response("incomplete", incomplete_details={"reason": "content_filter"}, usage=USAGE), "content_filter"),
        (response("incomplete", incomplete_details=None, usage=USAGE), "length"),
        (response("queued", usage=USAGE), None),
    ],
)
def test_whole_replies(whole: dict[str, Any], finish: str | None) -> None:
    relay = WholeResponseTap()
    data = orjson.dumps(whole)
    assert relay.feed(data[:9]) + relay.feed(data[9:]) == b""
    assert relay.close() == data
    assert (relay.usage, relay.finish, relay.response_id) == (TOLD, finish, "resp_1")
    assert relay.output == whole["output"]


@pytest.mark.parametrize(
    ("whole", "says"),
    [
        (response("failed", error={"message": "no memory"}), "no memory"),
        (response("failed"), "not a response"),
        (response(), "empty"),
        ({}, "not a response"),
        ({"error": "no memory"}, "no memory"),
        ({"choices": []}, "not a response"),
    ],
)
def test_a_whole_reply_that_is_none_is_refused(whole: dict[str, Any], says: str) -> None:
    with pytest.raises(UpstreamInvalid, match=says):
        read_response(whole)


@pytest.mark.parametrize(
    ("value", "usage"),
    [
        (None, None),
        (7, None),
        ({}, Usage(0, 0)),
        ({"input_tokens": "x", "output_tokens": -1, "input_tokens_details": []}, Usage(0, 0)),
        (USAGE, TOLD),
        (
            {
                "input_tokens": 9,
                "output_tokens": 8,
                "input_tokens_details": {"image_tokens": 4},
                "output_tokens_details": {"audio_tokens": 5},
            },
            Usage(9, 8, input_image_tokens=4, output_audio_tokens=5),
        ),
    ],
)
def test_usage(value: object, usage: Usage | None) -> None:
    assert usage_of(value) == usage


def test_the_ask_decides_which_relay_it_is() -> None:
    assert isinstance(tap(Ask("m", True, {}, b"", True)), ResponsesTap)
    assert isinstance(tap(Ask("m", False, {}, b"", True)), WholeResponseTap)


VALUES = st.none() | st.booleans() | st.integers() | st.sampled_from(["", "error", "response.completed", "completed"])
KEYS = st.sampled_from(["type", "response", "error", "item", "delta", "output", "status", "usage", "message", "id"])
NESTED = st.recursive(VALUES, lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner), max_leaves=8)


@given(st.lists(NESTED, max_size=4), st.integers(1, 50))
def test_whatever_a_provider_says_is_passed_on_or_refused(events: list[object], size: int) -> None:
    data = b"".join(b"data: " + orjson.dumps(event) + b"\n\n" for event in events)
    relay = ResponsesTap()
    try:
        assert feed(relay, [data[place : place + size] for place in range(0, len(data), size)]) == data
    except UpstreamError:
        return
    assert relay.failure is not None or relay.committed
    assert isinstance(relay.response_id, str)


def test_nesting_without_end_is_refused() -> None:
    with pytest.raises(UpstreamInvalid):
        ResponsesTap().feed(b"data: " + b"[" * 10_000 + b"\n\n")
