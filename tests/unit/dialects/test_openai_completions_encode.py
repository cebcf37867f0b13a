"""Events written as the older completions."""

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai.types import Completion

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
)  # fmt: skip
from ai_dashboard.dialects.forms import ReplyHead
from ai_dashboard.dialects.openai.completions import CompletionsAsk
from ai_dashboard.dialects.openai.completions_encode import StreamEncoder, WholeEncoder, encoder
from ai_dashboard.dialects.sse import SseDecoder

HEAD = ReplyHead("r", "m", 7)
SAID = {"id": "cmpl-r", "object": "text_completion", "created": 7, "model": "m"}


def token(text: str) -> dict[str, Any]:
    return {"token": text, "logprob": -0.5, "bytes": None, "top_logprobs": [{"token": "z", "logprob": -1.0}]}


def streamed(*events: Event, echo: str = "", usage: bool = True) -> list[dict[str, Any]]:
    found = StreamEncoder(HEAD, echo, include_usage=usage)
    stream = b"".join(map(found.encode, events)) + found.close()
    *frames, done = [event.data for event in SseDecoder().feed(stream)]
    assert done == b"[DONE]"
    chunks = [orjson.loads(frame) for frame in frames]
    for chunk in chunks:
        assert {name: chunk.pop(name) for name in SAID} == SAID
    return chunks


def whole(*events: Event, echo: str = "") -> dict[str, Any]:
    found = WholeEncoder(HEAD, echo)
    assert b"".join(map(found.encode, events)) == b""
    body = orjson.loads(found.close())
    Completion.model_validate(body)
    return dict(body)


def choice(text: str, index: int = 0, finish: str | None = None, logprobs: object = None) -> dict[str, Any]:
    return {"text": text, "index": index, "logprobs": logprobs, "finish_reason": finish}


EVENTS: list[Event] = [Started("x"), Text('a"'), Text("b", 1), Text("c"), Finished("length"), Finished("stop", 1)]


def test_a_stream() -> None:
    assert streamed(*EVENTS, Usage(3, 2)) == [
        {"choices": [choice('a"')]},
        {"choices": [choice("b", 1)]},
        {"choices": [choice("c")]},
        {"choices": [choice("", 0, "length")]},
        {"choices": [choice("", 1, "stop")]},
        {"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}},
    ]
    assert len(streamed(*EVENTS, Usage(3, 2), usage=False)) == len(streamed(*EVENTS)) == 5


def test_a_whole_reply() -> None:
    assert whole(*EVENTS, Usage(3, 2)) == {
        **SAID,
        "choices": [choice('a"c', 0, "length"), choice("b", 1, "stop")],
        "usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5},
    }


def test_the_prompt_comes_back_to_those_who_want_it() -> None:
    texts = [(said["index"], said["text"]) for chunk in streamed(*EVENTS, echo="Q") for said in chunk["choices"]]
    assert texts == [(0, 'Qa"'), (1, "Qb"), (0, "c"), (0, ""), (1, "")]
    assert [said["text"] for said in whole(*EVENTS, echo="Q")["choices"]] == ['Qa"c', "Qb"]
    assert streamed(Finished("length"), echo="Q") == [{"choices": [choice("Q", 0, "length")]}]


def test_log_probabilities() -> None:
    events = (Text("ab", logprobs=(token("a"), token("b"))), Text("c", logprobs=(token("c"),)), Finished("stop"))
    lists = {"token_logprobs": [-0.5] * 3, "top_logprobs": [{"z": -1.0}] * 3}
    expected = {"tokens": ["a", "b", "c"], "text_offset": [1, 2, 3], **lists}
    assert whole(*events, echo="Q")["choices"][0]["logprobs"] == expected
    pieces = [chunk["choices"][0]["logprobs"] for chunk in streamed(*events, echo="Q")][:-1]
    assert {name: [item for piece in pieces for item in piece[name]] for name in expected} == expected


@pytest.mark.parametrize(
    "event",
    [Started("m"), Failed("x"), Thinking("x"), Signature("x"), ToolCall(0, "a", "f", "{}"), Usage(1, 2)],
)
def test_what_has_no_place(event: Event) -> None:
    assert StreamEncoder(HEAD, "", include_usage=True).encode(event) == b""
    assert whole(event, Text("a"), Finished("stop"))["choices"] == [choice("a", 0, "stop")]


def test_a_refusal_is_text() -> None:
    assert streamed(Refusal("no"))[0]["choices"] == [choice("no")]
    assert whole(Refusal("no"), Finished("stop"))["choices"] == [choice("no", 0, "stop")]


@pytest.mark.parametrize(
    ("reason", "said"), [("stop", "stop"), ("tool_calls", "stop"), ("content_filter", "content_filter")]
)
def test_why_it_ended(reason: FinishReason, said: str) -> None:
    assert whole(Finished(reason))["choices"][0]["finish_reason"] == said


@pytest.mark.parametrize("stream", [True, False])
def test_which_encoder(stream: bool) -> None:
    kind = StreamEncoder if stream else WholeEncoder
    assert isinstance(encoder(Ask("m", stream, {}, b"", False), HEAD), kind)
    found = encoder(CompletionsAsk("m", stream, {}, b"", False, echo="Q"), HEAD)
    assert b'"Qa"' in found.encode(Text("a")) + found.close()


texts = st.lists(st.builds(Text, st.text(max_size=3), st.integers(0, 1)), max_size=6)


@given(texts, st.text(max_size=2))
def test_a_stream_and_a_whole_reply_say_the_same(pieces: list[Text], echo: str) -> None:
    events: list[Event] = [*pieces, Finished("stop"), Finished("length", 1)]
    folded = {0: "", 1: ""}
    for chunk in streamed(*events, echo=echo):
        folded[chunk["choices"][0]["index"]] += chunk["choices"][0]["text"]
    assert folded == {said["index"]: said["text"] for said in whole(*events, echo=echo)["choices"]}
