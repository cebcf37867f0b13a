import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.cache.semantic.store import NEAR, RAISE, Meaning, MeaningStore
from ai_dashboard.cache.semantic.vectors import Vector


def at(degrees: float) -> Vector:
    return np.array([np.cos(np.radians(degrees)), np.sin(np.radians(degrees))], np.float32)


def meaning(
    name: str, vector: Vector, bucket: bytes = b"b", tenant: str = "t", model: str = "m", prompt: str = "boil an egg"
) -> Meaning[str]:
    return Meaning(name, bucket, tenant, model, prompt, vector, name.upper(), 10, 100.0)


def store(*meanings: Meaning[str], threshold: float = 0.85, max_entries: int = 100) -> MeaningStore[str]:
    made: MeaningStore[str] = MeaningStore(threshold, max_entries)
    for it in meanings:
        made.put(it)
    return made


ASKED = "how to boil eggs"


def test_what_means_the_same_is_found_with_its_similarity() -> None:
    made = store(meaning("a", at(0)), meaning("b", at(10)))
    found = made.find(b"b", ASKED, at(9), 0.0)
    assert found is not None
    assert (found.meaning.answer, round(found.similarity, 3)) == ("B", 1.0)
    figures = made.figures("hashing")
    assert (figures.hits, figures.misses) == (1, 0)
    assert figures.mean_similarity == pytest.approx(1.0, abs=1e-3)


def test_a_guard_holds_back_what_is_similar_and_the_near_miss_says_why() -> None:
    made = store(meaning("a", at(0), prompt="do not boil an egg"))
    assert made.find(b"b", ASKED, at(1), 7.0) is None
    [near] = made.figures("hashing").near
    assert (near.at, near.reason, round(near.similarity, 2)) == (7.0, "negations", 1.0)


def test_the_second_most_similar_is_given_where_the_first_is_held_back() -> None:
    made = store(meaning("a", at(0), prompt="do not boil an egg"), meaning("b", at(20)))
    found = made.find(b"b", ASKED, at(0), 0.0)
    assert found is not None
    assert found.meaning.answer == "B"


def test_below_the_threshold_it_is_a_near_miss_and_further_away_nothing() -> None:
    made = store(meaning("a", at(0)))
    near = float(np.degrees(np.arccos(0.85 - NEAR / 2)))
    assert made.find(b"b", ASKED, at(near), 0.0) is None
    assert made.find(b"b", ASKED, at(80), 0.0) is None
    figures = made.figures("hashing")
    assert (figures.misses, figures.near_misses, figures.near[0].reason) == (2, 1, "similarity")


def test_nothing_crosses_buckets() -> None:
    made = store(meaning("a", at(0), bucket=b"one"))
    assert made.find(b"other", ASKED, at(0), 0.0) is None


def test_an_answer_is_good_until_its_time_is_over() -> None:
    made = store(meaning("a", at(0)))
    assert made.find(b"b", ASKED, at(0), 99.0) is not None
    assert made.find(b"b", ASKED, at(0), 100.0) is None
    assert (len(made), made.bytes) == (0, 0)


def test_a_bad_hit_is_evicted_and_its_neighbourhood_needs_more() -> None:
    made = store(meaning("a", at(0)), meaning("b", at(2)))
    asked = at(12)
    assert made.bad_hit("a", 0.98) == pytest.approx(0.98 + RAISE, abs=0.02)
    assert made.get("a") is None
    assert made.find(b"b", ASKED, asked, 0.0) is None, "0.985 is not enough any more"
    far = at(60)
    made.put(meaning("c", at(61)))
    assert made.find(b"b", ASKED, far, 0.0) is not None, "further away nothing has changed"
    assert made.bad_hit("a", None) is None
    assert made.figures("hashing").feedback == 1


def test_the_same_prompt_again_takes_the_place_of_the_first() -> None:
    made = store(meaning("a", at(0)), meaning("a", at(5)))
    assert len(made) == 1


def test_the_oldest_go_first() -> None:
    made = store(*(meaning(name, at(number)) for number, name in enumerate("abcd")), max_entries=2)
    assert [name for name in "abcd" if made.get(name)] == ["c", "d"]


def test_vectors_of_another_model_take_the_place_of_those_that_cannot_be_compared_any_more() -> None:
    made = store(meaning("a", at(0)), meaning("b", at(1)))
    made.put(meaning("c", np.array([1, 0, 0], np.float32)))
    assert [name for name in "abc" if made.get(name)] == ["c"]


def test_prompts_are_forgotten_by_tenant_and_by_model() -> None:
    every = [meaning(f"{t}{m}", at(0), tenant=t, model=m) for t in "ab" for m in "mn"]
    assert store(*every).invalidate(tenant="a") == 2
    assert store(*every).invalidate(model="n") == 2
    assert store(*every).invalidate("a", "n") == 1
    assert store(*every).invalidate() == 4


@given(st.lists(st.tuples(st.sampled_from("pef"), st.sampled_from("abcdef"), st.integers(0, 90)), max_size=60))
def test_whatever_comes_and_goes_the_rows_are_those_of_the_prompts(steps: list[tuple[str, str, int]]) -> None:
    made = store(max_entries=4)
    kept: dict[str, int] = {}
    for step, name, degrees in steps:
        if step == "p":
            made.put(meaning(name, at(degrees)))
            kept.pop(name, None)
            kept[name] = degrees
            if len(kept) > 4:
                del kept[next(iter(kept))]
        elif step == "e":
            assert made.evict(name) == (kept.pop(name, None) is not None)
        else:
            found = made.find(b"b", ASKED, at(degrees), 0.0)
            near = {name for name, other in kept.items() if abs(other - degrees) < 30}
            far = not any(abs(other - degrees) < 33 for other in kept.values())
            assert (found is None) if far else (found is not None if near else True)
    assert len(made) == len(kept)


def test_where_hardly_a_word_is_the_same_no_low_threshold_will_do() -> None:
    made = store(meaning("a", at(0), prompt="which remedy stops a sore throat"), threshold=0.5)
    other = "what medicine can soothe my aching neck"
    assert made.find(b"b", other, at(50), 0.0) is None
    assert made.figures("hashing").near[-1].reason == "reworded"
    assert made.find(b"b", other, at(20), 0.0) is not None


def test_what_is_expired_goes_at_once_when_it_is_cleared() -> None:
    made = store(meaning("a", at(0)), meaning("b", at(90), bucket=b"other"))
    assert made.clear_expired(99.0) == 0
    assert made.clear_expired(100.0) == 2
    assert (len(made), made.bytes) == (0, 0)
