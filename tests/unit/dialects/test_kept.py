"""A reply that is read now and written later."""

import orjson
import pytest

from ai_dashboard.core.chat import Ask
from ai_dashboard.core.errors import UpstreamInvalid, UpstreamTruncated
from ai_dashboard.core.events import Event, Failed, Finished, Started, Text, ToolCall, Usage
from ai_dashboard.dialects.forms import ReplyHead
from ai_dashboard.dialects.kept import EVENT_BYTES, Kept, keep
from ai_dashboard.dialects.tap import MAX_HELD_BYTES

HEAD = ReplyHead("1", "m", 0)
BODY = {"model": "m", "messages": []}
WHOLE = Ask("m", stream=False, body=BODY, raw=b"{}", include_usage=False)
STREAM = Ask("m", stream=True, body=BODY, raw=b"{}", include_usage=True)


class Said:
    """A decoder whose one chunk is all of these events."""

    def __init__(self, *events: Event) -> None:
        self._events = list(events)

    def feed(self, _chunk: bytes) -> list[Event]:
        return self._events

    def close(self) -> list[Event]:
        return []


def kept(*events: Event, at_end: bool = True) -> Kept:
    relay = Kept(Said(*events), commits_at_end=at_end)
    assert relay.feed(b"x") == b""
    return relay


def test_nothing_is_written_before_it_is_asked_for() -> None:
    relay = kept(Started("up"), Text("Par"), Text("is"), Usage(3, 2), Finished("stop"))
    assert not relay.committed
    assert relay.close() == b""
    assert (relay.committed, relay.usage, relay.said) == (True, Usage(3, 2), 5)
    assert relay.first_choice.text == "Paris"


def test_it_is_written_whole_or_as_a_stream_of_one_piece() -> None:
    relay = kept(Started("up"), Text("Par"), Text("is"), Usage(3, 2), Finished("stop"))
    relay.close()
    told, whole = relay.written(WHOLE, HEAD)
    assert orjson.loads(whole)["choices"][0]["message"]["content"] == "Paris"
    assert told.usage == Usage(3, 2)
    _, stream = relay.written(STREAM, HEAD)
    frames = [orjson.loads(line[6:]) for line in stream.split(b"\n\n") if line.startswith(b"data: {")]
    texts = [choice["delta"].get("content") for frame in frames for choice in frame["choices"]]
    assert [text for text in texts if text] == ["Paris"]
    assert stream.endswith(b"data: [DONE]\n\n")


def test_answers_to_several_choices_stay_apart() -> None:
    relay = kept(Text("a", 0), Text("b", 1), Text("c", 0), Finished("stop", 0), Finished("stop", 1))
    relay.close()
    _, whole = relay.written(WHOLE, HEAD)
    assert [it["message"]["content"] for it in orjson.loads(whole)["choices"]] == ["ac", "b"]


def test_calls_are_kept() -> None:
    relay = kept(ToolCall(0, "id", "weather", "{}"), Finished("tool_calls"), at_end=False)
    assert relay.committed
    relay.close()
    (call,) = relay.first_choice.whole_calls
    assert (call.name, call.arguments) == ("weather", "{}")


def test_what_is_not_whole_or_no_answer_is_refused() -> None:
    with pytest.raises(UpstreamTruncated):
        kept(Text("Par")).close()
    with pytest.raises(UpstreamInvalid):
        kept(Failed("out of memory"))


def test_there_is_an_end_to_what_is_kept() -> None:
    with pytest.raises(UpstreamInvalid, match="MiB"):
        kept(Text("x"), Text("y" * (MAX_HELD_BYTES + 1)), at_end=False)
    many_that_are_empty = [Text("")] * (MAX_HELD_BYTES // EVENT_BYTES + 1)
    with pytest.raises(UpstreamInvalid, match="MiB"):
        kept(Text("x"), *many_that_are_empty, at_end=True)


def test_a_providers_own_bytes_are_read() -> None:
    relay = keep(WHOLE, "anthropic.messages", HEAD)
    reply = {
        "id": "msg", "type": "message", "role": "assistant", "model": "up", "stop_reason": "end_turn",
        "content": [{"type": "text", "text": "Paris"}], "usage": {"input_tokens": 3, "output_tokens": 2},
    }  # fmt: skip
    relay.feed(orjson.dumps(reply))
    relay.close()
    assert (relay.first_choice.text, relay.usage) == ("Paris", Usage(3, 2))
