"""`SemanticCache`, as other programs use it."""

import subprocess
import sys
from pathlib import Path

import pytest

from ai_dashboard.cache import SemanticCache
from ai_dashboard.cache.semantic.standalone import threshold_of
from ai_dashboard.core.errors import ConfigError

OPPOSITES = [
    line.split("\t")[1:] for line in (Path(__file__).parents[3] / "data/opposites.tsv").read_text().splitlines()
]


class Hands:
    """A clock that is turned by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def wall(self) -> float:
        return self.now

    def monotonic(self) -> float:
        return self.now


def cache(threshold: float = 0.85, clock: Hands | None = None) -> SemanticCache:
    return SemanticCache(similarity_threshold=threshold, embedding_model="hashing", clock=clock or Hands())


def test_what_means_the_same_gets_the_same_answer() -> None:
    made = cache(0.7)
    made.set("How do I boil an egg?", "Eight minutes.", model="m")
    hit = made.get("How do you boil an egg?", model="m")
    assert hit is not None
    assert (hit["response"], hit["model"], hit["prompt"]) == ("Eight minutes.", "m", "How do I boil an egg?")
    assert 0.7 <= hit["similarity"] <= 1.0
    assert made.get("How do you boil an egg?", model="n") is None
    assert made.get_stats()["hit_rate"] == 0.5


def test_answers_age_and_end() -> None:
    clock = Hands()
    made = cache(clock=clock)
    made.set("boil an egg", "8", model="m", ttl=60)
    clock.now += 59
    hit = made.get("boil an egg", model="m")
    assert hit is not None
    assert hit["age_s"] == 59
    clock.now += 1
    assert made.get("boil an egg", model="m") is None


def test_answers_are_forgotten_by_model_and_by_feedback() -> None:
    made = cache()
    for model in ("m", "n"):
        made.set("boil an egg", "8", model=model)
    assert made.invalidate("m") == 1
    assert made.get("boil an egg", model="m") is None
    hit = made.get("boil an egg", model="n")
    assert hit is not None
    assert made.feedback(hit["id"], hit["similarity"]) == pytest.approx(0.999)
    assert made.get_stats()["entries"] == 0


def test_two_hundred_opposites_get_nothing_from_each_other_at_the_lowest_threshold_that_can_be_set() -> None:
    made = SemanticCache(similarity_threshold=0.5, embedding_model="hashing", clock=Hands())
    for one, _ in OPPOSITES:
        made.set(one, one)
    found = {asked: hit["prompt"] for _, asked in OPPOSITES if (hit := made.get(asked)) is not None}
    others = {one for one, _ in OPPOSITES}
    assert {asked: prompt for asked, prompt in found.items() if asked not in others} == {}


def test_the_environment_says_what_is_not_given() -> None:
    env = {"SEMANTIC_CACHE_THRESHOLD": "0.9", "SEMANTIC_CACHE_EMBEDDING_MODEL": "hashing"}
    stats = SemanticCache(env=env).get_stats()
    assert (stats["threshold"], stats["embedding_model"]) == (0.9, "hashing")
    assert SemanticCache(0.8, env=env).get_stats()["threshold"] == 0.8


@pytest.mark.parametrize("said", ["high", "0", "1.5", "-1", "nan"])
def test_a_threshold_that_is_none_is_refused_by_the_name_of_its_variable(said: str) -> None:
    with pytest.raises(ConfigError, match="SEMANTIC_CACHE_THRESHOLD"):
        threshold_of(None, {"SEMANTIC_CACHE_THRESHOLD": said})


def test_the_room_is_entered_without_numpy() -> None:
    code = "import sys, ai_dashboard.cache, ai_dashboard.gateway.caching; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
