"""Conversations that go on: found by their owner only, bounded in number and bytes, complete for the next turn."""

from dataclasses import dataclass, field

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.core.chat import Ask, JsonObject
from ai_dashboard.core.errors import CallerError, PreviousResponseNotFound
from ai_dashboard.core.events import Finished, Signature, Text, Thinking, ToolCall
from ai_dashboard.dialects.forms import Call, ReplyHead
from ai_dashboard.dialects.openai.responses_read import ResponsesAsk, read
from ai_dashboard.dialects.openai.responses_store import (
    Remembered,
    ResponseStore,
    continued,
    must_be_kept_by_provider,
    remember_reply,
)
from ai_dashboard.dialects.openai.responses_stream import StreamEncoder

ITEMS: list[JsonObject] = [{"type": "message", "role": "user", "content": "Hello"}]
SIZE = len(orjson.dumps(ITEMS))


@dataclass
class Said:
    """A reply as the store sees it."""

    response_id: str = "resp_1"
    output: list[JsonObject] = field(default_factory=lambda: [{"role": "assistant", "content": "Hi"}])


def store(max_entries: int = 10, max_bytes: int = 10_000) -> ResponseStore:
    return ResponseStore(max_entries=max_entries, max_bytes=max_bytes)


def asked(text: str = "Hello", **more: object) -> ResponsesAsk:
    return read(Call(orjson.dumps({"model": "gpt-5", "input": text, **more})))


def test_a_conversation_is_recalled_by_its_owner_only() -> None:
    kept = store()
    assert kept.remember("resp_1", "ann", ITEMS, "openai")
    assert kept.recall("resp_1", "ann") == Remembered(ITEMS, "openai")
    assert kept.recall("resp_1", "bob") is None
    assert kept.recall("resp_2", "ann") is None


def test_nobody_can_overwrite_anothers_conversation() -> None:
    kept = store()
    kept.remember("resp_1", "ann", ITEMS)
    kept.remember("resp_1", "bob", [])
    assert kept.recall("resp_1", "ann") == Remembered(ITEMS)


def test_what_is_recalled_is_a_copy() -> None:
    kept = store()
    kept.remember("resp_1", "ann", ITEMS)
    recalled = kept.recall("resp_1", "ann")
    assert recalled is not None
    recalled.items.clear()
    assert kept.recall("resp_1", "ann") == Remembered(ITEMS)


def test_the_least_recently_used_goes_first() -> None:
    kept = store(max_entries=2)
    for number in (1, 2):
        kept.remember(f"resp_{number}", "ann", ITEMS)
    kept.recall("resp_1", "ann")
    kept.remember("resp_3", "ann", ITEMS)
    assert [kept.recall(f"resp_{number}", "ann") is not None for number in (1, 2, 3)] == [True, False, True]


def test_bytes_are_bounded() -> None:
    kept = store(max_bytes=2 * SIZE)
    for number in range(5):
        assert kept.remember(f"resp_{number}", "ann", ITEMS)
    assert (len(kept), kept.size) == (2, 2 * SIZE)
    assert not kept.remember("large", "ann", ITEMS * 3)
    assert (len(kept), kept.size) == (2, 2 * SIZE)


def test_what_cannot_be_kept_is_not() -> None:
    kept = store(max_entries=0)
    assert not kept.remember("resp_1", "ann", ITEMS)
    assert not store().remember("", "ann", ITEMS)
    deep: JsonObject = orjson.loads(b'{"a":' * 500 + b"1" + b"}" * 500)
    assert not store().remember("resp_1", "ann", [deep])
    assert (len(kept), kept.size) == (0, 0)


def test_forgetting() -> None:
    kept = store()
    kept.remember("resp_1", "ann", ITEMS)
    assert not kept.forget("resp_1", "bob")
    assert kept.forget("resp_1", "ann")
    assert (kept.recall("resp_1", "ann"), kept.size) == (None, 0)


@given(
    st.lists(st.tuples(st.integers(0, 5), st.integers(0, 4), st.sampled_from(["remember", "recall", "forget"]))),
    st.integers(0, 4),
    st.integers(0, 200),
)
def test_the_bounds_hold_whatever_is_done(steps: list[tuple[int, int, str]], entries: int, limit: int) -> None:
    kept = store(entries, limit)
    for number, length, step in steps:
        if step == "remember":
            kept.remember(str(number), "ann", ITEMS * length)
        elif step == "recall":
            kept.recall(str(number), "ann")
        else:
            kept.forget(str(number), "ann")
        held = [kept.recall(str(number), "ann") for number in range(6)]
        assert len(kept) == sum(found is not None for found in held) <= entries
        assert kept.size == sum(len(orjson.dumps(found.items)) for found in held if found) <= limit


def test_a_conversation_goes_on_turn_by_turn() -> None:
    kept = store()
    previous: str | None = None
    for number in range(3):
        ask = continued(asked(f"Question {number}", previous_response_id=previous), kept, "ann")
        encoder = StreamEncoder(ask, ReplyHead(str(number), "gpt-5", 1))
        for event in (Thinking("hm"), Signature("sig"), Text(f"Answer {number}"), Finished("stop")):
            encoder.encode(event)
        encoder.close()
        assert remember_reply(ask, encoder, kept, "ann")
        previous = encoder.response_id
    ask = continued(asked("Again", previous_response_id=previous), kept, "ann")
    block = {"type": "thinking", "thinking": "hm", "signature": "sig"}
    turns = [
        message
        for number in range(3)
        for message in (
            {"role": "user", "content": f"Question {number}"},
            {
                "role": "assistant",
                "content": f"Answer {number}",
                "reasoning_content": "hm",
                "thinking_blocks": [block],
            },
        )
    ]
    assert ask.body["messages"] == [*turns, {"role": "user", "content": "Again"}]
    assert ask.own_fields == ()


def test_a_tools_result_goes_on_from_its_call() -> None:
    kept = store()
    ask = asked()
    encoder = StreamEncoder(ask, ReplyHead("1", "gpt-5", 1))
    for event in (ToolCall(0, "call_1", "f", "{}"), Finished("tool_calls")):
        encoder.encode(event)
    remember_reply(ask, encoder, kept, "ann")
    raw = orjson.dumps(
        {
            "model": "gpt-5",
            "previous_response_id": encoder.response_id,
            "input": [{"type": "function_call_output", "call_id": "call_1", "output": "4 °C"}],
        }
    )
    messages = continued(read(Call(raw)), kept, "ann").body["messages"]
    assert [message["role"] for message in messages] == ["user", "assistant", "tool"]
    assert messages[1]["tool_calls"][0]["id"] == messages[2]["tool_call_id"]


def test_asks_that_begin_a_conversation_stay_as_they_are() -> None:
    ask, other = asked(), Ask("m", False, {}, b"", True)
    assert continued(ask, store(), "ann") is ask
    assert continued(other, store(), "ann") is other
    assert must_be_kept_by_provider(ask) is None
    assert must_be_kept_by_provider(other) is None


@pytest.mark.parametrize(
    ("field", "error"),
    [("previous_response_id", PreviousResponseNotFound), ("conversation", CallerError), ("prompt", CallerError)],
)
def test_an_ask_that_refers_to_text_unknown_here_says_so(field: str, error: type[CallerError]) -> None:
    ask = continued(asked(**{field: "kept_1"}), store(), "ann")
    refused = must_be_kept_by_provider(ask)
    assert type(refused) is error
    assert f"`{field}`" in str(refused)
    assert not remember_reply(ask, Said(), store(), "ann")


def test_an_ask_that_is_known_here_can_go_to_anybody() -> None:
    kept = store()
    kept.remember("resp_1", "ann", ITEMS)
    assert must_be_kept_by_provider(continued(asked(previous_response_id="resp_1"), kept, "ann")) is None


def test_what_the_caller_wants_forgotten_is_not_kept() -> None:
    kept = store()
    assert not remember_reply(asked(store=False), Said(), kept, "ann")
    assert not remember_reply(asked(), Said(output=[]), kept, "ann")
    assert not remember_reply(Ask("m", False, {}, b"", True), Said(), kept, "ann")
    assert len(kept) == 0


def test_the_provider_of_a_reply_that_passed_through_keeps_it_too() -> None:
    kept = store()
    remember_reply(asked(), Said(), kept, "ann", kept_by="openai")
    ask = continued(asked("More", previous_response_id="resp_1"), kept, "ann")
    assert isinstance(ask, ResponsesAsk)
    assert ask.kept_by == "openai"
