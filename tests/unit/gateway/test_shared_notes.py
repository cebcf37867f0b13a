"""What gateways tell each other survives the way there, and what is no note harms nobody."""

import orjson
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.gateway.shared_notes import (
    MAX_REASON_CHARS,
    Findings,
    Found,
    Opening,
    ProviderNote,
    decode,
    encode,
)

times = st.floats(min_value=0, max_value=4e9)
texts = st.text(st.characters(codec="utf-8"), max_size=40)
openings = st.builds(Opening, times, st.booleans(), texts, texts)
averages = st.none() | st.builds(Found, times, st.floats(min_value=0.001, max_value=1e6))
findings = st.builds(Findings, times, st.lists(averages, max_size=5).map(tuple))
notes = st.dictionaries(
    texts,
    st.builds(
        ProviderNote,
        st.integers(0, 10**6),
        times,
        times,
        texts,
        times,
        texts,
        st.dictionaries(texts, openings, max_size=3),
        st.dictionaries(texts, findings, max_size=3),
    ),
    max_size=4,
)


@given(notes)
def test_what_is_said_is_what_is_understood(note: dict[str, ProviderNote]) -> None:
    assert decode(encode(note)) == {name: it for name, it in note.items() if it.says_something}


@given(st.binary(max_size=60))
def test_bytes_that_are_no_note_are_passed_over(content: bytes) -> None:
    decode(content)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False) | texts,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=12,
)


@given(json_values)
def test_json_of_any_shape_is_passed_over(value: object) -> None:
    content = orjson.dumps(value)
    understood = decode(content)
    assert understood is None or decode(encode(understood)) is not None


def test_what_one_cannot_read_of_a_note_does_not_spoil_the_rest() -> None:
    note = {"known": ProviderNote(3), "other": ProviderNote(4)}
    later = orjson.loads(encode(note)) | {"other": ["of", "a", "later", "version"]}
    assert decode(orjson.dumps(later)) == {"known": ProviderNote(3)}


def test_reasons_are_short() -> None:
    note = {"p": ProviderNote(0, 0.0, 1.0, "x" * 5000, openings={"m": Opening(2.0, reason="y" * 5000)})}
    understood = decode(encode(note))
    assert understood is not None
    assert len(understood["p"].refused) == MAX_REASON_CHARS
    assert len(understood["p"].openings["m"].reason) == MAX_REASON_CHARS


def test_nothing_to_say_is_an_empty_note() -> None:
    assert encode({"p": ProviderNote()}) == b"{}"


def test_a_number_in_flight_is_no_news_that_cannot_wait() -> None:
    assert ProviderNote(1).troubles == ProviderNote(2).troubles
    assert ProviderNote(1).troubles != ProviderNote(1, cool_until=5.0).troubles
