"""How hard a request looks."""

import pytest

from ai_dashboard.core.plan import RouteFacts
from ai_dashboard.routing.complexity import Complexity, complexity_of


@pytest.mark.parametrize(
    ("tokens", "code", "files", "expected"),
    [
        (0, False, 0, "low"),
        (499, False, 0, "low"),
        (500, False, 0, "medium"),
        (3999, False, 0, "medium"),
        (4000, False, 0, "high"),
        (0, True, 0, "medium"),
        (0, False, 3, "medium"),
        (0, True, 1, "high"),
        (500, True, 0, "high"),
        (9000, True, 9, "high"),
    ],
)
def test_by_size_code_and_files(tokens: int, code: bool, files: int, expected: Complexity) -> None:
    assert complexity_of(RouteFacts("m", prompt_tokens=tokens, code=code, files=files)) == expected


@pytest.mark.parametrize(("tokens", "expected"), [(9, "low"), (10, "medium"), (20, "high")])
def test_by_steps_of_the_operators_own(tokens: int, expected: Complexity) -> None:
    assert complexity_of(RouteFacts("m", prompt_tokens=tokens), (10, 20)) == expected
