"""Paths as people write them: dots between keys, dots in keys, and what is told of paths that lead nowhere."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.config.paths import PathProblem, find, resolve
from ai_dashboard.config.yaml_tree import Data

DATA: Data = {
    "providers": {"ollama": {"status": "active", "models": ["a", {"name": "b"}]}, "8000": {"status": "disabled"}},
    "exact_matches": {"llama3.1:8b": {"provider": "ollama"}, "gpt-4.1": {"provider": "openai"}},
    "a": {"b": {"c": 1}, "b.c": 2},
}


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("providers.ollama.status", ("providers", "ollama", "status")),
        ("providers.ollama.models.1.name", ("providers", "ollama", "models", 1, "name")),
        ("providers.8000.status", ("providers", "8000", "status")),
        ("exact_matches.llama3.1:8b.provider", ("exact_matches", "llama3.1:8b", "provider")),
        ('exact_matches."gpt-4.1".provider', ("exact_matches", "gpt-4.1", "provider")),
        ("exact_matches.'gpt-4.1'", ("exact_matches", "gpt-4.1")),
        ("a.'b.c'", ("a", "b.c")),
    ],
)
def test_a_path_is_what_is_there(text: str, path: tuple[str | int, ...]) -> None:
    assert resolve(DATA, text) == path


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("providers.vllm.status", ("providers", "vllm", "status")),
        ("exact_matches.llama3.1:8b.fallback", ("exact_matches", "llama3.1:8b", "fallback")),
        ('exact_matches."o3.5"', ("exact_matches", "o3.5")),
        ("listen.port", ("listen", "port")),
    ],
)
def test_what_is_not_there_is_where_it_would_be(text: str, path: tuple[str | int, ...]) -> None:
    assert find(DATA, text) == path
    with pytest.raises(PathProblem, match="nothing at"):
        resolve(DATA, text)


@pytest.mark.parametrize("text", ["", ".", "a.", ".a", "a..b", 'a."b', "a.'b'c"])
def test_what_is_no_path_is_said(text: str) -> None:
    with pytest.raises(PathProblem, match="is no path"):
        find(DATA, text)


def test_two_meanings_are_one_too_many() -> None:
    with pytest.raises(PathProblem, match="several values"):
        find(DATA, "a.b.c")


def test_the_nearest_key_is_named() -> None:
    with pytest.raises(PathProblem, match="did you mean `ollama`"):
        resolve(DATA, "providers.olama.status")


KEYS = st.text(st.characters(exclude_characters="\"'", exclude_categories=["Cs"]), min_size=1, max_size=6)


@given(st.dictionaries(KEYS, st.dictionaries(KEYS, st.integers(), min_size=1, max_size=3), min_size=1, max_size=3))
def test_every_key_is_found_by_its_quoted_path(data: dict[str, Data]) -> None:
    for first, inner in data.items():
        assert isinstance(inner, dict)
        for second in inner:
            assert resolve(data, f'"{first}"."{second}"') == (first, second)
