"""Chat completions read into events: as OpenAI sends them, as others do, and as nobody should."""

from collections.abc import Callable, Iterator
from contextlib import suppress
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
    FinishReason,
    Refusal,
    Signature,
    Started,
    Text,
    Thinking,
    ToolCall,
    Usage,
)  # fmt: skip
from ai_dashboard.dialects import sse, tap
from ai_dashboard.dialects.openai.decode import StreamDecoder, WholeDecoder, decoder

Chunkings = Callable[[bytes], Iterator[list[bytes]]]

STARTED = Started("m")
STOP = Finished("stop")


def frame(data: str, end: str = "\n\n") -> bytes:
    return f"data: {data}{end}".encode()


def piece(delta: object, finish: str | None = None, **more: object) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish} | more
    return frame(orjson.dumps({"model": "m", "choices": [choice]}).decode())


def whole(message: object, finish: str | None = "stop", **more: object) -> bytes:
    return orjson.dumps({"model": "m", "choices": [{"message": message, "finish_reason": finish} | more]})


def read(reply: bytes, *, stream: bool = True) -> list[Event]:
    found = decoder(Ask("m", stream, {}, b"", False), "p")
    return [*found.feed(reply), *found.close()]


ROLE = piece({"role": "assistant", "content": ""})
HELLO = piece({"content": "Hé 🙂"})
END = piece({}, "stop")
DONE = frame("[DONE]")
USED = {"prompt_tokens": 9, "completion_tokens": 5, "prompt_tokens_details": {"cached_tokens": 4}}
USAGE = frame(orjson.dumps({"choices": [], "usage": USED}).decode())
TOLD = Usage(9, 5, cached_tokens=4)
SAID: list[Event] = [STARTED, Text("Hé 🙂"), STOP]
CALL = {"index": 0, "id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}}
TOKEN = {"token": "a", "logprob": -0.5, "bytes": [97], "top_logprobs": [{"token": "b", "logprob": -1, "bytes": None}]}

STREAMS: dict[str, tuple[bytes, list[Event]]] = {
    "as it should be": (ROLE + HELLO + END + USAGE + DONE, [*SAID, TOLD]),
    "no [DONE]": (HELLO + END, SAID),
    "no finish, only [DONE]": (HELLO + DONE, SAID),
    "no last blank line": (HELLO + END.rstrip(), SAID),
    "half an event after the end": (HELLO + END + USAGE[:20], SAID),
    "half an [DONE]": (HELLO + END + b"data: [DO", SAID),
    "CRLF": ((ROLE + HELLO + END + DONE).replace(b"\n", b"\r\n"), SAID),
    "CR": ((ROLE + HELLO + END + DONE).replace(b"\n", b"\r"), SAID),
    "comments, a byte order mark, empty events": (b"\xef\xbb\xbf: hi\n\ndata:\n\n" + HELLO + b": hi\n\n" + END, SAID),
    "no space after the colon": ((HELLO + END).replace(b"data: ", b"data:"), SAID),
    "data in several lines": (HELLO.replace(b',"choices"', b'\ndata: ,"choices"') + END, SAID),
    "an event type": (b"event: message\n" + HELLO + END, SAID),
    "a notice without choices": (frame('{"model":"m","choices":[],"prompt_filter_results":[]}') + HELLO + END, SAID),
    "events of no known kind": (HELLO + frame('{"type":"ping"}') + END, SAID),
    "an empty finish with every piece": (piece({"content": "Hé 🙂"}, "") + END, SAID),
    "usage on the last piece, and null before": (
        frame('{"model":"m","usage":null,"choices":[{"delta":{"content":"x"}}]}')
        + frame(orjson.dumps({"usage": USED, "choices": [{"delta": {}, "finish_reason": "stop"}]}).decode()),
        [STARTED, Text("x"), TOLD, STOP],
    ),
    "usage with every piece": (
        frame('{"model":"m","usage":{"prompt_tokens":9},"choices":[{"delta":{"content":"x"}}]}') + END + USAGE,
        [STARTED, Usage(9, 0), Text("x"), STOP, TOLD],
    ),
    "finish in the last piece of text": (piece({"content": "Hé 🙂"}, "stop") + DONE, SAID),
    "more after the finish": (HELLO + END + piece({"content": "!"}) + END + DONE + HELLO + b"data: {\n\n", SAID),
    "several choices": (
        piece({"content": "a"}, index=1) + piece({"content": "b"}) + piece({}, "length", index=1) + END + DONE,
        [STARTED, Text("a", 1), Text("b"), Finished("length", 1), STOP],
    ),
    "choices without an index": (
        frame('{"model":"m","choices":[{"delta":{"content":"a"}},{"delta":{"content":"b"},"index":-1}]}') + DONE,
        [STARTED, Text("a"), Text("b", 1), STOP, Finished("stop", 1)],
    ),
    "log probabilities": (
        piece({"content": "a"}, logprobs={"content": [TOKEN], "refusal": None})
        + piece({"content": ""}, logprobs={"content": [TOKEN]})
        + piece({"content": "", "role": "assistant"}, logprobs={"content": []})
        + END,
        [STARTED, Text("a", logprobs=(TOKEN,)), Text("", logprobs=(TOKEN,)), STOP],
    ),
    "a refusal": (piece({"role": "assistant", "refusal": "I cannot"}) + END, [STARTED, Refusal("I cannot"), STOP]),
    "vLLM's stop sequence": (
        HELLO + piece({}, "stop", stop_reason="###"),
        [STARTED, Text("Hé 🙂"), Finished("stop", stop_sequence="###")],
    ),
    "vLLM's stop token": (HELLO + piece({}, "stop", stop_reason=128009), SAID),
    "a tool call": (
        piece({"tool_calls": [CALL]}) + piece({}, "tool_calls"),
        [STARTED, ToolCall(0, "a", "f", "{}"), Finished("tool_calls")],
    ),
    "a tool call that ends like text": (
        piece({"content": "Hm", "tool_calls": [CALL]}) + DONE,
        [STARTED, Text("Hm"), ToolCall(0, "a", "f", "{}"), Finished("tool_calls")],
    ),
    "an older function call": (
        piece({"function_call": {"name": "f", "arguments": ""}})
        + piece({"function_call": {"arguments": "{}"}}, "function_call"),
        [STARTED, ToolCall(0, "call_p_0_0", "f", ""), ToolCall(0, "", "", "{}"), Finished("tool_calls")],
    ),
    "tool calls that are none": (HELLO + piece({"tool_calls": None}) + piece({"tool_calls": []}, "tool_calls"), SAID),
    "an older completion": (frame('{"model":"m","choices":[{"text":"Hé 🙂","finish_reason":"stop"}]}'), SAID),
    "a whole message in a stream": (frame(whole({"content": "Hé 🙂"}).decode()), SAID),
    "an error": (
        HELLO + frame('{"error":{"message":"out of memory"}}') + END + DONE,
        [*SAID[:2], Failed("out of memory")],
    ),
    "an error event": (HELLO + b"event: error\n" + frame('{"message":"boom"}'), [*SAID[:2], Failed("boom")]),
    "an error of another shape": (
        frame('{"error":{"code":5}}'),
        [Failed("the provider reported an error without a message")],
    ),
    "no model": (
        frame('{"choices":[{"delta":{"content":"x"},"finish_reason":"stop"}]}'),
        [Started(""), Text("x"), STOP],
    ),
    "content in parts": (
        piece({"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "Hm"}, 5]}]})
        + piece({"content": [{"type": "thinking", "thinking": "m"}, {"text": "x"}, {"type": "image"}, 5]})
        + piece({"content": [{"type": "refusal", "refusal": "no"}]}, "stop"),
        [STARTED, Thinking("Hm"), Thinking("m"), Text("x"), Refusal("no"), STOP],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("stream", "events"), STREAMS.values(), ids=STREAMS)
def test_a_stream_is_read_however_it_is_cut(stream: bytes, events: list[Event], chunkings: Chunkings) -> None:
    for chunks in chunkings(stream):
        found = StreamDecoder("p")
        assert [*(event for chunk in chunks for event in found.feed(chunk)), *found.close()] == events


CUT = (b"", b": hi\n\n", ROLE, ROLE + HELLO, ROLE + HELLO + USAGE, HELLO + END[:-20], HELLO + b"data: [DO")


@pytest.mark.parametrize("stream", CUT)
def test_a_cut_stream_has_no_end(stream: bytes, chunkings: Chunkings) -> None:
    for chunks in chunkings(stream):
        found = StreamDecoder("p")
        events = [*(event for chunk in chunks for event in found.feed(chunk)), *found.close()]
        assert not any(isinstance(event, Finished) for event in events)


NO_REPLY = (
    b"data: <html>\n\n",
    b"data: [1]\n\n",
    b'data: {"choices":[{"delta":{"content":"\xff"}}]}\n\n',
    b'data: {"choices":[{"delta":{"content":NaN}}]}\n\n',
    b"data: " + b"[" * 10_000 + b"]" * 10_000 + b"\n\n",
    b'data: {"choices":{"0":{}}}\n\n',
    DONE,
    piece({"tool_calls": [{"function": {"name": "f", "arguments": orjson.Fragment(b"[" * 300 + b"]" * 300)}}]}),
)


@pytest.mark.parametrize("stream", NO_REPLY)
def test_what_is_no_reply_is_refused(stream: bytes) -> None:
    with pytest.raises(UpstreamInvalid):
        read(stream)


@pytest.mark.parametrize("stream", NO_REPLY[:-2])
def test_what_was_said_before_arrives(stream: bytes) -> None:
    found = StreamDecoder("p")
    assert found.feed(HELLO + stream) == SAID[:2]
    with pytest.raises(UpstreamInvalid):
        found.feed(END)
    with pytest.raises(UpstreamInvalid):
        found.close()


def test_an_endless_line_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sse, "MAX_EVENT_BYTES", 100)
    found = StreamDecoder("p")
    found.feed(b"x" * 60)
    with pytest.raises(UpstreamInvalid, match="event of the stream"):
        found.feed(b"x" * 60)


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("stop", "stop"), ("STOP", "stop"), ("eos", "stop"), ("tool_calls", "stop"), ("length", "length"),
        ("MAX_TOKENS", "length"), ("model_length", "length"), ("content_filter", "content_filter"),
        ("SAFETY", "content_filter"),
    ],
)  # fmt: skip
def test_why_it_ended(word: str, reason: FinishReason) -> None:
    assert read(HELLO + piece({}, word))[-1] == Finished(reason)


@pytest.mark.parametrize("word", ["error", "abort", "insufficient_system_resource"])
def test_an_answer_that_was_given_up_is_not_whole(word: str) -> None:
    assert isinstance(read(HELLO + piece({}, word) + DONE)[-1], Failed)


# ── thinking ─────────────────────────────────────────────────────────────────────────────────────────────────────────

SIGNED = {"type": "thinking", "thinking": "Hmm", "signature": "s"}
HIDDEN = {"type": "redacted_thinking", "data": "d"}
THOUGHTS: dict[str, tuple[list[Any], list[str | Event]]] = {
    "reasoning_content": ([{"reasoning_content": "Hm"}, {"reasoning_content": "m", "content": None}], ["Hm", "m"]),
    "reasoning": ([{"reasoning": "Hm"}, {"reasoning": "", "content": ""}], ["Hm"]),
    "both, saying the same": ([{"reasoning": "Hm", "reasoning_content": "Hm"}], ["Hm"]),
    "a block at its end": (
        [{"reasoning_content": "Hm"}, {"reasoning_content": "m"}, {"thinking_blocks": [SIGNED]}],
        ["Hm", "m", Signature("s")],
    ),
    "blocks in pieces": (
        [
            {"reasoning_content": "H", "thinking_blocks": [{"type": "thinking", "thinking": "H", "signature": None}]},
            {"reasoning_content": "H", "thinking_blocks": [{"type": "thinking", "thinking": "H"}]},
            {"reasoning_content": "", "thinking_blocks": [{"type": "thinking", "thinking": "", "signature": "s"}]},
        ],
        ["H", "H", Signature("s")],
    ),
    "a hidden block": ([{"thinking_blocks": [HIDDEN, SIGNED]}], [Signature("d", redacted=True), "Hmm", Signature("s")]),
    "blocks that are none": (
        [{"thinking_blocks": [5, {}, {"signature": 5, "thinking": 7}]}, {"thinking_blocks": 5}],
        [],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("deltas", "thoughts"), THOUGHTS.values(), ids=THOUGHTS)
def test_thinking_in_a_stream(deltas: list[Any], thoughts: list[str | Event]) -> None:
    events = [Thinking(thought) if isinstance(thought, str) else thought for thought in thoughts]
    assert read(b"".join(map(piece, deltas)) + END) == [STARTED, *events, STOP]


# ── whole replies ────────────────────────────────────────────────────────────────────────────────────────────────────

WHOLE: dict[str, tuple[bytes, list[Event]]] = {
    "text": (whole({"role": "assistant", "content": "Hé 🙂", "refusal": None, "tool_calls": None}), SAID),
    "no reason": (whole({"content": "Hé 🙂"}, None), SAID),
    "a blank reason": (whole({"content": "Hé 🙂"}, ""), SAID),
    "an older completion": (
        b'{"model":"m","choices":[{"text":"x","finish_reason":"length"}]}',
        [STARTED, Text("x"), Finished("length")],
    ),
    "calls with one id": (
        whole({"content": None, "tool_calls": [CALL, CALL]}, "stop"),
        [STARTED, ToolCall(0, "a", "f", "{}"), ToolCall(1, "call_p_0_1", "f", "{}"), Finished("tool_calls")],
    ),
    "thinking": (
        whole({"reasoning_content": "HmmHmm", "thinking_blocks": [SIGNED, SIGNED], "content": "x"}),
        [STARTED, Thinking("Hmm"), Signature("s"), Thinking("Hmm"), Signature("s"), Text("x"), STOP],
    ),
    "thinking that is hidden": (
        whole({"reasoning_content": "Hm", "thinking_blocks": [HIDDEN], "content": "x"}),
        [STARTED, Thinking("Hm"), Signature("d", redacted=True), Text("x"), STOP],
    ),
    "log probabilities": (
        whole({"content": "a"}, logprobs={"content": [TOKEN]}),
        [STARTED, Text("a", logprobs=(TOKEN,)), STOP],
    ),
    "several choices": (
        orjson.dumps(
            {
                "model": "m",
                "usage": USED,
                "choices": [{"message": {"content": "a"}}, {"message": {"content": "b"}}, 5],
            }
        ),
        [STARTED, TOLD, Text("a"), Text("b", 1), STOP, Finished("stop", 1)],
    ),
    "an error": (b'{"error":"boom"}', [Failed("boom")]),
    "nothing said": (whole({"content": ""}), [STARTED, STOP]),
    "no message": (b'{"model":"m","choices":[{"message":5,"finish_reason":"length"}]}', [STARTED, Finished("length")]),
}  # fmt: skip


@pytest.mark.parametrize(("reply", "events"), WHOLE.values(), ids=WHOLE)
def test_a_whole_reply_is_read_however_it_is_cut(reply: bytes, events: list[Event], chunkings: Chunkings) -> None:
    for chunks in chunkings(reply):
        found = WholeDecoder("p")
        assert [event for chunk in chunks for event in found.feed(chunk)] == []
        assert found.close() == events


@pytest.mark.parametrize(
    "reply", [b"", b"<html>", b"[]", b"{}", b'{"choices":[]}', b'{"choices":5}', b'{"choices":[5]}', HELLO]
)
def test_what_is_no_whole_reply(reply: bytes) -> None:
    with pytest.raises(UpstreamInvalid):
        read(reply, stream=False)


def test_a_reply_that_never_ends_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tap, "MAX_HELD_BYTES", 10)
    with pytest.raises(UpstreamInvalid, match="before any of it"):
        WholeDecoder("p").feed(b"x" * 11)


# ── whatever comes ───────────────────────────────────────────────────────────────────────────────────────────────────

names = st.sampled_from(
    (
        *("error", "model", "choices", "usage", "index", "delta", "message", "content", "finish_reason", "tool_calls"),
        *("function", "name", "arguments", "thinking_blocks", "signature", "thinking", "data", "type", "logprobs"),
        *("token", "logprob", "top_logprobs", "refusal", "text", "stop_reason", "prompt_tokens", "stop", "bytes"),
    )
)
anything = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 2**64 - 1) | st.floats(allow_nan=False) | names,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=4),
    max_leaves=15,
)
choices = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(("index", "finish_reason", "logprobs", "stop_reason"), anything),
        **dict.fromkeys(("delta", "message"), st.dictionaries(names, anything, max_size=4)),
    },
)
chunks = st.fixed_dictionaries({"choices": st.lists(choices, max_size=2)}, optional={"usage": anything}) | anything


@given(st.lists(chunks, max_size=4), st.booleans())
def test_whatever_comes_is_read_or_refused(bodies: list[Any], stream: bool) -> None:
    with suppress(UpstreamInvalid):
        if stream:
            events = read(b"".join(frame(orjson.dumps(body).decode()) for body in bodies))
        else:
            events = read(orjson.dumps(bodies[0] if bodies else None), stream=False)
        assert [event.choice for event in events if isinstance(event, Finished)] == list(
            dict.fromkeys(event.choice for event in events if isinstance(event, Finished))
        )


@given(
    st.lists(
        st.sampled_from((HELLO, END, DONE, USAGE, b"data: ", b"\r", b"\n", b":", b"\xef\xbb\xbf", b"{")), max_size=9
    )
)
def test_whatever_bytes_come_are_read_or_refused(pieces: list[bytes]) -> None:
    found = StreamDecoder("p")
    with suppress(UpstreamInvalid):
        for each in pieces:
            found.feed(each)
        found.close()
