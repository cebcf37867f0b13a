"""Events written as OpenAI's replies: what a stream says and what a whole reply says is the same, and comes back as it
went out."""

from collections.abc import Callable, Iterator
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from ai_dashboard.core.chat import Ask
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
from ai_dashboard.dialects.fold import Choice, Fold
from ai_dashboard.dialects.forms import ReplyHead
from ai_dashboard.dialects.openai.decode import StreamDecoder, WholeDecoder
from ai_dashboard.dialects.openai.encode import MOST_TOKENS, StreamEncoder, WholeEncoder, encoder, usage_object
from ai_dashboard.dialects.sse import SseDecoder

Chunkings = Callable[[bytes], Iterator[list[bytes]]]

HEAD = ReplyHead("r", 'm"é', 7)
SAID = {"id": "chatcmpl-r", "created": 7, "model": 'm"é'}
TOKEN = {"token": "a", "logprob": -0.5, "bytes": [97], "top_logprobs": []}


def streamed(events: list[Event], *, usage: bool = True) -> bytes:
    found = StreamEncoder(HEAD, include_usage=usage)
    return b"".join(map(found.encode, events)) + found.close()


def bodies(stream: bytes) -> list[dict[str, Any]]:
    *events, done = [event.data for event in SseDecoder().feed(stream)]
    assert done == b"[DONE]"
    chunks = [orjson.loads(event) for event in events]
    for chunk in chunks:
        ChatCompletionChunk.model_validate(chunk)
        assert {name: chunk.pop(name) for name in SAID} == SAID
        assert chunk.pop("object") == "chat.completion.chunk"
    return chunks


def choices(stream: bytes) -> list[dict[str, Any]]:
    return [chunk["choices"][0] for chunk in bodies(stream) if chunk["choices"]]


def deltas(*events: Event) -> list[dict[str, Any]]:
    return [choice["delta"] for choice in choices(streamed([*events]))]


def whole(events: list[Event]) -> dict[str, Any]:
    found = WholeEncoder(HEAD)
    assert b"".join(map(found.encode, events)) == b""
    body = orjson.loads(found.close())
    ChatCompletion.model_validate(body)
    return dict(body)


def message(*events: Event) -> dict[str, Any]:
    return dict(whole([*events, Finished("stop")])["choices"][0]["message"])


# ── streams ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_text() -> None:
    events: list[Event] = [Started("x"), Text('a"'), Text("\n🙂"), Finished("length"), Usage(3, 2)]
    assert bodies(streamed(events)) == [
        {"choices": [{"index": 0, "delta": {"role": "assistant", "content": 'a"'}, "finish_reason": None}]},
        {"choices": [{"index": 0, "delta": {"content": "\n🙂"}, "finish_reason": None}]},
        {"choices": [{"index": 0, "delta": {}, "finish_reason": "length"}]},
        {"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}},
    ]


def test_usage_is_told_to_those_who_asked_and_only_when_it_is_known() -> None:
    assert b"usage" not in streamed([Text("a"), Finished("stop"), Usage(3, 2)], usage=False)
    assert b"usage" not in streamed([Text("a"), Finished("stop")])


@pytest.mark.parametrize("event", [Started("m"), Failed("boom"), Usage(1, 2)])
def test_what_is_not_said_to_the_caller_by_itself(event: Event) -> None:
    assert StreamEncoder(HEAD, include_usage=True).encode(event) == b""


def test_a_choice_begins_with_its_role() -> None:
    roles = [
        delta.get("role") for delta in deltas(Text("a"), Text("b", 1), Text("c"), Thinking("d", 1), Finished("stop"))
    ]
    assert roles == ["assistant", "assistant", None, None, None]
    assert deltas(Finished("length")) == [{"role": "assistant"}]


def test_choices_have_their_numbers() -> None:
    found = choices(streamed([Text("a", 1), Text("b"), Text("c", 1), Thinking("d", 1), Finished("stop", 1)]))
    assert [choice["index"] for choice in found] == [1, 0, 1, 1, 1]


def test_a_call_in_pieces_names_itself_once() -> None:
    pieces = deltas(
        ToolCall(0, "a", "f", '{"x"'),
        ToolCall(1, "b", "g", "{}", signature="s"),
        ToolCall(0, "", "", ":1}", signature="t"),
    )
    assert [delta["tool_calls"][0] for delta in pieces] == [
        {"index": 0, "id": "a", "type": "function", "function": {"name": "f", "arguments": '{"x"'}},
        {
            "index": 1, "id": "b", "type": "function", "function": {"name": "g", "arguments": "{}"},
            "extra_content": {"google": {"thought_signature": "s"}},
        },
        {
            "index": 0, "function": {"arguments": ":1}"},
            "extra_content": {"google": {"thought_signature": "t"}},
        },
    ]  # fmt: skip


def test_a_block_of_thinking_ends_with_all_of_it() -> None:
    thoughts = deltas(
        Thinking("a"), Text("b"), Thinking("c"), Thinking("d"), Signature("s"),
        Signature("x", redacted=True), Thinking("e"), ToolCall(0, "a", "f", ""), Signature("t"),
    )  # fmt: skip
    assert [delta["thinking_blocks"] for delta in thoughts if "thinking_blocks" in delta] == [
        [{"type": "thinking", "thinking": "cd", "signature": "s"}],
        [{"type": "redacted_thinking", "data": "x"}],
        [{"type": "thinking", "thinking": "", "signature": "t"}],
    ]


def test_refusals_and_log_probabilities() -> None:
    assert deltas(Refusal("no")) == [{"role": "assistant", "refusal": "no"}]
    said = choices(streamed([Text("a", logprobs=(TOKEN,)), Text("b", logprobs=(TOKEN,))]))
    assert [choice["logprobs"] for choice in said] == [{"content": [TOKEN], "refusal": None}] * 2


def test_the_stop_sequence_is_told_where_it_is_known() -> None:
    assert choices(streamed([Finished("stop", stop_sequence="#")]))[0]["stop_reason"] == "#"


# ── whole replies ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_whole_reply() -> None:
    assert whole([Started("x"), Usage(3, 2), Text("a"), Text("b", 1), Finished("stop"), Finished("length", 1)]) == {
        **SAID,
        "object": "chat.completion",
        "choices": [
            {"index": 0, "message": {"role": "assistant", "content": "a"}, "finish_reason": "stop"},
            {"index": 1, "message": {"role": "assistant", "content": "b"}, "finish_reason": "length"},
        ],
        "usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5},
    }


def test_a_call_in_pieces_is_put_together() -> None:
    calls = message(
        ToolCall(0, "a", "f", '{"x"'), ToolCall(1, "b", "g", "{}", signature="s"), ToolCall(0, "", "", ":1}")
    )
    assert calls == {
        "role": "assistant",
        "content": None,
        "tool_calls": [
            {"id": "a", "type": "function", "function": {"name": "f", "arguments": '{"x":1}'}},
            {
                "id": "b",
                "type": "function",
                "function": {"name": "g", "arguments": "{}"},
                "extra_content": {"google": {"thought_signature": "s"}},
            },
        ],
    }


def test_everything_else_of_a_message() -> None:
    found = message(
        Thinking("a"), Thinking("b"), Signature("s"), Signature("x", redacted=True), Thinking("c"), Refusal("no")
    )
    assert found == {
        "role": "assistant",
        "content": None,
        "refusal": "no",
        "reasoning_content": "abc",
        "thinking_blocks": [
            {"type": "thinking", "thinking": "ab", "signature": "s"},
            {"type": "redacted_thinking", "data": "x"},
            {"type": "thinking", "thinking": "c"},
        ],
    }
    assert "thinking_blocks" not in message(Thinking("a"), Text("b"))


def test_log_probabilities_of_a_whole_reply() -> None:
    body = whole([Text("a", logprobs=(TOKEN,)), Finished("stop", stop_sequence="#")])
    assert body["choices"][0]["logprobs"] == {"content": [TOKEN], "refusal": None}
    assert body["choices"][0]["stop_reason"] == "#"


def test_which_encoder() -> None:
    assert isinstance(encoder(Ask("m", True, {}, b"", False), HEAD), StreamEncoder)
    assert isinstance(encoder(Ask("m", False, {}, b"", False), HEAD), WholeEncoder)


@pytest.mark.parametrize(
    ("usage", "details"),
    [
        (Usage(4, 2), {}),
        (Usage(4, 2, cached_tokens=3), {"prompt_tokens_details": {"cached_tokens": 3}}),
        (Usage(4, 2, cache_write_tokens=1), {"prompt_tokens_details": {"cache_write_tokens": 1}}),
        (Usage(4, 2, reasoning_tokens=1), {"completion_tokens_details": {"reasoning_tokens": 1}}),
    ],
)
def test_usage(usage: Usage, details: dict[str, object]) -> None:
    assert usage_object(usage) == {"prompt_tokens": 4, "completion_tokens": 2, "total_tokens": 6, **details}


def test_absurd_counts_can_be_written() -> None:
    assert usage_object(Usage(MOST_TOKENS, MOST_TOKENS))["total_tokens"] == MOST_TOKENS


# ── there and back ───────────────────────────────────────────────────────────────────────────────────────────────────

texts = st.text(min_size=1, max_size=4)
numbers = st.integers(0, 1)
tokens = st.fixed_dictionaries(
    {
        "token": texts,
        "logprob": st.floats(-9, 0),
        "bytes": st.none() | st.lists(st.integers(0, 255), max_size=2),
        "top_logprobs": st.just([]),
    }
)
said = st.one_of(
    st.builds(Text, texts, numbers, st.lists(tokens, max_size=2).map(tuple)),
    st.builds(Refusal, texts, numbers),
    st.builds(Thinking, texts, numbers),
    st.builds(Signature, texts, st.booleans(), numbers),
    st.builds(lambda index, choice: (index, choice), numbers, numbers),
)


@st.composite
def replies(draw: st.DrawFn) -> list[Event]:
    """What a provider of any dialect may say: calls in order, each named by its first piece."""
    events: list[Event] = [Started("m")]
    calls: dict[int, int] = {}
    for event in draw(st.lists(said, max_size=10)):
        if not isinstance(event, tuple):
            events.append(event)
            continue
        index, choice = min(event[0], calls.get(event[1], 0)), event[1]
        first = index == calls.get(choice, 0)
        calls[choice] = max(calls.get(choice, 0), index + 1)
        name = f"f{index}" if first else ""
        arguments = draw(st.sampled_from(('{"a"', ":1", "}")))
        events.append(ToolCall(index, f"id{choice}{index}" if first else "", name, arguments, choice))
    events += [
        Finished(
            "tool_calls" if choice in calls else draw(st.sampled_from(("stop", "length", "content_filter"))), choice
        )
        for choice in (0, 1)
    ]
    return [*events, *draw(st.lists(st.builds(Usage, *[st.integers(0, 9)] * 4), max_size=1))]


def fold(events: list[Event]) -> tuple[Usage | None, list[Choice]]:
    folded = Fold()
    for event in events:
        folded.add(event)
    return folded.usage, folded.choices


def shown(choice: Choice) -> tuple[object, ...]:
    return (choice.text, choice.refusal, choice.logprobs, choice.thoughts, choice.whole_calls, choice.finish)


@given(replies())
def test_a_reply_comes_back_as_it_went_out(events: list[Event]) -> None:
    usage, expected = fold(events)
    stream = StreamDecoder("p")
    from_stream = fold([*stream.feed(streamed(events)), *stream.close()])
    in_one = WholeDecoder("p")
    found = WholeEncoder(HEAD)
    in_one.feed(b"".join(map(found.encode, events)) + found.close())
    from_whole = fold(in_one.close())
    assert from_stream[0] == from_whole[0] == usage
    for back in (from_stream[1], from_whole[1]):
        assert list(map(shown, back)) == list(map(shown, expected))


SIGNED: list[Event] = [
    Started('m"é'), Thinking("a"), Thinking("b"), Signature("s"), Signature("x", redacted=True), Thinking("c"),
    Signature("t"), Text("d"), ToolCall(0, "i", "f", "{}", signature="g"), Usage(5, 4, 3, 2, cache_write_tokens=0),
    Finished("tool_calls"),
]  # fmt: skip


def test_signed_thinking_comes_back_block_by_block(chunkings: Chunkings) -> None:
    expected = fold(SIGNED)
    for chunks in chunkings(streamed(SIGNED)):
        stream = StreamDecoder("p")
        events = [event for chunk in chunks for event in stream.feed(chunk)]
        assert fold([*events, *stream.close()]) == expected
    found = WholeEncoder(HEAD)
    in_one = WholeDecoder("p")
    in_one.feed(b"".join(map(found.encode, SIGNED)) + found.close())
    assert fold(in_one.close()) == expected
