"""The benchmark of plans: what it measures are plans of the size that it says."""

import pytest

from ai_dashboard.core.plan import Plan
from benchmarks.planning import CASES, PROVIDERS, RULES, Case, measure, planned, table_of_many


def test_there_are_as_many_providers_and_rules_as_it_says() -> None:
    table = table_of_many()
    assert len(table.providers) == PROVIDERS
    assert len(table.exact) + len(table.patterns) + len(table.balancing) + len(table.chains) >= RULES


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_request_finds_as_many_candidates_as_it_says(case: Case) -> None:
    made: Plan = planned(case)
    assert not made.excluded
    assert len([it for it in made.attempts if not it.why.startswith("fallback_chains.default")]) == case.candidates


def test_the_table_has_a_row_for_each_request() -> None:
    rows = [line for line in measure(1, plans=10).splitlines() if line.startswith("|")]
    assert len(rows) == 2 + len(CASES)
    assert all(float(row.strip("|").split("|")[1]) > 0 for row in rows[2:])
