"""What replies have in common."""

from typing import Any

import pytest

from ai_dashboard.dialects.anthropic.replies import error_in, kind_of, refusal_in

UNSAID = "the provider reported an error without a message"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"type": "error", "error": {"type": "overloaded_error", "message": "busy"}}, "busy"),
        ({"error": {"message": "busy"}}, "busy"),
        ({"error": "busy"}, "busy"),
        ({"type": "error"}, UNSAID),
        ({"type": "error", "error": {"message": ""}}, UNSAID),
        ({"error": {"message": 3}}, UNSAID),
        ({"type": "ping"}, None),
        ({"error": None}, None),
        ({}, None),
    ],
)
def test_errors_are_found_in_every_shape(body: dict[str, Any], message: str | None) -> None:
    assert error_in(body) == message


@pytest.mark.parametrize("kind", ["text", "thinking", "redacted_thinking", "tool_use"])
def test_blocks_that_are_known(kind: str) -> None:
    assert kind_of({"type": kind}) == kind


@pytest.mark.parametrize("kind", ["server_tool_use", "web_search_tool_result", None, [], {}, 1])
def test_blocks_that_are_not(kind: object) -> None:
    assert kind_of({"type": kind}) == "other"


def test_the_words_of_a_refusal() -> None:
    assert refusal_in({"stop_details": {"type": "refusal", "explanation": "no"}}) == "no"
    for details in (None, "x", {}, {"explanation": None}, {"explanation": 3}):
        assert refusal_in({"stop_details": details}) == ""
