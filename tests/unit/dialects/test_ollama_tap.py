"""Transcripts of Ollama, cut at every byte: what the caller gets, and what is known of it."""

from collections.abc import Callable, Iterator

import pytest

from ai_dashboard.core.chat import Ask
from ai_dashboard.core.errors import UpstreamInvalid, UpstreamTruncated
from ai_dashboard.core.events import Usage
from ai_dashboard.dialects.forms import Relay
from ai_dashboard.dialects.ollama.tap import tap

Chunkings = Callable[[bytes], Iterator[list[bytes]]]


def said(message: str) -> bytes:
    return f'{{"model":"m","message":{{"role":"assistant",{message}}},"done":false}}\n'.encode()


def done(reason: str = "stop", more: str = "") -> bytes:
    return f'{{"model":"m","message":{{"content":""}},"done":true,"done_reason":"{reason}"{more}}}\n'.encode()


ROLE = said('"content":""')
HELLO = said('"content":"Hé 🙂"')
CALL = said('"tool_calls":[{"function":{"name":"f","arguments":{}}}]')
COUNTS = ',"prompt_eval_count":3,"eval_count":5,"total_duration":9'
GENERATED = b'{"model":"m","response":"Hi","done":false}\n'
ERROR = b'{"error":"out of memory"}\n'


def relay(*, stream: bool = True) -> Relay:
    return tap(Ask("m", stream, {}, b"", True, form="ollama.chat"))


def pass_through(stream: bytes) -> bytes:
    passing = relay()
    return passing.feed(stream) + passing.close()


@pytest.mark.parametrize(
    ("stream", "first", "usage", "finish", "failure"),
    [
        (ROLE + HELLO + HELLO + done(more=COUNTS), HELLO, Usage(3, 5), "stop", None),
        (HELLO + done("length"), HELLO, None, "length", None),
        (HELLO + done().rstrip(), HELLO, None, "stop", None),
        (CALL + done(more=COUNTS), CALL, Usage(3, 5), "tool_calls", None),
        (HELLO + CALL + done(), HELLO, None, "tool_calls", None),
        (said('"thinking":"hm"') + HELLO + done(), said('"thinking":"hm"'), None, "stop", None),
        (GENERATED + b'{"response":"","done":true}\n', GENERATED, None, "stop", None),
        (done("load"), done("load"), None, "stop", None),
        (done("length"), done("length"), None, "length", None),
        (HELLO + ERROR, HELLO, None, None, "out of memory"),
        (HELLO + ERROR.rstrip(), HELLO, None, None, "out of memory"),
        (b"\n" + HELLO + b"\n" + done() + b"\n", HELLO, None, "stop", None),
        (HELLO * 200 + done(more=COUNTS), HELLO, Usage(3, 5), "stop", None),
    ],
)
def test_streams_pass_as_they_came(
    stream: bytes, first: bytes, usage: Usage | None, finish: str | None, failure: str | None, chunkings: Chunkings
) -> None:
    for chunks in list(chunkings(stream))[:: max(1, len(stream) // 400)]:
        passing = relay()
        sent = b""
        for chunk in chunks:
            sent += passing.feed(chunk)
            assert passing.committed == (first in sent)
        assert sent + passing.close() == stream
        assert (passing.usage, passing.finish, passing.failure) == (usage, finish, failure)


@pytest.mark.parametrize("stream", [HELLO, HELLO + done()[:30], HELLO + HELLO[:-3], ROLE, b"", b"\n\n"])
def test_a_stream_without_its_last_line_is_cut(stream: bytes, chunkings: Chunkings) -> None:
    for chunks in chunkings(stream):
        passing = relay()
        for chunk in chunks:
            passing.feed(chunk)
        with pytest.raises(UpstreamTruncated):
            passing.close()


@pytest.mark.parametrize("end", [b"\n", b""])
@pytest.mark.parametrize("line", [ERROR.strip(), done().strip(), b'{"error":{"code":1}}', ROLE + done().strip()])
def test_an_error_or_an_end_before_any_answer_is_none(line: bytes, end: bytes) -> None:
    with pytest.raises(UpstreamInvalid):
        pass_through(line + end)


@pytest.mark.parametrize("line", [b"<html>\n", b"[]\n", b"{\n", b"\xff\n"])
def test_what_is_no_line_is_invalid(line: bytes) -> None:
    with pytest.raises(UpstreamInvalid):
        relay().feed(line)


def test_a_model_that_was_only_loaded_answers_in_one_object_without_a_newline() -> None:
    passing = relay()
    assert passing.feed(done("load").strip()) == b""
    assert passing.close() == done("load").strip()


@pytest.mark.parametrize(
    ("body", "usage", "finish"),
    [
        (b'{"message":{"content":"a"},"done":true,"done_reason":"stop"}', None, "stop"),
        (b'{"message":{"content":"a"},"done":true,"eval_count":2}', Usage(0, 2), "stop"),
        (b'{"message":{"tool_calls":[{}]},"done":true}', None, "tool_calls"),
        (b'{"response":"a","done":true,"done_reason":"length"}', None, "length"),
        (b'{"response":"","done":true,"done_reason":"unload"}', None, "stop"),
        (b'{"done":false,"_debug_info":{"rendered_template":"x"}}', None, "stop"),
    ],
)
def test_whole_replies(body: bytes, usage: Usage | None, finish: str) -> None:
    passing = relay(stream=False)
    assert passing.feed(body) == b""
    assert passing.close() == body
    assert (passing.usage, passing.finish, passing.committed) == (usage, finish, True)


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b"[]", b"{}", b'{"error":"full"}', b'{"message":{"content":""},"done":true}', b"[" * 10_000],
)
def test_whole_replies_that_are_none(body: bytes) -> None:
    passing = relay(stream=False)
    passing.feed(body)
    with pytest.raises(UpstreamInvalid):
        passing.close()
