"""Finer points of choosing: what is said, what is usual, and what they mean for a candidate."""

from typing import Any

import pytest

from ai_dashboard.config.schema.mappings import Choosing
from ai_dashboard.routing.finer import USUAL, Finer, finer_points

OWN = Finer(("a",), (1000,), (10, 20))


@pytest.mark.parametrize(
    ("written", "usual", "found"),
    [
        ({}, USUAL, Finer((), (), (500, 4000))),
        ({}, OWN, OWN),
        ({"priority_order": ["x", "y"]}, OWN, Finer(("x", "y"), (1000,), (10, 20))),
        ({"context_thresholds": {"large": 32000, "small": 8000}}, OWN, Finer(("a",), (8000, 32000), (10, 20))),
        ({"context_thresholds": [8000, 8000]}, USUAL, Finer((), (8000,), (500, 4000))),
        ({"complexity_thresholds": {"medium": 100, "high": 200}}, USUAL, Finer((), (), (100, 200))),
        ({"complexity_thresholds": {"low": 0, "high": 200}}, USUAL, Finer((), (), (200, 200))),
        ({"complexity_thresholds": {"high": 9000}}, USUAL, Finer((), (), (500, 9000))),
        ({"complexity_thresholds": {"medium": 5000}}, USUAL, Finer((), (), (5000, 5000))),
        ({"complexity_thresholds": {"medium": 0}}, USUAL, Finer((), (), (0, 4000))),
        ({"complexity_thresholds": {"medium": 300, "high": 200}}, USUAL, USUAL),
    ],
)
def test_what_is_said_is_completed_by_what_is_usual(written: dict[str, Any], usual: Finer, found: Finer) -> None:
    assert finer_points(Choosing.model_validate(written), usual) == found


@pytest.mark.parametrize(
    ("provider", "model", "place"),
    [("a", "m", 0), ("b", "m", 1), ("c", "m", 1), ("c", "n", 2), ("d", "n", 3)],
)
def test_the_first_name_that_means_a_candidate_counts(provider: str, model: str, place: int) -> None:
    assert Finer(("a", "m", "c/n")).priority_of(provider, model) == place


@pytest.mark.parametrize(("tokens", "which"), [(7999, 0), (8000, 1), (31_999, 1), (32_000, 2), (200_000, 2)])
def test_windows_between_two_sizes_are_alike(tokens: int, which: int) -> None:
    assert Finer(windows=(8000, 32_000)).window_class(tokens) == which
