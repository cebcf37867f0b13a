from ai_dashboard.config.yaml_read import parse
from ai_dashboard.config.yaml_tree import Map, key_mark, node_at, plain, value_mark


def test_marks() -> None:
    tree = parse("providers:\n  a:\n    models: [x, {name: y}]\n")
    assert isinstance(tree, Map)
    name = ("providers", "a", "models", 1, "name")
    assert (key_mark(tree, name).line, key_mark(tree, name).column) == (3, 18)
    assert value_mark(tree, name).column == 24
    assert key_mark(tree, ("providers", "a", "missing")) == key_mark(tree, ("providers", "a"))
    assert node_at(tree, ("providers", "a", "models", 7)) is None


def test_an_alias_stands_where_its_anchor_does() -> None:
    tree = parse("a: &x {p: 1}\nb: *x")
    assert value_mark(tree, ("b", "p")) == value_mark(tree, ("a", "p"))
    assert key_mark(tree, ("b",)).line == 2


def test_plain_values_are_copies() -> None:
    data = plain(parse("a: &x [1]\nb: *x"))
    assert isinstance(data, dict)
    assert data["a"] == data["b"]
    assert data["a"] is not data["b"]
