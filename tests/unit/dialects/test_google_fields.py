"""Fields under either of their names, and values of the types that they have to have."""

import pytest

from ai_dashboard.core.chat import JsonObject
from ai_dashboard.core.errors import CallerError
from ai_dashboard.dialects.google.fields import (
    camel,
    count_at,
    name_of,
    number_at,
    object_at,
    objects_at,
    text_at,
    typed,
)  # fmt: skip


def test_both_names_of_a_field_are_one() -> None:
    assert camel({"inline_data": 1, "top_k": 2, "fileUri": 3, "utf_8": 4}) == {
        "inlineData": 1, "topK": 2, "fileUri": 3, "utf8": 4,
    }  # fmt: skip


def test_an_object_that_is_none_is_refused_by_name() -> None:
    assert object_at({"a_b": {"c_d": 1}}, "x") == {"aB": {"c_d": 1}}
    values: tuple[object, ...] = (None, [], "a", 1)
    for value in values:
        with pytest.raises(CallerError, match="`x` is not an object"):
            object_at(value, "x")


def test_one_object_is_a_list_of_it() -> None:
    assert objects_at(None, "x") == []
    assert objects_at({"a_b": 1}, "x") == [{"aB": 1}]
    assert objects_at([{"a": 1}], "x") == [{"a": 1}]
    with pytest.raises(CallerError, match="`x` is not a list"):
        objects_at("a", "x")
    with pytest.raises(CallerError, match=r"`x\[1\]` is not an object"):
        objects_at([{}, 5], "x")


def test_types_are_checked() -> None:
    assert text_at({"a": "b"}, "a", "x") == "b"
    with pytest.raises(CallerError, match=r"`x.a` is missing or not a string"):
        text_at({}, "a", "x")
    assert typed({"a": None}, "a", str, "x") is None
    assert typed({"a": False}, "a", bool, "x") is False
    for kind in (str, list, dict, bool):
        with pytest.raises(CallerError, match=r"`x.a` is"):
            typed({"a": 1}, "a", kind, "x")
    with pytest.raises(CallerError, match="not a whole number"):
        typed({"a": True}, "a", int, "x")


@pytest.mark.parametrize(("value", "number"), [(None, None), (1, 1), (0.5, 0.5), ("40", 40.0), ("0.5", 0.5)])
def test_numbers_may_be_written_as_strings(value: object, number: float | None) -> None:
    assert number_at({"a": value}, "a", "x") == number


@pytest.mark.parametrize("value", ["", "many", "nan", "inf", True, [], {}, 1e300, 1 << 63, "1e400"])
def test_what_is_no_number_of_64_bits_is_refused(value: object) -> None:
    with pytest.raises(CallerError, match=r"`x.a` is"):
        number_at({"a": value}, "a", "x")


def test_whole_numbers_may_be_written_with_a_point() -> None:
    holder: JsonObject = {"a": 40.0, "b": "7", "c": 1.5}
    assert (count_at(holder, "a", "x"), count_at(holder, "b", "x"), count_at(holder, "d", "x")) == (40, 7, None)
    with pytest.raises(CallerError, match=r"`x.c` is not a whole number"):
        count_at(holder, "c", "x")


def test_only_plain_names_are_repeated() -> None:
    assert name_of("tools.googleSearch") == "tools.googleSearch"
    for name in ("a\r\nb", "", "é", "a" * 65, 5, None):
        assert name_of(name) == "(unnamed)"
