import json

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.cache.judge import _of_events, judge, output_in, plainly_good
from ai_dashboard.core.chat import Form
from ai_dashboard.core.events import Event, Finished, Started, Text, ToolCall, Usage
from tests.unit.cache.asks import FORMS, ask, reply

ALL: tuple[Form, ...] = (*FORMS, "openai.responses", "openai.completions", "ollama.generate")


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("form", ALL)
def test_a_whole_answer_may_be_kept(form: Form, stream: bool) -> None:
    asked = ask(form, stream=stream)
    judged = judge(asked, reply(asked))
    assert judged is not None
    assert judged.text in ("Hello world", "")
    assert bool(judged.answer_id) != form.startswith("ollama")


CUT: tuple[Event, ...] = (Started("m"), Text("Hel"), Finished("length"), Usage(1, 1))
FILTERED: tuple[Event, ...] = (Started("m"), Text("Hel"), Finished("content_filter"), Usage(1, 1))


@pytest.mark.parametrize("events", [CUT, FILTERED])
@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("form", ALL)
def test_one_that_was_cut_short_may_not(form: Form, stream: bool, events: tuple[Event, ...]) -> None:
    asked = ask(form, stream=stream)
    assert judge(asked, reply(asked, events)) is None


@pytest.mark.parametrize("form", FORMS)
def test_half_a_stream_may_not(form: Form) -> None:
    asked = ask(form, stream=True)
    whole = reply(asked)
    assert judge(asked, whole[: len(whole) // 2]) is None


def test_a_second_choice_that_was_cut_short_spoils_the_answer() -> None:
    asked = ask(n=2)
    events = (Text("a", 0), Finished("stop", 0), Text("b", 1), Finished("length", 1))
    assert judge(asked, reply(asked, events)) is None


def test_a_tool_call_without_a_word_is_an_answer() -> None:
    asked = ask()
    assert judge(asked, reply(asked, (ToolCall(0, "c", "f", "{}"), Finished("tool_calls")))) is not None


@pytest.mark.parametrize(
    "body",
    [
        b"", b"[]", b"<html>", b'{"error":{"message":"no"}}', b'{"choices":[]}',
        b'{"id":"x","choices":[{"index":0,"message":{"role":"assistant","content":""},"finish_reason":"stop"}]}',
        b'{"id":"x","choices":[{"index":0,"message":{"role":"assistant","content":"  "},"finish_reason":"stop"}]}',
    ],
)  # fmt: skip
def test_what_is_empty_an_error_or_nothing_at_all_may_not(body: bytes) -> None:
    assert judge(ask(), body) is None


def test_vectors_may_be_kept() -> None:
    asked = ask("openai.embeddings")
    good = orjson.dumps({"data": [{"embedding": [0.5, 1.0], "index": 0}], "usage": {"prompt_tokens": 1}})
    assert judge(asked, good) is not None
    assert judge(asked, b'{"data":[]}') is None


@pytest.mark.parametrize("stream", [False, True])
def test_the_items_of_a_response_are_found_again(stream: bool) -> None:
    asked = ask("openai.responses", stream=stream)
    [item] = output_in(reply(asked), stream=stream)
    assert item["content"][0]["text"] == "Hello world"


words = st.sampled_from(["", " ", "Hello", "wörld \u2028", "data: [DONE]", '"error"']) | st.text(max_size=6)
deltas = st.fixed_dictionaries(
    {},
    optional={
        "role": st.just("assistant"),
        "content": words | st.none() | st.just([]),
        "refusal": st.none() | words,
        "reasoning_content": words,
        "tool_calls": st.just([{"index": 0, "id": "c", "function": {"name": "f", "arguments": "{}"}}]),
    },
)
ends = st.sampled_from([None, None, "stop", "length", "tool_calls", "content_filter", "odd"])
choices = st.fixed_dictionaries({"delta": deltas, "finish_reason": ends}, optional={"index": st.sampled_from([0, 1])})
plain = st.fixed_dictionaries({"delta": st.fixed_dictionaries({"content": words}), "finish_reason": st.none()})
chunks = st.fixed_dictionaries(
    {"choices": st.lists(choices | plain, max_size=1) | st.lists(plain, min_size=1, max_size=1)},
    optional={"id": words, "error": st.just({"message": "no"}), "usage": st.none() | st.just({"prompt_tokens": 1})},
)
STOPPED = {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
usual = st.fixed_dictionaries({"id": st.just("up"), "choices": st.lists(plain, min_size=1, max_size=1)})
frames = st.one_of(
    *4 * (usual.map(lambda chunk: b"data: " + json.dumps(chunk).encode()),),
    chunks.map(lambda chunk: b"data: " + json.dumps(chunk).encode()),
    st.sampled_from([b": still here", b"event: message\ndata: {}", b"data: {", b"data: 1,2", b"data: {},{}", b""]),
)


mostly = st.sampled_from([True, True, True, False])


@given(st.lists(frames, max_size=4), mostly, mostly.map(lambda usual: b"\n\n" if usual else b"\r\n\r\n"), mostly)
def test_what_is_plainly_good_is_what_decoding_would_find(
    said: list[bytes], stops: bool, between: bytes, done: bool
) -> None:
    ended = [b"data: " + json.dumps(STOPPED).encode()] * stops + [b"data: [DONE]"] * done
    body = b"".join(event + between for event in [*said, *ended])
    if (found := plainly_good(body, stream=True)) is not None:
        assert found == _of_events(ask(stream=True), body)


messages = st.fixed_dictionaries(
    {"content": words | st.none() | st.just([{"type": "text", "text": "a"}])},
    optional={
        "role": st.just("assistant"),
        "refusal": st.none() | words,
        "annotations": st.just([]),
        "reasoning_content": st.none() | words,
        "tool_calls": st.sampled_from(
            [None, [], [{"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}]]
        ),
    },
)
whole_choices = st.fixed_dictionaries(
    {"message": messages, "finish_reason": st.just("stop") | ends}, optional={"index": st.sampled_from([0, 0, 0, 1])}
)
one_choice = st.lists(whole_choices, min_size=1, max_size=1)
wholes = st.fixed_dictionaries({"id": words, "choices": one_choice}) | st.fixed_dictionaries(
    {"choices": st.lists(whole_choices, max_size=2) | one_choice},
    optional={"id": words, "error": st.none() | st.just({"message": "no"})},
)


@given(wholes | st.sampled_from([[], {}, {"choices": {}}, {"choices": [1]}]))
def test_a_whole_reply_is_plainly_good_where_decoding_would_find_it_good(said: object) -> None:
    body = json.dumps(said).encode()
    if (found := plainly_good(body, stream=False)) is not None:
        assert found == _of_events(ask(), body)


@pytest.mark.parametrize("stream", [False, True])
def test_most_replies_are_plainly_good(stream: bool) -> None:
    asked = ask(stream=stream)
    assert plainly_good(reply(asked), stream=stream) == _of_events(asked, reply(asked)) is not None
