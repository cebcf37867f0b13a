"""What a line of Ollama's stream says."""

import pytest

from ai_dashboard.core.chat import JsonObject
from ai_dashboard.core.events import Usage
from ai_dashboard.dialects.ollama.lines import error_in, finish_of, is_last, message_of, says_something, usage_of


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ({}, None),
        ({"error": ""}, None),
        ({"error": None}, None),
        ({"error": "full"}, "full"),
        ({"error": {"message": "full"}}, "full"),
        ({"error": [1]}, "the provider reported an error without a message"),
    ],
)
def test_errors(line: JsonObject, message: str | None) -> None:
    assert error_in(line) == message


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ({"message": {"role": "assistant", "content": ""}}, False),
        ({"message": {"content": "a"}}, True),
        ({"message": {"thinking": "a"}}, True),
        ({"message": {"tool_calls": [{}]}}, True),
        ({"message": []}, False),
        ({"response": ""}, False),
        ({"response": "a"}, True),
        ({"thinking": "a"}, True),
        ({"image": "AAAA"}, True),
        ({"completed": 1, "total": 4}, False),
    ],
)
def test_what_says_something(line: JsonObject, says: bool) -> None:
    assert says_something(line) is says


def test_a_generated_line_is_its_own_message() -> None:
    line: JsonObject = {"response": "a"}
    assert message_of(line) is line
    assert message_of({"message": {"content": "a"}}) == {"content": "a"}


@pytest.mark.parametrize(
    ("line", "last"),
    [({"done": True}, True), ({"done": 1}, False), ({}, False), ({"_debug_info": {}, "done": False}, True)],
)
def test_the_last_line(line: JsonObject, last: bool) -> None:
    assert is_last(line) is last


@pytest.mark.parametrize(
    ("line", "usage"),
    [
        ({}, None),
        ({"eval_count": 2}, Usage(0, 2)),
        ({"prompt_eval_count": 3, "eval_count": 2}, Usage(3, 2)),
        ({"prompt_eval_count": "3", "eval_count": None}, Usage(0, 0)),
    ],
)
def test_usage(line: JsonObject, usage: Usage | None) -> None:
    assert usage_of(line) == usage


@pytest.mark.parametrize(
    ("reason", "called", "finish"),
    [
        ("stop", False, "stop"),
        ("stop", True, "tool_calls"),
        ("length", True, "length"),
        ("content_filter", False, "content_filter"),
        ("", False, "stop"),
        ([], False, "stop"),
    ],
)
def test_finish(reason: object, called: bool, finish: str) -> None:
    assert finish_of({"done_reason": reason}, called=called) == finish
