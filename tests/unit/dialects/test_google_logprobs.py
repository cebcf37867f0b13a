"""Log probabilities in two lists and in one."""

import pytest

from ai_dashboard.core.chat import JsonObject
from ai_dashboard.dialects.google.logprobs import result_of, tokens_of

RESULT: JsonObject = {
    "chosenCandidates": [
        {"token": "é", "logProbability": -0.5},
        {"token": "a", "logProbability": 0},
    ],
    "topCandidates": [
        {"candidates": [{"token": "é", "logProbability": -0.5}, {"token": "e", "logProbability": -1.5}]},
        {"candidates": []},
    ],
}
TOKENS: tuple[JsonObject, ...] = (
    {"token": "é", "logprob": -0.5, "bytes": [195, 169], "top_logprobs": [
        {"token": "é", "logprob": -0.5, "bytes": [195, 169]}, {"token": "e", "logprob": -1.5, "bytes": [101]},
    ]},
    {"token": "a", "logprob": 0, "bytes": [97], "top_logprobs": []},
)  # fmt: skip


def test_two_lists_are_one_and_one_is_two() -> None:
    assert tokens_of(RESULT) == TOKENS
    assert result_of(list(TOKENS)) == RESULT


def test_without_alternatives_there_is_one_list() -> None:
    chosen = {"chosenCandidates": RESULT["chosenCandidates"]}
    assert [token["top_logprobs"] for token in tokens_of(chosen)] == [[], []]
    assert result_of(list(tokens_of(chosen))) == chosen


@pytest.mark.parametrize(
    "result",
    [
        None,
        5,
        [],
        {},
        {"chosenCandidates": 5},
        {"chosenCandidates": [5, {"token": 1, "logProbability": 1}, {"token": "a"}]},
    ],
)
def test_what_is_no_token_is_left_out(result: object) -> None:
    assert tokens_of(result) == ()


def test_odd_alternatives_are_left_out() -> None:
    odd = {"chosenCandidates": [{"token": "a", "logProbability": -1}], "topCandidates": [5]}
    assert tokens_of(odd)[0]["top_logprobs"] == []
