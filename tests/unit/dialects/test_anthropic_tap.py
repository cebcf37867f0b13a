"""Anthropic to Anthropic: the bytes pass, and what matters of them is known."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.core.chat import Ask
from ai_dashboard.core.errors import UpstreamInvalid, UpstreamTruncated
from ai_dashboard.core.events import Usage
from ai_dashboard.dialects.anthropic.tap import read_whole, tap
from ai_dashboard.dialects.forms import Relay

Chunkings = Callable[[bytes], Iterator[list[bytes]]]


def frame(kind: str, **fields: object) -> bytes:
    return b"event: " + kind.encode() + b"\ndata: " + orjson.dumps({"type": kind} | fields) + b"\n\n"


def end(reason: object, **usage: int) -> bytes:
    return frame("message_delta", delta={"stop_reason": reason}, usage=usage)


BEGIN = frame("message_start", message={"usage": {"input_tokens": 3, "cache_read_input_tokens": 2, "output_tokens": 1}})
PING = frame("ping")
OPEN = frame("content_block_start", index=0, content_block={"type": "text", "text": ""})
HELLO = frame("content_block_delta", index=0, delta={"type": "text_delta", "text": "Hé 🙂"})
CLOSE = frame("content_block_stop", index=0)
END = end("end_turn", output_tokens=5)
STOP = frame("message_stop")
ERROR = frame("error", error={"type": "overloaded_error", "message": "busy"})
TOOL = frame("content_block_start", index=0, content_block={"type": "tool_use", "id": "a", "name": "f", "input": {}})
SERVER_TOOL = frame("content_block_start", index=0, content_block={"type": "server_tool_use", "id": "s"})
THINKING = frame("content_block_delta", index=0, delta={"type": "thinking_delta", "thinking": "Hm"})
LENGTH, REFUSED, SEQUENCE = (end(reason, output_tokens=5) for reason in ("max_tokens", "refusal", "stop_sequence"))
TOLD = Usage(5, 5, cached_tokens=2)


def relay(*, stream: bool = True) -> Relay:
    return tap(Ask("m", stream, {}, b"", True, form="anthropic.messages"))


@dataclass(frozen=True)
class Case:
    name: str
    stream: bytes
    first: bytes = HELLO
    finish: str | None = "stop"
    failure: str | None = None
    usage: Usage | None = TOLD


WHOLE = (
    Case("normal", BEGIN + PING + OPEN + HELLO + CLOSE + END + STOP),
    Case("no message_stop", BEGIN + OPEN + HELLO + CLOSE + END),
    Case("no last blank line", BEGIN + OPEN + HELLO + CLOSE + END + STOP.rstrip()),
    Case("no reason", BEGIN + OPEN + HELLO + CLOSE + STOP, finish=None, usage=Usage(5, 1, cached_tokens=2)),
    Case("CRLF", (BEGIN + OPEN + HELLO + END + STOP).replace(b"\n", b"\r\n"), HELLO.replace(b"\n", b"\r\n")),
    Case("a tool call", BEGIN + TOOL + CLOSE + end("tool_use", output_tokens=5) + STOP, TOOL, "tool_calls"),
    Case("a server's tool", BEGIN + SERVER_TOOL + CLOSE + OPEN + HELLO + END + STOP, SERVER_TOOL),
    Case("thinking", BEGIN + THINKING + OPEN + HELLO + END + STOP, THINKING),
    Case("nothing within the limit", BEGIN + LENGTH, LENGTH, "length"),
    Case("a refusal of nothing", BEGIN + REFUSED + STOP, REFUSED, "content_filter"),
    Case("a stop sequence at once", BEGIN + SEQUENCE, SEQUENCE),
    Case("no usage", OPEN + HELLO + end("end_turn") + STOP, usage=None),
    Case("usage at the end only", OPEN + HELLO + end("end_turn", input_tokens=4, output_tokens=2), usage=Usage(4, 2)),
    Case("an error in the middle", BEGIN + OPEN + HELLO + ERROR, finish=None, failure="busy", usage=Usage(5, 1, 2)),
    Case("an error at the end", BEGIN + OPEN + HELLO + END + ERROR, failure="busy"),
)  # fmt: skip


@pytest.mark.parametrize("case", WHOLE, ids=lambda case: case.name)
def test_bytes_pass_as_they_came_however_they_are_cut(case: Case, chunkings: Chunkings) -> None:
    for chunks in chunkings(case.stream):
        found = relay()
        assert b"".join([*map(found.feed, chunks), found.close()]) == case.stream
        assert (found.usage, found.finish, found.failure) == (case.usage, case.finish, case.failure)


@pytest.mark.parametrize("case", WHOLE, ids=lambda case: case.name)
def test_it_commits_with_the_first_content(case: Case) -> None:
    found = relay()
    before = case.stream[: case.stream.index(case.first)]
    found.feed(before)
    assert not found.committed
    found.feed(case.first)
    assert found.committed


@pytest.mark.parametrize(
    ("stream", "message"),
    [
        (BEGIN + ERROR, "busy"),
        (frame("error"), "without a message"),
        (b'data: {"error":{"message":"busy"}}\n\n', "busy"),
        (BEGIN + OPEN + CLOSE + END, "empty"),
        (BEGIN + STOP, "empty"),
        (b"data: nonsense\n\n", "not JSON"),
        (b"data: []\n\n", "not an object"),
    ],
)
def test_what_is_no_answer_is_refused_before_any_of_it_is_sent(stream: bytes, message: str) -> None:
    with pytest.raises(UpstreamInvalid, match=message):
        relay().feed(stream)


@pytest.mark.parametrize(
    "cut", [BEGIN, BEGIN + OPEN + HELLO, BEGIN + OPEN + HELLO + CLOSE, BEGIN + OPEN + HELLO + END[:-9]]
)
def test_a_stream_that_breaks_off_is_not_whole(cut: bytes) -> None:
    found = relay()
    found.feed(cut)
    with pytest.raises(UpstreamTruncated):
        found.close()


def test_a_long_answer_is_whole_by_its_tail() -> None:
    found = relay()
    stream = BEGIN + OPEN + HELLO * 2000 + CLOSE + END + STOP
    assert b"".join(found.feed(stream[at : at + 1000]) for at in range(0, len(stream), 1000)) == stream
    found.close()
    assert (found.usage, found.finish) == (TOLD, "stop")


def message(**fields: object) -> bytes:
    return orjson.dumps(
        {"type": "message", "content": [{"type": "text", "text": "x"}], "stop_reason": "end_turn"} | fields
    )


def test_a_whole_message_passes_as_it_came(chunkings: Chunkings) -> None:
    body = message(usage={"input_tokens": 3, "cache_read_input_tokens": 2, "output_tokens": 5}, brand_new=[1])
    for chunks in chunkings(body):
        found = relay(stream=False)
        assert b"".join([*map(found.feed, chunks), found.close()]) == body
        assert (found.usage, found.finish, found.committed) == (TOLD, "stop", True)


@pytest.mark.parametrize(
    "body",
    [
        b"<html>",
        b"[]",
        b'{"type":"error","error":{"message":"busy"}}',
        message(content=None),
        message(content=[]),
        message(content=[{"type": "text", "text": ""}, 3], stop_reason=None),
    ],
)
def test_a_whole_reply_that_is_no_answer(body: bytes) -> None:
    found = relay(stream=False)
    found.feed(body)
    with pytest.raises(UpstreamInvalid):
        found.close()
    assert not found.committed


def test_nothing_said_for_a_reason_is_an_answer() -> None:
    assert read_whole(orjson.loads(message(content=[], stop_reason="max_tokens"))) == (None, "length")


WRONG: st.SearchStrategy[object] = st.sampled_from([None, True, -1, "x", [], {}, [1], {"type": []}])


@given(
    st.lists(st.sampled_from(["message_start", "content_block_start", "message_delta", "ping", "x"]), max_size=4), WRONG
)
def test_wrong_types_do_not_crash_it(kinds: list[str], wrong: object) -> None:
    names = ("message", "content_block", "delta", "usage")
    found = relay()
    for kind in kinds:
        found.feed(frame(kind, **dict.fromkeys(names, wrong)))
    with pytest.raises(UpstreamTruncated):
        found.close()


@given(WRONG, WRONG, WRONG)
def test_wrong_types_in_a_whole_message_do_not_crash_it(stop_reason: object, usage: object, block: object) -> None:
    text = {"type": "text", "text": "x"}
    read_whole({"content": [block, text], "stop_reason": stop_reason, "usage": usage})
