"""Items as messages: turns of the assistant stay whole, calls stay beside their results, thinking keeps its proof."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.core.chat import JsonObject
from ai_dashboard.core.errors import CallerError
from ai_dashboard.dialects.openai.responses_items import REDACTED, THINKING, is_sealed, items_of, messages_of


def read(*items: JsonObject) -> list[JsonObject]:
    own: set[str] = set()
    messages = messages_of(list(items), own)
    assert own == set()
    return messages


def say(role: str, content: object) -> JsonObject:
    return {"type": "message", "role": role, "content": content}


def call(call_id: str, name: str = "f", **more: object) -> JsonObject:
    return {"type": "function_call", "call_id": call_id, "name": name, "arguments": "{}", **more}


def result(call_id: str, output: object = "4 °C", **more: object) -> JsonObject:
    return {"type": "function_call_output", "call_id": call_id, "output": output, **more}


def think(text: str, sealed: str | None = None) -> JsonObject:
    return {"type": "reasoning", "summary": [{"type": "summary_text", "text": text}], "encrypted_content": sealed}


def chat_call(call_id: str, name: str = "f") -> JsonObject:
    return {"id": call_id, "type": "function", "function": {"name": name, "arguments": "{}"}}


def test_a_text_is_what_the_user_says() -> None:
    assert messages_of(items_of("Hé"), set()) == [{"role": "user", "content": "Hé"}]
    assert items_of(None) == []


def test_messages_keep_their_roles_and_texts() -> None:
    output = {"id": "msg_1", "status": "completed", **say("assistant", [{"type": "output_text", "text": "Hi"}])}
    items = [say("system", "a"), say("developer", "b"), {"role": "user", "content": "c"}, output, say("user", [])]
    assert read(*items) == [
        {"role": "system", "content": "a"},
        {"role": "developer", "content": "b"},
        {"role": "user", "content": "c"},
        {"role": "assistant", "content": "Hi"},
        {"role": "user", "content": ""},
    ]


def test_a_turn_of_the_assistant_is_one_message() -> None:
    items = [think("hm"), say("assistant", "Look"), call("1"), call("2", "g"), result("1"), result("2"), call("3")]
    assert read(*items) == [
        {
            "role": "assistant",
            "content": "Look",
            "reasoning_content": "hm",
            "tool_calls": [chat_call("1"), chat_call("2", "g")],
        },
        {"role": "tool", "tool_call_id": "1", "content": "4 °C"},
        {"role": "tool", "tool_call_id": "2", "content": "4 °C"},
        {"role": "assistant", "content": None, "tool_calls": [chat_call("3")]},
    ]


def test_words_after_a_call_do_not_part_it_from_its_result() -> None:
    assert read(call("1"), say("assistant", "Wait."), think("so"), call("2"), result("1"))[0] == {
        "role": "assistant",
        "content": "Wait.",
        "reasoning_content": "so",
        "tool_calls": [chat_call("1"), chat_call("2")],
    }


def test_several_texts_of_a_turn_become_parts() -> None:
    refusal = {"type": "refusal", "refusal": "No."}
    assert read(say("assistant", "a"), say("assistant", [refusal]), say("assistant", "b")) == [
        {"role": "assistant", "content": [{"type": "text", "text": "a"}, refusal, {"type": "text", "text": "b"}]}
    ]


def test_thinking_comes_back_with_its_signature() -> None:
    assert read(think("hm", THINKING + "sig"), think("", REDACTED + "data"), say("assistant", "Hi")) == [
        {
            "role": "assistant",
            "content": "Hi",
            "reasoning_content": "hm",
            "thinking_blocks": [
                {"type": "thinking", "thinking": "hm", "signature": "sig"},
                {"type": "redacted_thinking", "data": "data"},
            ],
        }
    ]


def test_thinking_after_words_begins_a_new_message() -> None:
    first, second = read(think("a", THINKING + "1"), say("assistant", "A"), think("b", THINKING + "2"), call("1"))
    assert (first["content"], first["reasoning_content"]) == ("A", "a")
    assert (second["content"], second["reasoning_content"]) == (None, "b")
    assert second["tool_calls"] == [chat_call("1")]


def test_what_openai_encrypted_is_nobodys_signature() -> None:
    assert read(think("hm", "gAAAA"), think("m", THINKING), say("assistant", "Hi")) == [
        {"role": "assistant", "content": "Hi", "reasoning_content": "hmm"}
    ]
    assert is_sealed(think("", THINKING))
    assert not is_sealed(think("", "gAAAA"))
    assert not is_sealed(say("user", THINKING))


def test_thinking_alone_is_a_message_without_words() -> None:
    assert read({"type": "reasoning", "content": [{"type": "reasoning_text", "text": "hm"}]}) == [
        {"role": "assistant", "content": "", "reasoning_content": "hm"}
    ]


def test_results_may_hold_images_and_errors() -> None:
    image = {"type": "input_image", "image_url": "https://a/b.png"}
    message = read(call("1"), result("1", [image], is_error=True, name="f"))[1]
    assert message["content"] == [{"type": "image_url", "image_url": {"url": "https://a/b.png"}}]
    assert (message["is_error"], message["name"]) == (True, "f")


def test_a_call_keeps_googles_mark() -> None:
    mark = {"google": {"thought_signature": "s"}}
    assert read(call("1", extra_content=mark))[0]["tool_calls"][0]["extra_content"] == mark


def test_items_of_openais_own_are_named() -> None:
    own: set[str] = set()
    items: list[JsonObject] = [{"type": "item_reference", "id": "x"}, {"type": "web_search_call"}, say("user", "Hi")]
    assert messages_of(items, own) == [{"role": "user", "content": "Hi"}]
    assert own == {"input.item_reference", "input.web_search_call"}


@pytest.mark.parametrize("asked", [1, {}, True, ["Hi"], [None]])
def test_input_that_is_none_is_refused(asked: object) -> None:
    with pytest.raises(CallerError, match="`input"):
        items_of(asked)


@pytest.mark.parametrize(
    "item",
    [
        {},
        {"role": "tool", "content": ""},
        {"role": ["user"], "content": "unhashable"},
        {"type": 1},
        {"type": None},
        say("user", 1),
        {"type": "function_call", "call_id": "1"},
        {"type": "function_call", "call_id": "1", "name": "f", "arguments": {}},
        {"type": "function_call_output", "output": "x"},
    ],
)
def test_an_item_that_is_none_is_refused_by_its_number(item: JsonObject) -> None:
    with pytest.raises(CallerError, match=r"`input\[1\]"):
        messages_of([say("user", "Hi"), item], set())


VALUES = (
    st.none() | st.booleans() | st.integers() | st.sampled_from(["", "user", "message", "reasoning", "function_call"])
)
KEYS = st.sampled_from(["type", "role", "content", "summary", "text", "call_id", "name", "arguments", "output"])
NESTED = st.recursive(VALUES, lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner), max_leaves=8)


@given(NESTED | st.lists(st.dictionaries(KEYS, NESTED)))
def test_any_json_is_read_or_refused(asked: object) -> None:
    with suppress(CallerError):
        for message in messages_of(items_of(asked), set()):
            assert message["role"] in ("system", "developer", "user", "assistant", "tool")
            assert message["content"] is not None or message["tool_calls"]
