from dataclasses import replace

from ai_dashboard.core.cache import CacheFigures, CacheView, ExactFigures
from ai_dashboard.core.history import Window
from ai_dashboard.core.snapshot import CacheGauge
from ai_dashboard.tui.ink import text_of, width_of
from ai_dashboard.tui.panels.cache_figures import draw, glance, select
from tests.tui.answers import cached
from tests.tui.fakes import busy

CACHE = cached(busy(), Window.FIVE)


def said(cache: CacheView | None, width: int = 90) -> list[str]:
    return [text_of(line) for line in draw(select(cache), width)]


def test_what_matters_comes_first() -> None:
    lines = said(CACHE)
    assert lines[0].split() == ["hits", "62.2", "%", "of", "5,194", "in", "5m"]
    assert lines[1].split() == ["2,703", "exact", "·", "530", "by", "meaning", "in", "5m"]
    assert lines[2].split() == ["saved", "$1.12", "and", "14m20", "in", "5m"]
    assert lines[3].startswith("memory  ▕███")
    assert lines[3].endswith("118/256 M")


def test_the_rest_is_there_too() -> None:
    text = "\n".join(said(CACHE))
    for words in (
        "4,312 answers in memory and Redis",
        "312 prompts by meaning",
        "evicted 3 in 5m · 20 since the start",
        "33 waited for another's answer · 12 bypassed",
        "from 0.85 alike · mean 0.91 by openai",
        "48 near misses · 2 bad hits taken back",
        "3 times without a vector",
        "63.0 % hits · $12.40 · 3h12",
        "⚠ the embedder of openai is slow",
    ):
        assert words in text, words


def test_a_cache_in_memory_alone_without_meanings_says_less() -> None:
    exact = replace(CACHE.figures.exact, shared=False)
    plain = replace(CACHE, figures=replace(CACHE.figures, exact=exact, semantic=None, problem=""))
    text = "\n".join(said(plain))
    assert "4,312 answers in memory\n" in text
    assert "meaning off" in text
    assert "near misses" not in text
    assert "⚠" not in text


def test_a_cache_that_is_off_says_how_to_put_it_on_and_what_it_still_holds() -> None:
    off = CacheView(Window.FIVE, 0.0, CacheFigures(enabled=False))
    assert "cache.enabled: true" in " ".join(said(off, 200))
    assert select(off).facts == ()
    held = replace(off, figures=CacheFigures(enabled=False, exact=ExactFigures(entries=3, max_bytes=9)))
    assert said(held)[0] == "the cache is off; what it held is still there"
    assert any("3 answers" in line for line in said(held))


def test_what_nobody_asked_has_no_ratio() -> None:
    fresh = CacheView(Window.FIVE, 0.0, CacheFigures(enabled=True, exact=ExactFigures(max_bytes=1 << 28)))
    assert said(fresh)[0].split()[:4] == ["hits", "–", "%", "of"]
    assert said(None) == ["waiting for the gateway"]


def test_every_width_holds_it() -> None:
    for width in range(4, 100, 7):
        assert all(width_of(line) <= width for line in draw(select(CACHE), width)), width


def test_of_the_past_there_is_at_least_what_the_picture_holds() -> None:
    view = glance(busy().cache, "all that is recorded of 14:02:30")
    lines = [text_of(line) for line in draw(view, 80)]
    assert [line.split()[0] for line in lines[:4]] == ["hits", "saved", "holds", "memory"]
    assert lines[-1] == "all that is recorded of 14:02:30"
    off = [text_of(line) for line in draw(glance(CacheGauge(), "no more"), 80)]
    assert off == ["the cache was off", "no more"]
