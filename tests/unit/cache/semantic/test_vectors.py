import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.cache.semantic.vectors import ROUNDING, Vector, Vectors, cosine, unit


def random_units(many: int, dimensions: int, seed: int, bias: float = 0.0) -> list[Vector]:
    chance = np.random.default_rng(seed)
    rows = chance.standard_normal((many, dimensions)) + bias
    return [found for row in rows if (found := unit(row.tolist())) is not None]


@given(
    st.integers(1, 60),
    st.sampled_from([1, 2, 3, 8, 30]),
    st.floats(-1, 1),
    st.integers(0, 1000),
    st.sampled_from([0.0, 1.0]),
)
def test_the_search_finds_what_looking_at_every_vector_finds(
    many: int, dimensions: int, floor: float, seed: int, bias: float
) -> None:
    rows = random_units(many, dimensions, seed, bias)
    query = random_units(1, dimensions, seed + 1, bias)[0]
    vectors = Vectors(dimensions)
    for row in rows:
        vectors.add(row)
    found = dict(vectors.search(query, floor, many))
    for number, row in enumerate(rows):
        similarity = cosine(row, query)
        if similarity > floor + ROUNDING:
            assert found[number] == pytest.approx(similarity, abs=1e-5)
        if similarity < floor - 2 * ROUNDING:
            assert number not in found


@given(st.lists(st.booleans(), max_size=60), st.integers(0, 100))
def test_rows_that_are_taken_out_are_gone_and_the_others_stay(steps: list[bool], seed: int) -> None:
    pool = random_units(len(steps) + 1, 6, seed)
    vectors, rows = Vectors(6), list[int]()
    for number, adds in enumerate(steps):
        if adds or not rows:
            assert vectors.add(pool[number]) == len(rows)
            rows.append(number)
        else:
            row = number % len(rows)
            assert vectors.remove(row) == len(rows) - 1
            last = rows.pop()
            if row < len(rows):
                rows[row] = last
    assert len(vectors) == len(rows)
    for row, number in enumerate(rows):
        assert row in [found for found, _ in vectors.search(pool[number], 0.999, 5)]


def test_the_most_similar_come_first_and_no_more_than_asked_for() -> None:
    vectors = Vectors(2)
    for angle in (0.3, 0.1, 0.2):
        vectors.add(np.array([np.cos(angle), np.sin(angle)], np.float32))
    found = vectors.search(np.array([1, 0], np.float32), 0.0, 2)
    assert [row for row, _ in found] == [1, 2]


@pytest.mark.parametrize("numbers", [[], [0.0, 0.0], [float("nan")], [float("inf"), 1.0]])
def test_what_has_no_direction_is_no_vector(numbers: list[float]) -> None:
    assert unit(numbers) is None


def test_vectors_of_different_models_have_nothing_in_common() -> None:
    assert cosine(np.ones(3, np.float32), np.ones(4, np.float32)) == 0
    assert Vectors(3).search(np.ones(4, np.float32), -1.0, 5) == []
