"""Log probabilities, read from what servers send and written as the older completions list them."""

import orjson
import pytest

from ai_dashboard.dialects.openai.logprobs import lists_of, tokens_of

OTHER = {"token": "z", "logprob": -1.0, "bytes": None}
TOKEN = {"token": "ab", "logprob": -0.5, "bytes": [97, 98], "top_logprobs": [OTHER]}


def test_what_is_well_formed_stays_as_it_is() -> None:
    assert tokens_of({"content": [TOKEN], "refusal": None}) == (TOKEN,)


@pytest.mark.parametrize(
    "value", [None, 5, [], {}, {"content": None}, {"content": [5, {}, {"token": 5, "logprob": 1}]}]
)
def test_what_is_none(value: object) -> None:
    assert tokens_of(value) == ()


def test_only_what_can_be_written_again_is_kept() -> None:
    deep = orjson.loads(b"[" * 300 + b"]" * 300)
    odd = {
        "token": "a",
        "logprob": 0,
        "bytes": [1, "x"],
        "top_logprobs": [OTHER | {"top_logprobs": deep}],
        "more": deep,
    }
    expected = {"token": "a", "logprob": 0, "bytes": [1], "top_logprobs": [OTHER]}
    assert tokens_of({"content": [odd]}) == (expected,)


def test_lists() -> None:
    assert lists_of((TOKEN, TOKEN | {"top_logprobs": []}), 3) == {
        "tokens": ["ab", "ab"],
        "token_logprobs": [-0.5, -0.5],
        "top_logprobs": [{"z": -1.0}, {}],
        "text_offset": [3, 5],
    }
