import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.config.expand import expand
from ai_dashboard.config.yaml_read import parse
from ai_dashboard.config.yaml_tree import plain

ENV = {"HOST": "gpu", "EMPTY": "", "TRICKY": "a: [${HOST}]"}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("${HOST}", "gpu"),
        ("http://${HOST}:${PORT:-8000}", "http://gpu:8000"),
        ("${PORT:-}", ""),
        ("${EMPTY:-x}", "x"),
        ("${TRICKY}", "a: [${HOST}]"),
        ("$${HOST} $HOST ${} ${1X}", "${HOST} $HOST ${} ${1X}"),
        ("os.environ/HOST", "os.environ/HOST"),
    ],
)
def test_values(text: str, value: str) -> None:
    tree, found = expand(parse(f"- '{text}'"), ENV, "x.yaml")
    assert plain(tree) == [value]
    assert found == []


def test_a_key_may_name_a_variable() -> None:
    tree, _ = expand(parse("api_key: os.environ/HOST\nmaster_key: os.environ/HOST"), ENV, "x.yaml")
    assert plain(tree) == {"api_key": "gpu", "master_key": "gpu"}


@pytest.mark.parametrize(
    ("text", "value"),
    [("a: ${GONE}", None), ("a: x${GONE}y", "xy"), ("a: ${EMPTY}", None), ("api_key: os.environ/GONE", None)],
)
def test_a_missing_variable_is_said_with_its_place(text: str, value: str | None) -> None:
    tree, [finding] = expand(parse(text), ENV, "x.yaml")
    key = text.partition(":")[0]
    assert plain(tree) == {key: value}
    assert (finding.file, finding.line, finding.column, finding.path) == ("x.yaml", 1, len(key) + 3, key)
    assert finding.severity == "warning"
    assert "is not set" in finding.message


@given(st.text(alphabet="${}:-AB/ ", max_size=30))
def test_any_text_expands(text: str) -> None:
    tree, _ = expand(parse(f"'{text}'"), {"A": "1"}, "x.yaml")
    assert plain(tree) is None or isinstance(plain(tree), str)
