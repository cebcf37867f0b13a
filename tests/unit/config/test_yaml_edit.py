"""One value changes, and every other byte stays: in files that people write, and in ones that nobody would."""

from pathlib import Path

import pytest
import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ai_dashboard.config.paths import Path as Place
from ai_dashboard.config.yaml_edit import EditRefused, new_value, set_value
from ai_dashboard.config.yaml_read import YamlProblem, decode, parse
from ai_dashboard.config.yaml_tree import Data, Items, Map, Node, Scalar, plain

ROOT = Path(__file__).parents[3]
REAL = sorted([*(ROOT / "config").glob("*.yaml"), *(Path(__file__).parent / "older_form").glob("*.yaml")])

ODD = """\
# a head\r
\r
providers:   # who\r
    home:\r
        "type":  ollama\t# spoken\r
        'base_url': 'http://it''s.local:1'   # quoted\r
        models: [ a,   "b c" , {name: d, size:  8B} , ]  # flow\r
        description: >-\r
            folded\r
            text\r
\r
        headers: {}\r
        notes: |+\r
            kept\r
\r
        empty:\r
    größe-日本:\r
      - &one 1\r
      - - nested\r
        - *one\r
      -   k: v   # in an item\r
          z: ~\r
base: &base {p: 1, q: [x]}\r
child:\r
    <<: *base\r
    q: 2\r
# the end\
"""


def leaves(node: Node, path: Place = ()) -> list[Place]:
    """Every single value, by its path."""
    match node:
        case Scalar():
            return [path]
        case Items():
            return [leaf for place, item in enumerate(node.nodes) for leaf in leaves(item, (*path, place))]
        case Map():
            return [leaf for key, entry in node.entries.items() for leaf in leaves(entry.node, (*path, key))]


def at(data: Data, path: Place) -> Data:
    for part in path:
        data = data[part] if isinstance(data, list) and isinstance(part, int) else data[str(part)]  # type: ignore[call-overload, index]
    return data


def read(raw: bytes) -> Data:
    return plain(parse(decode(raw)))


def common_ends(before: bytes, after: bytes) -> tuple[int, int]:
    """How many bytes are the same at the beginning, and at the end of what is left."""
    limit = min(len(before), len(after))
    start = next((place for place in range(limit) if before[place] != after[place]), limit)
    end = next((place for place in range(limit - start) if before[-1 - place] != after[-1 - place]), limit - start)
    return start, end


def lines_touched(before: bytes, after: bytes) -> int:
    start, end = common_ends(before, after)
    return before[start : len(before) - end].count(b"\n")


@pytest.mark.parametrize("file", REAL, ids=lambda file: f"{file.parent.name}/{file.name}")
def test_any_value_of_a_real_file_changes_alone(file: Path) -> None:
    raw = file.read_bytes()
    for path in leaves(parse(decode(raw))):
        changed = set_value(raw, path, new_value("changed"))
        assert at(read(changed), path) == "changed"
        assert lines_touched(raw, changed) == 0, path


@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
def test_any_value_of_an_odd_file_changes_alone_or_is_refused(bom: bytes) -> None:
    raw = bom + ODD.encode()
    refused = []
    for path in leaves(parse(decode(raw))):
        try:
            changed = set_value(raw, path, new_value("[1, two]"))
        except EditRefused:
            refused.append(path)
            continue
        assert at(read(changed), path) == [1, "two"]
        assert changed.startswith(bom + b"# a head\r\n\r\n")
        assert changed.endswith(b"# the end")
        assert changed.count(b"\n") == changed.count(b"\r\n")
    # these stand in other places as well, by their anchor and by the merge
    assert refused == [("providers", "größe-日本", 0), ("base", "p")]


@pytest.mark.parametrize(
    ("before", "path", "value", "after"),
    [
        ("a: 1 # x\nb: 2\n", ("a",), "5", "a: 5 # x\nb: 2\n"),
        ("a:   # x\nb: 2\n", ("a",), "5", "a: 5   # x\nb: 2\n"),
        ("a: 'it'\n", ("a",), "it's", "a: 'it''s'\n"),
        ('a: "x"\n', ("a",), "say \\ it", 'a: "say \\\\ it"\n'),
        ("a: x\n", ("a",), "http://h:1/#top", "a: http://h:1/#top\n"),
        ("a: x\n", ("a",), "b # c", "a: 'b # c'\n"),
        ("a: x\n", ("a",), '"8"', "a: '8'\n"),
        ("a: [1,  2,3]\n", ("a", 1), "null", "a: [1,  null,3]\n"),
        ("a: |\n  foo\n  bar\n\n# c\nb: 2\n", ("a",), "one", "a: one\n\n# c\nb: 2\n"),
        ("a: &x 1\nb: *x\n", ("b",), "3", "a: &x 1\nb: 3\n"),
        ("a: !!str 12\n", ("a",), "13", "a: 13\n"),
        ("a: {x: 1}\n", ("a", "z"), "3", "a: {x: 1, z: 3}\n"),
        ("a: {x: 1,}\n", ("a", "z"), "3", "a: {x: 1,z: 3}\n"),
        ("a: {}\n", ("a", "z", "q"), "3", "a: {z: {q: 3}}\n"),
        ("a:\n", ("a", "b"), "x", "a: {b: x}\n"),
        ("# only\n", ("a", "z"), "3", "# only\na:\n  z: 3\n"),
        ("", ("a",), "3", "a: 3\n"),
        ("a:\n    p: 1 # k\n\nb: 2", ("a", "q", "r"), "3", "a:\n    p: 1 # k\n    q:\n      r: 3\n\nb: 2"),
        ("a: 1", ("c.d",), "x", "a: 1\nc.d: x\n"),
        ("l:\n- name: x\n- name: y\nz: 1\n", ("l", 0, "k"), "3", "l:\n- name: x\n  k: 3\n- name: y\nz: 1\n"),
        ("a:\n  b: |\n    foo\n# t\n", ("a", "c"), "x", "a:\n  b: |\n    foo\n  c: x\n# t\n"),
        ("a: &x {p: 1}\nb: {<<: *x}\n", ("b", "p"), "3", "a: &x {p: 1}\nb: {<<: *x, p: 3}\n"),
    ],
)
def test_edits(before: str, path: Place, value: str, after: str) -> None:
    assert set_value(before.encode(), path, new_value(value)).decode() == after


@pytest.mark.parametrize(
    ("text", "path", "says"),
    [
        ("a: &x 1\nb: *x\n", ("a",), "has the anchor `&x`"),
        ("a: &x {p: 1}\nb: *x\n", ("b", "p"), "change it where its anchor is"),
        ("a:\n  b: 1\n", ("a",), "a map over several lines"),
        ("a:\n- b\n", ("a",), "a list over several lines"),
        ("a: 1\n", ("a", "b"), "is no map"),
        ("a: [1]\n", ("a", "5"), "is no map"),
        ("[1]\n", ("a",), "is no map"),
    ],
)
def test_what_cannot_change_alone_is_refused_in_words(text: str, path: Place, says: str) -> None:
    with pytest.raises(EditRefused, match=says):
        set_value(text.encode(), path, new_value("2"))


def test_two_values_are_not_one() -> None:
    with pytest.raises((EditRefused, YamlProblem)):
        new_value("[1]\n- [2]")


KEYS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=8)
WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
VALUES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | WORDS
DOCUMENTS = st.dictionaries(
    KEYS,
    st.recursive(
        VALUES,
        lambda inner: st.lists(inner, min_size=1, max_size=3) | st.dictionaries(KEYS, inner, min_size=1, max_size=3),
        max_leaves=8,
    ),
    min_size=1,
    max_size=4,
)


@settings(max_examples=300)
@given(
    DOCUMENTS,
    st.sampled_from([True, False, None]),
    st.sampled_from([None, '"', "'"]),
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
    WORDS,
    st.data(),
)
def test_any_value_of_any_document_becomes_any_text(
    data: dict[str, Data], flow: bool | None, quotes: str | None, ends: str, bom: bool, word: str, drawn: st.DataObject
) -> None:
    written = yaml.safe_dump(data, default_flow_style=flow, default_style=quotes, allow_unicode=True, width=60)
    commented = "# head\n" + "".join(f"{line}\n" for line in written.splitlines()) if "\n" in written else written
    raw = (b"\xef\xbb\xbf" if bom else b"") + commented.replace("\n", ends).encode()
    try:
        before = read(raw)
    except YamlProblem:
        assume(False)  # PyYAML writes a few texts that it does not read back
    path = drawn.draw(st.sampled_from(leaves(parse(decode(raw)))))
    changed = set_value(raw, path, new_value(word, as_text=True))
    assert at(read(changed), path) == word
    start, end = common_ends(raw, changed)
    assert start + end <= min(len(raw), len(changed))
    again = read(set_value(changed, path, new_value("0")))
    assert at(again, path) == 0
    assert repr(_without(before, path)) == repr(_without(again, path))


def _without(data: Data, path: Place) -> Data:
    here = data
    for part in path[:-1]:
        here = here[part]  # type: ignore[index]
    here[path[-1]] = "…"  # type: ignore[index]
    return data


@given(st.text("{}[]&*a:-,!\"'\n <|>?#%@`", max_size=50), st.sampled_from([("a",), ("a", "a"), (0,), ("a", 0)]))
def test_any_text_is_edited_or_refused(text: str, path: Place) -> None:
    try:
        changed = set_value(text.encode(), path, new_value("7"))
    except (EditRefused, YamlProblem):
        return
    assert at(read(changed), path) == 7
