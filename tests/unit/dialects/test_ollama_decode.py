"""Ollama's replies, read into events."""

from collections.abc import Callable, Iterator

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.core.chat import Ask, JsonObject
from ai_dashboard.core.errors import UpstreamInvalid
from ai_dashboard.core.events import Event, Failed, Finished, Started, Text, Thinking, ToolCall, Usage
from ai_dashboard.dialects.ollama.decode import OllamaDecoder, decoder

Chunkings = Callable[[bytes], Iterator[list[bytes]]]


def said(message: str, more: str = "") -> bytes:
    return f'{{"model":"m","message":{{"role":"assistant",{message}}},"done":false{more}}}\n'.encode()


HELLO = said('"content":"Hé 🙂"')
DONE = b'{"model":"m","message":{"content":""},"done":true,"done_reason":"stop","prompt_eval_count":3,"eval_count":5}\n'
NAMELESS = "the provider sent a tool call without a name"
NO_OBJECT = "the provider sent a call of the tool 'f' whose arguments are not an object"
END: list[Event] = [Usage(3, 5), Finished("stop")]
CALLS = said('"content":"","tool_calls":[{"function":{"name":"f","arguments":{"x":1}}},{"function":{"name":"g"}}]')
CALL = (
    ToolCall(0, "call_r_0", "f", '{"x":1}'),
    ToolCall(1, "call_r_1", "g", "{}"),
    ToolCall(2, "call_r_2", "h", "[text]"),
)
GENERATED = b'{"model":"m","response":"Hi","thinking":"hm","done":false}\n'
LOGPROBS = ',"logprobs":[{"token":"H","logprob":-0.5,"bytes":[72],"top_logprobs":[{"token":"J","logprob":-1}]}]'
H: JsonObject = {
    "token": "H",
    "logprob": -0.5,
    "bytes": [72],
    "top_logprobs": [{"token": "J", "logprob": -1, "bytes": None}],
}


def call(function: str, call_id: str = "null") -> bytes:
    return said(f'"tool_calls":[{{"id":{call_id},"function":{function}}}]')


@pytest.mark.parametrize(
    ("stream", "events"),
    [
        (b"", []),
        (HELLO + DONE, [Started("m"), Text("Hé 🙂"), *END]),
        ((HELLO + DONE).replace(b"\n", b"\r\n"), [Started("m"), Text("Hé 🙂"), *END]),
        ((HELLO + DONE).rstrip(), [Started("m"), Text("Hé 🙂"), *END]),
        (HELLO, [Started("m"), Text("Hé 🙂")]),
        (HELLO + DONE[:40], [Started("m"), Text("Hé 🙂")]),
        (said('"content":""') + HELLO, [Started("m"), Text("Hé 🙂")]),
        (said('"thinking":"hm","content":""') + HELLO, [Started("m"), Thinking("hm"), Text("Hé 🙂")]),
        (said('"thinking":"hm","content":"so"'), [Started("m"), Thinking("hm"), Text("so")]),
        (CALLS + DONE, [Started("m"), *CALL[:2], END[0], Finished("tool_calls")]),
        (
            CALLS + said('"tool_calls":[{"function":{"name":"h","arguments":"[text]"}}]'),
            [Started("m"), *CALL],
        ),
        (said('"tool_calls":[{"function":{}}]'), [Started("m"), Failed(NAMELESS)]),
        (said('"content":5,"thinking":[],"tool_calls":7'), [Started("m")]),
        (b'{"error":"model is loading"}\n', [Failed("model is loading")]),
        (HELLO + b'{"error":"boom"}', [Started("m"), Text("Hé 🙂"), Failed("boom")]),
        (b'{"error":{"code":5}}\n', [Failed("the provider reported an error without a message")]),
        (b'{"error":{"message":"full"}}\n', [Failed("full")]),
        (b'{"done":true}\n', [Started(""), Finished("stop")]),
        (b'{"done":true,"done_reason":"length","eval_count":9}\n', [Started(""), Usage(0, 9), Finished("length")]),
        (b'{"done":true,"done_reason":"load"}\n', [Started(""), Finished("stop")]),
        (b'{"done":true,"done_reason":null}\n', [Started(""), Finished("stop")]),
        (b'{"done":true,"done_reason":"content_filter"}\n', [Started(""), Finished("content_filter")]),
        (b'{"done":true,"eval_count":"many","prompt_eval_count":-1}\n', [Started(""), Usage(0, 0), Finished("stop")]),
        (b'{"done":"yes"}\n', [Started("")]),
        (b'{"model":7,"unknown":{"a":[]},"message":[]}\n', [Started("")]),
        (GENERATED + b'{"response":"","done":true}\n', [Started("m"), Thinking("hm"), Text("Hi"), Finished("stop")]),
        (HELLO + DONE + HELLO + DONE, [Started("m"), Text("Hé 🙂"), *END]),
        (b'{"error":"boom"}\n' + HELLO + DONE, [Failed("boom")]),
        (said('"content":"H"', LOGPROBS), [Started("m"), Text("H", 0, (H,))]),
        (said('"content":""', LOGPROBS), [Started("m"), Text("", 0, (H,))]),
        (said('"content":"H"', ',"logprobs":[5,{"token":7}]'), [Started("m"), Text("H")]),
        (said('"content":"H"', ',"logprobs":{}'), [Started("m"), Text("H")]),
    ],
)  # fmt: skip
def test_events(stream: bytes, events: list[Event], chunkings: Chunkings) -> None:
    for chunks in chunkings(stream):
        decoder = OllamaDecoder(call_prefix="r")
        assert [*(event for chunk in chunks for event in decoder.feed(chunk)), *decoder.close()] == events


def events_of(stream: bytes) -> list[Event]:
    reader = decoder(Ask("m", True, {}, b"", True), "r")
    return [*reader.feed(stream), *reader.close()]


@pytest.mark.parametrize("arguments", ["5", "[1]", "true"])
def test_arguments_that_are_no_object_are_no_call(arguments: str) -> None:
    assert events_of(call(f'{{"name":"f","arguments":{arguments}}}'))[1:] == [Failed(NO_OBJECT)]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (['"a"', '"b"'], ["a", "b"]),
        (['"a"', '"a"'], ["a", "a_1"]),
        (['" "', "5"], ["call_r_0", "call_r_1"]),
        (['"call_r_1"', "null"], ["call_r_1", "call_r_1_1"]),
    ],
)
def test_ids_of_calls_are_kept_and_repaired(given: list[str], expected: list[str]) -> None:
    events = events_of(b"".join(call('{"name":"f"}', one) for one in given))
    assert [event.id for event in events if isinstance(event, ToolCall)] == expected
    assert [event.index for event in events if isinstance(event, ToolCall)] == [0, 1]


def test_a_reply_that_its_length_has_cut_says_so_also_after_a_call() -> None:
    assert events_of(CALLS + b'{"done":true,"done_reason":"length"}\n')[-1] == Finished("length")


def test_arguments_that_cannot_be_written_again_are_the_providers_fault() -> None:
    deep = "[" * 400 + "]" * 400
    with pytest.raises(UpstreamInvalid, match="arguments"):
        OllamaDecoder(call_prefix="r").feed(
            said(f'"tool_calls":[{{"function":{{"name":"f","arguments":{{"x":{deep}}}}}}}]')
        )


@pytest.mark.parametrize(
    "stream",
    [b"<!doctype html>\n", b"[]\n", b"5\n", b'{"a":NaN}\n', b"[" * 10_000 + b"\n", b"\xff\n", b"x" * (17 << 20)],
)
def test_what_is_no_reply_is_invalid(stream: bytes) -> None:
    with pytest.raises(UpstreamInvalid):
        events_of(stream)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["function", "name", "arguments", "id", "token", "logprob", "content", "thinking", "message"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)
LINES = st.lists(
    st.dictionaries(
        st.sampled_from(
            [
                "model",
                "message",
                "response",
                "thinking",
                "tool_calls",
                "done",
                "done_reason",
                "error",
                "logprobs",
                "eval_count",
            ]
        ),
        ANYTHING,
    ),
    max_size=4,
)


@given(LINES)
def test_wrong_types_everywhere_never_crash_it(lines: list[JsonObject]) -> None:
    stream = b"\n".join(orjson.dumps(line) for line in lines)
    events = events_of(stream)
    assert sum(isinstance(event, Finished) for event in events) <= 1
    assert any(isinstance(event, Finished) for event in events) <= any(line.get("done") is True for line in lines)
