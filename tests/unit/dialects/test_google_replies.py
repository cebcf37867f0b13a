"""Why answers end, what they used, and errors inside of them."""

import pytest

from ai_dashboard.core.chat import JsonObject
from ai_dashboard.core.events import Usage
from ai_dashboard.dialects.google.replies import (
    REASONS,
    STOPS,
    blocked,
    candidates_of,
    error_in,
    gave_up,
    parts_of,
    says_something,
    stop_of,
    usage_object,
    usage_of,
)  # fmt: skip


def test_every_reason_has_a_word() -> None:
    assert {REASONS[word] for word in STOPS.values()} == {"stop", "length", "content_filter"}
    assert set(STOPS) == {*REASONS.values(), "tool_calls"}


@pytest.mark.parametrize("reason", [None, "", "FINISH_REASON_UNSPECIFIED", 5])
def test_a_candidate_without_a_reason_goes_on(reason: object) -> None:
    assert stop_of({"finishReason": reason}) is None
    assert stop_of({"finishReason": "STOP"}) == "STOP"


def test_what_went_wrong_is_said() -> None:
    assert gave_up({}, "OTHER") == "the provider did not finish its answer (OTHER)"
    assert gave_up({"finishMessage": "bad call"}, "MALFORMED_FUNCTION_CALL").endswith(
        "(MALFORMED_FUNCTION_CALL): bad call"
    )
    assert len(gave_up({"finishMessage": "x" * 1000}, "Y" * 1000)) < 500


@pytest.mark.parametrize(
    ("feedback", "refused"),
    [({"blockReason": "SAFETY"}, True), ({"blockReason": "BLOCK_REASON_UNSPECIFIED"}, False), ({}, False), (5, False)],
)
def test_prompts_that_were_refused(feedback: object, refused: bool) -> None:
    assert blocked({"promptFeedback": feedback}) is refused


@pytest.mark.parametrize(
    ("error", "message"),
    [
        ({"message": "full", "code": 503}, "full"), ("full", "full"), (None, None), ({}, None),
        ({"code": 1}, "the provider reported an error without a message"),
        (7, "the provider reported an error without a message"),
    ],
)  # fmt: skip
def test_errors(error: object, message: str | None) -> None:
    assert error_in({"error": error}) == message


@pytest.mark.parametrize("odd", [None, 5, {}, [5, None], [[]]])
def test_what_is_no_list_of_objects_is_none(odd: object) -> None:
    assert (
        candidates_of({"candidates": odd}) == parts_of({"content": {"parts": odd}}) == parts_of({"content": odd}) == []
    )


def test_marks_alone_say_nothing() -> None:
    assert not says_something({"text": "", "thought": True, "thoughtSignature": "x"})
    assert says_something({"text": "a"})
    assert says_something({"executableCode": {"code": "1"}})


@pytest.mark.parametrize(
    ("counts", "usage"),
    [
        ({"promptTokenCount": 10, "candidatesTokenCount": 5, "totalTokenCount": 15}, Usage(10, 5)),
        ({"promptTokenCount": 10, "candidatesTokenCount": 5, "thoughtsTokenCount": 7, "cachedContentTokenCount": 4},
         Usage(10, 12, 4, 7)),
        ({"promptTokenCount": 10, "toolUsePromptTokenCount": 3}, Usage(13, 0)),
        ({"promptTokenCount": 1, "cachedContentTokenCount": 4}, Usage(1, 0, 1)),
        ({"promptTokenCount": 20, "candidatesTokenCount": 1300,
          "promptTokensDetails": [{"modality": "AUDIO", "tokenCount": 5}, {"modality": "TEXT", "tokenCount": 9},
                                  {"modality": "IMAGE", "tokenCount": 6}, "odd", {"modality": "AUDIO"}],
          "candidatesTokensDetails": [{"modality": "IMAGE", "tokenCount": 1290}]},
         Usage(20, 1300, input_audio_tokens=5, input_image_tokens=6, output_image_tokens=1290)),
        ({"promptTokenCount": 20, "promptTokensDetails": "odd"}, Usage(20, 0)),
        ({"promptTokenCount": "10", "candidatesTokenCount": -1, "thoughtsTokenCount": True}, Usage(0, 0)),
        ({}, None), (None, None), (5, None), ([1], None),
    ],
)  # fmt: skip
def test_usage_is_read(counts: object, usage: Usage | None) -> None:
    assert usage_of({"usageMetadata": counts}) == usage


@pytest.mark.parametrize("usage", [Usage(10, 5), Usage(10, 12, 4, 7), Usage(0, 0)])
def test_usage_comes_back_as_it_was(usage: Usage) -> None:
    assert usage_of({"usageMetadata": usage_object(usage)}) == usage


def test_absurd_sums_can_be_written() -> None:
    written: JsonObject = usage_object(Usage(2**63 - 1, 2**63 - 1))
    assert written["totalTokenCount"] == 2**63 - 1
