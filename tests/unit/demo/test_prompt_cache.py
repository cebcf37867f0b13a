"""What is remembered of earlier prompts: whole blocks of a shared beginning, for one model, and not for ever."""

from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.demo.prompt_cache import BLOCK, MAX_CHARS, MAX_PROMPTS, PromptCache
from ai_dashboard.demo.prose import tokens_of

LONG = " ".join(f"word{number}" for number in range(100))


def test_a_prompt_that_comes_again_is_there_in_whole_blocks() -> None:
    cache = PromptCache()
    assert cache.reuse("m", LONG) == 0
    assert cache.reuse("m", LONG) == 100 // BLOCK * BLOCK
    assert cache.reuse("m", f"{LONG} and more") == 100 // BLOCK * BLOCK
    assert cache.reuse("m", f"Other {LONG}") == 0


def test_models_share_nothing() -> None:
    cache = PromptCache()
    cache.reuse("m", LONG)
    assert cache.reuse("other", LONG) == 0


def test_little_is_remembered() -> None:
    cache = PromptCache()
    cache.reuse("m", LONG)
    for number in range(MAX_PROMPTS):
        cache.reuse("m", f"{number} {LONG}")
    assert cache.reuse("m", LONG) == 0
    cache.reuse("m", "x" * 2 * MAX_CHARS)
    assert cache.reuse("m", "x" * 2 * MAX_CHARS) == 0


@given(st.text(alphabet="ab ", max_size=200), st.text(alphabet="ab ", max_size=200))
def test_never_more_than_the_prompt_is_found(one: str, other: str) -> None:
    cache = PromptCache()
    cache.reuse("m", one)
    assert cache.reuse("m", other) <= len(tokens_of(other))
    assert cache.reuse("m", other) == len(tokens_of(other)) // BLOCK * BLOCK
