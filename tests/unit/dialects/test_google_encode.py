"""Events as Google's replies: chunks and whole ones, which say the same."""

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.core.chat import Ask
from ai_dashboard.core.errors import UpstreamInvalid
from ai_dashboard.core.events import (
    Event,
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
from ai_dashboard.dialects.forms import Call, ReplyHead
from ai_dashboard.dialects.google.decode import decoder
from ai_dashboard.dialects.google.encode import KEEP_ALIVE, encoder
from ai_dashboard.dialects.google.read import read
from ai_dashboard.dialects.google.signatures import UNSIGNED, unpacked
from ai_dashboard.dialects.sse import SseDecoder

HEAD = ReplyHead("id1", "m1", 1)
TAIL = {"modelVersion": "m1", "responseId": "id1"}


def ask(*, stream: bool, shown: bool = False) -> Ask:
    body = {"thinking": {"type": "adaptive", "display": "summarized"}} if shown else {}
    return Ask("m", stream, body, b"", True, form="google.generate")


def streamed(*events: Event, shown: bool = False) -> list[dict[str, Any]]:
    writer = encoder(ask(stream=True, shown=shown), HEAD)
    written = b"".join([writer.encode(event) for event in events]) + writer.close()
    return [orjson.loads(event.data) for event in SseDecoder().feed(written)]


def whole(*events: Event, shown: bool = False) -> dict[str, Any]:
    writer = encoder(ask(stream=False, shown=shown), HEAD)
    assert b"".join(writer.encode(event) for event in events) == b""
    return dict(orjson.loads(writer.close()))


def chunk(*parts: object, index: int = 0, **more: object) -> dict[str, Any]:
    return {"candidates": [{"content": {"parts": list(parts), "role": "model"}, **more, "index": index}], **TAIL}


def test_text_goes_out_at_once_and_the_end_with_the_usage() -> None:
    first, second, last = streamed(Started("x"), Text("Hé\u2028"), Usage(3, 5, 1, 2), Text("!"), Finished("stop"))
    assert (first, second) == (chunk({"text": "Hé\u2028"}), chunk({"text": "!"}))
    assert last == chunk({"text": ""}, finishReason="STOP") | {
        "usageMetadata": {
            "promptTokenCount": 3, "candidatesTokenCount": 3, "totalTokenCount": 8, "cachedContentTokenCount": 1,
            "thoughtsTokenCount": 2,
        }
    }  # fmt: skip


def test_usage_after_the_end_is_in_the_last_chunk_as_well() -> None:
    assert streamed(Text("a"), Finished("length"), Usage(1, 2))[-1]["usageMetadata"]["totalTokenCount"] == 3


def test_several_answers_end_together() -> None:
    *said, last = streamed(Text("a"), Text("b", 1), Finished("length", 1), Text("c"), Finished("stop"))
    assert said == [chunk({"text": "a"}), chunk({"text": "b"}, index=1), chunk({"text": "c"})]
    assert [(one["index"], one["finishReason"]) for one in last["candidates"]] == [(0, "STOP"), (1, "MAX_TOKENS")]


CALLS = (
    ToolCall(0, "a", "f", '{"x":'), ToolCall(1, "b", "g", ""), ToolCall(0, "", "", '\r\n 1234567890123456789}'),
    Finished("tool_calls"),
)  # fmt: skip


def test_calls_go_out_whole_and_in_one_line() -> None:
    calls, last = streamed(*CALLS)
    assert calls == chunk(
        {"functionCall": {"id": "a", "name": "f", "args": {"x": 1234567890123456789}}, "thoughtSignature": UNSIGNED},
        {"functionCall": {"id": "b", "name": "g", "args": {}}},
    )
    assert last["candidates"][0]["finishReason"] == "STOP"
    writer = encoder(ask(stream=True), HEAD)
    assert b'{"x":   1234567890123456789}' in b"".join([writer.encode(event) for event in CALLS])


@pytest.mark.parametrize(("signature", "written"), [("", UNSIGNED), ("abcd", "abcd"), ("not base64", UNSIGNED)])
def test_the_first_call_is_signed(signature: str, written: str) -> None:
    reply = whole(ToolCall(0, "a", "f", "{}", 0, signature), ToolCall(1, "b", "f", "{}"), Finished("tool_calls"))
    parts = reply["candidates"][0]["content"]["parts"]
    assert [part.get("thoughtSignature") for part in parts] == [written, None]


@pytest.mark.parametrize("shown", [True, False])
def test_thinking_is_shown_to_those_who_ask_and_its_proof_to_all(shown: bool) -> None:
    events = (
        Thinking("hm"),
        Thinking(" so"),
        Signature("s+/="),
        Signature("secret", redacted=True),
        Text("a"),
        Finished("stop"),
    )
    written = [part for one in streamed(*events, shown=shown) for part in one["candidates"][0]["content"]["parts"]]
    thoughts = [part for part in written if part.get("thought")]
    proofs = [part["thoughtSignature"] for part in thoughts if "thoughtSignature" in part]
    assert [unpacked(proof) for proof in proofs] == [
        {"type": "thinking", "thinking": "hm so", "signature": "s+/="},
        {"type": "redacted_thinking", "data": "secret"},
    ]
    assert "".join(part["text"] for part in thoughts) == ("hm so" if shown else "")
    folded = whole(*events, shown=shown)["candidates"][0]["content"]["parts"]
    assert [part["thoughtSignature"] for part in folded if "thoughtSignature" in part] == proofs


def test_googles_own_signatures_are_written_as_they_are() -> None:
    written = streamed(Signature("google:abcd"), Text("a"), Finished("stop"))[0]
    assert written == chunk({"thought": True, "text": "", "thoughtSignature": "abcd"})


def test_refusals_and_log_probabilities() -> None:
    token = {"token": "a", "logprob": -1, "bytes": [97], "top_logprobs": []}
    first, second, _ = streamed(Text("a", 0, (token,)), Refusal("no"), Finished("content_filter"))
    result = {"chosenCandidates": [{"token": "a", "logProbability": -1}]}
    assert (first, second) == (chunk({"text": "a"}, logprobsResult=result), chunk({"text": "no"}))
    reply = whole(Text("a", 0, (token,)), Refusal("no"), Finished("content_filter"))
    assert reply == chunk({"text": "ano"}, finishReason="SAFETY", logprobsResult=result)


def test_an_answer_without_words_still_has_a_part() -> None:
    assert whole(Finished("content_filter")) == chunk({"text": ""}, finishReason="SAFETY")


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("arguments", ['{"x":', "[1]", "5"])
def test_broken_arguments_are_no_answer_unless_the_tokens_ended(arguments: str, stream: bool) -> None:
    written = streamed if stream else whole
    with pytest.raises(UpstreamInvalid, match="'f'"):
        written(ToolCall(0, "a", "f", arguments), Finished("tool_calls"))
    assert b"functionCall" not in orjson.dumps(written(ToolCall(0, "a", "f", arguments), Finished("length")))


def test_keep_alives_are_blank_lines() -> None:
    assert SseDecoder().feed(KEEP_ALIVE * 3 + b"data: a\n\n" + KEEP_ALIVE) == SseDecoder().feed(b"data: a\n\n")


words = st.text(st.characters(codec="utf-8"), min_size=1, max_size=5)
spoken = st.lists(
    st.one_of(
        words.map(Text),
        st.builds(
            lambda name, value: ("call", name, orjson.dumps({"a": value}).decode()), st.sampled_from("fg"), words
        ),
    ),
    min_size=1,
    max_size=6,
)


@given(spoken, st.sampled_from(("stop", "length")))
def test_what_is_written_is_read_back(said: list[Any], reason: FinishReason) -> None:
    events: list[Event] = []
    for event in said:
        made = sum(isinstance(other, ToolCall) for other in events)
        events.append(event if isinstance(event, Text) else ToolCall(made, f"c{made}", event[1], event[2]))
    called = any(isinstance(event, ToolCall) for event in events)
    events += [Usage(9, 5, 1, 2), Finished("tool_calls" if called and reason == "stop" else reason)]
    original = Fold()
    for event in events:
        original.add(event)
    for stream in (True, False):
        writer = encoder(ask(stream=stream), HEAD)
        written = b"".join([writer.encode(event) for event in events]) + writer.close()
        reader = decoder(ask(stream=stream), "x")
        back = Fold()
        for event in [*reader.feed(written), *reader.close()]:
            back.add(event)
        assert (back.model, back.usage) == ("m1", original.usage)
        (there,), (here,) = original.choices, back.choices
        assert (here.text, here.finish) == (there.text, there.finish)
        assert [(call.id, call.name, call.arguments) for call in here.whole_calls] == [
            (call.id, call.name, call.arguments) for call in there.whole_calls
        ]


def test_a_turn_of_thinking_and_calls_comes_back_in_the_next_ask() -> None:
    chunks = streamed(Thinking("hm"), Signature("s+/="), Text("a"), Text("b"), *CALLS[1:2], Finished("tool_calls"))
    history = [one["candidates"][0]["content"] for one in chunks]  # as the official SDK keeps it
    body = {"contents": [{"role": "user", "parts": [{"text": "Hi"}]}, *history]}
    assert read(Call(orjson.dumps(body), "m")).body["messages"][1] == {
        "role": "assistant",
        "content": "ab",
        "thinking_blocks": [{"type": "thinking", "thinking": "hm", "signature": "s+/="}],
        "reasoning_content": "hm",
        "tool_calls": [{"id": "b", "type": "function", "function": {"name": "g", "arguments": "{}"}}],
    }
