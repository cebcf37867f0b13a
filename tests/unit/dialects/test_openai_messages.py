"""Messages of every dialect, as OpenAI and the engines that follow it accept them."""

from base64 import b64encode
from typing import Any

import pytest

from ai_dashboard.core.errors import CallerError
from ai_dashboard.dialects.kinds import KINDS
from ai_dashboard.dialects.openai.messages import NO_IMAGES_SAID, without_beyond, written_messages

IMAGE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}
CALLS = [{"id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}}]


def text(said: str) -> dict[str, Any]:
    return {"type": "text", "text": said}


def file(**of: str) -> dict[str, Any]:
    return {"type": "file", "file": of}


def written(*messages: dict[str, Any], kind: str = "openai") -> tuple[list[dict[str, Any]], list[str]]:
    warnings: list[str] = []
    return written_messages(list(messages), KINDS[kind], warnings), warnings


def same(message: dict[str, Any], kind: str = "openai") -> bool:
    return written(message, kind=kind) == ([message], [])


@pytest.mark.parametrize("kind", ["openai", "vllm", "openai_compatible"])
@pytest.mark.parametrize(
    "message",
    [
        {"role": "system", "content": "Be brief"},
        {"role": "user", "content": [text("What is it?"), IMAGE], "name": "Ann"},
        {"role": "user", "content": [{"type": "input_audio", "input_audio": {"data": "AA", "format": "wav"}}]},
        {"role": "assistant", "content": None, "tool_calls": CALLS},
        {"role": "assistant", "content": [text("x"), {"type": "refusal", "refusal": "no"}]},
        {"role": "tool", "content": "42", "tool_call_id": "a"},
    ],
)
def test_what_is_openais_stays_as_it_is(message: dict[str, Any], kind: str) -> None:
    assert same(message, kind)


def test_what_other_dialects_add_goes_to_those_who_may_want_it() -> None:
    message = {"role": "assistant", "content": "x", "reasoning_content": "r", "thinking_blocks": [{"signature": "s"}]}
    message["tool_calls"] = [CALLS[0] | {"extra_content": {"google": {}}}]
    assert same(message, "openai_compatible")
    assert written(message) == ([{"role": "assistant", "content": "x", "tool_calls": CALLS}], [])


def test_an_answer_that_was_only_thinking_has_content() -> None:
    assert written({"role": "assistant", "content": None, "reasoning_content": "r"})[0] == [
        {"role": "assistant", "content": ""}
    ]
    assert written({"role": "user", "content": []})[0] == [{"role": "user", "content": ""}]


def test_images_of_an_assistant_are_told() -> None:
    said = {"role": "assistant", "content": [IMAGE, text("x")]}
    assert written(said) == ([{"role": "assistant", "content": [text("x")]}], [NO_IMAGES_SAID])


# ── tools ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_a_tool_shows_is_no_part_of_another_turn() -> None:
    result = {"role": "tool", "tool_call_id": "a", "content": [text("x"), IMAGE]}
    shown = {"role": "user", "content": [text("Returned by the tool call a:"), IMAGE]}
    said = {"role": "assistant", "content": "I see"}
    assert [message["role"] for message in written(result, said)[0]] == ["tool", "user", "assistant"]
    later = {"role": "user", "content": [text("y")]}
    assert written(result, said, later)[0][1:] == [shown, said, later]
    assert written(result, later)[0][1:] == [{"role": "user", "content": [*shown["content"], text("y")]}]
    assert written(result, {"role": "user", "content": ""})[0][1:] == [shown]


def test_what_a_tool_shows_follows_the_last_result() -> None:
    messages = written(
        {"role": "assistant", "content": None, "tool_calls": CALLS},
        {"role": "tool", "tool_call_id": "a", "name": "f", "content": [text("one"), text("two"), IMAGE]},
        {"role": "tool", "tool_call_id": "b", "name": "g", "content": [IMAGE]},
        {"role": "user", "content": "And now?"},
        {"role": "tool", "tool_call_id": "c", "content": [IMAGE]},
    )
    later = "The result follows in the next message."
    assert messages == (
        [
            {"role": "assistant", "content": None, "tool_calls": CALLS},
            {"role": "tool", "tool_call_id": "a", "content": "one\ntwo"},
            {"role": "tool", "tool_call_id": "b", "content": later},
            {
                "role": "user",
                "content": [
                    text("Returned by the tool call a:"),
                    IMAGE,
                    text("Returned by the tool call b:"),
                    IMAGE,
                    text("And now?"),
                ],
            },
            {"role": "tool", "tool_call_id": "c", "content": later},
            {"role": "user", "content": [text("Returned by the tool call c:"), IMAGE]},
        ],
        [],
    )


@pytest.mark.parametrize("kind", ["openai", "vllm"])
@pytest.mark.parametrize(("failed", "content"), [(True, "The tool failed: no"), (False, "no"), (None, "no")])
def test_that_a_tool_failed_is_said_in_words(failed: bool | None, content: str, kind: str) -> None:
    result = {"role": "tool", "tool_call_id": "a", "content": [text("no")], "is_error": failed}
    assert written(result, kind=kind)[0] == [{"role": "tool", "tool_call_id": "a", "content": content}]


def test_a_result_of_nothing_is_text() -> None:
    assert written({"role": "tool", "tool_call_id": "a", "content": None})[0][0]["content"] == ""


# ── documents ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_document_has_a_name() -> None:
    data = "data:application/pdf;base64,AAAA"
    (message,), _ = written({"role": "user", "content": [file(file_data=data)]})
    assert message["content"] == [file(filename="document.pdf", file_data=data)]
    assert same({"role": "user", "content": [file(filename="mine.pdf", file_data=data), file(file_id="f")]})


def test_plain_text_is_written_as_text() -> None:
    data = "data:text/plain;base64," + b64encode("Né".encode()).decode()
    (message,), _ = written({"role": "user", "content": [file(file_data=data, filename="a.txt")]}, kind="vllm")
    assert message["content"] == [text("Né")]


@pytest.mark.parametrize("of", [{"file_url": "https://x"}, {"file_data": "data:text/plain;base64,???"}])
def test_documents_that_cannot_be_sent(of: dict[str, str]) -> None:
    with pytest.raises(CallerError, match="document"):
        written({"role": "user", "content": [file(**of)]})


# ── engines ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_engines_get_one_system_message() -> None:
    messages: list[dict[str, Any]] = [
        {"role": "developer", "content": "a"},
        {"role": "system", "content": [text("b"), text("c")]},
        {"role": "user", "content": "d"},
        {"role": "system", "content": "e"},
    ]
    one = {"role": "system", "content": "a\n\nb\n\nc"}
    assert written(*messages, kind="vllm")[0] == [one, *messages[2:]]
    assert written(*messages, kind="openai")[0] == messages
    assert written(*messages[:2], kind="llama_cpp")[0] == [one]


# ── whatever comes ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_odd_parts_stay_as_they_are() -> None:
    odd: dict[str, Any] = {"role": "user", "content": [5, "x", {"type": "file", "file": 5}, {"text": 5}, None]}
    assert same(odd)
    (message, shown), _ = written({"role": "tool", "content": [5, {"type": "file", "file": {"file_data": 5}}]})
    assert (message["role"], shown["role"]) == ("tool", "user")


def test_messages_of_this_form_without_what_our_replies_add() -> None:
    assert without_beyond([{"role": "user", "cache_control": 1, "tool_calls": 5}, 7]) == [
        {"role": "user", "tool_calls": 5},
        7,
    ]
