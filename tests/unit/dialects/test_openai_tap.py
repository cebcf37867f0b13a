"""Transcripts of OpenAI-compatible servers, cut at every byte: what the caller gets, and what is known of it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import orjson
import pytest

from ai_dashboard.core.chat import Ask
from ai_dashboard.core.errors import UpstreamError, UpstreamInvalid, UpstreamTruncated
from ai_dashboard.core.events import Usage
from ai_dashboard.dialects import sse, tap
from ai_dashboard.dialects.forms import Relay
from ai_dashboard.dialects.openai.tap import tap as openai_tap
from ai_dashboard.dialects.openai.tap import usage_of

Chunkings = Callable[[bytes], Iterator[list[bytes]]]


def frame(data: str, end: str = "\n\n") -> bytes:
    return f"data: {data}{end}".encode()


def piece(delta: str, finish: str = "null", more: str = "", index: int = 0) -> bytes:
    return frame(f'{{"id":"c","choices":[{{"index":{index},"delta":{delta},"finish_reason":{finish}}}]{more}}}')


ROLE = piece('{"role":"assistant","content":""}')
HELLO = piece('{"content":"Hé 🙂"}')
STOP = piece("{}", '"stop"')
USED = '"usage":{"prompt_tokens":3,"completion_tokens":5,"total_tokens":8}'
USAGE = frame(f'{{"id":"c","choices":[],{USED}}}')
DONE = frame("[DONE]")
ERROR = frame('{"error":{"message":"out of memory","code":500}}')
CALL = piece('{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{}"}}]}')
OLDER = frame('{"choices":[{"text":"Hi"}]}')
TOLD = Usage(3, 5)


@dataclass(frozen=True)
class Case:
    """`first` is the event that commits; `hidden` and `dropped` (at the end) are what the caller does not see."""

    name: str
    stream: bytes
    first: bytes = HELLO
    hidden: bytes = b""
    dropped: bytes = b""
    usage: Usage | None = None
    finish: str | None = "stop"
    failure: str | None = None
    hide: bool = True


def stream_tap(*, hide_usage: bool) -> Relay:
    return openai_tap(Ask("m", True, {}, b"", not hide_usage))


def feed(relay: Relay, chunks: list[bytes]) -> bytes:
    return b"".join(map(relay.feed, chunks))


def crlf(*frames: bytes) -> bytes:
    return b"".join(frames).replace(b"\n", b"\r\n")


WHOLE = (
    Case("normal", ROLE + HELLO + STOP + DONE),
    Case("usage that the caller did not ask for", ROLE + HELLO + STOP + USAGE + DONE, hidden=USAGE, usage=TOLD),
    Case("usage that the caller asked for", ROLE + HELLO + STOP + USAGE + DONE, usage=TOLD, hide=False),
    Case("usage at the finish stays", HELLO + piece("{}", '"stop"', "," + USED) + DONE, usage=TOLD),
    Case("usage without choices", HELLO + STOP + frame(f"{{{USED}}}") + DONE, hidden=frame(f"{{{USED}}}"), usage=TOLD),
    Case(
        "usage null on every piece",
        piece('{"role":"assistant"}', more=',"usage":null') + HELLO + STOP + USAGE + DONE,
        hidden=USAGE,
        usage=TOLD,
    ),
    Case(
        "CRLF",
        crlf(ROLE, HELLO, STOP, USAGE, DONE),
        first=crlf(HELLO),
        hidden=crlf(USAGE),
        usage=TOLD,
    ),
    Case("CR", (ROLE + HELLO + STOP + DONE).replace(b"\n", b"\r"), first=HELLO.replace(b"\n", b"\r")),
    Case("comments first", b": loading\n\n: still\n\n" + ROLE + HELLO + STOP + DONE),
    Case("empty events keep the line alive", b"data:\n\n" + ROLE + b"data: \n\n" + HELLO + STOP + DONE),
    Case("a byte order mark", b"\xef\xbb\xbf" + ROLE + HELLO + STOP + DONE),
    Case("no [DONE]", ROLE + HELLO + STOP),
    Case("no last blank line", ROLE + HELLO + STOP + b"data: [DONE]"),
    Case("no last blank line after the finish", ROLE + HELLO + STOP.rstrip()),
    Case("hidden usage without its blank line", HELLO + STOP + USAGE.rstrip(), dropped=USAGE.rstrip(), usage=TOLD),
    Case("half an event after the finish", HELLO + STOP + USAGE[:30], dropped=USAGE[:30]),
    Case("only [DONE], no finish", ROLE + HELLO + DONE, finish=None),
    Case("tool calls", ROLE + CALL + piece("{}", '"tool_calls"') + DONE, first=CALL, finish="tool_calls"),
    Case(
        "a refusal",
        ROLE + piece('{"refusal":"I cannot"}') + STOP + DONE,
        first=piece('{"refusal":"I cannot"}'),
    ),
    Case(
        "thinking first",
        ROLE + piece('{"reasoning_content":"Hm"}') + HELLO + STOP + DONE,
        first=piece('{"reasoning_content":"Hm"}'),
    ),
    Case(
        "no content within the length",
        ROLE + piece("{}", '"length"') + DONE,
        first=piece("{}", '"length"'),
        finish="length",
    ),
    Case("an empty reason with every piece", piece('{"role":"assistant"}', '""') + HELLO + STOP + DONE),
    Case("two choices", ROLE + HELLO + piece('{"content":"x"}', index=1) + STOP + piece("{}", '"stop"', index=1)),
    Case("a notice without choices", frame('{"choices":[],"prompt_filter_results":[]}') + ROLE + HELLO + STOP + DONE),
    Case("an older completion", OLDER + DONE, OLDER, finish=None),
    Case("an error in the middle", ROLE + HELLO + ERROR, finish=None, failure="out of memory"),
    Case(
        "an error with usage is no usage event",
        HELLO + frame(f'{{"error":"boom",{USED}}}'),
        finish=None,
        failure="boom",
        usage=TOLD,
    ),
)  # fmt: skip


@pytest.mark.parametrize("case", WHOLE, ids=lambda case: case.name)
def test_a_whole_stream_passes_through_however_it_is_cut(case: Case, chunkings: Chunkings) -> None:
    assert case.stream.count(case.hidden or b"data") >= 1
    expected = case.stream.replace(case.hidden, b"") if case.hidden else case.stream
    expected = expected.removesuffix(case.dropped)
    for chunks in chunkings(case.stream):
        relay = stream_tap(hide_usage=case.hide)
        assert feed(relay, chunks) + relay.close() == expected
        assert (relay.usage, relay.finish, relay.failure) == (case.usage, case.finish, case.failure)
        assert relay.committed


@pytest.mark.parametrize("case", WHOLE, ids=lambda case: case.name)
def test_nothing_commits_before_the_first_content(case: Case) -> None:
    start = case.stream.index(case.first)
    relay = stream_tap(hide_usage=case.hide)
    for place in range(start + len(case.first)):
        relay.feed(case.stream[place : place + 1])
        assert not relay.committed or place > start + len(b"data: ")
    assert relay.committed


@pytest.mark.parametrize("case", WHOLE, ids=lambda case: case.name)
def test_bytes_leave_at_the_ends_of_events_only(case: Case) -> None:
    relay = stream_tap(hide_usage=case.hide)
    for byte in case.stream:
        out = relay.feed(bytes([byte]))
        assert out == b"" or out.endswith((b"\n\n", b"\r\n\r\n", b"\r\r"))


CUT = (
    ("nothing at all", b""),
    ("only comments", b": loading\n\n"),
    ("only the role", ROLE),
    ("after some content", ROLE + HELLO),
    ("in the middle of an event", ROLE + HELLO + STOP[:-12]),
    ("in the middle of [DONE]", ROLE + HELLO + b"data: [DO"),
    ("with usage but no finish", ROLE + HELLO + USAGE),
    ("one of two choices unfinished", HELLO + piece('{"content":"x"}', index=1) + STOP),
)


@pytest.mark.parametrize(("name", "stream"), CUT)
def test_a_cut_stream_is_never_whole(name: str, stream: bytes, chunkings: Chunkings) -> None:
    for chunks in chunkings(stream):
        relay = stream_tap(hide_usage=True)
        feed(relay, chunks)
        with pytest.raises(UpstreamTruncated, match="before the provider said"):
            relay.close()


NO_ANSWER = (
    ("an error first", ERROR, "out of memory"),
    ("an error after the role", ROLE + ERROR, "out of memory"),
    ("an error without a message", frame('{"error":{"code":1}}'), "without a message"),
    ("an empty answer", ROLE + STOP + DONE, "empty"),
    ("nothing but the end", DONE, "empty"),
    ("no JSON", frame("<html>"), "begins with: <html>"),
    ("no object", frame("[1]"), "not an object"),
)


@pytest.mark.parametrize(("name", "stream", "message"), NO_ANSWER)
def test_no_answer_is_refused_before_anything_is_sent(
    name: str, stream: bytes, message: str, chunkings: Chunkings
) -> None:
    for chunks in chunkings(stream):
        relay = stream_tap(hide_usage=False)
        with pytest.raises(UpstreamInvalid, match=message):
            feed(relay, chunks)
        assert not relay.committed


@pytest.mark.parametrize(
    "junk", ['{"choices":[{"delta":1,"finish_reason":[]}]}', '{"choices":{"a":1}}', '{"choices":[3]}']
)
def test_odd_types_commit_nothing_and_break_nothing(junk: str) -> None:
    relay = stream_tap(hide_usage=True)
    relay.feed(frame(junk))
    assert not relay.committed
    relay.feed(HELLO + frame(junk) + STOP)
    assert relay.close() == b""
    assert relay.finish == "stop"


def test_content_that_talks_about_usage_and_ends_stays() -> None:
    text = orjson.dumps('data: [DONE]\n\n{"usage": {"choices": []}}').decode()
    stream = piece(f'{{"content":{text}}}') + STOP
    relay = stream_tap(hide_usage=True)
    assert relay.feed(stream) + relay.close() == stream
    assert relay.usage is None


def test_a_long_stream_is_judged_by_its_end() -> None:
    relay = stream_tap(hide_usage=True)
    out = relay.feed(ROLE + HELLO)
    for _ in range(5 * tap.TAIL_BYTES // len(HELLO)):
        out += relay.feed(HELLO)
    out += relay.feed(STOP + USAGE) + relay.feed(DONE) + relay.close()
    assert out.endswith(HELLO + STOP + DONE)
    assert (relay.finish, relay.usage) == ("stop", TOLD)


def test_an_event_without_end_is_refused_after_the_commit_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sse, "MAX_EVENT_BYTES", 1000)
    relay = stream_tap(hide_usage=False)
    relay.feed(HELLO)
    with pytest.raises(UpstreamInvalid, match="an event of the stream"):
        feed(relay, [b"x" * 100] * 11)


def test_a_stream_that_never_begins_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tap, "MAX_HELD_BYTES", 1000)
    relay = stream_tap(hide_usage=False)
    with pytest.raises(UpstreamInvalid, match="before any of it"):
        feed(relay, [b": loading\n\n"] * 1000)


def test_what_was_sent_does_not_count_as_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tap, "MAX_HELD_BYTES", 1000)
    monkeypatch.setattr(sse, "MAX_EVENT_BYTES", 1000)
    relay = stream_tap(hide_usage=False)
    assert sum(len(relay.feed(HELLO)) for _ in range(100)) == 100 * len(HELLO)


# ── replies in one piece ─────────────────────────────────────────────────────────────────────────────────────────────


def reply(message: str = '{"role":"assistant","content":"Hi"}', finish: str = '"stop"', more: str = "") -> bytes:
    return f'{{"id":"c","choices":[{{"index":0,"message":{message},"finish_reason":{finish}}}]{more}}}'.encode()


@pytest.mark.parametrize(
    ("body", "finish", "usage"),
    [
        (reply(), "stop", None),
        (reply(more="," + USED), "stop", TOLD),
        (reply(more=',"error":null,"usage":null'), "stop", None),
        (reply(finish="null"), None, None),
        (reply('{"content":null,"tool_calls":[{"id":"a"}]}', '"tool_calls"'), "tool_calls", None),
        (reply('{"content":null,"refusal":"I cannot"}'), "stop", None),
        (reply('{"content":""}', '"length"'), "length", None),
        (b'{"choices":[{"text":"Hi","finish_reason":"stop"}]}', "stop", None),
    ],
)
def test_a_whole_reply_passes_through(
    body: bytes, finish: str | None, usage: Usage | None, chunkings: Chunkings
) -> None:
    for chunks in chunkings(body):
        relay = openai_tap(Ask("m", False, {}, b"", False))
        assert [relay.feed(chunk) for chunk in chunks] == [b""] * len(chunks)
        assert not relay.committed
        assert relay.close() == body
        assert (relay.committed, relay.finish, relay.usage, relay.failure) == (True, finish, usage, None)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "begins with: nothing"),
        (b"<html><body>502</body></html>", "begins with: <html>"),
        (reply()[:-5], "not JSON"),
        (b"[]", "not an object"),
        (b'"text"', "not an object"),
        (b'{"error":{"message":"overloaded"}}', "overloaded"),
        (b'{"error":"overloaded"}', "overloaded"),
        (b'{"error":{"code":5}}', "without a message"),
        (b"{}", "no choices"),
        (b'{"choices":[]}', "no choices"),
        (b'{"choices":"none"}', "no choices"),
        (b'{"choices":[1,2]}', "no choices"),
        (reply('{"role":"assistant","content":""}'), "empty"),
        (reply('{"role":"assistant","content":null,"tool_calls":[]}', "null"), "empty"),
    ],
)  # fmt: skip
def test_a_reply_that_is_no_answer_is_refused(body: bytes, message: str) -> None:
    relay = openai_tap(Ask("m", False, {}, b"", False))
    relay.feed(body)
    with pytest.raises(UpstreamInvalid, match=message):
        relay.close()
    assert not relay.committed


def test_a_reply_without_end_is_refused_while_it_comes() -> None:
    relay = openai_tap(Ask("m", False, {}, b"", False))
    chunk = bytes(16 << 20)
    for _ in range(4):
        relay.feed(chunk)
    with pytest.raises(UpstreamInvalid, match="64 MiB"):
        relay.feed(b"x")


def test_refusals_of_replies_let_another_provider_answer() -> None:
    assert issubclass(UpstreamInvalid, UpstreamError)
    assert UpstreamInvalid.falls_over
    assert UpstreamInvalid.blames


@pytest.mark.parametrize(
    ("value", "usage"),
    [
        (None, None),
        ([], None),
        ({}, Usage(0, 0)),
        ({"prompt_tokens": 4, "completion_tokens": 2}, Usage(4, 2)),
        (
            {
                "prompt_tokens": 9,
                "completion_tokens": 8,
                "prompt_tokens_details": {"cached_tokens": 7},
                "completion_tokens_details": {"reasoning_tokens": 6},
            },
            Usage(9, 8, cached_tokens=7, reasoning_tokens=6),
        ),
        (
            {
                "prompt_tokens": 30,
                "completion_tokens": 20,
                "prompt_tokens_details": {"audio_tokens": 11, "image_tokens": 12},
                "completion_tokens_details": {"audio_tokens": 13, "image_tokens": "x"},
            },
            Usage(30, 20, input_audio_tokens=11, input_image_tokens=12, output_audio_tokens=13),
        ),
        ({"prompt_tokens": -1, "completion_tokens": "5", "prompt_tokens_details": 3}, Usage(0, 0)),
    ],
)
def test_usage(value: object, usage: Usage | None) -> None:
    assert usage_of(value) == usage
