from dataclasses import replace

from ai_dashboard.cache.semantic.guards import GUARDS, REWORDED
from ai_dashboard.core.cache import NearMiss
from ai_dashboard.core.history import Window
from ai_dashboard.tui.ink import text_of, width_of
from ai_dashboard.tui.panels.cache_near import SAID, draw, select
from tests.tui.answers import cached
from tests.tui.fakes import busy, empty

CACHE = cached(busy(), Window.FIVE)


def test_every_guard_has_words_of_its_own() -> None:
    assert set(SAID) == {name for name, _ in GUARDS} | {REWORDED, "similarity"}
    assert len(set(SAID.values())) == len(SAID)


def test_the_newest_is_on_top_with_its_similarity_and_the_guard_that_refused() -> None:
    semantic = CACHE.figures.semantic
    assert semantic is not None
    near = (NearMiss(0.0, 0.81, "numbers"), NearMiss(9.0, 0.9313, "opposites"))
    figures = replace(CACHE.figures, semantic=replace(semantic, near=near))
    lines = [text_of(line) for line in draw(select(replace(CACHE, figures=figures)), 60)]
    assert [line[9:] for line in lines] == [
        "0.931 opposites  opposites, as on and off",
        "0.810 numbers    other numbers",
    ]


def test_a_guard_that_is_not_known_here_is_named_all_the_same() -> None:
    assert "0.850 openai" in text_of(draw(select(CACHE), 60)[0])


def test_without_any_it_says_so() -> None:
    semantic = CACHE.figures.semantic
    assert semantic is not None
    none = replace(CACHE, figures=replace(CACHE.figures, semantic=replace(semantic, near=(), near_misses=0)))
    assert "close to the 0.85 that a hit needs" in text_of(draw(select(none), 100)[0])
    assert "the semantic cache is off" in text_of(draw(select(cached(empty(), Window.FIVE)), 100)[0])
    assert text_of(draw(select(None), 100)[0]) == "waiting for the gateway"


def test_every_width_holds_it() -> None:
    for width in range(1, 80, 6):
        assert all(width_of(line) <= width for line in draw(select(CACHE), width)), width
