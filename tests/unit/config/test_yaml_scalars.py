import math

import pytest
import yaml

from ai_dashboard.config.yaml_scalars import resolved, tagged

NUMBERS = ["0", "1", "-7", "+3", "010", "0x1F", "0b101", "1_000", "1.5", ".5", "1.", "1.0e+3", ".inf", "-.INF"]
WORDS = ["yes", "No", "ON", "off", "True", "null", "~", "Null"]
TEXTS = ["y", "n", "08", "1e3", "1.2.3", "-.5", "x"]


@pytest.mark.parametrize("word", [*NUMBERS, *WORDS, *TEXTS])
def test_agrees_with_pyyaml(word: str) -> None:
    expected = yaml.safe_load(word)
    assert resolved(word) == expected
    assert type(resolved(word)) is type(expected)


@pytest.mark.parametrize(
    "word", ["12:30", "1:2:3", "1:30.5", "2026-01-02", "2026-01-02T03:04:05Z", "0b_", "0x", "1" * 5000]
)
def test_stays_text(word: str) -> None:
    assert resolved(word) == word


def test_not_a_number() -> None:
    value = resolved(".nan")
    assert isinstance(value, float)
    assert math.isnan(value)


@pytest.mark.parametrize(
    ("tag", "text"), [("int", "1.5"), ("int", "yes"), ("bool", "1"), ("null", "x"), ("float", "no")]
)
def test_a_tag_that_does_not_fit(tag: str, text: str) -> None:
    with pytest.raises(ValueError, match=f"!!{tag}"):
        tagged(tag, text)
