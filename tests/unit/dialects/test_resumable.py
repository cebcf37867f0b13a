"""A relay that another provider can go on with."""

import orjson
import pytest

from ai_dashboard.core.chat import Ask
from ai_dashboard.core.errors import UpstreamInvalid, UpstreamTruncated
from ai_dashboard.core.events import Event, Finished, Refusal, Started, Text, Thinking, ToolCall, Usage
from ai_dashboard.dialects.forms import ReplyHead
from ai_dashboard.dialects.openai.encode import encoder
from ai_dashboard.dialects.resumable import ECHO_CHARS, Resumable

ASK = Ask("m", stream=True, body={"model": "m", "messages": []}, raw=b"{}", include_usage=True)
BEGUN = "Once upon a time there was a gateway"


class Said:
    """A decoder for which every chunk is the next of some events."""

    def __init__(self, *events: Event) -> None:
        self._events = list(events)

    def feed(self, _chunk: bytes) -> list[Event]:
        return [self._events.pop(0)]

    def close(self) -> list[Event]:
        return []


def relay(*events: Event) -> tuple[Resumable, bytes]:
    """A relay that these events have gone through, and what the caller has read."""
    made = Resumable(Said(*events), encoder(ASK, ReplyHead("1", "m", 0)))
    return made, b"".join(made.feed(b"x") for _ in events)


def go_on(made: Resumable, *events: Event) -> bytes:
    made.resume(Said(*events))
    return b"".join(made.feed(b"x") for _ in events)


def text_of(raw: bytes) -> str:
    frames = [orjson.loads(frame[6:]) for frame in raw.split(b"\n\n") if frame.startswith(b"data: {")]
    return "".join(choice["delta"].get("content") or "" for frame in frames for choice in frame["choices"])


def test_one_answer_with_one_beginning_and_one_end() -> None:
    made, read = relay(Started("a"), Text(BEGUN[:9]), Text(BEGUN[9:]))
    with pytest.raises(UpstreamTruncated):
        made.close()
    read += go_on(
        made, Started("b"), Thinking("hm"), Text(" that never"), Text(" slept."), Finished("stop"), Usage(9, 4)
    )
    assert made.so_far is None
    read += made.close()
    assert text_of(read) == BEGUN + " that never slept."
    assert read.count(b'"role"') == read.count(b'"stop"') == read.count(b"[DONE]") == 1
    assert made.usage == Usage(9, 4 + len(BEGUN) // 4, estimated=True)


@pytest.mark.parametrize(
    "events",
    [
        [],
        [Started("a")],
        [Text("a"), Finished("stop")],
        [Text("a"), ToolCall(0, "c", "f", "{")],
        [Text("a"), Refusal("no")],
        [Text("a"), Text("b", choice=1)],
    ],
)
def test_what_cannot_be_gone_on_with(events: list[Event]) -> None:
    assert relay(*events)[0].so_far is None


@pytest.mark.parametrize("size", [1, 5, ECHO_CHARS, len(BEGUN)])
def test_an_answer_that_begins_anew_is_not_spliced(size: int) -> None:
    made, _ = relay(Text(BEGUN))
    again = [Text(BEGUN[start : start + size]) for start in range(0, len(BEGUN), size)]
    with pytest.raises(UpstreamInvalid, match="anew"):
        go_on(made, *again)
    assert not made.committed


def test_an_answer_that_looks_alike_at_first_is_not_lost() -> None:
    made, _ = relay(Text(BEGUN))
    read = go_on(made, Text("Once"), Text(" more"), Text(" and for all"))
    assert text_of(read) == "Once more and for all"
    assert made.committed


def test_an_end_in_the_midst_of_looking_alike_is_not_lost() -> None:
    made, _ = relay(Text(BEGUN))
    read = go_on(made, Text("Once"), Finished("stop"))
    assert text_of(read) == "Once"
    assert made.close()


def test_it_can_be_gone_on_with_twice() -> None:
    made, read = relay(Text(BEGUN))
    read += go_on(made, Text(", a small one"))
    assert made.so_far == BEGUN + ", a small one"
    read += go_on(made, Text(", in a house."), Finished("stop"))
    assert text_of(read) == BEGUN + ", a small one, in a house."


def anew(made: Resumable, *events: Event) -> bytes:
    made.restart(Said(*events))
    return b"".join(made.feed(b"x") for _ in events)


@pytest.mark.parametrize(
    ("events", "unsaid"),
    [
        ((Started("a"),), True),
        ((Started("a"), Thinking("hm")), True),
        ((Started("a"), Thinking("hm"), Text("x")), False),
        ((Started("a"), ToolCall(0, "c", "f", "{")), False),
        ((Started("a"), Refusal("no")), False),
        ((Started("a"), Thinking("hm"), Finished("length")), False),
    ],
)
def test_only_thoughts_are_nothing_of_an_answer(events: tuple[Event, ...], unsaid: bool) -> None:
    assert relay(*events)[0].unsaid is unsaid


def test_a_whole_answer_in_place_of_one_that_had_not_begun() -> None:
    made, read = relay(Started("a"), Thinking("hm, well"))
    read += anew(made, Started("b"), Thinking("let me see"))
    assert not made.committed
    read += anew(made, Started("c"), Text("Yes."), Finished("stop"), Usage(9, 4))
    read += made.close()
    assert text_of(read) == "Yes."
    assert read.count(b'"role"') == read.count(b'"stop"') == read.count(b"[DONE]") == 1
    assert b"let me see" not in read
    assert made.usage == Usage(9, 4 + 2, estimated=True)


def test_an_empty_answer_in_its_place_is_none() -> None:
    made, _ = relay(Started("a"), Thinking("hm"))
    with pytest.raises(UpstreamInvalid, match="empty"):
        anew(made, Started("b"), Finished("stop"))
