import time

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.config.yaml_read import MAX_DEPTH, YamlProblem, decode, parse
from ai_dashboard.config.yaml_tree import plain

SAFE_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | SAFE_TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(SAFE_TEXT, inner, max_size=4),
    max_leaves=12,
)


@given(PLAIN, st.booleans())
def test_reads_what_pyyaml_writes(data: object, flow: bool) -> None:
    text = yaml.safe_dump({"data": data}, default_flow_style=flow, allow_unicode=True)
    assert plain(parse(text)) == yaml.safe_load(text)


def problem_with(text: str) -> YamlProblem | None:
    try:
        plain(parse(text))
    except YamlProblem as problem:
        return problem
    return None


@given(st.text(max_size=60) | st.text("{}[]&*a:-,!\"'\n <|>?#%@`", max_size=60))
def test_any_text_is_a_tree_or_a_problem_with_a_place(text: str) -> None:
    problem = problem_with(text)
    assert problem is None or (problem.message and problem.mark.line >= 1 and problem.mark.column >= 1)


@given(st.binary(max_size=40))
def test_any_bytes_are_a_text_or_a_problem(raw: bytes) -> None:
    try:
        text = decode(raw)
    except YamlProblem:
        text = raw.decode("utf-8", "replace")
        assert "\ufffd" in text
    assert text.removeprefix("\ufeff") == raw.decode("utf-8", "replace").removeprefix("\ufeff")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", {}),
        ("# only a comment\n", {}),
        ("a: 12:30\nb: 2026-01-02\nc: 1:2:3", {"a": "12:30", "b": "2026-01-02", "c": "1:2:3"}),
        ("8000: a\non: b\n~: c", {"8000": "a", "on": "b", "~": "c"}),
        ("a: !!str 12\nb: !!int '7'\nc: !!float 3", {"a": "12", "b": 7, "c": 3.0}),
        ("a: ! 12", {"a": "12"}),
        ("a: &x {p: 1, q: 2}\nb: {<<: *x, q: 3}", {"a": {"p": 1, "q": 2}, "b": {"p": 1, "q": 3}}),
        ("<<: [{a: 1}, {a: 2, b: 3}]\nc: 4", {"a": 1, "b": 3, "c": 4}),
        ("a: &x 1\nb: [*x, *x]", {"a": 1, "b": [1, 1]}),
        ("a: 1\r\nb: 2\r\n", {"a": 1, "b": 2}),
        ("modèle: 日本 🦙", {"modèle": "日本 🦙"}),
    ],
)
def test_values(text: str, value: object) -> None:
    assert plain(parse(text)) == value


@pytest.mark.parametrize(
    ("text", "line", "column", "says"),
    [
        ("a: 1\nb: 2\na: 3", 3, 1, "first in line 1, again in line 3"),
        ("a: {<<: {b: 1}, <<: {c: 2}}", 1, 17, "`<<` is here twice"),
        ("a: !!python/object:os.system x", 1, 4, "!!python/object:os.system"),
        ("a: !local x", 1, 4, "`!local` is not allowed"),
        ("a: !!timestamp 2026-01-01", 1, 4, "!!timestamp"),
        ("a: !!set {b}", 1, 4, "!!set"),
        ("a: !!int twelve", 1, 4, "!!int"),
        ("a: !!float " + "9" * 400, 1, 4, "too large"),
        ("a: &x [1, *x]", 1, 11, "stands inside itself"),
        ("a: *x", 1, 4, "has no anchor"),
        ("&k a: 1", 1, 1, "anchor on a key"),
        ("a: &k b\n*k : 1", 2, 1, "alias as a key"),
        ("? [a]\n: 1", 1, 3, "as a key"),
        ("a:\n  <<: 1", 2, 3, "merges maps only"),
        ("a: 1\n---\nb: 2", 2, 1, "second document"),
        ("a: \x00", 1, 4, "U+0000"),
        ("a: 1\nb: \x1b[0m", 2, 4, "U+001B"),
        ("a: b: c", 1, 5, "this is not YAML"),
        ("a:\n\tb: 1", 2, 1, "this is not YAML"),
        ("[" * (MAX_DEPTH + 1), 1, MAX_DEPTH + 1, "inside each other"),
    ],
)
def test_problems(text: str, line: int, column: int, says: str) -> None:
    with pytest.raises(YamlProblem) as raised:
        parse(text)
    assert (raised.value.mark.line, raised.value.mark.column) == (line, column)
    assert says in raised.value.message


def test_not_utf8_says_where() -> None:
    with pytest.raises(YamlProblem, match="0xff") as raised:
        decode(b"a: 1\nb: \xff")
    assert (raised.value.mark.line, raised.value.mark.column) == (2, 4)


def test_byte_order_mark_is_no_text() -> None:
    assert plain(parse(decode(b"\xef\xbb\xbfa: 1"))) == {"a": 1}


@pytest.mark.parametrize("merge", ["", "<<: "])
def test_alias_bomb_is_refused_at_once(merge: str) -> None:
    lines = ["a0: &a0 {x: 1, y: 2}"]
    for level in range(1, 30):
        before = f"*a{level - 1}"
        item = f"{{{merge}{before}, z: {before}}}" if merge else f"[{', '.join([before] * 9)}]"
        lines.append(f"a{level}: &a{level} {item}")
    began = time.perf_counter()
    with pytest.raises(YamlProblem, match="aliases written out"):
        parse("\n".join(lines))
    assert time.perf_counter() - began < 2


def test_long_text_behind_aliases_is_refused() -> None:
    with pytest.raises(YamlProblem, match="characters"):
        parse(f"a: &a {'x' * 100_000}\nb: [{', '.join(['*a'] * 101)}]")


def test_deep_nesting_does_not_reach_the_stack() -> None:
    with pytest.raises(YamlProblem, match="inside each other"):
        parse("- " * 100_000 + "x")
