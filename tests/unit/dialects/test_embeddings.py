"""Embeddings between the dialects: inputs, vectors in both spellings, the relay that holds replies."""

from base64 import b64encode
from math import inf, nan
from struct import pack
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.core.chat import Ask
from ai_dashboard.core.errors import CallerError, UpstreamInvalid
from ai_dashboard.core.events import Usage
from ai_dashboard.dialects.embeddings import (
    EmbedTranslation,
    Vectors,
    from_base64,
    inputs_of,
    texts_of,
    to_base64,
    vector_of,
)  # fmt: skip

ASK = Ask("m", False, {"model": "m", "input": ["a", "b"]}, b"", False, form="openai.embeddings", operation="embed")


@pytest.mark.parametrize(
    ("asked", "inputs"),
    [("a", ["a"]), (["a", "b"], ["a", "b"]), ([1, 2], [[1, 2]]), ([[1, 2], [3]], [[1, 2], [3]]), ("", [""])],
)
def test_inputs_are_texts_or_token_ids(asked: object, inputs: list[Any]) -> None:
    assert inputs_of({"input": asked}) == inputs


@pytest.mark.parametrize("asked", [None, [], {}, 5, [None], ["a", 5], [[]], [["a"]], [True], [[1.5]]])
def test_what_is_neither_is_refused(asked: object) -> None:
    with pytest.raises(CallerError, match="`input`"):
        inputs_of({"input": asked})


def test_token_ids_are_refused_where_only_text_can_be_sent() -> None:
    assert texts_of({"input": "a"}, "Google") == ["a"]
    with pytest.raises(CallerError, match="token ids, and Google"):
        texts_of({"input": [1, 2]}, "Google")


@given(st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), min_size=1))
def test_base64_keeps_every_32_bit_float(vector: list[float]) -> None:
    assert from_base64(to_base64(vector)) == vector


def test_base64_has_the_lowest_byte_first() -> None:
    assert to_base64([1.0, -2.5]) == b64encode(pack("<2f", 1.0, -2.5)).decode()


@pytest.mark.parametrize("value", [None, [], {}, ["1"], [True], [None], "", "%%%", "AAA=", "AAAAAAA=", 5])
def test_what_is_no_vector_is_invalid(value: object) -> None:
    with pytest.raises(UpstreamInvalid, match="vector"):
        vector_of(value)


@pytest.mark.parametrize("number", [nan, inf, -inf])
def test_vectors_are_finite(number: float) -> None:
    with pytest.raises(UpstreamInvalid):
        vector_of(b64encode(pack("<f", number)).decode())


@pytest.mark.parametrize("number", [1e300, 10**400])
def test_what_no_32_bit_float_can_hold_is_invalid(number: float) -> None:
    with pytest.raises(UpstreamInvalid, match="32-bit"):
        to_base64([number])


def test_whole_numbers_are_numbers() -> None:
    assert vector_of([0, 1.5]) == [0, 1.5]
    assert vector_of(to_base64([0, 1])) == [0.0, 1.0]


def test_a_reply_is_held_until_it_is_whole_and_then_written() -> None:
    def decode(body: bytes) -> Vectors:
        assert body == b"one two"
        return Vectors([[1.0], [2.0]], 7)

    relay = EmbedTranslation(ASK, decode, lambda ask, reply: f"{ask.model}{reply.vectors}".encode())
    assert (relay.feed(b"one "), relay.feed(b"two"), relay.committed) == (b"", b"", False)
    assert relay.close() == b"m[[1.0], [2.0]]"
    assert (relay.committed, relay.usage, relay.finish, relay.failure) == (True, Usage(7, 0), None, None)


def test_between_the_same_forms_the_bytes_pass_as_they_came() -> None:
    relay = EmbedTranslation(ASK, lambda _: Vectors([[1.0], [2.0]]), None)
    relay.feed(b"its own")
    assert (relay.close(), relay.usage) == (b"its own", None)


@pytest.mark.parametrize("vectors", [[], [[1.0]], [[1.0]] * 3])
def test_as_many_vectors_as_inputs_or_it_is_no_answer(vectors: list[list[float]]) -> None:
    relay = EmbedTranslation(ASK, lambda _: Vectors(vectors), None)
    with pytest.raises(UpstreamInvalid, match="for 2 inputs"):
        relay.close()
    assert not relay.committed
