"""Both sides of the form together: what goes in at one end comes out at the other."""

from collections.abc import Callable, Iterator

import orjson
import pytest

from ai_dashboard.core.errors import Overloaded, UpstreamInvalid, UpstreamTruncated
from ai_dashboard.core.events import Usage
from ai_dashboard.dialects.anthropic.forms import CALLERS, PROVIDERS
from ai_dashboard.dialects.forms import Call, ReplyHead
from ai_dashboard.dialects.relay import Translation

Chunkings = Callable[[bytes], Iterator[list[bytes]]]

CALLER, PROVIDER = CALLERS[0], PROVIDERS[0]
ASKED = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "hello"}]}
MESSAGE = {
    "id": "msg_r1",
    "type": "message",
    "role": "assistant",
    "model": "claude",
    "content": [
        {"type": "thinking", "thinking": "Hm", "signature": "sig"},
        {"type": "text", "text": "Hé 🙂"},
        {"type": "tool_use", "id": "a", "name": "f", "input": {"x": 1}},
    ],
    "stop_reason": "tool_use",
    "stop_sequence": None,
    "usage": {
        "input_tokens": 3,
        "cache_creation_input_tokens": 1,
        "cache_read_input_tokens": 2,
        "output_tokens": 5,
    },
}


def frame(kind: str, **fields: object) -> bytes:
    return b"event: " + kind.encode() + b"\ndata: " + orjson.dumps({"type": kind} | fields) + b"\n\n"


NO_USAGE = dict.fromkeys(
    ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens", "output_tokens"), 0
)  # fmt: skip
BEGIN = {**MESSAGE, "content": [], "stop_reason": None, "usage": NO_USAGE}
STREAM = b"".join([
    frame("message_start", message=BEGIN),
    frame("content_block_start", index=0, content_block={"type": "thinking", "thinking": "", "signature": ""}),
    frame("content_block_delta", index=0, delta={"type": "thinking_delta", "thinking": "Hm"}),
    frame("content_block_delta", index=0, delta={"type": "signature_delta", "signature": "sig"}),
    frame("content_block_stop", index=0),
    frame("content_block_start", index=1, content_block={"type": "text", "text": ""}),
    frame("content_block_delta", index=1, delta={"type": "text_delta", "text": "Hé 🙂"}),
    frame("content_block_stop", index=1),
    frame("content_block_start", index=2, content_block={"type": "tool_use", "id": "a", "name": "f", "input": {}}),
    frame("content_block_delta", index=2, delta={"type": "input_json_delta", "partial_json": '{"x":1}'}),
    frame("content_block_stop", index=2),
    frame("message_delta", delta={"stop_reason": "tool_use", "stop_sequence": None}, usage=MESSAGE["usage"]),
    frame("message_stop"),
])  # fmt: skip


def relay(*, stream: bool) -> Translation:
    ask = CALLER.read(Call(orjson.dumps(ASKED | {"stream": stream})))
    encoder = CALLER.encoder(ask, ReplyHead("r1", "claude", 7))
    return Translation(PROVIDER.decoder(ask, "p"), encoder, commits_at_end=not stream)


def test_the_form_is_offered_on_both_sides() -> None:
    assert CALLER.form == PROVIDER.form == "anthropic.messages"
    assert CALLER.stream_type == PROVIDER.stream_type == "text/event-stream"
    assert CALLER.status(Overloaded("busy")) == 529
    assert CALLER.keep_alive.startswith(b"event: ping\n")


def test_a_stream_through_events_and_back_is_the_same_bytes(chunkings: Chunkings) -> None:
    for chunks in chunkings(STREAM):
        found = relay(stream=True)
        assert b"".join([*map(found.feed, chunks), found.close()]) == STREAM
        assert (found.usage, found.finish) == (Usage(6, 5, 2, cache_write_tokens=1), "tool_calls")


def test_a_whole_message_through_events_and_back_is_the_same(chunkings: Chunkings) -> None:
    for chunks in chunkings(orjson.dumps(MESSAGE)):
        found = relay(stream=False)
        assert orjson.loads(b"".join([*map(found.feed, chunks), found.close()])) == MESSAGE


def test_a_stream_cut_at_any_byte_before_its_reason_is_never_whole() -> None:
    reason = STREAM.index(b"event: message_delta")
    for cut in range(0, reason, 7):
        found = relay(stream=True)
        said = found.feed(STREAM[:cut])
        assert b"message_delta" not in said
        with pytest.raises(UpstreamTruncated):
            found.close()


def test_an_error_inside_the_stream_is_the_providers_failure() -> None:
    found = relay(stream=True)
    found.feed(STREAM[: STREAM.index(b"event: message_delta")])
    with pytest.raises(UpstreamInvalid, match="busy"):
        found.feed(frame("error", error={"type": "overloaded_error", "message": "busy"}))


def test_an_empty_answer_is_none() -> None:
    found = relay(stream=True)
    with pytest.raises(UpstreamInvalid, match="empty"):
        found.feed(frame("message_start", message=BEGIN) + frame("message_delta", delta={"stop_reason": "end_turn"}))
