"""Transcripts of Google, cut at every byte: what the caller gets, and what is known of it."""

from collections.abc import Callable, Iterator

import pytest

from ai_dashboard.core.chat import Ask
from ai_dashboard.core.errors import UpstreamInvalid, UpstreamTruncated
from ai_dashboard.core.events import Usage
from ai_dashboard.dialects.forms import Relay
from ai_dashboard.dialects.google.tap import tap

Chunkings = Callable[[bytes], Iterator[list[bytes]]]

COUNTS = ',"usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":5,"thoughtsTokenCount":2}'
EARLY = ',"usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":1}'


def said(part: str, finish: str = "", more: str = "", index: int = 0) -> bytes:
    reason = f',"finishReason":"{finish}"' if finish else ""
    candidate = f'{{"content":{{"parts":[{part}],"role":"model"}}{reason},"index":{index}}}'
    return f'data: {{"candidates":[{candidate}]{more}}}\r\n\r\n'.encode()


NOTHING = said('{"text":""}', more=EARLY)
HELLO = said('{"text":"Hé 🙂"}', more=EARLY)
THOUGHT = said('{"text":"hm","thought":true}')
CALL = said('{"functionCall":{"name":"f","args":{}}}')
END = said('{"text":""}', "STOP", COUNTS)
BARE_END = said('{"text":""}', "STOP")
ERROR = b'data: {"error":{"code":503,"message":"overloaded"}}\n\n'
BLOCKED = b'data: {"promptFeedback":{"blockReason":"SAFETY"}}\n\n'


def relay(*, stream: bool = True) -> Relay:
    return tap(Ask("m", stream, {}, b"", True, form="google.generate"))


@pytest.mark.parametrize(
    ("stream", "first", "usage", "finish", "failure"),
    [
        (NOTHING + HELLO + HELLO + END, HELLO, Usage(3, 7, 0, 2), "stop", None),
        (HELLO + BARE_END, HELLO, Usage(3, 1), "stop", None),
        (HELLO + BARE_END.rstrip(), HELLO, Usage(3, 1), "stop", None),
        (
            said('{"text":"all"}', "STOP", COUNTS),
            said('{"text":"all"}', "STOP", COUNTS),
            Usage(3, 7, 0, 2),
            "stop",
            None,
        ),
        (THOUGHT + HELLO + END, THOUGHT, Usage(3, 7, 0, 2), "stop", None),
        (CALL + END, CALL, Usage(3, 7, 0, 2), "tool_calls", None),
        (HELLO + said("", "MAX_TOKENS", COUNTS), HELLO, Usage(3, 7, 0, 2), "length", None),
        (said("", "SAFETY"), said("", "SAFETY"), None, "content_filter", None),
        (BLOCKED, BLOCKED, None, "content_filter", None),
        (HELLO + ERROR, HELLO, Usage(3, 1), None, "overloaded"),
        (THOUGHT + said("", "OTHER"), THOUGHT, None, None, "the provider did not finish its answer (OTHER)"),
        (b": hi\n\n" + HELLO + b"\n\n" + END + b"\n", HELLO, Usage(3, 7, 0, 2), "stop", None),
        (HELLO * 200 + END, HELLO, Usage(3, 7, 0, 2), "stop", None),
        (
            HELLO + said('{"text":"b"}', index=1) + said("", "STOP", index=1) + END,
            HELLO,
            Usage(3, 7, 0, 2),
            "stop",
            None,
        ),
        (HELLO + END + b'data: {"usageMetadata":{"promptTokenCount":9}}\n\n', HELLO, Usage(9, 0), "stop", None),
    ],
)
def test_streams_pass_as_they_came(
    stream: bytes, first: bytes, usage: Usage | None, finish: str | None, failure: str | None, chunkings: Chunkings
) -> None:
    for chunks in list(chunkings(stream))[:: max(1, len(stream) // 200)]:
        passing = relay()
        sent = b""
        for chunk in chunks:
            sent += passing.feed(chunk)
            assert passing.committed == (first.rstrip() in sent)
        assert sent + passing.close() == stream
        assert passing.committed or first.rstrip() == stream.rstrip()
        assert (passing.usage, passing.finish, passing.failure) == (usage, finish, failure)


@pytest.mark.parametrize(
    "stream",
    [HELLO, HELLO + END[:40], HELLO + HELLO[:-9], NOTHING, b"", b"\n\n", HELLO + said('{"text":"b"}', index=1) + END],
)
def test_a_stream_in_which_an_answer_has_not_ended_is_cut(stream: bytes, chunkings: Chunkings) -> None:
    for chunks in list(chunkings(stream))[:: max(1, len(stream) // 200)]:
        passing = relay()
        for chunk in chunks:
            passing.feed(chunk)
        with pytest.raises(UpstreamTruncated):
            passing.close()


@pytest.mark.parametrize("event", [ERROR, END, BARE_END, said("", "MALFORMED_FUNCTION_CALL"), NOTHING + END])
def test_an_error_or_an_end_before_any_answer_is_none(event: bytes) -> None:
    with pytest.raises(UpstreamInvalid):
        relay().feed(event)


@pytest.mark.parametrize("event", [b"data: <html>\n\n", b"data: []\n\n", b"data: {\n\n", b"data: \xff\n\n"])
def test_what_is_no_event_is_invalid(event: bytes) -> None:
    with pytest.raises(UpstreamInvalid):
        relay().feed(event)


def whole(part: str, finish: str = "STOP", more: str = "") -> bytes:
    return said(part, finish, more)[6:-4]


@pytest.mark.parametrize(
    ("body", "usage", "finish"),
    [
        (whole('{"text":"a"}', more=COUNTS), Usage(3, 7, 0, 2), "stop"),
        (whole('{"functionCall":{"name":"f"}}'), None, "tool_calls"),
        (whole('{"text":"a"}', "MAX_TOKENS"), None, "length"),
        (whole("", "RECITATION"), None, "content_filter"),
        (whole('{"text":"a"}', ""), None, None),
        (b'{"promptFeedback":{"blockReason":"OTHER"}}', None, "content_filter"),
        (
            b'{"candidates":[{"finishReason":"STOP"},{"content":{"parts":[{"text":"a"}]},"finishReason":"STOP"}]}',
            None,
            "stop",
        ),
    ],
)
def test_whole_replies(body: bytes, usage: Usage | None, finish: str | None) -> None:
    passing = relay(stream=False)
    assert passing.feed(body) == b""
    assert passing.close() == body
    assert (passing.usage, passing.finish, passing.committed) == (usage, finish, True)


@pytest.mark.parametrize(
    "body",
    [
        b"", b"<html>", b"[]", b"{}", b'{"error":{"message":"full"}}', b'{"candidates":[]}', whole('{"text":""}'),
        whole("", "OTHER"), whole("", ""), b"[" * 10_000, b'{"candidates":[5]}',
    ],
)  # fmt: skip
def test_whole_replies_that_are_none(body: bytes) -> None:
    passing = relay(stream=False)
    passing.feed(body)
    with pytest.raises(UpstreamInvalid):
        passing.close()
