"""Events in, one reply out: what every dialect writes its whole replies from."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.core.events import (
    Event,
    Failed,
    Finished,
    Refusal,
    Signature,
    Started,
    Text,
    Thinking,
    ToolCall,
    Usage,
)  # fmt: skip
from ai_dashboard.dialects.fold import Choice, Fold, FoldedCall, ThinkingBlock


def folded(*events: Event) -> Fold:
    fold = Fold()
    for event in events:
        fold.add(event)
    return fold


def only(*events: Event) -> Choice:
    (choice,) = folded(*events).choices
    return choice


@given(st.lists(st.text()))
def test_pieces_of_text_are_joined_in_their_order(pieces: list[str]) -> None:
    assert only(*map(Text, pieces)).text == "".join(pieces)


def test_nothing_said_is_one_empty_choice() -> None:
    choice = only(Started("m"))
    assert (choice.text, choice.refusal, choice.thoughts, choice.whole_calls, choice.finish) == ("", "", "", [], None)


def test_text_and_refusal_are_kept_apart() -> None:
    choice = only(Text("I "), Refusal("can"), Text("will"), Refusal("not"))
    assert (choice.text, choice.refusal) == ("I will", "cannot")


def test_log_probabilities_are_gathered() -> None:
    one, two = {"token": "a", "logprob": -0.1}, {"token": "b", "logprob": -0.2}
    assert only(Text("a", logprobs=(one,)), Text("b", logprobs=(two,))).logprobs == [one, two]


@pytest.mark.parametrize(
    ("events", "blocks"),
    [
        ([Thinking("a"), Thinking("b")], [ThinkingBlock("ab")]),
        ([Thinking("a"), Signature("s"), Thinking("b")], [ThinkingBlock("a", "s"), ThinkingBlock("b")]),
        ([Thinking("a"), Text("x"), Thinking("b")], [ThinkingBlock("a"), ThinkingBlock("b")]),
        ([Thinking("a"), ToolCall(0, "c", "f", ""), Thinking("b")], [ThinkingBlock("a"), ThinkingBlock("b")]),
        ([Signature("s")], [ThinkingBlock("", "s")]),
        ([Signature("hidden", redacted=True)], [ThinkingBlock(redacted="hidden")]),
        (
            [Thinking("a"), Signature("hidden", redacted=True), Thinking("b")],
            [ThinkingBlock("a"), ThinkingBlock(redacted="hidden"), ThinkingBlock("b")],
        ),
    ],
)
def test_thinking_is_kept_in_the_blocks_that_its_signatures_prove(
    events: list[Event], blocks: list[ThinkingBlock]
) -> None:
    choice = only(*events)
    assert choice.thinking == blocks
    assert choice.thoughts == "".join(block.text for block in blocks)


def test_pieces_of_several_calls_may_come_in_turns() -> None:
    choice = only(
        ToolCall(1, "b", "g", '{"y"'),
        ToolCall(0, "a", "f", "{"),
        ToolCall(1, "", "", ": 2}"),
        ToolCall(0, "", "", "}", signature="proof"),
    )
    assert choice.whole_calls == [FoldedCall("a", "f", "{}", "proof"), FoldedCall("b", "g", '{"y": 2}')]


def test_a_call_without_arguments_has_an_empty_object() -> None:
    assert only(ToolCall(0, "a", "f", "")).whole_calls == [FoldedCall("a", "f", "{}")]


def test_the_first_signature_of_a_call_stays() -> None:
    choice = only(ToolCall(0, "a", "f", "", signature="first"), ToolCall(0, "", "", "{}", signature="second"))
    assert choice.whole_calls[0].signature == "first"


def test_choices_come_in_the_order_of_their_numbers() -> None:
    fold = folded(Text("two", 2), Text("zero", 0), Finished("length", 2), Finished("stop", 0))
    assert [choice.text for choice in fold.choices] == ["zero", "two"]
    assert [choice.finish and choice.finish.reason for choice in fold.choices] == ["stop", "length"]


def test_the_last_usage_holds_and_an_error_changes_nothing() -> None:
    fold = folded(Started("m"), Usage(1, 2), Text("x"), Failed("broken"), Usage(1, 9))
    assert (fold.model, fold.usage) == ("m", Usage(1, 9))
    assert fold.choices[0].text == "x"
