"""Reading what a caller sent: every shape that a dialect allows, and a refusal with a reason for every other."""

from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.core.chat import JsonObject
from ai_dashboard.demo.behaviour import Tool
from ai_dashboard.demo.catalogue import CLOUD
from ai_dashboard.demo.server import (
    Refusal,
    find_model,
    read_conversation,
    read_limit,
    read_model,
    read_object,
    read_result,
    read_texts,
    read_tools,
    rfc3339,
)

VALUES = st.none() | st.booleans() | st.integers() | st.sampled_from(["", "text", "user"])
KEYS = st.sampled_from(["content", "role", "function", "name", "parameters", "text"])
NESTED = st.recursive(VALUES, lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner), max_leaves=6)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"1", b'"{}"', b"\xff"])
def test_a_body_that_is_no_object_is_refused(body: bytes) -> None:
    with pytest.raises(Refusal, match="body is not") as refused:
        read_object(body)
    assert refused.value.status == 400


def test_a_conversation_is_all_of_its_text_and_what_the_user_said_last() -> None:
    parts = [{"type": "text", "text": "Look:"}, {"type": "image_url", "image_url": {"url": "data:"}}]
    messages: list[JsonObject] = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Hello"},
        {"role": "assistant", "content": None, "tool_calls": []},
        {"role": "user", "content": parts},
        {"role": "tool", "content": "4 °C"},
    ]
    assert read_conversation({"messages": messages}) == ("Be brief.\nHello\n\nLook:\n4 °C", "Look:")


def test_a_conversation_without_a_user_has_no_question() -> None:
    assert read_conversation({"messages": []}) == ("", "")


@pytest.mark.parametrize("messages", [None, "Hello", {}, ["Hello"]])
def test_messages_that_are_no_list_of_messages_are_refused(messages: object) -> None:
    with pytest.raises(Refusal, match="'messages' must be a list"):
        read_conversation({"messages": messages})


def test_tools_are_read_with_and_without_parameters() -> None:
    tools = [{"type": "function", "function": {"name": "now"}}, {"function": {"name": "at", "parameters": {"a": 1}}}]
    assert read_tools({"tools": tools}) == (Tool("now", {}), Tool("at", {"a": 1}))
    assert read_tools({"tools": None}) == read_tools({}) == ()


def test_a_tools_answer_is_one_when_it_is_the_last_message() -> None:
    answer: JsonObject = {"role": "tool", "content": [{"type": "text", "text": "4 °C"}]}
    assert read_result({"messages": [{"role": "user", "content": "Weather?"}, answer]}) == "4 °C"
    assert read_result({"messages": [answer, {"role": "user", "content": "And now?"}]}) is None
    assert read_result({"messages": []}) is read_result({}) is None


@pytest.mark.parametrize(
    ("given_", "texts"),
    [("a", ["a"]), (["a", ""], ["a", ""]), ([1, 2], ["1 2"]), ([[1, 2], [3]], ["1 2", "3"])],
)
def test_texts_come_alone_as_lists_and_as_tokens(given_: object, texts: list[str]) -> None:
    assert read_texts(given_) == texts


@pytest.mark.parametrize("given_", [None, [], {}, 7, [None], [[]], [["a"]], [[[1]]]])
def test_an_input_without_texts_is_refused(given_: object) -> None:
    with pytest.raises(Refusal, match="must be a text"):
        read_texts(given_)


def test_a_model_that_is_not_there_is_refused() -> None:
    assert find_model(CLOUD.models, "gpt-5") is CLOUD.models[0]
    with pytest.raises(Refusal, match="'gpt-6' does not exist") as refused:
        find_model(CLOUD.models, "gpt-6")
    assert refused.value.status == 404


@given(NESTED, st.sampled_from([("model", read_model), ("messages", read_conversation), ("tools", read_tools)]))
def test_whatever_a_caller_sends_is_read_or_refused(
    value: object, part: tuple[str, Callable[[JsonObject], object]]
) -> None:
    key, read = part
    with suppress(Refusal):
        read({key: value})


@pytest.mark.parametrize(("limit", "read"), [(7, 7), (0, None), (-1, None), (None, None), ("7", None)])
def test_limits(limit: object, read: int | None) -> None:
    assert read_limit(limit) == read


def test_times_are_written_in_utc() -> None:
    assert rfc3339(0.5) == "1970-01-01T00:00:00.500000Z"
