import importlib.util
from pathlib import Path

import pytest

from ai_dashboard.cache.semantic.embedders import HashingEmbedder, LocalEmbedder, embedder_of
from ai_dashboard.cache.semantic.vectors import cosine, unit
from ai_dashboard.core.errors import ConfigError


def similarity(one: str, other: str) -> float:
    first, second = (unit(vector) for vector in HashingEmbedder().embed([one, other]))
    assert first is not None
    assert second is not None
    return cosine(first, second)


def test_hashing_is_the_same_every_time_and_sees_letters_only() -> None:
    assert similarity("How do I boil an egg?", "how do i boil an EGG") == pytest.approx(1.0)
    assert similarity("How do I boil an egg?", "How do I boil eggs?") > 0.7
    assert similarity("boil an egg", "quantum physics") < 0.3
    assert HashingEmbedder().embed(["a b"]) == HashingEmbedder().embed(["a b"])


def test_a_text_without_words_has_no_direction() -> None:
    [vector] = HashingEmbedder().embed(["…"])
    assert unit(vector) is None


@pytest.mark.parametrize("name", ["local", "all-MiniLM-L6-v2"])
def test_what_is_missing_is_said_with_the_command_that_mends_it(name: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as refused:
        embedder_of(name, {"FASTEMBED_CACHE_PATH": str(tmp_path)})
    wanted = "not on disk" if importlib.util.find_spec("fastembed") else "pip install 'ai-dashboard[semantic]'"
    assert wanted in refused.value.lines[0]


def test_a_name_that_is_none_is_refused() -> None:
    with pytest.raises(ConfigError, match="word2vec"):
        embedder_of("word2vec")
    assert isinstance(embedder_of("hashing"), HashingEmbedder)
    assert LocalEmbedder.name == "local"
