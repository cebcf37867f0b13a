"""Events, written as Ollama's replies."""

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.core.chat import Ask, Form, JsonObject
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
from ai_dashboard.dialects.fold import Fold
from ai_dashboard.dialects.forms import ReplyHead
from ai_dashboard.dialects.ollama.decode import decoder
from ai_dashboard.dialects.ollama.encode import encoder, load_reply

HEAD = ReplyHead("r", "m", 1_763_712_000)
HEADER = {"model": "m", "created_at": "2025-11-21T08:00:00Z"}
COUNTS: dict[str, Any] = {"prompt_eval_count": 3, "eval_count": 5}
CALLS = (
    ToolCall(0, "a", "f", '{"x":'),
    ToolCall(1, "b", "g", ""),
    ToolCall(0, "", "", "[1,\n 2]}"),
)
WRITTEN_CALLS = [
    {"id": "a", "function": {"index": 0, "name": "f", "arguments": {"x": [1, 2]}}},
    {"id": "b", "function": {"index": 1, "name": "g", "arguments": {}}},
]
ANOTHER = (Text("b", 1), Thinking("c", 1), Refusal("d", 1), ToolCall(0, "x", "f", "", 1), Finished("length", 1))
LOGPROBS: JsonObject = {"token": "H", "logprob": -0.5, "bytes": [72], "top_logprobs": []}


def ask(form: Form = "ollama.chat", *, stream: bool = True, **body: object) -> Ask:
    return Ask("asked", stream, body, b"", True, form=form)


def pieces(asked: Ask, *events: Event) -> list[bytes]:
    writer = encoder(asked, HEAD)
    return [*map(writer.encode, events), writer.close()]


def lines(*events: Event, form: Form = "ollama.chat") -> list[JsonObject]:
    stream = b"".join(pieces(ask(form), *events))
    assert stream.endswith(b"\n")
    return [orjson.loads(line) for line in stream[:-1].split(b"\n")]


def whole(*events: Event, form: Form = "ollama.chat") -> JsonObject:
    *nothing, body = pieces(ask(form, stream=False), *events)
    assert not any(nothing)
    reply: JsonObject = orjson.loads(body)
    return reply


def said(content: str = "", **more: object) -> JsonObject:
    return {**HEADER, "message": {"role": "assistant", "content": content, **more}, "done": False}


def generated(response: str = "", **more: object) -> JsonObject:
    return {**HEADER, "response": response, **more, "done": False}


def ended(line: JsonObject, reason: str = "stop", **more: object) -> JsonObject:
    return line | {"done": True, "done_reason": reason, **more}


STREAMS: list[tuple[list[Event], list[JsonObject], list[JsonObject]]] = [
    (
        [Started("x"), Text('H"é\n🙂'), Usage(1, 1), Text("!"), Finished("stop"), Usage(3, 5)],
        [said('H"é\n🙂'), said("!"), ended(said(), **COUNTS)],
        [generated('H"é\n🙂'), generated("!"), ended(generated(), **COUNTS)],
    ),
    (
        [Thinking("hm"), Signature("s"), Text("so"), Finished("length")],
        [said(thinking="hm"), said("so"), ended(said(), "length")],
        [generated(thinking="hm"), generated("so"), ended(generated(), "length")],
    ),
    (
        [*CALLS, Finished("tool_calls")],
        [said(tool_calls=WRITTEN_CALLS), ended(said())],
        [generated(tool_calls=WRITTEN_CALLS), ended(generated())],
    ),
    (
        [Text("H", 0, (LOGPROBS,)), Finished("stop")],
        [said("H") | {"logprobs": [LOGPROBS]}, ended(said())],
        [generated("H", logprobs=[LOGPROBS]), ended(generated())],
    ),
    (
        [Refusal("no"), Failed("x"), Finished("content_filter")],
        [said("no"), ended(said(), "content_filter")],
        [generated("no"), ended(generated(), "content_filter")],
    ),
    (
        [Text("a"), *ANOTHER, Finished("stop")],
        [said("a"), ended(said())],
        [generated("a"), ended(generated())],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("events", "chat", "generate"), STREAMS)
def test_streams(events: list[Event], chat: list[JsonObject], generate: list[JsonObject]) -> None:
    assert lines(*events) == chat
    assert lines(*events, form="ollama.generate") == generate


WHOLES: list[tuple[list[Event], JsonObject, JsonObject]] = [
    (
        [Started("x"), Thinking("hm"), Text("H"), Text("é"), Finished("stop"), Usage(3, 5)],
        ended(said("Hé", thinking="hm"), **COUNTS),
        ended(generated("Hé", thinking="hm"), **COUNTS),
    ),
    (
        [*CALLS, Finished("tool_calls")],
        ended(said(tool_calls=WRITTEN_CALLS)),
        ended(generated(tool_calls=WRITTEN_CALLS)),
    ),
    (
        [Text("H", 0, (LOGPROBS,)), Refusal("no"), Finished("length"), Text("b", 1)],
        ended(said("Hno"), "length", logprobs=[LOGPROBS]),
        ended(generated("Hno"), "length", logprobs=[LOGPROBS]),
    ),
]


@pytest.mark.parametrize(("events", "chat", "generate"), WHOLES)
def test_whole_replies(events: list[Event], chat: JsonObject, generate: JsonObject) -> None:
    assert whole(*events) == chat
    assert whole(*events, form="ollama.generate") == generate


@pytest.mark.parametrize("stream", [True, False])
def test_a_call_that_the_end_of_the_tokens_has_cut_is_left_out(stream: bool) -> None:
    events = (ToolCall(0, "a", "f", '{"x":1}'), ToolCall(1, "b", "g", '{"x":'), Finished("length"))
    written = b"".join(pieces(ask(stream=stream), *events))
    assert b'"name":"f"' in written
    assert b'"name":"g"' not in written
    assert b'"done_reason":"length"' in written


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("arguments", ['{"x":', "[1]", "5", "x" * 9])
def test_arguments_that_are_no_object_are_no_answer(arguments: str, stream: bool) -> None:
    with pytest.raises(UpstreamInvalid, match="'f' are not a JSON object"):
        pieces(ask(stream=stream), ToolCall(0, "a", "f", arguments), Finished("tool_calls"))


def test_arguments_keep_the_digits_that_they_were_written_with() -> None:
    arguments = '{"id":123456789012345678901234567890}'
    assert arguments.encode() in b"".join(pieces(ask(), ToolCall(0, "a", "f", arguments), Finished("tool_calls")))


def test_each_piece_of_text_leaves_at_once_as_one_line() -> None:
    first, last, *_ = pieces(ask(), Text("a"), Text("b"), Finished("stop"))
    assert first.endswith(b'"done":false}\n')
    assert last.endswith(b'"done":false}\n')


@pytest.mark.parametrize(
    ("form", "body", "reply"),
    [
        ("ollama.chat", {}, ended(said(), "load")),
        ("ollama.chat", {"keep_alive": 0}, ended(said(), "unload")),
        ("ollama.generate", {"keep_alive": "5m"}, ended(generated(), "load")),
    ],
)
def test_the_answer_to_an_ask_without_words(form: Form, body: JsonObject, reply: JsonObject) -> None:
    assert orjson.loads(load_reply(ask(form, **body), HEAD)) == reply


TEXT = st.text(min_size=1, max_size=8)
CALL = st.builds(
    ToolCall,
    st.integers(0, 2),
    st.uuids().map(str),
    st.just("f"),
    st.dictionaries(TEXT, TEXT, max_size=2).map(
        lambda arguments: orjson.dumps(arguments, option=orjson.OPT_INDENT_2).decode()
    ),
)
EVENTS = st.tuples(
    st.lists(st.builds(Thinking, TEXT), max_size=2),
    st.lists(st.builds(Text, TEXT), max_size=3),
    st.lists(CALL, max_size=3, unique_by=lambda call: call.index),
    st.sampled_from([[], [Usage(3, 5)]]),
).map(lambda parts: [event for part in parts for event in part])


def what_is_said(fold: Fold) -> tuple[object, ...]:
    """Pieces put together. Ollama has no other word for the end of an answer that has calls."""
    (choice,) = fold.choices
    calls = [(call.id, call.name, orjson.loads(call.arguments)) for call in choice.whole_calls]
    finish = choice.finish.reason if choice.finish else None
    return choice.text, choice.thoughts, calls, "stop" if finish == "tool_calls" else finish, fold.usage


@given(EVENTS, st.sampled_from(["stop", "length"]), st.sampled_from(["ollama.chat", "ollama.generate"]))
def test_a_stream_folded_is_the_whole_and_both_read_back_as_what_was_said(
    events: list[Event], reason: FinishReason, form: Form
) -> None:
    events = [*events, Finished(reason)]
    meant = Fold()
    for event in events:
        meant.add(event)
    for stream in (True, False):
        reader = decoder(ask(), "r")
        fold = Fold()
        for event in [*reader.feed(b"".join(pieces(ask(form, stream=stream), *events))), *reader.close()]:
            fold.add(event)
        assert what_is_said(fold) == what_is_said(meant)
