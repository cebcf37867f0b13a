"""From one dialect to the other: what a stream says and what a whole reply says is the same."""

from collections.abc import Callable, Iterator
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.core.chat import Ask, Form
from ai_dashboard.core.errors import UpstreamError, UpstreamInvalid, UpstreamTruncated
from ai_dashboard.core.events import Usage
from ai_dashboard.dialects import tap
from ai_dashboard.dialects.forms import Relay, ReplyHead
from ai_dashboard.dialects.registry import relay as relay_between
from ai_dashboard.dialects.relay import Translation
from ai_dashboard.dialects.sse import SseDecoder
from ai_dashboard.dialects.tap import StreamTap, WholeTap

Chunkings = Callable[[bytes], Iterator[list[bytes]]]


def relay(form: Form = "ollama.chat", *, stream: bool = True, usage: bool = False) -> Relay:
    ask = Ask("asked", stream, {}, b"", usage)
    return relay_between(ask, form, ReplyHead("r", "m", 7))


def line(**fields: object) -> bytes:
    return orjson.dumps(fields) + b"\n"


def said(**message: object) -> bytes:
    return line(model="m", message=message, done=False)


HELLO, WORLD = said(content="Hello"), said(content=" world 🙂")
DONE = line(done=True, done_reason="stop", prompt_eval_count=3, eval_count=5)


def chunk(delta: dict[str, Any], finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return b"data: " + orjson.dumps(head("chat.completion.chunk") | {"choices": [choice]}) + b"\n\n"


def head(kind: str) -> dict[str, Any]:
    return {"id": "chatcmpl-r", "object": kind, "created": 7, "model": "m"}


def test_a_stream_is_translated_however_it_is_cut(chunkings: Chunkings) -> None:
    expected = (
        chunk({"role": "assistant", "content": "Hello"})
        + chunk({"content": " world 🙂"})
        + chunk({}, "stop")
        + b"data: [DONE]\n\n"
    )
    for chunks in chunkings(said(content="") + HELLO + WORLD + DONE):
        found = relay()
        assert b"".join([*map(found.feed, chunks), found.close()]) == expected
        assert (found.usage, found.finish, found.failure) == (Usage(3, 5), "stop", None)


def test_usage_is_told_to_those_who_asked() -> None:
    found = relay(usage=True)
    out = found.feed(HELLO + DONE) + found.close()
    usage = {"prompt_tokens": 3, "completion_tokens": 5, "total_tokens": 8}
    last = orjson.dumps(head("chat.completion.chunk") | {"choices": [], "usage": usage})
    assert out.endswith(chunk({}, "stop") + b"data: " + last + b"\n\ndata: [DONE]\n\n")


def test_a_stream_commits_with_its_first_content() -> None:
    found = relay()
    committed = []
    for piece in (said(content=""), said(thinking="hm"), HELLO):
        found.feed(piece)
        committed.append(found.committed)
    assert committed == [False, True, True]


def test_a_whole_reply_is_sent_when_it_is_whole() -> None:
    found = relay(stream=False)
    assert [found.feed(HELLO + WORLD), found.committed] == [b"", False]
    body = orjson.loads(found.feed(DONE) + found.close())
    assert found.committed
    assert body == head("chat.completion") | {
        "choices": [
            {"index": 0, "message": {"role": "assistant", "content": "Hello world 🙂"}, "finish_reason": "stop"}
        ],
        "usage": {"prompt_tokens": 3, "completion_tokens": 5, "total_tokens": 8},
    }


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("reply", [b"", HELLO, HELLO + WORLD + DONE[:20], said(content="")])
def test_a_cut_reply_is_never_whole(reply: bytes, stream: bool, chunkings: Chunkings) -> None:
    for chunks in chunkings(reply):
        found = relay(stream=stream)
        out = b"".join(map(found.feed, chunks))
        assert b"[DONE]" not in out
        with pytest.raises(UpstreamTruncated):
            found.close()


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize(
    ("reply", "message"),
    [
        (DONE, "empty"),
        (said(content="") + DONE, "empty"),
        (line(error="loading"), "loading"),
        (said(content="") + line(error="loading"), "loading"),
        (b"<html>\n", "not JSON"),
    ],
)
def test_no_answer_is_refused_before_anything_is_sent(reply: bytes, message: str, stream: bool) -> None:
    found = relay(stream=stream)
    with pytest.raises(UpstreamInvalid, match=message):
        found.feed(reply)
    assert not found.committed


def test_what_was_said_before_an_error_arrives_however_it_is_cut(chunkings: Chunkings) -> None:
    for chunks in chunkings(HELLO + line(error="out of memory") + WORLD):
        found = relay()
        out, error = b"", ""
        try:
            for piece in chunks:
                out += found.feed(piece)
            found.close()
        except UpstreamInvalid as raised:
            error = raised.message
        assert (out, error) == (chunk({"role": "assistant", "content": "Hello"}), "out of memory")


def test_nothing_follows_the_end() -> None:
    found = relay()
    out = found.feed(HELLO + DONE)
    assert found.feed(WORLD + DONE + line(error="late")) == b""
    assert (out + found.close()).count(b"[DONE]") == 1


def test_a_length_without_content_is_an_answer() -> None:
    found = relay()
    assert found.feed(line(done=True, done_reason="length")).startswith(chunk({"role": "assistant"}, "length"))
    assert found.committed


def test_a_reply_that_never_says_anything_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tap, "MAX_HELD_BYTES", 100)
    found = relay(stream=False)
    found.feed(HELLO)
    with pytest.raises(UpstreamInvalid, match="before any of it"):
        found.feed(HELLO)


# ── which relay ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("form", "stream", "expected"),
    [
        ("openai.chat", True, StreamTap),
        ("openai.chat", False, WholeTap),
        ("ollama.chat", True, Translation),
        ("anthropic.messages", False, Translation),
        ("google.generate", True, Translation),
    ],
)
def test_which_relay(form: Form, stream: bool, expected: type) -> None:
    assert type(relay(form, stream=stream)) is expected


def test_usage_is_hidden_from_those_who_did_not_ask() -> None:
    usage = b'data: {"choices":[],"usage":{"prompt_tokens":1}}\n\n'
    hello = b'data: {"choices":[{"delta":{"content":"x"},"finish_reason":"stop"}]}\n\n'
    assert relay("openai.chat").feed(hello + usage) == hello
    assert relay("openai.chat", usage=True).feed(hello + usage) == hello + usage


# ── a stream, folded, is the whole reply ─────────────────────────────────────────────────────────────────────────────

words = st.text(max_size=5)
calls = st.lists(
    st.fixed_dictionaries(
        {"name": st.sampled_from(("f", "g")), "arguments": st.dictionaries(words, words, max_size=2)}
    ),
    max_size=2,
)
replies = st.lists(st.tuples(words, words, calls), max_size=5)
endings = st.fixed_dictionaries(
    {"done": st.just(True), "done_reason": st.sampled_from(("stop", "length"))},
    optional={"eval_count": st.integers(0, 9), "prompt_eval_count": st.integers(0, 9)},
)


def fold(stream: bytes) -> dict[str, Any]:
    """What a client of the stream ends up with."""
    message: dict[str, Any] = {"role": None, "content": "", "reasoning_content": "", "tool_calls": []}
    end: dict[str, Any] = {"usage": None, "finish_reason": None}
    *events, done = SseDecoder().feed(stream)
    assert done.data == b"[DONE]"
    for event in events:
        body = orjson.loads(event.data)
        end["usage"] = body.get("usage")
        for choice in body["choices"]:
            end["finish_reason"] = choice["finish_reason"]
            delta = choice["delta"]
            message["role"] = delta.get("role", message["role"])
            message["content"] += delta.get("content", "")
            message["reasoning_content"] += delta.get("reasoning_content", "")
            for call in delta.get("tool_calls", ()):
                assert call.pop("index") == len(message["tool_calls"])
                message["tool_calls"].append(call)
    return end | {name: value or None for name, value in message.items()}


def outcome(found: Relay, reply: bytes) -> bytes | type[UpstreamError]:
    try:
        return found.feed(reply) + found.close()
    except UpstreamError as error:
        return type(error)


@given(replies, endings)
def test_a_stream_and_a_whole_reply_say_the_same(
    pieces: list[tuple[str, str, list[dict[str, Any]]]], ending: dict[str, Any]
) -> None:
    reply = b"".join(
        said(thinking=thinking, content=content, tool_calls=[{"function": call} for call in made])
        for thinking, content, made in pieces
    ) + line(**ending)
    streamed, whole = outcome(relay(usage=True), reply), outcome(relay(stream=False), reply)
    if not isinstance(streamed, bytes) or not isinstance(whole, bytes):
        assert streamed is whole is UpstreamInvalid
        return
    body = orjson.loads(whole)
    choice = body["choices"][0]
    names = ("role", "content", "reasoning_content", "tool_calls")
    assert fold(streamed) == {
        "usage": body.get("usage"),
        "finish_reason": choice["finish_reason"],
        **{name: choice["message"].get(name) for name in names},
    }
