"""Vectors are of length 1, the same each time, and close where texts have words in common."""

import math
import struct
from base64 import b64decode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.demo.vectors import packed, vector


def closeness(one: str, other: str) -> float:
    return sum(a * b for a, b in zip(vector(one, "m", 768), vector(other, "m", 768), strict=True))


@given(st.text(max_size=50), st.integers(1, 64))
def test_a_vector_has_length_1(text: str, dimensions: int) -> None:
    values = vector(text, "m", dimensions)
    assert len(values) == dimensions
    assert math.hypot(*values) == pytest.approx(1.0)
    assert values == vector(text, "m", dimensions)


def test_texts_with_words_in_common_are_close() -> None:
    assert closeness("How do pools work?", "How do pools work") > 0.8
    assert closeness("How do pools work?", "how DO pools work?") == pytest.approx(1.0)
    assert closeness("How do pools work?", "Paint it black") < 0.3


def test_models_see_texts_differently() -> None:
    assert vector("Hello", "m", 768) != vector("Hello", "other", 768)


def test_a_packed_vector_is_32_bit_floats() -> None:
    assert struct.unpack("<2f", b64decode(packed([0.5, -1.0]))) == (0.5, -1.0)
