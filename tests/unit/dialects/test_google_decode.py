"""Replies of Google, cut at every byte, as events; and what is none."""

from collections.abc import Callable, Iterator
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.core.chat import Ask, JsonObject
from ai_dashboard.core.errors import UpstreamInvalid
from ai_dashboard.core.events import Event, Failed, Finished, Signature, Started, Text, Thinking, ToolCall, Usage
from ai_dashboard.dialects.fold import Fold
from ai_dashboard.dialects.google.decode import MAX_CALLS, MAX_CANDIDATES, decoder
from ai_dashboard.dialects.relay import Translation
from ai_dashboard.dialects.sse import MAX_EVENT_BYTES

Chunkings = Callable[[bytes], Iterator[list[bytes]]]


def candidate(*parts: JsonObject, finish: str | None = None, **more: object) -> JsonObject:
    reason = {} if finish is None else {"finishReason": finish}
    return {"content": {"parts": list(parts), "role": "model"}, "index": 0, **reason, **more}


def reply(*candidates: JsonObject, **more: object) -> JsonObject:
    return {"candidates": list(candidates), "modelVersion": "gemini-2.5-flash", **more}


def stream(*replies: JsonObject, end: bytes = b"\r\n\r\n") -> bytes:
    return b"".join(b"data: " + orjson.dumps(one) + end for one in replies)


def events_of(*chunks: bytes, streamed: bool = True) -> list[Event]:
    reader = decoder(Ask("m", streamed, {}, b"", True), "x")
    events = [event for chunk in chunks for event in reader.feed(chunk)]
    return events + reader.close()


COUNTS = {"promptTokenCount": 10, "candidatesTokenCount": 5, "thoughtsTokenCount": 2, "totalTokenCount": 17}
TRANSCRIPT = (
    reply(candidate({"text": "hm", "thought": True}), usageMetadata={"promptTokenCount": 10}),
    reply(candidate({"text": "Hé 🙂\u2028"})),
    reply(
        candidate({"functionCall": {"name": "f", "args": {"a": 1}}, "thoughtSignature": "abc"},
                  {"functionCall": {"name": "g", "id": "mine"}}),
    ),
    reply(candidate({"text": "", "thoughtSignature": "def"}, finish="STOP"), usageMetadata=COUNTS),
)  # fmt: skip
SAID: list[Event] = [
    Started("gemini-2.5-flash"), Thinking("hm"), Usage(10, 0), Text("Hé 🙂\u2028"),
    ToolCall(0, "call_x_0_0", "f", '{"a":1}', 0, "abc"), ToolCall(1, "mine", "g", "{}"),
    Signature("google:def"), Finished("tool_calls"), Usage(10, 7, 0, 2),
]  # fmt: skip


@pytest.mark.parametrize("end", [b"\n\n", b"\r\n\r\n", b"\r\r"])
def test_a_transcript_however_it_is_cut(end: bytes, chunkings: Chunkings) -> None:
    written = stream(*TRANSCRIPT, end=end)
    for chunks in chunkings(written):
        assert events_of(*chunks) == SAID
    assert events_of(written.rstrip()) == SAID
    assert events_of(b"\xef\xbb\xbf: hello\n\n" + written + b"\n\n") == SAID
    assert events_of(*[stream(one, end=end) for one in TRANSCRIPT]) == SAID


def test_a_whole_reply_is_read_as_one_chunk() -> None:
    whole = reply(*[one["candidates"][0] for one in TRANSCRIPT], usageMetadata=COUNTS)
    parts = [part for one in whole["candidates"] for part in one["content"]["parts"]]
    body = orjson.dumps(reply(candidate(*parts, finish="STOP"), usageMetadata=COUNTS))
    expected = [event for event in SAID if event != Usage(10, 0)]
    assert events_of(body[:9], body[9:], streamed=False) == expected


@pytest.mark.parametrize(
    ("finish", "reason"),
    [
        ("STOP", "stop"), ("MAX_TOKENS", "length"), ("CONTINUATION", "length"), ("SAFETY", "content_filter"),
        ("RECITATION", "content_filter"), ("PROHIBITED_CONTENT", "content_filter"), ("SPII", "content_filter"),
    ],
)  # fmt: skip
def test_why_an_answer_ended(finish: str, reason: str) -> None:
    said = events_of(stream(reply(candidate({"text": "a"}, finish=finish))))[-1]
    assert isinstance(said, Finished)
    assert said.reason == reason


@pytest.mark.parametrize(
    "finish", ["MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL", "OTHER", "MALFORMED_RESPONSE", "NEW"]
)
def test_an_answer_that_went_wrong_is_none(finish: str) -> None:
    said = events_of(stream(reply(candidate({"text": "a"}, finish=finish, finishMessage="why"))))
    assert said[-1] == Failed(f"the provider did not finish its answer ({finish}): why")


def test_a_call_does_not_hide_that_the_tokens_ended() -> None:
    called = candidate({"functionCall": {"name": "f"}}, finish="MAX_TOKENS")
    assert events_of(stream(reply(called)))[-1] == Finished("length")


@pytest.mark.parametrize("streamed", [True, False])
def test_a_prompt_that_was_refused_is_an_answer_of_its_own(streamed: bool) -> None:
    refused = {"promptFeedback": {"blockReason": "SAFETY"}, "usageMetadata": {"promptTokenCount": 3}}
    body = stream(refused) if streamed else orjson.dumps(refused)
    assert events_of(body, streamed=streamed) == [Started(""), Finished("content_filter"), Usage(3, 0)]


def test_several_answers_each_with_its_number() -> None:
    said = events_of(
        stream(
            reply(candidate({"text": "a"}), candidate({"text": "b"}, index=1)),
            reply(candidate({"text": "c"}, index=1, finish="STOP")),
            reply(candidate({"text": "d"}, finish="MAX_TOKENS"), candidate({"text": "late"}, index=1)),
        )
    )
    assert said[1:] == [
        Text("a"), Text("b", 1), Text("c", 1), Finished("stop", 1), Text("d"), Finished("length"),
    ]  # fmt: skip


def test_a_number_that_is_missing_is_the_place() -> None:
    first, second = candidate({"text": "a"}), candidate({"text": "b"})
    del first["index"], second["index"]
    assert events_of(stream(reply(first, second)))[1:] == [Text("a"), Text("b", 1)]


def test_blank_and_repeated_ids_are_made_anew() -> None:
    calls = [{"functionCall": {"name": "f", "id": given}} for given in ("a", "a", " ", None, "call_x_0_5", 7)]
    made = [event.id for event in events_of(stream(reply(candidate(*calls)))) if isinstance(event, ToolCall)]
    assert made == ["a", "call_x_0_1", "call_x_0_2", "call_x_0_3", "call_x_0_5", "call_x_0_5_"]


def test_log_probabilities_go_with_the_text() -> None:
    result = {"chosenCandidates": [{"token": "a", "logProbability": -1}]}
    token = {"token": "a", "logprob": -1, "bytes": [97], "top_logprobs": []}
    assert events_of(stream(reply(candidate({"text": "a"}, logprobsResult=result))))[1] == Text("a", 0, (token,))
    assert events_of(stream(reply(candidate(logprobsResult=result))))[1] == Text("", 0, (token,))


def test_pictures_are_told_in_words() -> None:
    picture = {"inlineData": {"mimeType": "image/png", "data": "AA=="}}
    said = events_of(stream(reply(candidate(picture, picture | {"thought": True}))))
    assert said[1:] == [Text("![image/png](data:image/png;base64,AA==)")]


@pytest.mark.parametrize(
    ("call", "about"),
    [
        (5, "without a name"), ({"name": ""}, "without a name"), ({"args": {}}, "without a name"),
        ({"name": "f", "args": []}, "not an object"), ({"name": "f", "args": "{}"}, "not an object"),
        ({"name": "f", "partialArgs": [{}]}, "in pieces"), ({"name": "f", "willContinue": True}, "in pieces"),
    ],
)  # fmt: skip
def test_calls_that_are_none_fail(call: object, about: str) -> None:
    said = events_of(stream(reply(candidate({"functionCall": call}))))[1]
    assert isinstance(said, Failed)
    assert about in said.message


def test_an_error_inside_the_reply_fails() -> None:
    error = {"error": {"code": 503, "message": "overloaded", "status": "UNAVAILABLE"}}
    assert events_of(stream(TRANSCRIPT[1], error))[-1] == Failed("overloaded")
    assert events_of(orjson.dumps(error), streamed=False) == [Failed("overloaded")]


@pytest.mark.parametrize("data", [b"<html>", b"[]", b"{", b"NaN", b"\xff", b'{"a":' + b"[" * 10_000])
def test_what_is_no_event_is_invalid(data: bytes) -> None:
    with pytest.raises(UpstreamInvalid):
        events_of(b"data: " + data + b"\n\n")


def test_what_was_said_before_it_is_handed_out_first() -> None:
    reader = decoder(Ask("m", True, {}, b"", True), "x")
    assert reader.feed(stream(TRANSCRIPT[1]) + b"data: oops\n\n") == [Started("gemini-2.5-flash"), Text("Hé 🙂\u2028")]
    with pytest.raises(UpstreamInvalid):
        reader.feed(b"")
    with pytest.raises(UpstreamInvalid):
        reader.close()


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b"{}", b'{"candidates":[]}', b'{"promptFeedback":{}}', b"[" * 10_000]
)
def test_whole_replies_that_are_none(body: bytes) -> None:
    with pytest.raises(UpstreamInvalid):
        events_of(body, streamed=False)


def test_no_end_is_ever_invented() -> None:
    said = stream(TRANSCRIPT[1])
    for cut in (said, said + stream(TRANSCRIPT[3])[:-30], b"", b": still here\n\n", b"data: \n\ndata: [DONE]\n\n"):
        assert not any(isinstance(event, Finished) for event in events_of(cut))


def test_numbers_that_are_not_finite_in_arguments_cannot_come() -> None:
    with pytest.raises(UpstreamInvalid):
        events_of(b'data: {"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","args":{"a":NaN}}}]}}]}\n\n')


def test_endless_events_calls_and_candidates_are_refused() -> None:
    reader = decoder(Ask("m", True, {}, b"", True), "x")
    reader.feed(b"data: " + b"x" * (MAX_EVENT_BYTES - 6))
    with pytest.raises(UpstreamInvalid, match="MiB"):
        reader.feed(b"x")
    calls = candidate(*[{"functionCall": {"name": "f"}}] * (MAX_CALLS + 1))
    reader = decoder(Ask("m", True, {}, b"", True), "x")
    assert len(reader.feed(stream(reply(calls)))) == MAX_CALLS + 1
    with pytest.raises(UpstreamInvalid, match="tool calls"):
        reader.feed(b"")
    many = [candidate({"text": ""}, index=number) for number in range(MAX_CANDIDATES + 1)]
    reader = decoder(Ask("m", True, {}, b"", True), "x")
    reader.feed(stream(reply(*many)))
    with pytest.raises(UpstreamInvalid, match="candidates"):
        reader.close()


def test_deep_arguments_are_refused() -> None:
    deep = b'{"a":' * 300 + b"1" + b"}" * 300
    with pytest.raises(UpstreamInvalid, match="cannot be passed on"):
        events_of(
            b'{"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","args":' + deep + b"}}]}}]}",
            streamed=False,
        )


NAMES = (
    "candidates", "content", "parts", "text", "thought", "thoughtSignature", "functionCall", "name", "args", "id",
    "index", "finishReason", "usageMetadata", "promptTokenCount", "promptFeedback", "blockReason", "inlineData",
    "mimeType", "data", "logprobsResult", "chosenCandidates", "topCandidates", "token", "logProbability",
    "modelVersion", "new",
)  # fmt: skip
anything: st.SearchStrategy[Any] = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-5, 5), st.floats(allow_nan=False), st.text(max_size=4),
              st.sampled_from(("STOP", "SAFETY", "OTHER"))),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(NAMES), inner, max_size=5)),
    max_leaves=30,
)  # fmt: skip
parts = st.dictionaries(st.sampled_from(NAMES), anything, max_size=4)
odd = st.lists(
    st.one_of(
        st.dictionaries(st.sampled_from(NAMES), anything, max_size=4),
        st.builds(lambda given, more: reply(candidate(*given) | more), st.lists(parts, max_size=3), parts),
    ),
    max_size=4,
)


@given(odd)
def test_no_json_breaks_it_and_none_is_whole_without_saying_so(replies: list[JsonObject]) -> None:
    try:
        said = events_of(stream(*replies))
    except UpstreamInvalid:
        return
    finished = [event.choice for event in said if isinstance(event, Finished)]
    assert len(finished) <= 1 + sum("finishReason" in orjson.dumps(one).decode() for one in replies) + len(replies)
    calls = [event for event in said if isinstance(event, ToolCall)]
    assert all(call.name and call.id for call in calls)
    assert len({(call.choice, call.id) for call in calls}) == len(calls)


pieces = st.lists(
    st.one_of(
        st.text(st.characters(codec="utf-8"), min_size=1, max_size=5).map(lambda text: {"text": text}),
        st.text(st.characters(codec="utf-8"), min_size=1, max_size=5).map(lambda text: {"text": text, "thought": True}),
        st.builds(
            lambda name, args: {"functionCall": {"name": name, "args": args}},
            st.sampled_from("fg"),
            st.dictionaries(st.text(st.characters(codec="utf-8"), max_size=3), st.integers(0, 9), max_size=2),
        ),
    ),
    min_size=1,
    max_size=6,
)  # fmt: skip


@given(pieces)
def test_a_stream_and_a_whole_reply_say_the_same(given_parts: list[JsonObject]) -> None:
    *first, last = given_parts
    streamed = [reply(candidate(part)) for part in first] + [
        reply(candidate(last, finish="STOP"), usageMetadata=COUNTS)
    ]
    whole = reply(candidate(*given_parts, finish="STOP"), usageMetadata=COUNTS)
    folds = (Fold(), Fold())
    for fold, events in zip(
        folds, (events_of(stream(*streamed)), events_of(orjson.dumps(whole), streamed=False)), strict=True
    ):
        for event in events:
            fold.add(event)
    assert folds[0].choices == folds[1].choices
    assert folds[0].usage == folds[1].usage == Usage(10, 7, 0, 2)


def test_an_empty_answer_is_none_to_a_relay() -> None:
    class Silent:
        def encode(self, _: Event) -> bytes:
            return b""

        def close(self) -> bytes:
            return b""

    relay = Translation(decoder(Ask("m", True, {}, b"", True), "x"), Silent(), commits_at_end=False)
    with pytest.raises(UpstreamInvalid, match="empty"):
        relay.feed(stream(reply(candidate({"text": ""}, finish="STOP"))))
