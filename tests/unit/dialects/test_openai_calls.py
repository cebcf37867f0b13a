"""Tool calls in pieces, as servers break the rules: every call is whole, named, and has an id of its own."""

from contextlib import suppress
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.core.errors import UpstreamInvalid
from ai_dashboard.core.events import Event, Failed, ToolCall
from ai_dashboard.dialects.fold import Fold
from ai_dashboard.dialects.openai.calls import NAMELESS, Calls, arguments_of, signature_of

MADE = "call_p_0_{}"


def piece(
    index: object = None, call_id: object = None, name: object = None, arguments: object = None
) -> dict[str, Any]:
    given = {"index": index, "id": call_id, "function": {"name": name, "arguments": arguments}}
    return {key: value for key, value in given.items() if value is not None}


def taken(*pieces: object, whole: bool = False) -> list[Event]:
    calls = Calls("p", 0)
    out: list[Event] = []
    for each in pieces:
        (calls.take_whole if whole else calls.take)(each, out)
    calls.finish(out)
    return out


def folded(events: list[Event]) -> list[tuple[str, str, str]]:
    fold = Fold()
    for event in events:
        fold.add(event)
    return [(call.id, call.name, call.arguments) for call in fold.choices[0].whole_calls]


F, G = ("a", "f", '{"x":1}'), ("b", "g", '{"y":2}')

STREAMS: dict[str, tuple[list[Any], list[tuple[str, str, str]]]] = {
    "as it should be": (
        [piece(0, "a", "f", ""), piece(0, None, None, '{"x"'), piece(0, None, None, ":1}"), piece(1, *G)],
        [F, G],
    ),
    "pieces of two calls in turn": (
        [piece(0, "a", "f"), piece(1, "b", "g"), piece(0, arguments='{"x":1}'), piece(1, arguments='{"y":2}')],
        [F, G],
    ),
    "indices that begin anywhere": ([piece(3, *F), piece(7, *G)], [F, G]),
    "no index": (
        [
            piece(None, "a", "f", ""),
            piece(None, arguments='{"x":1}'),
            piece(None, "b", "g"),
            piece(None, "b", arguments='{"y":2}'),
        ],
        [F, G],
    ),
    "no index and no id": (
        [piece(None, None, "f", '{"x":1}'), piece(None, None, "g", '{"y":2}'), piece(None, None, "g", '{"y":2}')],
        [(MADE.format(0), *F[1:]), (MADE.format(1), *G[1:]), (MADE.format(2), *G[1:])],
    ),
    "pieces by their id alone": (
        [
            piece(None, "a", "f"),
            piece(None, "b", "g"),
            piece(None, "a", arguments='{"x":1}'),
            piece(None, "b", arguments='{"y":2}'),
        ],
        [F, G],
    ),
    "index 0 for every call": ([piece(0, *F), piece(0, *G)], [F, G]),
    "index 0 for every call, in pieces": (
        [piece(0, "a", "f"), piece(0, arguments='{"x":1}'), piece(0, "b", "f"), piece(0, arguments='{"y":2}')],
        [F, ("b", "f", '{"y":2}')],
    ),
    "index 0 for every call, and blank ids": (
        [piece(0, "", "f", '{"x":1}'), piece(0, " ", "f", '{"x":1}')],
        [(MADE.format(0), *F[1:]), (MADE.format(1), *F[1:])],
    ),
    "an index that counts pieces": (
        [piece(0, "a", "f"), piece(1, arguments='{"x"'), piece(2, arguments=":1}"), piece(3, *G)],
        [F, G],
    ),
    "an index that counts pieces, with the id": (
        [piece(0, "a", "f"), piece(1, "a", arguments='{"x"'), piece(2, "a", arguments=":1}")],
        [F],
    ),
    "id and name with every piece": (
        [piece(0, "a", "f", ""), piece(0, "a", "f", '{"x"'), piece(0, "a", "f", ":1}"), piece(0, "a", "f", "")],
        [F],
    ),
    "id and name with every piece, and no index": (
        [piece(None, "a", "f", ""), piece(None, "a", "f", '{"x"'), piece(None, "a", "f", ":1}")],
        [F],
    ),
    "another id with every piece": (
        [piece(0, "a", "f", '{"x"'), piece(0, "b", None, ":"), piece(0, "c", "f", "1}")],
        [F],
    ),
    "one id for two calls": (
        [piece(0, "a", "f", '{"x":1}'), piece(1, "a", "g", "{}")],
        [F, (MADE.format(1), "g", "{}")],
    ),
    "one id and one index for two calls": (
        [piece(0, "a", "f", '{"x":1}'), piece(0, "a", "f", '{"x":2}')],
        [F, (MADE.format(1), "f", '{"x":2}')],
    ),
    "the id comes late": ([piece(0, None, "f", '{"x"'), piece(0, "a", None, ":1}")], [(MADE.format(0), *F[1:])]),
    "the name comes late": ([piece(0, "a", None, '{"x"'), piece(0, None, "f"), piece(0, arguments=":1}")], [F]),
    "no arguments": ([piece(0, "a", "f")], [("a", "f", "{}")]),
    "arguments of blanks": ([piece(0, "a", "f", " ")], [("a", "f", " {}")]),
    "arguments that are no text": ([piece(0, "a", "f", {"x": 1})], [F]),
    "nothing at all in between": ([piece(0, *F), None, {}, piece(1), piece(0, "", "", "")], [F]),
    "an index that is none": ([piece("0", *F), piece(True, *G), piece(0.5, "c", "f", "{}")], [F, G, ("c", "f", "{}")]),
}  # fmt: skip


@pytest.mark.parametrize(("pieces", "calls"), STREAMS.values(), ids=STREAMS)
def test_calls_in_pieces(pieces: list[Any], calls: list[tuple[str, str, str]]) -> None:
    events = taken(*pieces)
    assert folded(events) == calls
    assert_well_formed(events)


@pytest.mark.parametrize(
    ("calls", "folds"),
    [
        ([piece(0, *F), piece(1, *G)], [F, G]),
        ([piece(0, *F), piece(0, *F)], [F, (MADE.format(1), *F[1:])]),
        ([piece(None, "", "f", "")] * 2, [(MADE.format(0), "f", "{}"), (MADE.format(1), "f", "{}")]),
        ([piece(None, "a", "f"), piece(None, "a", "f")], [("a", "f", "{}"), (MADE.format(1), "f", "{}")]),
    ],
)  # fmt: skip
def test_calls_of_a_whole_reply_are_each_their_own(calls: list[Any], folds: list[tuple[str, str, str]]) -> None:
    assert folded(taken(*calls, whole=True)) == folds


@pytest.mark.parametrize("nameless", [piece(0, "a"), piece(0, None, "", "{}"), {"id": "a", "function": 5}])
def test_a_call_without_a_name_is_no_call(nameless: object) -> None:
    assert taken(nameless) == [Failed(NAMELESS)]


@pytest.mark.parametrize("wrong", [5, "call", [piece(0, *F)]])
def test_what_is_no_call(wrong: object) -> None:
    assert isinstance(taken(wrong)[0], Failed)


def test_arguments_nested_too_deeply_are_refused() -> None:
    with pytest.raises(UpstreamInvalid, match="arguments"):
        arguments_of(orjson.loads(b"[" * 300 + b"]" * 300))


MARK = {"extra_content": {"google": {"thought_signature": "s"}}}


def test_googles_marks_come_along() -> None:
    assert taken(piece(0, *F) | MARK) == [ToolCall(0, *F, signature="s")]
    assert taken(piece(0, *F), {"index": 0} | MARK)[1] == ToolCall(0, "", "", "", signature="s")
    others: list[dict[str, Any]] = [{}, {"extra_content": 5}, {"extra_content": {"google": {}}}]
    assert [signature_of(call) for call in others] == ["", "", ""]


def test_ids_of_choices_differ() -> None:
    out: list[Event] = []
    Calls("p", 1).take(piece(0, None, "f", "{}"), out)
    assert out == [ToolCall(0, "call_p_1_0", "f", "{}", choice=1)]


parts = st.fixed_dictionaries(
    {},
    optional={
        "index": st.sampled_from((0, 1, 5, None, "0", -1)),
        "id": st.sampled_from(("", "a", "b", None, 5)),
        "function": st.fixed_dictionaries(
            {},
            optional={
                "name": st.sampled_from(("f", "g", "", None)),
                "arguments": st.sampled_from(("", "{", "}", '"x":1', "{}", None, {"a": 1}, 7)),
            },
        ),
    },
)


@given(st.lists(parts, max_size=8), st.booleans())
def test_whatever_comes_is_well_formed_or_refused(pieces: list[Any], whole: bool) -> None:
    with suppress(UpstreamInvalid):
        assert_well_formed(taken(*pieces, whole=whole))


def assert_well_formed(events: list[Event]) -> None:
    begun: dict[int, str] = {}
    for event in events:
        if isinstance(event, Failed):
            continue
        assert isinstance(event, ToolCall)
        if event.index in begun:
            assert (event.id, event.name) == ("", "")
        else:
            assert event.id.strip()
            assert event.name
            assert event.id not in begun.values()
            begun[event.index] = event.id
    if not any(isinstance(event, Failed) for event in events):
        assert sorted(begun) == list(range(len(begun)))
        assert all(call[2].strip() for call in folded(events))
